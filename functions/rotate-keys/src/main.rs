//! The Lambda function `rotate-keys`.

use faregate::events::run;
use faregate::service::Service;
use rotate_keys::{Deps, handle};

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    let service = Service::from_environment().await?;
    run(Deps::start(&service).await?, handle).await
}
