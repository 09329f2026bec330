//! The use case: whoever holds a refresh token of a session, spent or not, can end it.

use faregate::audit::{self, SessionEvent};
use faregate::clock::Timestamp;
use faregate::domain::session::EndReason;
use faregate::store::{SessionEnd, SessionKey, StoreError};
use faregate::tokens::{Expiry, RefreshClaims};

use crate::Deps;

/// Why the answer is no success.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LogOutError {
    #[error("the session was over before")]
    AlreadyEnded,
    #[error("the token has expired")]
    Expired,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Ends the session: one conditional write; then its WebSockets. One that is gone with its user needs no ending.
///
/// An anchored token ends it past its expiry too, though it is refused as expired: a client that was away for long and finds
/// that somebody went on with its session has nothing else to end it with (docs/sessions.md).
pub(crate) async fn log_out(
    deps: &Deps,
    token: &RefreshClaims,
    expiry: Expiry,
    now: Timestamp,
) -> Result<(), LogOutError> {
    if expiry == Expiry::Past && token.anchor.is_none() {
        return Err(LogOutError::Expired);
    }
    let key = SessionKey { user_id: token.user_id, session_id: token.session_id };
    let ended = deps.sessions.end(key, (now, EndReason::LogOut)).await?;
    if let SessionEnd::Ended(session) = &ended
        && token.anchor.is_some()
        && session.counter > token.counter.saturating_add(1)
    {
        audit::session(key.user_id, key.session_id, SessionEvent::LoggedOutFromBehind, token.counter);
    }
    if !matches!(ended, SessionEnd::Missing) {
        // Also where it was over before: the request that ended it may have been cut off before it could tell.
        deps.reaper.look_at(token.user_id).await;
    }
    match (expiry, ended) {
        (Expiry::Past, _) => Err(LogOutError::Expired),
        (Expiry::ToCome, SessionEnd::Ended(_) | SessionEnd::Missing) => Ok(()),
        (Expiry::ToCome, SessionEnd::Refused(_)) => Err(LogOutError::AlreadyEnded),
    }
}
