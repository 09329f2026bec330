//! The connection to DynamoDB.

use aws_sdk_dynamodb::Client;

use crate::aws::configuration;

/// Connects as the environment says, or to `endpoint_url`.
pub async fn connect(endpoint_url: Option<&str>) -> Client {
    Client::new(&configuration(endpoint_url).await)
}
