//! The use case: whoever holds a refresh token of a session, spent or not, can end it.

use faregate::audit::{self, SessionEvent};
use faregate::clock::Timestamp;
use faregate::domain::session::EndReason;
use faregate::store::{CarriedToken, SessionEnd, SessionKey, StoreError, TokenUse};
use faregate::tokens::{CarriedClaims, Expiry, RefreshClaims};

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

/// Ends the session: one conditional write.
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
    let ended = end(deps, key, now).await?;
    if let SessionEnd::Ended(session) = &ended
        && token.anchor.is_some()
        && session.counter > token.counter.saturating_add(1)
    {
        audit::session(key.user_id, key.session_id, SessionEvent::LoggedOutFromBehind, token.counter);
    }
    match expiry {
        Expiry::Past => Err(LogOutError::Expired),
        Expiry::ToCome => outcome(&ended),
    }
}

/// Ends a refresh token of the Django that users were imported from: it will open no session, and one that it has opened is over.
/// One transaction, and one conditional write more where there is a session.
pub(crate) async fn log_out_carried(deps: &Deps, token: &CarriedClaims, now: Timestamp) -> Result<(), LogOutError> {
    let token = CarriedToken { hash: token.hash(), expires_at: token.expires_at };
    match deps.sessions.end_carried(&token).await? {
        TokenUse::First => Ok(()),
        TokenUse::AfterEnd => Err(LogOutError::AlreadyEnded),
        TokenUse::AfterOpening(key) => {
            let ended = end(deps, key, now).await?;
            if let SessionEnd::Ended(session) = &ended
                && session.counter > 0
            {
                audit::carried_token_shown_again(key.user_id, key.session_id);
            }
            outcome(&ended)
        }
    }
}

/// Ends the session, then its WebSockets.
async fn end(deps: &Deps, key: SessionKey, now: Timestamp) -> Result<SessionEnd, StoreError> {
    let ended = deps.sessions.end(key, (now, EndReason::LogOut)).await?;
    if !matches!(ended, SessionEnd::Missing) {
        // Also where it was over before: the request that ended it may have been cut off before it could tell.
        deps.reaper.look_at(key.user_id).await;
    }
    Ok(ended)
}

/// A session that is gone with its user needs no ending.
const fn outcome(ended: &SessionEnd) -> Result<(), LogOutError> {
    match ended {
        SessionEnd::Ended(_) | SessionEnd::Missing => Ok(()),
        SessionEnd::Refused(_) => Err(LogOutError::AlreadyEnded),
    }
}
