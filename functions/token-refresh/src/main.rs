//! The Lambda function `token-refresh`.

use std::process::ExitCode;

use faregate::function::serve_requests;
use token_refresh::{Deps, router};

const REQUIRED: &[&str] = &["FAREGATE_TABLE", "FAREGATE_KEYS_TABLE"];

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    serve_requests(REQUIRED, Deps::start, router).await
}
