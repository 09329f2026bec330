//! The audit: what happened to accounts and sessions that somebody may have to look into.
//!
//! One log line each, which the request's line and id are beside. It names users and sessions by their ids and nobody by
//! name; no token, hash or address is in it.

use crate::domain::session::{SessionId, Theft};
use crate::domain::user::UserId;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditEvent {
    /// A session was ended because its tokens have a second holder.
    SessionStolen {
        /// What shows it.
        theft: Theft,
        /// The `ctr` of the token that was shown.
        counter: u64,
    },
    /// A token that was spent long ago was shown without its rotation id; nothing was ended.
    StaleTokenShown {
        /// Its `ctr`.
        counter: u64,
    },
    /// A token of a counter that its session has not reached was shown: the table was restored from a copy, or another
    /// Region wrote. Nothing was ended.
    SessionBehind {
        /// The token's `ctr`.
        counter: u64,
    },
}

/// Writes the line about `event`.
pub fn record(user_id: UserId, session_id: SessionId, event: AuditEvent) {
    let (name, counter, theft) = match event {
        AuditEvent::SessionStolen { theft, counter } => ("session_stolen", counter, Some(theft.as_str())),
        AuditEvent::StaleTokenShown { counter } => ("stale_token_shown", counter, None),
        AuditEvent::SessionBehind { counter } => ("session_behind", counter, None),
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
