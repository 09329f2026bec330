//! A user.

pub use super::id::UserId;
use super::password::PasswordHash;
use super::username::Username;
use crate::clock::Timestamp;

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

/// What of a user decides whether a principal may act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserState {
    /// Whether the user may be logged in.
    pub is_active: bool,
    /// How often all the user's sessions were ended.
    pub epochs: Epochs,
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
    /// What decides whether the user's principals may act.
    #[must_use]
    pub const fn state(&self) -> UserState {
        UserState { is_active: self.is_active, epochs: self.epochs }
    }

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
