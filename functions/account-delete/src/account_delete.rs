//! The use case: an account goes, and with it everything that told whose it was.

use faregate::audit::{self, AccountEvent};
use faregate::authentication::{AuthenticationError, Caller};
use faregate::domain::password::Password;
use faregate::passwords::{PasswordError, Verdict};
use faregate::store::{Deleted, StoreError};

use crate::Deps;

/// Why the account is still there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeleteError {
    #[error("the password is wrong")]
    WrongPassword,
    #[error("who asks may not ask any more")]
    Caller(#[from] AuthenticationError),
    #[error("the user is being changed too often")]
    Busy,
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How often the account is tried to delete while somebody else changes the user.
const ATTEMPTS: usize = 4;

/// Deletes the account of `caller`: one hash, a call for each other session, one transaction. The session that asks goes
/// last, so that a request that failed in between can be repeated; then the user's sockets.
///
/// When the user changed since the request came in, whoever asks is read and the password compared again: there is no way
/// back from this.
pub(crate) async fn delete(deps: &Deps, mut caller: Caller, password: Password) -> Result<(), DeleteError> {
    for _attempt in 0..ATTEMPTS {
        let hash = &caller.user.password_hash;
        if deps.passwords.verify(password.clone(), Some(hash)).await? == Verdict::Mismatch {
            return Err(DeleteError::WrongPassword);
        }
        match deps.users.delete_unchanged(&caller.user, caller.session_id).await? {
            Deleted::Yes => {
                audit::account(caller.user.id, AccountEvent::Deleted);
                deps.reaper.look_at(caller.user.id).await;
                return Ok(());
            }
            Deleted::Changed => caller = deps.authenticator.again(&caller).await?,
        }
    }
    Err(DeleteError::Busy)
}
