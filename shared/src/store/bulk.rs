//! Users in bulk: brought in from elsewhere, or read out, whoever they are.

use std::collections::{HashMap, HashSet};

use aws_sdk_dynamodb::types::{AttributeValue, CancellationReason, TransactWriteItem};

use super::administration::Administration;
use super::call::Call as _;
use super::error::StoreError;
use super::item::{Attributes, text};
use super::keys;
use super::transaction::{Transacted, is_refused};
use super::users::{Users, is_held_by, user_of};
use crate::domain::administration::Deed;
use crate::domain::user::User;

/// The most items of one transaction ("Quotas in Amazon DynamoDB").
const MOST_ITEMS: usize = 100;

/// The most users of one [`Bulk::bring`] that go into one transaction: each is up to three items. Who is staff is more.
pub const MOST_BROUGHT: usize = MOST_ITEMS / 3;

/// What came of bringing one user in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Brought {
    /// The user is there now.
    Made,
    /// The user, with this id, was there already, and is as it was.
    AlreadyThere,
    /// Another user has the name; nothing of this one was written.
    UsernameTaken,
    /// The user, with this id, is there under another name; nothing of this one was written.
    OtherName,
    /// Another user was called the same in the old system; nothing of this one was written.
    LegacyIdTaken,
}

/// A part of the table, for those who read it side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Which, from 0.
    pub number: usize,
    /// Of how many; at most 1,000,000 (`Scan`, `TotalSegments`).
    pub of: usize,
}

/// Some users of a segment.
#[derive(Debug)]
pub struct OutPage {
    /// The users, in no order.
    pub users: Vec<User>,
    /// How many items were read to find them.
    pub items: u64,
    /// Where the next page begins; the last one has none.
    pub next: Option<PageEnd>,
}

/// Where a page ended.
#[derive(Clone, Debug)]
pub struct PageEnd(HashMap<String, AttributeValue>);

/// Brings users in and reads them out; clones share the connection.
#[derive(Clone, Debug)]
pub struct Bulk {
    users: Users,
}

impl Bulk {
    /// All of `users`.
    #[must_use]
    pub const fn new(users: Users) -> Self {
        Self { users }
    }

    /// Makes those of `users`, at most [`MOST_BROUGHT`], who are not there and whose names are free: one transaction, and one
    /// more, without them, when some are not. Each user is made whole or not at all, and a second call changes nothing. Of who
    /// is staff the trail tells in the same transaction, as a `deed`.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails; some may have been made, or all.
    pub async fn bring(&self, users: &[User], deed: &Deed) -> Result<Vec<Brought>, StoreError> {
        self.users.agree_on_case().await?;
        let mut outcomes: Vec<Option<Brought>> = vec![None; users.len()];
        while outcomes.contains(&None) {
            let (mut keys, mut items) = (HashSet::new(), 0);
            let open = users.iter().zip(&mut outcomes).filter(|(_, outcome)| outcome.is_none());
            let mut puts = Vec::new();
            let mut round = Vec::new();
            for (user, outcome) in open {
                let (own, of_user) = (self.keys_of(user), self.puts_of(user, deed)?);
                // A transaction may have each item once: who wants another one's name waits, and is told.
                let is_apart = own.iter().all(|key| !keys.contains(key));
                keys.extend(own);
                if is_apart && items + of_user.len() <= MOST_ITEMS {
                    items += of_user.len();
                    puts.push(of_user);
                    round.push((user, outcome));
                }
            }
            let (round, open): (Vec<&User>, Vec<&mut Option<Brought>>) = round.into_iter().unzip();
            for (outcome, found) in open.into_iter().zip(self.bring_apart(&round, puts).await?) {
                *outcome = found;
            }
        }
        Ok(outcomes.into_iter().flatten().collect())
    }

    /// The items of a user who is new, and the entries of one who is staff: a million others would fill the trail.
    fn puts_of(&self, user: &User, deed: &Deed) -> Result<Vec<TransactWriteItem>, StoreError> {
        let mut puts = self.users.puts_of(user)?;
        if user.is_staff {
            puts.extend(Administration::new(self.users.clone()).remember_making(user, deed)?);
        }
        Ok(puts)
    }

    /// One transaction: either all are made, or it is said of some why not.
    async fn bring_apart(
        &self,
        users: &[&User],
        puts: Vec<Vec<TransactWriteItem>>,
    ) -> Result<Vec<Option<Brought>>, StoreError> {
        let lengths: Vec<usize> = puts.iter().map(Vec::len).collect();
        let all = puts.into_iter().flatten().collect();
        let found = match self.users.table.transact(all, &self.users.randomness).await? {
            Transacted::Done => vec![Some(Brought::Made); users.len()],
            Transacted::Refused(reasons) => refusals(users, &lengths, &reasons),
        };
        if found.iter().all(Option::is_none) {
            return Err(StoreError::Inconsistent("a transaction was refused without a reason"));
        }
        Ok(found)
    }

    fn keys_of(&self, user: &User) -> Vec<keys::Key> {
        let name = keys::identifier(&user.username.key(self.users.case));
        let legacy = user.legacy_id.as_ref().map(keys::legacy);
        [name, keys::profile(user.id)].into_iter().chain(legacy).collect()
    }

    /// The users of `segment` from `from` on: one page of a scan, 1 MB of the table, read consistently. Every user that is there
    /// all the while comes once; one that is made, changed or deleted meanwhile may come as it was or as it is.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn page(&self, segment: Segment, from: Option<PageEnd>) -> Result<OutPage, StoreError> {
        let table = &self.users.table;
        let whole = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
        let scan = table
            .client
            .scan()
            .table_name(&table.name)
            .consistent_read(true)
            .segment(whole(segment.number))
            .total_segments(whole(segment.of))
            .filter_expression("sk = :profile")
            .expression_attribute_values(":profile", text(keys::PROFILE))
            .set_exclusive_start_key(from.map(|PageEnd(key)| key));
        let output = scan.call().await.map_err(|error| table.failed("Scan", &error))?;
        let items = u64::try_from(output.scanned_count).unwrap_or_default();
        let users = output.items.unwrap_or_default().iter().map(user_of).collect::<Result<_, _>>()?;
        Ok(OutPage { users, items, next: output.last_evaluated_key.filter(|key| !key.is_empty()).map(PageEnd) })
    }

    /// How many items the table has, as DynamoDB last counted them (every six hours, `DescribeTable`).
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn items(&self) -> Result<u64, StoreError> {
        let table = &self.users.table;
        let described = table.client.describe_table().table_name(&table.name).call().await;
        let described = described.map_err(|error| table.failed("DescribeTable", &error))?;
        let count = described.table.and_then(|table| table.item_count).unwrap_or_default();
        Ok(u64::try_from(count).unwrap_or_default())
    }
}

/// Which of `users` the transaction was refused for; `reasons` has one for each item, of which each user has `lengths`.
fn refusals(users: &[&User], lengths: &[usize], mut reasons: &[CancellationReason]) -> Vec<Option<Brought>> {
    let each = users.iter().zip(lengths).map(|(user, length)| {
        let (own, rest) = reasons.split_at_checked(*length).unwrap_or((reasons, &[]));
        reasons = rest;
        refusal(user, own)
    });
    each.collect()
}

/// Of the items, which are the name, the user, the name in the old system, if there is one, and entries, which are never
/// refused.
fn refusal(user: &User, reasons: &[CancellationReason]) -> Option<Brought> {
    let [name, profile, legacy] = [0, 1, 2].map(|index| reasons.get(index));
    if is_refused(name) && !is_held_by(name, user.id) {
        Some(Brought::UsernameTaken)
    } else if is_refused(legacy) && !is_held_by(legacy, user.id) {
        Some(Brought::LegacyIdTaken)
    } else if is_refused(profile) && !is_refused(name) {
        // Its own name leads nowhere, or to somebody else's id: it is not the one that it had.
        Some(Brought::OtherName)
    } else {
        [name, profile, legacy].into_iter().any(is_refused).then_some(Brought::AlreadyThere)
    }
}

/// The user in an item of a table's export to S3, a line of DynamoDB JSON (`{"Item":{"pk":{"S":"USER#…"}, …}}`); `None` for
/// everything else that the table holds.
///
/// # Errors
///
/// When the line is no such item.
pub fn exported_user(line: &str) -> Result<Option<User>, NotAnItem> {
    let value: serde_json::Value = serde_json::from_str(line).map_err(|_| NotAnItem)?;
    let members = value.get("Item").and_then(serde_json::Value::as_object).ok_or(NotAnItem)?;
    let attributes: Attributes =
        members.iter().filter_map(|(name, typed)| Some((name.clone(), attribute(typed)?))).collect();
    let is_user = attributes.get(keys::SORT).and_then(|sort| sort.as_s().ok()).ok_or(NotAnItem)? == keys::PROFILE;
    if is_user { user_of(&attributes).map(Some).map_err(|_| NotAnItem) } else { Ok(None) }
}

/// The kinds of value that a user has; others are left out.
fn attribute(typed: &serde_json::Value) -> Option<AttributeValue> {
    let (kind, value) = typed.as_object()?.iter().next()?;
    match kind.as_str() {
        "S" => Some(AttributeValue::S(value.as_str()?.to_owned())),
        "N" => Some(AttributeValue::N(value.as_str()?.to_owned())),
        "BOOL" => Some(AttributeValue::Bool(value.as_bool()?)),
        _ => None,
    }
}

/// The line is no item as DynamoDB exports it, or an item that is not as we write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an item of a table's export in DynamoDB JSON")]
pub struct NotAnItem;
