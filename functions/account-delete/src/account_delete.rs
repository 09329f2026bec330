//! The use case: an account goes, and with it everything that told whose it was.

use faregate::audit::{self, AccountEvent};
use faregate::authentication::Caller;
use faregate::domain::password::Password;
use faregate::passwords::{PasswordError, Verdict};
use faregate::store::StoreError;

use crate::Deps;

/// Why the account is still there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeleteError {
    #[error("the password is wrong")]
    WrongPassword,
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Deletes the account of `caller`: one hash, a call for each other session, one transaction. The session that asks goes
/// last, so that a request that failed in between can be repeated; then the user's sockets.
pub(crate) async fn delete(deps: &Deps, caller: Caller, password: Password) -> Result<(), DeleteError> {
    let Caller { user, session_id, .. } = caller;
    if deps.passwords.verify(password, Some(&user.password_hash)).await? == Verdict::Mismatch {
        return Err(DeleteError::WrongPassword);
    }
    deps.users.delete(&user, session_id).await?;
    audit::account(user.id, AccountEvent::Deleted);
    deps.reaper.look_at(user.id).await;
    Ok(())
}
