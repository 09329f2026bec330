//! The Lambda function `account-delete`.

use std::process::ExitCode;

use account_delete::{Deps, router};
use faregate::function::serve_requests;

const REQUIRED: &[&str] = &["FAREGATE_TABLE", "FAREGATE_KEYS_TABLE"];

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    serve_requests(REQUIRED, Deps::start, router).await
}
