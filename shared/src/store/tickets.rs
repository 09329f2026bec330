//! Tickets: each opens one WebSocket, once, soon.

use aws_sdk_dynamodb::types::ReturnValue;

use super::connections::{owner_of, with_owner};
use super::error::{StoreError, condition_failed};
use super::item::{Reader, Writer, number};
use super::{Client, Table, keys};
use crate::clock::Timestamp;
use crate::domain::principal::Principal;

/// The tickets of one table; clones share the connection.
#[derive(Clone, Debug)]
pub struct Tickets {
    table: Table,
}

impl Tickets {
    /// The tickets in the table `name`.
    #[must_use]
    pub const fn new(client: Client, name: String) -> Self {
        Self { table: Table { client, name } }
    }

    /// Stores a ticket by its hash; it is good until `expires_at`. One write.
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
        // The hash is new: a repeated call writes the same again.
        put.send().await.map(|_| ()).map_err(|error| self.table.failed("PutItem", &error))
    }

    /// Uses the ticket up: whose socket it opens, if it is there and good at `now`. One conditional delete, so that of
    /// two uses at once one succeeds.
    ///
    /// An answer that got lost after the delete cannot be told from a second use, and counts as one: the client asks for
    /// another ticket.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn take(&self, hash: &str, now: Timestamp) -> Result<Option<Principal>, StoreError> {
        let delete = self
            .table
            .client
            .delete_item()
            .table_name(&self.table.name)
            .set_key(Some(keys::ticket(hash).attributes()))
            .condition_expression("expires_at_ms > :now")
            .expression_attribute_values(":now", number(now.milliseconds()))
            .return_values(ReturnValue::AllOld);
        match delete.send().await {
            Ok(output) => Ok(output.attributes.map(|item| owner_of(Reader(&item))).transpose()?),
            Err(error) if condition_failed(&error) => Ok(None),
            Err(error) => Err(self.table.failed("DeleteItem", &error)),
        }
    }
}
