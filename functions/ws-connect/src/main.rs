//! The Lambda function `ws-connect`.

use faregate::events::run;
use faregate::service::Service;
use ws_connect::{Deps, handle};

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    let service = Service::from_environment().await?;
    run(Deps::start(&service).await?, handle).await
}
