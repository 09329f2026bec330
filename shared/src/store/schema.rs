//! The tables as a local DynamoDB needs them; on AWS, the deployment makes them.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType, TimeToLiveSpecification,
};

use super::call::Call as _;
use super::error::StoreError;
use super::keys::{BY_AGE, BY_NAME, LIST_PARTITION, PARTITION, SORT, TTL, USERNAME_KEY};

/// The indexes of the users table, each with the attribute that it is sorted by and those that it holds beside its keys.
pub const INDEXES: [(&str, &str, &[&str]); 2] = [
    (BY_AGE, "user_id", &["username", "first_name", "last_name", "is_active", "is_staff", "created_at"]),
    (BY_NAME, USERNAME_KEY, &["user_id", "username", "first_name", "last_name", "is_active", "is_staff", "created_at"]),
];

/// Creates each of the two tables that is missing: `pk`, `sk`, on demand, TTL on `expires_at`; `users` with [`INDEXES`].
///
/// # Errors
///
/// When DynamoDB refuses or does not answer, or a table of users is there without its indexes.
pub async fn create_missing_tables(client: &Client, users: &str, ring: &str) -> Result<(), StoreError> {
    let mut creation = creation(client, users)?;
    for attribute in [LIST_PARTITION, "user_id", USERNAME_KEY] {
        creation = creation.attribute_definitions(definition(attribute)?);
    }
    for (name, sort, held) in INDEXES {
        creation = creation.global_secondary_indexes(index(name, sort, held)?);
    }
    if !create_if_missing(client, users, creation).await? {
        look_for_indexes(client, users).await?;
    }
    create_missing_key_table(client, ring).await
}

/// Creates the table of keys if it is missing.
///
/// # Errors
///
/// When DynamoDB refuses or does not answer.
pub async fn create_missing_key_table(client: &Client, name: &str) -> Result<(), StoreError> {
    create_if_missing(client, name, creation(client, name)?).await.map(drop)
}

/// A table from before there was a list of users cannot be used.
async fn look_for_indexes(client: &Client, name: &str) -> Result<(), StoreError> {
    let described = client.describe_table().table_name(name).call().await;
    let described = described.map_err(|error| StoreError::of("DescribeTable", name, &error))?;
    let indexes = described.table.and_then(|table| table.global_secondary_indexes).unwrap_or_default();
    let has = |wanted: &str| indexes.iter().any(|index| index.index_name() == Some(wanted));
    if INDEXES.iter().all(|(wanted, ..)| has(wanted)) {
        Ok(())
    } else {
        Err(StoreError::NoIndexes { table: name.to_owned() })
    }
}

fn index(name: &str, sort: &str, held: &[&str]) -> Result<GlobalSecondaryIndex, StoreError> {
    let mut projection = Projection::builder().projection_type(ProjectionType::Include);
    for attribute in held {
        projection = projection.non_key_attributes(*attribute);
    }
    let index = GlobalSecondaryIndex::builder().index_name(name).projection(projection.build());
    built(index.key_schema(key(LIST_PARTITION, KeyType::Hash)?).key_schema(key(sort, KeyType::Range)?).build())
}

fn definition(attribute: &str) -> Result<AttributeDefinition, StoreError> {
    built(AttributeDefinition::builder().attribute_name(attribute).attribute_type(ScalarAttributeType::S).build())
}

fn key(attribute: &str, kind: KeyType) -> Result<KeySchemaElement, StoreError> {
    built(KeySchemaElement::builder().attribute_name(attribute).key_type(kind).build())
}

fn creation(client: &Client, name: &str) -> Result<CreateTableFluentBuilder, StoreError> {
    let mut creation = client.create_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
    for (attribute, kind) in [(PARTITION, KeyType::Hash), (SORT, KeyType::Range)] {
        creation = creation.attribute_definitions(definition(attribute)?).key_schema(key(attribute, kind)?);
    }
    Ok(creation)
}

/// Whether it was missing.
async fn create_if_missing(
    client: &Client,
    name: &str,
    creation: CreateTableFluentBuilder,
) -> Result<bool, StoreError> {
    match creation.call().await {
        Ok(_) => {}
        Err(error) if error.code() == Some("ResourceInUseException") => return Ok(false),
        Err(error) => return Err(StoreError::of("CreateTable", name, &error)),
    }
    let ttl = built(TimeToLiveSpecification::builder().enabled(true).attribute_name(TTL).build())?;
    client
        .update_time_to_live()
        .table_name(name)
        .time_to_live_specification(ttl)
        .call()
        .await
        .map(|_| true)
        .map_err(|error| StoreError::of("UpdateTimeToLive", name, &error))
}

fn built<T, E: std::fmt::Display>(part: Result<T, E>) -> Result<T, StoreError> {
    part.map_err(|error| StoreError::Unavailable { operation: "CreateTable", reason: error.to_string() })
}
