//! The use case: a good refresh token moves its session on.

use faregate::clock::Timestamp;
use faregate::domain::session::{EndReason, Presented, Reactivation, Session};
use faregate::domain::user::User;
use faregate::store::{Advance, Advanced, StoreError};
use faregate::tokens::RefreshClaims;

use crate::Deps;

/// Why there is no next token.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RefreshError {
    #[error("the user is inactive or gone")]
    NoActiveAccount,
    #[error("the session is over, or this token was spent")]
    SessionOver,
    #[error("the session ran out")]
    Expired,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Moves the session on and reads the user, side by side. A replay costs one more write, which ends the session.
///
/// A user who turns out to be inactive is refused though the session moved: deactivating has ended it anyway.
pub(crate) async fn refresh(
    deps: &Deps,
    token: RefreshClaims,
    now: Timestamp,
) -> Result<(User, Session), RefreshError> {
    let RefreshClaims { user_id, session_id, counter } = token;
    let advance = Advance { user_id, session_id, counter };
    let (user, advanced) = match deps.policy.reactivation {
        Reactivation::LeavesSessionsEnded => {
            let (user, advanced) =
                tokio::try_join!(deps.users.find(user_id), deps.sessions.advance(advance, now, &deps.policy))?;
            (active(user)?, advanced)
        }
        // The session may be wanted again: a refusal must not spend its token. One after the other, then.
        Reactivation::RevivesSessions => {
            let user = active(deps.users.find(user_id).await?)?;
            (user, deps.sessions.advance(advance, now, &deps.policy).await?)
        }
    };
    let session = match advanced {
        Advanced::Yes(session) => *session,
        Advanced::No(Some(session)) => presented(deps, token, *session, now).await?,
        Advanced::No(None) => return Err(RefreshError::SessionOver),
    };
    if session.is_open(user.epochs, deps.policy.reactivation) {
        Ok((user, session))
    } else {
        Err(RefreshError::SessionOver)
    }
}

fn active(user: Option<User>) -> Result<User, RefreshError> {
    user.filter(|user| user.is_active).ok_or(RefreshError::NoActiveAccount)
}

/// The session did not move: what is this token to it?
async fn presented(
    deps: &Deps,
    token: RefreshClaims,
    session: Session,
    now: Timestamp,
) -> Result<Session, RefreshError> {
    match session.presented(token.counter, now, deps.policy.grace_seconds) {
        // The answer got lost, or two requests crossed: both get the successor.
        Presented::Retried => Ok(session),
        Presented::Expired => Err(RefreshError::Expired),
        // A current token would have moved the session.
        Presented::Ended | Presented::Current => Err(RefreshError::SessionOver),
        Presented::Replayed => {
            // A replay: the thief or the owner holds the successor, and nobody can tell which.
            deps.sessions.end(token.user_id, token.session_id, (now, EndReason::RefreshTokenReuse)).await?;
            deps.reaper.look_at(token.user_id).await;
            Err(RefreshError::SessionOver)
        }
    }
}
