//! The use case: a refresh token is as good as its session; an access token is good as it is.

use faregate::clock::Timestamp;
use faregate::domain::rotation::TokenPlace;
use faregate::store::StoreError;
use faregate::tokens::{AnyClaims, RefreshClaims};

use crate::Deps;

/// Why a well-signed token is not good.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VerifyTokenError {
    #[error("the session is over, or this token was spent")]
    SessionOver,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// No read for an access token, one for a refresh token.
pub(crate) async fn verify(deps: &Deps, claims: AnyClaims, now: Timestamp) -> Result<(), VerifyTokenError> {
    let AnyClaims::Refresh(RefreshClaims { user_id, session_id, counter, anchor, .. }) = claims else { return Ok(()) };
    let (user, session) = deps.sessions.with_user(user_id, Some(session_id)).await?;
    let good = user.zip(session).is_some_and(|(user, session)| {
        let is_good = session.is_good(TokenPlace { counter, anchor }, now);
        user.is_active && session.is_open(&user.state(), deps.reactivation) && is_good
    });
    if good { Ok(()) } else { Err(VerifyTokenError::SessionOver) }
}
