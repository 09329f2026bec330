//! The connection to DynamoDB.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Builder;

use super::metering::Metering;
use crate::aws::{configuration, http_client};

/// Connects as the environment says, or to `endpoint_url`.
pub async fn connect(endpoint_url: Option<&str>) -> Client {
    let configuration = configuration(endpoint_url, http_client()).await;
    Client::from_conf(Builder::from(&configuration).interceptor(Metering).build())
}
