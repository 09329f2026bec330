//! The use case: the old password and a new one become the password; every other session is over.

use faregate::audit::{self, AccountEvent};
use faregate::authentication::{AuthenticationError, Caller};
use faregate::domain::password::Password;
use faregate::domain::password_policy::{PersonalAttributes, Weakness};
use faregate::domain::user::User;
use faregate::passwords::{PasswordError, Verdict};
use faregate::store::{OthersEnded, StoreError};

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
    #[error("the two new passwords differ")]
    PasswordsDiffer,
    #[error("the new password is too weak")]
    WeakPassword(Vec<Weakness>),
    #[error("the old password is wrong")]
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

/// How often the password is tried to change while somebody else changes the user.
const ATTEMPTS: usize = 4;

/// Changes the password: two hashes, one transaction. What costs nothing to see is refused before anything is hashed.
///
/// When the user changed since the request came in, by a log-in that hashed the same password anew perhaps, all is read and
/// compared again.
pub(crate) async fn change(deps: &Deps, mut caller: Caller, wish: Wish) -> Result<(), ChangeError> {
    check_new_password(deps, &caller.user, &wish)?;
    for _attempt in 0..ATTEMPTS {
        let new_hash = if is_password_of(deps, &caller.user, &wish.old).await? {
            Some(deps.passwords.hash(wish.new.clone(), deps.randomness.bytes()).await?)
        } else if is_password_of(deps, &caller.user, &wish.new).await? {
            // The answer to the same request was lost, and here it is again. What it promises is made sure of once more.
            None
        } else {
            return Err(ChangeError::WrongPassword);
        };
        match deps.users.end_other_sessions(&caller.user, caller.session_id, new_hash.as_ref()).await? {
            OthersEnded::Yes => {
                audit::account(caller.user.id, AccountEvent::PasswordChanged);
                deps.reaper.look_at(caller.user.id).await;
                return Ok(());
            }
            OthersEnded::Changed => caller = deps.authenticator.again(&caller).await?,
        }
    }
    Err(ChangeError::Busy)
}

fn check_new_password(deps: &Deps, user: &User, wish: &Wish) -> Result<(), ChangeError> {
    if wish.new != wish.repeated {
        return Err(ChangeError::PasswordsDiffer);
    }
    let (first_name, last_name) = (&user.first_name, &user.last_name);
    let person = PersonalAttributes { username: user.username.as_str(), first_name, last_name };
    let weaknesses = deps.policy.weaknesses(wish.new.expose(), &person);
    if weaknesses.is_empty() { Ok(()) } else { Err(ChangeError::WeakPassword(weaknesses)) }
}

async fn is_password_of(deps: &Deps, user: &User, password: &Password) -> Result<bool, PasswordError> {
    Ok(deps.passwords.verify(password.clone(), Some(&user.password_hash)).await? != Verdict::Mismatch)
}
