//! The use case: whoever holds a refresh token of a session, spent or not, can end it.

use faregate::clock::Timestamp;
use faregate::domain::session::EndReason;
use faregate::store::{SessionEnd, SessionKey, StoreError};
use faregate::tokens::RefreshClaims;

use crate::Deps;

/// Why nothing was ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LogOutError {
    #[error("the session was over before")]
    AlreadyEnded,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Ends the session: one conditional write; then its WebSockets. One that is gone with its user needs no ending.
pub(crate) async fn log_out(deps: &Deps, token: RefreshClaims, now: Timestamp) -> Result<(), LogOutError> {
    let key = SessionKey { user_id: token.user_id, session_id: token.session_id };
    match deps.sessions.end(key, (now, EndReason::LogOut)).await? {
        SessionEnd::Ended => {
            deps.reaper.look_at(token.user_id).await;
            Ok(())
        }
        SessionEnd::Missing => Ok(()),
        SessionEnd::Refused(_) => {
            // The request that ended it may have been cut off before it could tell.
            deps.reaper.look_at(token.user_id).await;
            Err(LogOutError::AlreadyEnded)
        }
    }
}
