//! The service's routes behind the local gateway, with three more to compare with.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::DisplayErrorContext;
use aws_sdk_dynamodb::types::AttributeValue;
use axum::Router;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::routing::{get, post};
use faregate::randomness::Randomness;
use faregate::service::Service;
use local::functions;
use local::gateway::gateway;
use serde_json::json;

/// All functions of `service` and what they are compared with, as the gateway of this machine has them.
pub async fn behind_the_gateway(service: &Service, randomness: Randomness) -> Router {
    let routes = functions::routes(service).await.expect("functions that start");
    let authorizer = Arc::new(authorizer::Deps::start(service).await.expect("a function that starts"));
    let yardsticks = yardsticks(service.client().clone(), service.settings.table.clone());
    gateway(routes.merge(yardsticks).merge(asking(authorizer)), "localhost", randomness)
}

/// What nothing behind the same gateway can do without: a route that does nothing, and one that reads one item.
fn yardsticks(client: Client, table: String) -> Router {
    let round_trip = get(async move || {
        let key = |text: &str| AttributeValue::S(text.to_owned());
        let read = client.get_item().table_name(table).key("pk", key("NOBODY")).key("sk", key("-"));
        match read.send().await {
            Ok(_nothing) => Ok(()),
            Err(error) => Err((StatusCode::SERVICE_UNAVAILABLE, DisplayErrorContext(error).to_string())),
        }
    });
    Router::new().route("/bench/empty", get(async || {})).route("/bench/round_trip", round_trip)
}

/// The function `authorizer`, which answers events, behind a route.
fn asking(authorizer: Arc<authorizer::Deps>) -> Router {
    let asking = post(async move |request: Request| {
        let token = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let event = json!({"version": "2.0", "type": "REQUEST", "headers": {"authorization": token}});
        authorizer::handle(authorizer, event).await.expect("an answer").to_string()
    });
    Router::new().route("/bench/authorizer", asking)
}
