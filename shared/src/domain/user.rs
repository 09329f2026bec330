//! A user.

use std::fmt;
use std::str::FromStr;

pub use super::id::UserId;
use super::id::{NotAnId, SessionId};
use super::legacy::LegacyId;
use super::password::PasswordHash;
use super::text;
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

/// The session that the last revocation left open: its user ended the others from it.
///
/// User and session are written in one transaction, but a reading of both can fall into it and find one as it was and one
/// as it is. This says, with the user alone, that the session was moved along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Which session.
    pub session_id: SessionId,
    /// The count of revocations that it was left open by.
    pub revocations: u64,
}

impl fmt::Display for Kept {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}#{}", self.revocations, self.session_id)
    }
}

impl FromStr for Kept {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let (revocations, session_id) = text.split_once('#').ok_or(NotAnId)?;
        Ok(Self { revocations: revocations.parse().map_err(|_| NotAnId)?, session_id: session_id.parse()? })
    }
}

/// The longest first or last name, in code points (Django's `AbstractUser`).
pub const MAX_PERSON_NAME_LENGTH: usize = 150;

/// A first or last name, trimmed, as sign-up takes it; may be empty.
///
/// # Errors
///
/// What is wrong with it.
pub fn person_name(typed: &str) -> Result<String, PersonNameError> {
    let name = text::trim(typed);
    if name.chars().count() > MAX_PERSON_NAME_LENGTH {
        Err(PersonNameError::TooLong)
    } else if name.contains('\0') {
        Err(PersonNameError::NullCharacter)
    } else {
        Ok(name.to_owned())
    }
}

/// Why a text is no first or last name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PersonNameError {
    /// It has more than [`MAX_PERSON_NAME_LENGTH`] code points.
    #[error("the name is too long")]
    TooLong,
    /// It holds U+0000.
    #[error("the name holds a null character")]
    NullCharacter,
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
    /// The hash of the password: Argon2id, or, until the user has logged in, what the system had that the user came from.
    pub password_hash: PasswordHash,
    /// Whether the user may log in and be logged in.
    pub is_active: bool,
    /// Whether the user may enter the admin site.
    pub is_staff: bool,
    /// How often all the user's sessions were ended.
    pub epochs: Epochs,
    /// The session that the last revocation left open, if it left one.
    pub kept: Option<Kept>,
    /// What the user was called in the system that it was imported from, if it was.
    pub legacy_id: Option<LegacyId>,
    /// When the user signed up.
    pub created_at: Timestamp,
    /// How often an administrator or an operator changed the user: what a change must have seen to be made.
    pub version: u64,
}

/// What of a user decides whether a principal may act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserState {
    /// Whether the user may be logged in.
    pub is_active: bool,
    /// How often all the user's sessions were ended.
    pub epochs: Epochs,
    /// The session that the last revocation left open, if it left one.
    pub kept: Option<Kept>,
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
        UserState { is_active: self.is_active, epochs: self.epochs, kept: self.kept }
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
            kept: None,
            legacy_id: None,
            created_at: now,
            version: 0,
        }
    }
}
