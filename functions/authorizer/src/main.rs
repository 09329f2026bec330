//! The Lambda function `authorizer`.

use authorizer::{Deps, handle};
use faregate::events::run;
use faregate::service::Service;

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    let service = Service::from_environment().await?;
    run(Deps::start(&service).await?, handle).await
}
