//! The Lambda function `schema`.

use std::process::ExitCode;

use faregate::function::serve_requests;
use schema::{Deps, router};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    serve_requests(&[], Deps::start, router).await
}
