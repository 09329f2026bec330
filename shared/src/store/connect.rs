//! The connection to DynamoDB.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Builder;

use super::metering::Metering;
use crate::aws::configuration;

/// Connects as the environment says, or to `endpoint_url`.
pub async fn connect(endpoint_url: Option<&str>) -> Client {
    Client::from_conf(Builder::from(&configuration(endpoint_url).await).interceptor(Metering).build())
}
