//! The Lambda function `ws-authorizer`.

use std::process::ExitCode;

use faregate::function::serve_events;
use ws_authorizer::{Deps, handle};

const REQUIRED: &[&str] = &["FAREGATE_TABLE", "FAREGATE_KEYS_TABLE"];

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    serve_events(REQUIRED, Deps::start, handle).await
}
