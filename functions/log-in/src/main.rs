//! The Lambda function `log-in`.

use std::process::ExitCode;

use faregate::function::serve_requests;
use log_in::{Deps, router};

const REQUIRED: &[&str] = &["FAREGATE_TABLE", "FAREGATE_KEYS_TABLE"];

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    serve_requests(REQUIRED, Deps::start, router).await
}
