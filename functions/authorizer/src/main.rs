//! The Lambda function `authorizer`.

use std::process::ExitCode;

use authorizer::{Deps, handle};
use faregate::function::serve_events;

const REQUIRED: &[&str] = &["FAREGATE_TABLE", "FAREGATE_KEYS_TABLE"];

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    serve_events(REQUIRED, Deps::start, handle).await
}
