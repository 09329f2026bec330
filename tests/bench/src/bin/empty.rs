//! The floor of a cold start: a Lambda function that does nothing, on the runtime that ours are on.

use std::convert::Infallible;

use lambda_http::{Request, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    lambda_http::run(service_fn(|_request: Request| async { Ok::<_, Infallible>("") })).await
}
