//! The audit: what happened to accounts and sessions that somebody may have to look into.
//!
//! One log line each, which the request's line and id are beside. It names users and sessions by their ids and nobody by
//! name; no token, hash or address is in it.

use crate::domain::administration::{Action, Deed};
use crate::domain::session::{SessionId, Theft};
use crate::domain::user::UserId;
use crate::telemetry::{Metric, count};

/// What happened to one session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionEvent {
    /// It was ended because its tokens have a second holder.
    Stolen(Theft),
    /// A token that was spent long ago was shown without its rotation id; nothing was ended.
    StaleTokenShown,
    /// It was logged out with a token that it had left behind by two rotations or more. A client that finds itself followed up
    /// does so, where somebody holds a copy of its storage.
    LoggedOutFromBehind,
    /// A token of a counter that it has not reached was shown: the table was restored from a copy, or another Region wrote.
    /// Nothing was ended.
    Behind,
}

/// Writes the line about what happened to a session when a token with the counter `counter` was shown.
pub fn session(user_id: UserId, session_id: SessionId, event: SessionEvent, counter: u64) {
    if matches!(event, SessionEvent::Stolen(_) | SessionEvent::LoggedOutFromBehind) {
        count(Metric::Thefts);
    }
    let (name, theft) = match event {
        SessionEvent::Stolen(theft) => ("session_stolen", Some(theft.as_str())),
        SessionEvent::StaleTokenShown => ("stale_token_shown", None),
        SessionEvent::LoggedOutFromBehind => ("logged_out_from_behind", None),
        SessionEvent::Behind => ("session_behind", None),
    };
    tracing::warn!(
        message = "audit",
        audit.event = name,
        audit.reason = theft,
        token.counter = counter,
        user.id = %user_id,
        session.id = %session_id,
    );
}

/// Writes the line about a session that was opened by a refresh token of the Django that its user was imported from.
pub fn carried_over(user_id: UserId, session_id: SessionId) {
    tracing::info!(
        message = "audit",
        audit.event = "session_carried_over",
        user.id = %user_id,
        session.id = %session_id,
    );
}

/// Writes the line about a Django's refresh token that was shown again, and for no lost answer: its holder has the session's own
/// tokens, so somebody else has a copy, or a backup was put back. Nothing was ended but by a log-out.
pub fn carried_token_shown_again(user_id: UserId, session_id: SessionId) {
    tracing::warn!(
        message = "audit",
        audit.event = "carried_token_shown_again",
        user.id = %user_id,
        session.id = %session_id,
    );
}

/// What happened to an account: what its user did, but for the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountEvent {
    /// A new password; every other session is over.
    PasswordChanged,
    /// Every session is over, or every other one.
    SessionsEnded,
    /// The account is gone, and with it everything that told whose it was.
    Deleted,
    /// So many attempts at the password failed today that no more are taken from devices that are not known: somebody guesses.
    PasswordClosed,
}

/// Writes the line about what happened to the account of `user_id`.
pub fn account(user_id: UserId, event: AccountEvent) {
    let name = match event {
        AccountEvent::PasswordChanged => "password_changed",
        AccountEvent::SessionsEnded => "sessions_ended",
        AccountEvent::Deleted => "account_deleted",
        AccountEvent::PasswordClosed => "password_closed",
    };
    tracing::info!(message = "audit", audit.event = name, user.id = %user_id);
}

/// Writes the line about what an administrator or an operator did to the user `user_id`. The trail in the table has the same
/// for the admin site; this is for those who alarm on logs.
pub fn administration(user_id: UserId, action: Action, deed: &Deed) {
    tracing::info!(message = "audit", audit.event = action.as_str(), audit.actor = %deed.actor, user.id = %user_id);
}
