//! Whom an access token stands for, and whether that may still act.

use super::id::SessionId;
use super::session::{Reactivation, SessionState};
use super::user::{UserId, UserState};
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

/// Why a principal may act no more, though the token is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fallen {
    /// The user is gone.
    UserGone,
    /// The user was deactivated.
    UserInactive,
    /// The session is over: log-out, a replay, a new password, or it gave way to a newer one.
    SessionOver,
}

impl Principal {
    /// Whether the principal may still act: `user` and `session` are what stands in the table now.
    ///
    /// # Errors
    ///
    /// Why it may not.
    pub fn standing(
        &self,
        (user, session): (Option<UserState>, Option<SessionState>),
        reactivation: Reactivation,
    ) -> Result<(), Fallen> {
        let user = user.ok_or(Fallen::UserGone)?;
        if !user.is_active {
            return Err(Fallen::UserInactive);
        }
        let open = session.is_some_and(|session| session.is_open(&user, reactivation));
        // A token without a session (from a Django beside us) rests on its user alone.
        if open || self.session_id.is_none() { Ok(()) } else { Err(Fallen::SessionOver) }
    }
}
