//! The trail: who did what to whom, for the administrators. An entry is written in the transaction of what it tells, twice:
//! under the user and under the month.

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};

use super::call::Call as _;
use super::error::{StoreError, unbuildable};
use super::item::{Attributes, Reader, Unreadable, Writer, number, text};
use super::{Client, Table, keys};
use crate::clock::Timestamp;
use crate::domain::administration::{Action, Actor, Deed, TrailEntry};
use crate::domain::id::EntryId;
use crate::domain::user::UserId;
use crate::randomness::Randomness;

/// Seconds that an entry is kept: four hundred days, so that a yearly audit finds the whole year.
const KEPT_SECONDS: i64 = 400 * 86_400;

/// The trail in one table; clones share the connection.
#[derive(Clone, Debug)]
pub struct Trail {
    table: Table,
}

/// Which entries of a trail are wanted.
#[derive(Clone, Copy, Debug)]
pub struct Excerpt {
    /// Those that are older than this one; else the newest.
    pub before: Option<EntryId>,
    /// How many, at most.
    pub most: usize,
    /// When they are read: what has been kept for its time is not there any more, whether DynamoDB has removed it or not.
    pub now: Timestamp,
}

/// A part of the trail, the newest first.
#[derive(Debug)]
pub struct TrailPage {
    /// The entries.
    pub entries: Vec<TrailEntry>,
    /// Whether there are older ones.
    pub has_older: bool,
}

impl Trail {
    /// The trail in the table `name`.
    #[must_use]
    pub const fn new(client: Client, name: String) -> Self {
        Self { table: Table { client, name } }
    }

    /// The entries about the user `id` that `excerpt` wants. One read.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn of_user(&self, id: UserId, excerpt: Excerpt) -> Result<TrailPage, StoreError> {
        self.page(&keys::trail_of(id), excerpt).await
    }

    /// The entries of `month`, such as `2026-01`, that `excerpt` wants. One read.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn in_month(&self, month: &str, excerpt: Excerpt) -> Result<TrailPage, StoreError> {
        self.page(&keys::trail_in(month), excerpt).await
    }

    async fn page(&self, partition: &str, excerpt: Excerpt) -> Result<TrailPage, StoreError> {
        let Excerpt { before, most, now } = excerpt;
        // An entry's id begins with a hexadecimal digit: `g` comes after all of them.
        let before = before.map_or_else(|| "g".to_owned(), |id| id.to_string());
        let query = self
            .table
            .client
            .query()
            .table_name(&self.table.name)
            .consistent_read(true)
            .scan_index_forward(false)
            .limit(i32::try_from(most.saturating_add(1)).unwrap_or(i32::MAX))
            .key_condition_expression("pk = :partition AND sk < :before")
            .expression_attribute_values(":partition", text(partition))
            .expression_attribute_values(":before", text(before));
        let output = query.call().await.map_err(|error| self.table.failed("Query", &error))?;
        let kept = output.items().iter().filter(|item| is_kept(item, now));
        let mut entries = kept.map(entry_of).collect::<Result<Vec<_>, _>>()?;
        let has_older = entries.len() > most;
        entries.truncate(most);
        Ok(TrailPage { entries, has_older })
    }
}

/// The month of `at`, such as `2026-01`.
#[must_use]
pub fn month_of(at: Timestamp) -> String {
    at.rfc3339().chars().take(7).collect()
}

impl Table {
    /// The parts of a transaction that remember `action`, done to the user `user_id`.
    pub(super) fn remember(
        &self,
        action: Action,
        user_id: UserId,
        deed: &Deed,
        randomness: &Randomness,
    ) -> Result<[TransactWriteItem; 2], StoreError> {
        let id = EntryId::new(randomness.uuid_v7(deed.at));
        let entry = TrailEntry { id, deed: deed.clone(), action, user_id };
        let put = |partition: String| {
            let item = entry_item(partition, &entry);
            let put = Put::builder().table_name(&self.name).set_item(Some(item)).build();
            put.map(|put| TransactWriteItem::builder().put(put).build()).map_err(|error| unbuildable(&error))
        };
        Ok([put(keys::trail_of(user_id))?, put(keys::trail_in(&month_of(deed.at)))?])
    }
}

fn entry_item(partition: String, entry: &TrailEntry) -> Attributes {
    let TrailEntry { id, deed, action, user_id } = entry;
    let writer = Writer::new(&keys::trail_entry(partition, *id))
        .with("actor", text(deed.actor.to_string()))
        .with("action", text(action.as_str()))
        .with("user_id", text(user_id.to_string()))
        .with("at", number(deed.at.milliseconds()))
        .with(keys::TTL, number(deed.at.plus_seconds(KEPT_SECONDS).seconds()));
    match &deed.source_ip {
        Some(address) => writer.with("source_ip", text(address)).finish(),
        None => writer.finish(),
    }
}

/// All are kept equally long: behind one whose time is over there is none that is kept.
fn is_kept(item: &Attributes, now: Timestamp) -> bool {
    Reader(item).optional_number::<i64>(keys::TTL).is_some_and(|expires_at| now.seconds() < expires_at)
}

fn entry_of(item: &Attributes) -> Result<TrailEntry, Unreadable> {
    let read = Reader(item);
    let actor: Actor = read.parsed("actor")?;
    Ok(TrailEntry {
        id: read.parsed(keys::SORT)?,
        deed: Deed { actor, at: read.milliseconds("at")?, source_ip: read.optional_text("source_ip"), epochs: None },
        action: read.parsed("action")?,
        user_id: read.parsed("user_id")?,
    })
}
