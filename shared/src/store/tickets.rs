//! Tickets: each opens one WebSocket, once, soon.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};

use super::call::Call as _;
use super::connections::{owner_of, with_owner};
use super::error::{StoreError, condition_failed};
use super::item::{Attributes, Reader, Writer, number, text};
use super::{Client, Table, keys};
use crate::clock::Timestamp;
use crate::domain::principal::Principal;
use crate::randomness::Randomness;

/// The tickets of one table; clones share the connection.
#[derive(Clone, Debug)]
pub struct Tickets {
    table: Table,
    randomness: Randomness,
}

impl Tickets {
    /// The tickets in the table `name`.
    #[must_use]
    pub const fn new(client: Client, name: String, randomness: Randomness) -> Self {
        Self { table: Table { client, name }, randomness }
    }

    /// Stores a ticket by its hash; it is good until `expires_at`. One conditional write.
    ///
    /// The hash is new: what is there already was written by an earlier attempt of this call, and may have been used since.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn put(&self, hash: &str, owner: &Principal, expires_at: Timestamp) -> Result<(), StoreError> {
        let item = with_owner(Writer::new(&keys::ticket(hash)), owner)
            .with("expires_at_ms", number(expires_at.milliseconds()))
            .with(keys::TTL, number(expires_at.seconds()))
            .finish();
        let put = self.table.client.put_item().table_name(&self.table.name).set_item(Some(item));
        match put.condition_expression("attribute_not_exists(pk)").call().await {
            Ok(_) => Ok(()),
            Err(error) if condition_failed(&error) => Ok(()),
            Err(error) => Err(self.table.failed("PutItem", &error)),
        }
    }

    /// Uses the ticket up: whose socket it opens, if it is there, unused and good at `now`. One conditional write, so that of
    /// two uses at once one succeeds; a repeated call that meets its own first attempt, whose answer was lost, is that use.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn take(&self, hash: &str, now: Timestamp) -> Result<Option<Principal>, StoreError> {
        let request_id = self.randomness.hex_128();
        let update = self
            .table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(keys::ticket(hash).attributes()))
            .update_expression("SET request_id = :request")
            .condition_expression("expires_at_ms > :now AND attribute_not_exists(request_id)")
            .expression_attribute_values(":now", number(now.milliseconds()))
            .expression_attribute_values(":request", text(&request_id))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let owner = |item: &Attributes| owner_of(Reader(item));
        match update.call().await {
            Ok(output) => Ok(output.attributes.as_ref().map(owner).transpose()?),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(refused)) => {
                    let mine = refused.item().filter(|item| Reader(item).is_written_by(&request_id));
                    Ok(mine.map(owner).transpose()?)
                }
                _ => Err(self.table.failed("UpdateItem", &error)),
            },
        }
    }
}
