//! The Lambda function `admin`.

use std::process::ExitCode;

use admin::{Deps, router};
use faregate::function::serve_requests;

const REQUIRED: &[&str] = &["FAREGATE_TABLE"];

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    serve_requests(REQUIRED, Deps::start, router).await
}
