//! The use case: a good refresh token moves its session on.

use faregate::clock::Timestamp;
use faregate::domain::session::{EndReason, Presented, Session};
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
/// A user who turns out to be inactive is refused though the session moved: nothing can be done with it any more.
pub(crate) async fn refresh(
    deps: &Deps,
    token: RefreshClaims,
    now: Timestamp,
) -> Result<(User, Session), RefreshError> {
    let RefreshClaims { user_id, session_id, counter } = token;
    let advance = Advance { user_id, session_id, counter };
    let (advanced, user) =
        tokio::try_join!(deps.sessions.advance(advance, now, &deps.policy), deps.users.find(user_id))?;
    let user = user.filter(|user| user.is_active).ok_or(RefreshError::NoActiveAccount)?;
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

/// The session did not move: what is this token to it?
async fn presented(
    deps: &Deps,
    token: RefreshClaims,
    session: Session,
    now: Timestamp,
) -> Result<Session, RefreshError> {
    match session.presented(token.counter, now, deps.policy.grace_seconds) {
        // The answer got lost, or two requests crossed: both get the successor.
        Presented::Retried | Presented::Current => Ok(session),
        Presented::Expired => Err(RefreshError::Expired),
        Presented::Ended => Err(RefreshError::SessionOver),
        Presented::Replayed => {
            // A replay: the thief or the owner holds the successor, and nobody can tell which.
            deps.sessions.end(token.user_id, token.session_id, (now, EndReason::RefreshTokenReuse)).await?;
            Err(RefreshError::SessionOver)
        }
    }
}
