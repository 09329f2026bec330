//! The Lambda function `not-found`.

use faregate::http::app;
use faregate::randomness::Randomness;
use not_found::router;

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    faregate::logging::start();
    lambda_http::run(app(router(), Randomness::from_system()?)).await
}
