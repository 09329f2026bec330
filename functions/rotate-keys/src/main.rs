//! The Lambda function `rotate-keys`.

use std::process::ExitCode;

use faregate::function::serve_events;
use rotate_keys::{Deps, handle};

const REQUIRED: &[&str] = &["FAREGATE_KEYS_TABLE"];

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    serve_events(REQUIRED, Deps::start, handle).await
}
