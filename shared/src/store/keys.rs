//! Every key of both tables, and who reads and writes it how.
//!
//! | access pattern | call | key |
//! | --- | --- | --- |
//! | make a user | `TransactWriteItems` | `USERNAME#<key>` `IDENTIFIER` and `USER#<id>` `PROFILE` |
//! | is this name taken; who has it | `GetItem` | `USERNAME#<key>` `IDENTIFIER` |
//! | log in: the user and the sessions | `Query` | `USER#<id>`, `PROFILE` and above |
//! | open, rotate, end, evict a session | `PutItem`, `UpdateItem`, `DeleteItem` | `USER#<id>` `SESSION#<sid>` |
//! | the open sessions of a user | `Query` | `USER#<id>`, above `SESSION#` |
//! | end the other sessions, change the password | `TransactWriteItems` | `USER#<id>` `PROFILE` and `SESSION#<sid>` |
//! | who sent this access token | `BatchGetItem` | `USER#<id>` `PROFILE` and `SESSION#<sid>` |
//! | the user at a refresh | `GetItem` | `USER#<id>` `PROFILE` |
//! | change or delete a user | `UpdateItem`, `TransactWriteItems` | `USER#<id>` `PROFILE`, `USERNAME#<key>` `IDENTIFIER` |
//! | give a ticket, use it up | `PutItem`, `DeleteItem` | `TICKET#<hash>` `-` |
//! | a socket opens or closes | `PutItem`, `DeleteItem` | `CONNECTIONS#<last digit of id>` `<id>#<cid>` |
//! | the sockets of a user; all sockets | `Query` | `CONNECTIONS#<last digit of id>`, `<id>#` and all |
//! | users and sessions behind sockets | `BatchGetItem` | `USER#<id>` `PROFILE` and `SESSION#<sid>` |
//! | how names are compared | `GetItem`, `PutItem` | `SETTINGS` `USERNAME_CASE` |
//!
//! The keys table: `PUBLIC`, `PRIVATE` and `REFRESH`, each `KEY#<kid>`, so that a policy can give the public parts
//! without the others (`dynamodb:LeadingKeys`); `PRIVATE` `FIRST` is the lot that concurrent first starts draw. A
//! rotation moves the ring by `TransactWriteItems`.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::domain::session::SessionId;
use crate::domain::user::UserId;
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
