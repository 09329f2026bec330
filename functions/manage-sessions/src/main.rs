//! The Lambda function `manage-sessions`.

use faregate::http::app;
use faregate::service::Service;
use manage_sessions::{Deps, router};

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    let service = Service::from_environment().await?;
    let deps = Deps::start(&service).await?;
    lambda_http::run(app(router(deps), service.randomness)).await
}
