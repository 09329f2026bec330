//! Attempts, counted in windows of time.

use super::error::{StoreError, condition_failed};
use super::item::number;
use super::{Client, Table, keys};
use crate::clock::Timestamp;
use crate::domain::throttle::Limit;

/// The counted attempts of one table; clones share the connection.
#[derive(Clone, Debug)]
pub struct Throttles {
    table: Table,
    /// Whether anything is counted at all.
    enabled: bool,
}

/// What came of asking for an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// It is counted, and may be made.
    Taken,
    /// There were too many: the next window begins after so many seconds.
    Full {
        /// At least one.
        retry_after_seconds: u32,
    },
}

impl Throttles {
    /// The attempts in the table `name`; where it is not `enabled`, every attempt may be made.
    #[must_use]
    pub const fn new(client: Client, name: String, enabled: bool) -> Self {
        Self { table: Table { client, name }, enabled }
    }

    /// Counts an attempt under `key`, if `limit` leaves room at `now`. One conditional write, which comes before what is
    /// attempted: attempts at the same time cannot outrun it.
    ///
    /// A repeated call whose first answer was lost counts twice.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn take(&self, limit: &Limit, key: &str, now: Timestamp) -> Result<Slot, StoreError> {
        if !self.enabled {
            return Ok(Slot::Taken);
        }
        let window = limit.window(now);
        let update = self
            .table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(keys::throttle(limit.scope, key, window).attributes()))
            .update_expression("SET expires_at = :expires ADD attempts :one")
            .condition_expression("attribute_not_exists(attempts) OR attempts < :most")
            .expression_attribute_values(":expires", number(window.plus_seconds(limit.window_seconds).seconds()))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":most", number(limit.most));
        match update.send().await {
            Ok(_) => Ok(Slot::Taken),
            Err(error) if condition_failed(&error) => Ok(Slot::Full { retry_after_seconds: limit.seconds_left(now) }),
            Err(error) => Err(self.table.failed("UpdateItem", &error)),
        }
    }

    /// Forgets the attempts under `key` of the window that `now` is in. One write.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn clear(&self, limit: &Limit, key: &str, now: Timestamp) -> Result<(), StoreError> {
        if !self.enabled {
            return Ok(());
        }
        let key = keys::throttle(limit.scope, key, limit.window(now)).attributes();
        let delete = self.table.client.delete_item().table_name(&self.table.name).set_key(Some(key));
        delete.send().await.map(|_| ()).map_err(|error| self.table.failed("DeleteItem", &error))
    }
}
