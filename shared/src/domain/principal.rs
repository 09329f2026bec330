//! Whom an access token stands for.

use super::id::SessionId;
use super::user::UserId;
use crate::clock::Timestamp;

/// Whom an access token stands for, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The user.
    pub user_id: UserId,
    /// The user's name: as the token says it, or as it is now where the user was read.
    pub username: String,
    /// The session; none for a token of a Django beside us.
    pub session_id: Option<SessionId>,
    /// When the token expires.
    pub token_expires_at: Timestamp,
}
