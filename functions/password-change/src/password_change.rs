//! The use case: the old password and a new one become the password; every other session is over.

use faregate::attempts::AttemptError;
use faregate::audit::{self, AccountEvent};
use faregate::authentication::{AuthenticationError, Caller};
use faregate::domain::password::Password;
use faregate::domain::password_policy::{PersonalAttributes, Unacceptable};
use faregate::domain::session::SessionId;
use faregate::domain::user::User;
use faregate::passwords::{PasswordError, Verdict};
use faregate::store::StoreError;

use crate::Deps;

/// What a user asks for.
pub(crate) struct Wish {
    pub(crate) old: Password,
    pub(crate) new: Password,
    pub(crate) repeated: Password,
}

/// Why the password is the old one.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChangeError {
    #[error(transparent)]
    Unacceptable(#[from] Unacceptable),
    #[error("the old password is wrong")]
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

/// Changes the password: a counted attempt, two hashes, one transaction. What costs nothing to see is refused before anything is hashed.
///
/// When the user changed since the request came in, by a log-in that hashed the same password anew perhaps, all is read and
/// compared again.
pub(crate) async fn change(deps: &Deps, caller: Caller, wish: Wish) -> Result<(), ChangeError> {
    let User { id: user_id, ref username, ref first_name, ref last_name, .. } = caller.user;
    let person = PersonalAttributes { username: username.as_str(), first_name, last_name };
    deps.policy.check(&wish.new, &wish.repeated, &person)?;
    let (turn, wish) = (deps.attempts.begin_again(user_id, caller.session_id).await?, &wish);
    let attempt = |Caller { user, session_id, .. }| async move {
        let new_hash = if is_password_of(deps, &user, &wish.old).await? {
            Some(deps.passwords.hash(wish.new.clone(), deps.randomness.bytes()).await?)
        } else if is_password_of_too(deps, (&user, session_id), &wish.new).await? {
            // The answer to the same request was lost, and here it is again. What it promises is made sure of once more.
            None
        } else {
            return Err(ChangeError::WrongPassword);
        };
        Ok(deps.users.end_other_sessions(&user, session_id, new_hash.as_ref()).await?)
    };
    let changed = deps.authenticator.until_unchanged(caller, attempt).await;
    if let Err(ChangeError::WrongPassword) = changed {
        deps.attempts.failed(&turn).await?;
    }
    changed?;
    audit::account(user_id, AccountEvent::PasswordChanged);
    tokio::join!(deps.reaper.look_at(user_id), deps.attempts.succeeded(&turn));
    Ok(())
}

/// The same for one more password, which is one more attempt. When that comes too soon, it is not compared, and the answer is
/// that of the old one alone.
async fn is_password_of_too(
    deps: &Deps,
    (user, session_id): (&User, Option<SessionId>),
    password: &Password,
) -> Result<bool, ChangeError> {
    match deps.attempts.begin_again(user.id, session_id).await {
        Ok(_turn) => Ok(is_password_of(deps, user, password).await?),
        Err(AttemptError::Throttled { .. }) => Ok(false),
        Err(error @ AttemptError::Store(_)) => Err(error.into()),
    }
}

async fn is_password_of(deps: &Deps, user: &User, password: &Password) -> Result<bool, PasswordError> {
    Ok(deps.passwords.verify(password.clone(), Some(&user.password_hash)).await? != Verdict::Mismatch)
}
