//! The use case: a name, a password and perhaps names become a user.

use faregate::attempts::AttemptError;
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
    Attempt(#[from] AttemptError),
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes the user: one hash, with a counted sign-up beside it, and one transaction. A taken name comes before anything that is
/// wrong with the passwords.
pub(crate) async fn sign_up(deps: &Deps, wish: Wish, source_ip: Option<&str>) -> Result<User, SignUpError> {
    let person =
        PersonalAttributes { username: &wish.typed_username, first_name: &wish.first_name, last_name: &wish.last_name };
    if let Err(error) = deps.policy.check(&wish.password, &wish.repeated, &person) {
        let taken = is_taken(deps, &wish.username, source_ip).await?;
        return Err(if taken { SignUpError::UsernameTaken } else { error.into() });
    }
    let now = deps.clock.now();
    // An address that may not sign up is not hashed for, unless a lane was free at once.
    let (password_hash, ()) = tokio::try_join!(
        async { Ok::<_, SignUpError>(deps.passwords.hash(wish.password, deps.randomness.bytes()).await?) },
        counted(deps, source_ip),
    )?;
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

/// Whether somebody has `username`. Who asks for one name after the other is held to the sign-ups of an address.
pub(crate) async fn is_taken(deps: &Deps, username: &Username, source_ip: Option<&str>) -> Result<bool, SignUpError> {
    let is_taken = async { Ok(deps.users.is_taken(username).await?) };
    let (is_taken, ()) = tokio::try_join!(is_taken, counted(deps, source_ip))?;
    Ok(is_taken)
}

async fn counted(deps: &Deps, source_ip: Option<&str>) -> Result<(), SignUpError> {
    Ok(deps.limit.take(source_ip).await?)
}
