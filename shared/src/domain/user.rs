//! A user, and what identifies one.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use super::username::Username;
use crate::clock::Timestamp;
use crate::passwords::PasswordHash;

/// Who a user is, for ever: a `UUIDv7`, a string in bodies and in tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UserId(Uuid);

impl UserId {
    /// The id `uuid`.
    #[must_use]
    pub const fn new(uuid: Uuid) -> Self {
        Self(uuid)
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(formatter)
    }
}

impl FromStr for UserId {
    type Err = NotAnId;

    /// Takes only the spelling that `Display` makes, so that an id has one.
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let uuid = Uuid::parse_str(text).map_err(|_| NotAnId)?;
        if uuid.hyphenated().to_string() == text { Ok(Self(uuid)) } else { Err(NotAnId) }
    }
}

/// The text is not a UUID in lower case with hyphens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id")]
pub struct NotAnId;

/// How often all of a user's sessions were ended. A session remembers what this was at its birth, so that ending all of
/// them is one write to the user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Epochs {
    /// By a new password or a revocation: no way back.
    pub revocations: u64,
    /// By deactivating the user.
    pub deactivations: u64,
}

/// A user as the store holds it.
#[derive(Clone, Debug)]
pub struct User {
    /// Who it is.
    pub id: UserId,
    /// The name to log in with.
    pub username: Username,
    /// May be empty.
    pub first_name: String,
    /// May be empty.
    pub last_name: String,
    /// The Argon2id hash of the password.
    pub password_hash: PasswordHash,
    /// Whether the user may log in and be logged in.
    pub is_active: bool,
    /// Whether the user may enter the admin site.
    pub is_staff: bool,
    /// How often all the user's sessions were ended.
    pub epochs: Epochs,
    /// When the user signed up.
    pub created_at: Timestamp,
}

/// What a person gives to become a user.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// The name to log in with.
    pub username: Username,
    /// May be empty.
    pub first_name: String,
    /// May be empty.
    pub last_name: String,
    /// The Argon2id hash of the password.
    pub password_hash: PasswordHash,
}

impl User {
    /// An active user without rights of any kind, made `now`.
    #[must_use]
    pub fn new(id: UserId, new: NewUser, now: Timestamp) -> Self {
        let NewUser { username, first_name, last_name, password_hash } = new;
        Self {
            id,
            username,
            first_name,
            last_name,
            password_hash,
            is_active: true,
            is_staff: false,
            epochs: Epochs::default(),
            created_at: now,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_spelling() {
        let text = "01968c4e-7a00-7000-8000-000000000001";
        assert_eq!(text.parse::<UserId>().unwrap().to_string(), text);
        for other in ["01968C4E-7A00-7000-8000-000000000001", "01968c4e7a0070008000000000000001", "7", ""] {
            assert_eq!(other.parse::<UserId>(), Err(NotAnId));
        }
    }
}
