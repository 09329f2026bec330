//! Who sent this access token, and may that user still use it?

use futures_util::future::BoxFuture;

use crate::clock::{Clock, Timestamp};
use crate::domain::principal::{Fallen, Principal};
use crate::domain::session::{Reactivation, Session, SessionId};
use crate::domain::user::User;
use crate::store::{IfUnchanged, Sessions, StoreError};
use crate::tokens::{AccessClaims, TokenError, Verifier, VerifyError};

/// How often something is tried for a caller who is being changed.
const ATTEMPTS: usize = 4;

/// Tells users by their access tokens; clones share key ring and connection.
#[derive(Clone, Debug)]
pub struct Authenticator {
    verifier: Verifier,
    sessions: Sessions,
    reactivation: Reactivation,
    clock: Clock,
}

/// Who sent a good access token.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The user, as it is now.
    pub user: User,
    /// The session that the token belongs to; none for a token of a Django beside us.
    pub session_id: Option<SessionId>,
    /// When the token expires.
    pub token_expires_at: Timestamp,
}

impl Caller {
    /// Whom the token stands for.
    #[must_use]
    pub fn principal(&self) -> Principal {
        Principal {
            user_id: self.user.id,
            username: self.user.username.to_string(),
            session_id: self.session_id,
            token_expires_at: self.token_expires_at,
        }
    }
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
    /// Its user has no id of ours: a Django beside us made it.
    #[error("the user is another system's")]
    ForeignUser,
    /// Its user was deactivated.
    #[error("the user is inactive")]
    UserInactive,
    /// User or session change each time that they were read.
    #[error("the user is being changed too often")]
    KeepsChanging,
    /// We could not tell.
    #[error("the key ring cannot be read")]
    Keyring(#[source] crate::tokens::KeyringError),
    /// We could not tell.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// We could not tell whether what somebody showed is good.
#[derive(Debug, thiserror::Error)]
pub enum Undecided {
    /// The key ring cannot be read.
    #[error("the key ring cannot be read")]
    Keyring(#[source] crate::tokens::KeyringError),
    /// DynamoDB failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What was decided of a token, for those who need not know why it is refused.
///
/// # Errors
///
/// When it could not be decided.
pub fn decided(verified: Result<AccessClaims, VerifyError>) -> Result<Option<AccessClaims>, Undecided> {
    match verified {
        Ok(claims) => Ok(Some(claims)),
        Err(VerifyError::Token(_)) => Ok(None),
        Err(VerifyError::Keyring(error)) => Err(Undecided::Keyring(error)),
    }
}

impl Authenticator {
    /// An authenticator that verifies with `verifier` and reads users and sessions from `sessions`.
    #[must_use]
    pub const fn new(verifier: Verifier, sessions: Sessions, reactivation: Reactivation, clock: Clock) -> Self {
        Self { verifier, sessions, reactivation, clock }
    }

    /// Whose good access token this is. One batch read: the user and the session as they are now.
    ///
    /// Boxed: store/call.rs says why.
    ///
    /// # Errors
    ///
    /// When the token is no good, its user is gone or inactive, its session is over, or we could not tell.
    #[must_use]
    pub fn authenticate<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<Caller, AuthenticationError>> {
        Box::pin(async {
            let claims = match self.verifier.access(token, self.clock.now()).await {
                Ok(claims) => claims,
                Err(VerifyError::Token(error)) => return Err(error.into()),
                Err(VerifyError::Keyring(error)) => return Err(AuthenticationError::Keyring(error)),
            };
            self.standing(claims.principal().ok_or(AuthenticationError::ForeignUser)?).await
        })
    }

    /// Does `attempt` for `caller`; when the caller changed since it was read, reads it again (one batch read) and tries
    /// once more, a few times.
    ///
    /// # Errors
    ///
    /// Those of `attempt`; when the caller's user is gone or inactive by then or its session is over; when it changes
    /// each time, or we could not tell.
    pub async fn until_unchanged<E, F>(&self, mut caller: Caller, attempt: impl Fn(Caller) -> F) -> Result<(), E>
    where
        E: From<AuthenticationError>,
        F: Future<Output = Result<IfUnchanged, E>>,
    {
        for _attempt in 0..ATTEMPTS {
            // By value: an async closure that borrows is not known to be `Send`.
            match attempt(caller.clone()).await? {
                IfUnchanged::Done => return Ok(()),
                IfUnchanged::Changed => caller = self.standing(caller.principal()).await?,
            }
        }
        Err(AuthenticationError::KeepsChanging.into())
    }

    async fn standing(&self, principal: Principal) -> Result<Caller, AuthenticationError> {
        let Principal { user_id, session_id, token_expires_at, .. } = principal;
        let (user, session) = self.sessions.with_user(user_id, session_id).await?;
        let states = (user.as_ref().map(User::state), session.as_ref().map(Session::state));
        match (principal.standing(states, self.reactivation), user) {
            (Ok(()), Some(user)) => Ok(Caller { user, session_id, token_expires_at }),
            (Err(Fallen::UserGone), _) | (_, None) => Err(AuthenticationError::UserNotFound),
            (Err(Fallen::UserInactive), _) => Err(AuthenticationError::UserInactive),
            (Err(Fallen::SessionOver), _) => Err(TokenError::Blacklisted.into()),
        }
    }
}
