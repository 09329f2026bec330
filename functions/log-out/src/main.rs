//! The Lambda function `log-out`.

use std::process::ExitCode;

use faregate::function::serve_requests;
use log_out::{Deps, router};

const REQUIRED: &[&str] = &["FAREGATE_TABLE", "FAREGATE_KEYS_TABLE"];

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    serve_requests(REQUIRED, Deps::start, router).await
}
