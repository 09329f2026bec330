//! Open WebSockets: found by their user at once, and all of them a page at a time, without an index.
//!
//! A connection's partition is chosen by its user, so one query finds the sockets of a user and sixteen find all.

use std::collections::HashMap;

use super::call::Call as _;
use super::error::StoreError;
use super::item::{Attributes, Reader, Unreadable, Writer, number, text};
use super::{Client, Table, keys};
use crate::domain::principal::Principal;
use crate::domain::socket::Connection;
use crate::domain::user::UserId;

/// The open sockets of one table; clones share the connection to it.
#[derive(Clone, Debug)]
pub struct Connections {
    table: Table,
}

/// A part of all connections, and where the next part begins.
#[derive(Debug)]
pub struct ConnectionPage {
    /// The connections.
    pub connections: Vec<Connection>,
    /// Hand it to [`Connections::page`] for the next part; `None` behind the last one.
    pub next: Option<PageStart>,
}

/// Where a page begins.
#[derive(Debug)]
pub struct PageStart(HashMap<String, aws_sdk_dynamodb::types::AttributeValue>);

impl Connections {
    /// The open sockets in the table `name`.
    #[must_use]
    pub const fn new(client: Client, name: String) -> Self {
        Self { table: Table { client, name } }
    }

    /// Stores `connection`. One write.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn put(&self, connection: &Connection) -> Result<(), StoreError> {
        let put = self.table.client.put_item().table_name(&self.table.name).set_item(Some(item_of(connection)));
        // The id is the gateway's and new: a repeated call writes the same again.
        put.call().await.map(|_| ()).map_err(|error| self.table.failed("PutItem", &error))
    }

    /// Forgets the connection `id` of the user `user_id`, if it is there. One write.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn remove(&self, user_id: UserId, id: &str) -> Result<(), StoreError> {
        let key = keys::connection(user_id, id).attributes();
        let delete = self.table.client.delete_item().table_name(&self.table.name).set_key(Some(key));
        delete.call().await.map(|_| ()).map_err(|error| self.table.failed("DeleteItem", &error))
    }

    /// A page of the connections of the user `user_id`: at most a megabyte, some 3,000. One read.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn of_user(&self, user_id: UserId, from: Option<PageStart>) -> Result<ConnectionPage, StoreError> {
        self.page_from(&keys::connections_of(user_id), &format!("{user_id}#"), from).await
    }

    /// A page of the connections in `shard`, one of [`keys::CONNECTION_SHARDS`]. One read.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn page(&self, shard: char, from: Option<PageStart>) -> Result<ConnectionPage, StoreError> {
        self.page_from(&keys::connection_shard(shard), "", from).await
    }

    async fn page_from(
        &self,
        partition: &str,
        prefix: &str,
        from: Option<PageStart>,
    ) -> Result<ConnectionPage, StoreError> {
        let mut query = self
            .table
            .client
            .query()
            .table_name(&self.table.name)
            // What was written before the question counts: a socket that opened while its session ended.
            .consistent_read(true)
            .set_exclusive_start_key(from.map(|start| start.0))
            .expression_attribute_values(":partition", text(partition));
        query = if prefix.is_empty() {
            query.key_condition_expression("pk = :partition")
        } else {
            query
                .key_condition_expression("pk = :partition AND begins_with(sk, :prefix)")
                .expression_attribute_values(":prefix", text(prefix))
        };
        let output = query.call().await.map_err(|error| self.table.failed("Query", &error))?;
        let connections = output.items().iter().filter_map(readable).collect();
        Ok(ConnectionPage { connections, next: output.last_evaluated_key.map(PageStart) })
    }
}

/// When DynamoDB may remove a connection that nobody removed: a day after its token, long after the gateway closed it
/// (API Gateway keeps no socket longer than two hours).
const fn ttl_of(owner: &Principal) -> i64 {
    owner.token_expires_at.plus_seconds(86_400).seconds()
}

fn item_of(connection: &Connection) -> Attributes {
    let key = keys::connection(connection.owner.user_id, &connection.id);
    with_owner(Writer::new(&key), &connection.owner)
        .with("connection_id", text(&connection.id))
        .with("endpoint", text(&connection.endpoint))
        .with("connected_at", number(connection.connected_at.milliseconds()))
        .with(keys::TTL, number(ttl_of(&connection.owner)))
        .finish()
}

/// The connection; nothing for an item that is not as we write it, which must not keep the others open.
fn readable(item: &Attributes) -> Option<Connection> {
    connection_of(item)
        .inspect_err(|error| tracing::error!(message = "a connection on record cannot be read", error = %error))
        .ok()
}

fn connection_of(item: &Attributes) -> Result<Connection, Unreadable> {
    let read = Reader(item);
    Ok(Connection {
        id: read.text("connection_id")?,
        endpoint: read.text("endpoint")?,
        owner: owner_of(read)?,
        connected_at: read.milliseconds("connected_at")?,
    })
}

/// Adds who a socket belongs to, or will.
pub(super) fn with_owner(writer: Writer, owner: &Principal) -> Writer {
    let writer = writer
        .with("user_id", text(owner.user_id.to_string()))
        .with("username", text(&owner.username))
        .with("token_expires_at", number(owner.token_expires_at.milliseconds()));
    match owner.session_id {
        Some(id) => writer.with("session_id", text(id.to_string())),
        None => writer,
    }
}

/// Who a socket belongs to, or will.
pub(super) fn owner_of(read: Reader<'_>) -> Result<Principal, Unreadable> {
    let session_id = read.optional_text("session_id").map(|_| read.parsed("session_id")).transpose()?;
    Ok(Principal {
        user_id: read.parsed("user_id")?,
        username: read.text("username")?,
        session_id,
        token_expires_at: read.milliseconds("token_expires_at")?,
    })
}
