//! The tables as a local DynamoDB needs them; on AWS, the deployment makes them.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, TimeToLiveSpecification,
};

use super::error::StoreError;
use super::keys::{PARTITION, SORT, TTL};

/// Creates each of `names` that is missing: `pk`, `sk`, on demand, TTL on `expires_at`.
///
/// # Errors
///
/// When DynamoDB refuses or does not answer.
pub async fn create_missing_tables(client: &Client, names: &[&str]) -> Result<(), StoreError> {
    for name in names {
        create_if_missing(client, name).await?;
    }
    Ok(())
}

async fn create_if_missing(client: &Client, name: &str) -> Result<(), StoreError> {
    let mut creation = client.create_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
    for (attribute, key_type) in [(PARTITION, KeyType::Hash), (SORT, KeyType::Range)] {
        creation = creation
            .attribute_definitions(built(
                AttributeDefinition::builder().attribute_name(attribute).attribute_type(ScalarAttributeType::S).build(),
            )?)
            .key_schema(built(KeySchemaElement::builder().attribute_name(attribute).key_type(key_type).build())?);
    }
    match creation.send().await {
        Ok(_) => {}
        Err(error) if error.code() == Some("ResourceInUseException") => {
            return Ok(());
        }
        Err(error) => return Err(StoreError::of("CreateTable", name, &error)),
    }
    let ttl = built(TimeToLiveSpecification::builder().enabled(true).attribute_name(TTL).build())?;
    client
        .update_time_to_live()
        .table_name(name)
        .time_to_live_specification(ttl)
        .send()
        .await
        .map(|_| ())
        .map_err(|error| StoreError::of("UpdateTimeToLive", name, &error))
}

fn built<T, E: std::fmt::Display>(part: Result<T, E>) -> Result<T, StoreError> {
    part.map_err(|error| StoreError::Unavailable { operation: "CreateTable", reason: error.to_string() })
}
