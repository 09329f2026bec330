//! The Lambda function `not-found`.

use std::process::ExitCode;

use faregate::function::serve_routes;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    serve_routes(not_found::router()).await
}
