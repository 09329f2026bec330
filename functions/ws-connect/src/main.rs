//! The Lambda function `ws-connect`.

use std::process::ExitCode;

use faregate::function::serve_events;
use ws_connect::{Deps, handle};

const REQUIRED: &[&str] = &["FAREGATE_TABLE", "FAREGATE_WS_ENDPOINT"];

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    serve_events(REQUIRED, Deps::start, handle).await
}
