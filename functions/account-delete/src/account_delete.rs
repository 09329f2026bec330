//! The use case: an account goes, and with it everything that told whose it was.

use faregate::attempts::AttemptError;
use faregate::audit::{self, AccountEvent};
use faregate::authentication::{AuthenticationError, Caller};
use faregate::domain::password::Password;
use faregate::passwords::{PasswordError, Verdict};
use faregate::store::StoreError;

use crate::Deps;

/// Why the account is still there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeleteError {
    #[error("the password is wrong")]
    WrongPassword,
    #[error("who asks may not ask any more")]
    Caller(#[from] AuthenticationError),
    #[error(transparent)]
    Attempt(#[from] AttemptError),
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Deletes the account of `caller`: a counted attempt, one hash, a call for each other session, one transaction. The session that asks goes
/// last, so that a request that failed in between can be repeated; then the user's sockets.
///
/// When the user changed since the request came in, the password is compared again: there is no way back from this.
pub(crate) async fn delete(deps: &Deps, caller: Caller, password: Password) -> Result<(), DeleteError> {
    let user_id = caller.user.id;
    let (turn, password) = (deps.attempts.begin_again(user_id, caller.session_id).await?, &password);
    let attempt = |Caller { user, session_id, .. }| async move {
        if deps.passwords.verify(password.clone(), Some(&user.password_hash)).await? == Verdict::Mismatch {
            return Err(DeleteError::WrongPassword);
        }
        Ok(deps.users.delete_unchanged(&user, session_id).await?)
    };
    let deleted = deps.authenticator.until_unchanged(caller, attempt).await;
    if let Err(DeleteError::WrongPassword) = deleted {
        deps.attempts.failed(&turn).await?;
    }
    deleted?;
    audit::account(user_id, AccountEvent::Deleted);
    deps.reaper.look_at(user_id).await;
    Ok(())
}
