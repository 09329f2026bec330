//! Sessions on the admin site. Entering and leaving it are deeds ([`super::Administration`]); here is what each request does.

use super::call::Call as _;
use super::error::{StoreError, condition_failed};
use super::item::{Attributes, Reader, Unreadable, Writer, number, text};
use super::users::epochs_of;
use super::{Client, Table, keys};
use crate::clock::Timestamp;
use crate::domain::admin_session::{AdminSession, AdminSessionPolicy};

/// The sessions on the admin site in one table; clones share the connection.
#[derive(Clone, Debug)]
pub struct AdminSessions {
    table: Table,
}

impl AdminSessions {
    /// The sessions in the table `name`.
    #[must_use]
    pub const fn new(client: Client, name: String) -> Self {
        Self { table: Table { client, name } }
    }

    /// The session with the hash `hash`. One read.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn find(&self, hash: &str) -> Result<Option<AdminSession>, StoreError> {
        let found = self.table.get(&keys::admin_session(hash)).await?;
        Ok(found.map(|item| session_of(hash, &item)).transpose()?)
    }

    /// Remembers that `session` was used at `now`, if it is still there. One conditional write.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn note(
        &self,
        session: &AdminSession,
        now: Timestamp,
        policy: &AdminSessionPolicy,
    ) -> Result<(), StoreError> {
        let seen = AdminSession { last_seen_at: now, ..session.clone() };
        let update = self
            .table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(keys::admin_session(&session.hash).attributes()))
            .update_expression("SET last_seen_at = :now, expires_at = :expires")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":now", number(now.milliseconds()))
            .expression_attribute_values(":expires", number(seen.expires_at(policy).seconds()));
        match update.call().await {
            Ok(_) => Ok(()),
            // Its user left on another tab.
            Err(error) if condition_failed(&error) => Ok(()),
            Err(error) => Err(self.table.failed("UpdateItem", &error)),
        }
    }
}

pub(super) fn session_item(session: &AdminSession, policy: &AdminSessionPolicy) -> Attributes {
    Writer::new(&keys::admin_session(&session.hash))
        .with("user_id", text(session.user_id.to_string()))
        .with("revocations", number(session.epochs.revocations))
        .with("deactivations", number(session.epochs.deactivations))
        .with("created_at", number(session.created_at.milliseconds()))
        .with("last_seen_at", number(session.last_seen_at.milliseconds()))
        .with(keys::TTL, number(session.expires_at(policy).seconds()))
        .finish()
}

fn session_of(hash: &str, item: &Attributes) -> Result<AdminSession, Unreadable> {
    let read = Reader(item);
    Ok(AdminSession {
        hash: hash.to_owned(),
        user_id: read.parsed("user_id")?,
        epochs: epochs_of(read)?,
        created_at: read.milliseconds("created_at")?,
        last_seen_at: read.milliseconds("last_seen_at")?,
    })
}
