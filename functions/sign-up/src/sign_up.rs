//! The use case: a name, a password and perhaps names become a user.

use faregate::domain::password::Password;
use faregate::domain::password_policy::{PersonalAttributes, Unacceptable};
use faregate::domain::user::{NewUser, User, UserId};
use faregate::domain::username::Username;
use faregate::passwords::PasswordError;
use faregate::store::{CreateUserError, StoreError};

use crate::Deps;

/// What a person wants to be.
pub(crate) struct Wish {
    pub(crate) username: Username,
    pub(crate) typed_username: String,
    pub(crate) password: Password,
    pub(crate) repeated: Password,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
}

/// Why nobody was made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SignUpError {
    #[error("the username is taken")]
    UsernameTaken,
    #[error(transparent)]
    Unacceptable(#[from] Unacceptable),
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes the user: one hash, one transaction. A taken name comes before anything that is wrong with the passwords.
pub(crate) async fn sign_up(deps: &Deps, wish: Wish) -> Result<User, SignUpError> {
    let person =
        PersonalAttributes { username: &wish.typed_username, first_name: &wish.first_name, last_name: &wish.last_name };
    if let Err(error) = deps.policy.check(&wish.password, &wish.repeated, &person) {
        let taken = deps.users.is_taken(&wish.username).await?;
        return Err(if taken { SignUpError::UsernameTaken } else { error.into() });
    }
    let now = deps.clock.now();
    let password_hash = deps.passwords.hash(wish.password, deps.randomness.bytes()).await?;
    let new =
        NewUser { username: wish.username, first_name: wish.first_name, last_name: wish.last_name, password_hash };
    let user = User::new(UserId::new(deps.randomness.uuid_v7(now)), new, now);
    match deps.users.create(&user).await {
        Ok(()) => Ok(user),
        Err(CreateUserError::UsernameTaken) => Err(SignUpError::UsernameTaken),
        // Nobody's right is asked for.
        Err(CreateUserError::NoRight) => Err(StoreError::Inconsistent("a sign-up needs no right").into()),
        Err(CreateUserError::Store(error)) => Err(error.into()),
    }
}
