//! Every key of both tables, and who reads and writes it how.
//!
//! | access pattern | call | key |
//! | --- | --- | --- |
//! | make a user | `TransactWriteItems` | `USERNAME#<key>` `IDENTIFIER` and `USER#<id>` `PROFILE` |
//! | bring users in from elsewhere | `TransactWriteItems` | the same and `LEGACY_ID#<id there>` `IDENTIFIER`, of 33 users |
//! | all users; how they are spread | `Scan` in segments | `USER#<id>` `PROFILE` |
//! | is this name taken; who has it | `GetItem` | `USERNAME#<key>` `IDENTIFIER` |
//! | log in: the user and the sessions | `Query` | `USER#<id>`, `PROFILE` and above |
//! | open, rotate, end, evict a session | `PutItem`, `UpdateItem`, `DeleteItem` | `USER#<id>` `SESSION#<sid>` |
//! | the open sessions of a user | `Query` | `USER#<id>`, above `SESSION#` |
//! | end the other sessions, change the password | `TransactWriteItems` | `USER#<id>` `PROFILE` and `SESSION#<sid>` |
//! | who sent this access token | `BatchGetItem` | `USER#<id>` `PROFILE` and `SESSION#<sid>` |
//! | the user at a refresh | `GetItem` | `USER#<id>` `PROFILE` |
//! | change or delete a user | `UpdateItem`, `TransactWriteItems` | `USER#<id>` `PROFILE`, `USERNAME#<key>` and `LEGACY_ID#<id there>` `IDENTIFIER` |
//! | who had this id in the old system | `GetItem` | `LEGACY_ID#<id there>` `IDENTIFIER` |
//! | end a Django's refresh token | `TransactWriteItems` | `CARRIED#<hash>` `-` |
//! | exchange a Django's refresh token | `TransactWriteItems` | `CARRIED#<hash>` `-` and `USER#<id>` `SESSION#<sid>` |
//! | give a ticket, use it up | `PutItem`, `UpdateItem` | `TICKET#<hash>` `-` |
//! | a socket opens or closes | `PutItem`, `DeleteItem` | `CONNECTIONS#<last digit of id>` `<id>#<cid>` |
//! | the sockets of a user; all sockets | `Query` | `CONNECTIONS#<last digit of id>`, `<id>#` and all |
//! | users and sessions behind sockets | `BatchGetItem` | `USER#<id>` `PROFILE` and `SESSION#<sid>` |
//! | how names are compared | `GetItem`, `PutItem` | `SETTINGS` `USERNAME_CASE` |
//! | a page of all users, the newest first or by name | `Query` of an index | `LIST#<active>#<staff>#<shard>` |
//! | a session on the admin site: enter, look, be seen, leave | `TransactWriteItems`, `GetItem`, `UpdateItem` | `ADMIN_SESSION#<hash>` `-` |
//! | a browser that an administrator has logged in with | `GetItem`, `PutItem` | `ADMIN_BROWSER#<hash>` `-` |
//! | what administrators did: to a user, in a month | `TransactWriteItems`, `Query` | `AUDIT#<id>` and `AUDIT#<month>` `<entry>` |
//! | one more attempt; forget them | `UpdateItem`, `DeleteItem` | `THROTTLE#<scope>#<key>` `WINDOW#<begin>` |
//! | who has this name, and failures from here | `BatchGetItem` | `USERNAME#<key>` `IDENTIFIER`, `THROTTLE#address#<block>` |
//!
//! The keys table: `PUBLIC`, `PRIVATE` and `REFRESH`, each `KEY#<kid>`, so that a policy can give the public parts
//! without the others (`dynamodb:LeadingKeys`); `PRIVATE` `FIRST` is the lot that concurrent first starts draw. A
//! rotation moves the ring by `TransactWriteItems`.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::clock::Timestamp;
use crate::domain::id::EntryId;
use crate::domain::legacy::LegacyId;
use crate::domain::session::SessionId;
use crate::domain::user::{User, UserId};
use crate::domain::username::UsernameKey;

/// The partition key's attribute.
pub const PARTITION: &str = "pk";
/// The sort key's attribute.
pub const SORT: &str = "sk";
/// The attribute of DynamoDB's TTL, in Unix seconds. Cleanup only: items go days late, so every read compares the time.
pub const TTL: &str = "expires_at";

/// A whole primary key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// The value of [`PARTITION`].
    pub partition: String,
    /// The value of [`SORT`].
    pub sort: String,
}

impl Key {
    fn new(partition: impl Into<String>, sort: impl Into<String>) -> Self {
        Self { partition: partition.into(), sort: sort.into() }
    }

    /// The key as the SDK takes it.
    pub(super) fn attributes(&self) -> HashMap<String, AttributeValue> {
        HashMap::from([
            (PARTITION.to_owned(), AttributeValue::S(self.partition.clone())),
            (SORT.to_owned(), AttributeValue::S(self.sort.clone())),
        ])
    }
}

/// The partition of everything that is a user's.
#[must_use]
pub fn user_partition(id: UserId) -> String {
    format!("USER#{id}")
}

/// The user.
#[must_use]
pub fn profile(id: UserId) -> Key {
    Key::new(user_partition(id), PROFILE)
}

/// A user that nobody is.
#[must_use]
pub fn no_profile() -> Key {
    Key::new("USER#", PROFILE)
}

/// The sort key of the user; sessions sort behind it, so that one query from here on reads both.
pub const PROFILE: &str = "PROFILE";
/// What the sort keys of sessions start with.
pub const SESSION_PREFIX: &str = "SESSION#";

/// One session.
#[must_use]
pub fn session(user: UserId, id: SessionId) -> Key {
    Key::new(user_partition(user), format!("{SESSION_PREFIX}{id}"))
}

/// Who has a username.
#[must_use]
pub fn identifier(key: &UsernameKey) -> Key {
    Key::new(format!("USERNAME#{}", key.as_str()), "IDENTIFIER")
}

/// A name that nobody can have (no username holds a slash): what is looked up for a text that is no username.
#[must_use]
pub fn no_identifier() -> Key {
    Key::new("USERNAME#/", "IDENTIFIER")
}

/// Who was called `legacy` where users were imported from.
#[must_use]
pub fn legacy(legacy: &LegacyId) -> Key {
    Key::new(format!("LEGACY_ID#{legacy}"), "IDENTIFIER")
}

/// A refresh token of a Django that was exchanged or ended, by the hash of its id.
#[must_use]
pub fn carried(hash: &str) -> Key {
    Key::new(format!("CARRIED#{hash}"), "-")
}

/// A ticket, by the hash of what its holder sends.
#[must_use]
pub fn ticket(hash: &str) -> Key {
    Key::new(format!("TICKET#{hash}"), "-")
}

/// The shards of open sockets: the last hexadecimal digit of a user's id, which is random (RFC 9562, 5.7). Sixteen
/// partitions take 16,000 writes a second; API Gateway opens 500 sockets a second unless asked for more.
pub const CONNECTION_SHARDS: [char; 16] =
    ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];

/// The partition of one of [`CONNECTION_SHARDS`].
#[must_use]
pub fn connection_shard(shard: char) -> String {
    format!("CONNECTIONS#{shard}")
}

/// The partition in which the sockets of `user` are.
#[must_use]
pub fn connections_of(user: UserId) -> String {
    connection_shard(user.to_string().chars().next_back().unwrap_or('0'))
}

/// One open socket.
#[must_use]
pub fn connection(user: UserId, id: &str) -> Key {
    Key::new(connections_of(user), format!("{user}#{id}"))
}

/// The attribute that says in which partition of the list a user is.
pub const LIST_PARTITION: &str = "list_partition";
/// The attribute by which the list is sorted by name: the key under which the name is unique.
pub const USERNAME_KEY: &str = "username_key";
/// The index of users by age: their ids begin with the time (RFC 9562, 5.7).
pub const BY_AGE: &str = "by-age";
/// The index of users by name.
pub const BY_NAME: &str = "by-name";

/// In how many partitions users of one kind are. DynamoDB takes 1,000 writes a second for each key of an index, and an index
/// that falls behind holds up the table.
const LIST_SHARDS: u8 = 8;

/// The partition of the list that `user` is in. Kinds of users have partitions of their own, so that the few who are staff
/// or inactive are found among millions without reading these.
#[must_use]
pub fn list_partition(user: &User) -> String {
    shard_of_list(user.is_active, user.is_staff, list_shard(user.id))
}

/// By the value of the id's last hexadecimal digit, which is random (RFC 9562, 5.7): two of the sixteen for each shard.
fn list_shard(id: UserId) -> u8 {
    let digit = id.to_string().chars().next_back().and_then(|last| last.to_digit(16));
    digit.and_then(|value| u8::try_from(value).ok()).map_or(0, |value| value % LIST_SHARDS)
}

/// The partitions of the list that users of a kind are in; of a flag that is `None`, both kinds.
#[must_use]
pub fn list_partitions(is_active: Option<bool>, is_staff: Option<bool>) -> Vec<String> {
    let wanted =
        |flag: Option<bool>| [true, false].into_iter().filter(move |value| flag.is_none_or(|flag| flag == *value));
    let kinds = wanted(is_active).flat_map(|active| wanted(is_staff).map(move |staff| (active, staff)));
    // Staff are few: one partition holds them.
    let shards = |staff: bool| if staff { 1 } else { LIST_SHARDS };
    kinds.flat_map(|(active, staff)| (0..shards(staff)).map(move |shard| shard_of_list(active, staff, shard))).collect()
}

fn shard_of_list(is_active: bool, is_staff: bool, shard: u8) -> String {
    let active = if is_active { "active" } else { "inactive" };
    if is_staff { format!("LIST#{active}#staff") } else { format!("LIST#{active}#user#{shard}") }
}

/// A session on the admin site, by the hash of what its cookie holds.
#[must_use]
pub fn admin_session(hash: &str) -> Key {
    Key::new(format!("ADMIN_SESSION#{hash}"), "-")
}

/// A browser in which an administrator has logged in, by the hash of what its cookie holds.
#[must_use]
pub fn admin_browser(hash: &str) -> Key {
    Key::new(format!("ADMIN_BROWSER#{hash}"), "-")
}

/// The partition of what was done to a user.
#[must_use]
pub fn trail_of(user: UserId) -> String {
    format!("AUDIT#{user}")
}

/// The partition of what was done in a month, such as `2026-01`.
#[must_use]
pub fn trail_in(month: &str) -> String {
    format!("AUDIT#{month}")
}

/// An entry of the trail in `partition`.
#[must_use]
pub fn trail_entry(partition: String, id: EntryId) -> Key {
    Key::new(partition, id.to_string())
}

/// The attempts of one kind under `key` in the window that begins at `window`.
#[must_use]
pub fn throttle(scope: &str, key: &str, window: Timestamp) -> Key {
    Key::new(format!("THROTTLE#{scope}#{key}"), format!("WINDOW#{}", window.seconds()))
}

/// How names are compared, recorded at the first start.
#[must_use]
pub fn username_case() -> Key {
    Key::new("SETTINGS", "USERNAME_CASE")
}

/// The public parts of access keys.
pub const PUBLIC: &str = "PUBLIC";
/// The private parts of access keys.
pub const PRIVATE: &str = "PRIVATE";
/// The secrets of refresh tokens.
pub const REFRESH: &str = "REFRESH";

/// A key of the ring, in the partition [`PUBLIC`], [`PRIVATE`] or [`REFRESH`].
#[must_use]
pub fn ring_key(partition: &'static str, kid: &str) -> Key {
    Key::new(partition, format!("KEY#{kid}"))
}

/// The lot that only one of several first starts can draw.
#[must_use]
pub fn first_key() -> Key {
    Key::new(PRIVATE, "FIRST")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shards_of_the_list_are_even() {
        let mut users = [0; LIST_SHARDS as usize];
        for last in 0..16 {
            let id: UserId = format!("01968c4e-7a00-7000-8000-00000000000{last:x}").parse().unwrap();
            users[usize::from(list_shard(id))] += 1;
        }
        assert_eq!(users, [2; 8]);
    }
}
