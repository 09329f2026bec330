//! The Lambda function `issuer`.

use std::process::ExitCode;

use faregate::function::serve_requests;
use issuer::{Deps, router};

const REQUIRED: &[&str] = &["FAREGATE_KEYS_TABLE"];

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    serve_requests(REQUIRED, Deps::start, router).await
}
