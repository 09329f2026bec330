//! Who sent this access token, and may that user still use it?

use crate::clock::{Clock, Timestamp};
use crate::domain::session::Reactivation;
use crate::domain::user::{User, UserId};
use crate::store::{Sessions, StoreError};
use crate::tokens::{AccessClaims, TokenError, Verifier, VerifyError};

/// Tells users by their access tokens; clones share key ring and connection.
#[derive(Clone, Debug)]
pub struct Authenticator {
    verifier: Verifier,
    sessions: Sessions,
    reactivation: Reactivation,
    clock: Clock,
}

/// Why an access token opens nothing.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticationError {
    /// The token is no good.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// Its user is gone.
    #[error("the user does not exist")]
    UserNotFound,
    /// Its user was deactivated.
    #[error("the user is inactive")]
    UserInactive,
    /// We could not tell.
    #[error("the key ring cannot be read")]
    Keyring(#[source] crate::tokens::KeyringError),
    /// We could not tell.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Authenticator {
    /// An authenticator that verifies with `verifier` and reads users and sessions from `sessions`.
    #[must_use]
    pub const fn new(verifier: Verifier, sessions: Sessions, reactivation: Reactivation, clock: Clock) -> Self {
        Self { verifier, sessions, reactivation, clock }
    }

    /// The user whose good access token this is. One batch read: the user and the session as they are now.
    ///
    /// # Errors
    ///
    /// When the token is no good, its user is gone or inactive, its session is over, or we could not tell.
    pub async fn authenticate(&self, token: &str) -> Result<User, AuthenticationError> {
        let now: Timestamp = self.clock.now();
        let claims = match self.verifier.access(token, now).await {
            Ok(claims) => claims,
            Err(VerifyError::Token(error)) => return Err(error.into()),
            Err(VerifyError::Keyring(error)) => return Err(AuthenticationError::Keyring(error)),
        };
        self.user_of(&claims).await
    }

    async fn user_of(&self, claims: &AccessClaims) -> Result<User, AuthenticationError> {
        let user_id: UserId = claims.user.parse().map_err(|_| AuthenticationError::UserNotFound)?;
        let (user, session) = self.sessions.with_user(user_id, claims.session_id).await?;
        let user = user.ok_or(AuthenticationError::UserNotFound)?;
        if !user.is_active {
            return Err(AuthenticationError::UserInactive);
        }
        let open = session.is_some_and(|session| session.is_open(user.epochs, self.reactivation));
        // A token without a session (from a Django beside us) rests on its user alone.
        if open || claims.session_id.is_none() { Ok(user) } else { Err(TokenError::Blacklisted.into()) }
    }
}
