//! The use cases: an administrator makes, changes and removes users and ends their sessions.

use faregate::administrator::Administrator;
use faregate::audit;
use faregate::domain::admin_session::CookieSecret;
use faregate::domain::administration::{Action, Deed, UserChange};
use faregate::domain::password::Password;
use faregate::domain::password_policy::{PersonalAttributes, Unacceptable};
use faregate::domain::session::{Session, SessionId};
use faregate::domain::user::{NewUser, User, UserId};
use faregate::domain::username::Username;
use faregate::passwords::PasswordError;
use faregate::store::{CreateUserError, Outcome, StoreError};

use crate::Deps;
use crate::log_in::enter;

/// Whom an administrator adds.
pub(crate) struct Wish {
    pub(crate) username: Username,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) password: Password,
    pub(crate) repeated: Password,
    pub(crate) is_staff: bool,
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ManageError {
    #[error("the username is taken")]
    UsernameTaken,
    #[error(transparent)]
    Unacceptable(#[from] Unacceptable),
    /// Somebody else changed the user since the page was made.
    #[error("the user was changed meanwhile")]
    ChangedMeanwhile,
    /// Who takes the own access away would be locked out at once, perhaps as the last one.
    #[error("administrators do not take their own access away")]
    OwnAccess,
    /// Who asks is no administrator any more, or was logged out everywhere.
    #[error("who asks has no right to")]
    NoRight,
    /// The user is inactive and logged out, and still there.
    #[error("the deletion is not finished")]
    HalfDone,
    #[error("there is no such session")]
    NoSuchSession,
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Who does it, and what the trail says of that.
#[derive(Clone, Copy)]
pub(crate) struct By<'a> {
    pub(crate) administrator: &'a Administrator,
    pub(crate) deed: &'a Deed,
}

/// Makes a user: one hash, one transaction.
pub(crate) async fn add(deps: &Deps, by: By<'_>, wish: Wish) -> Result<User, ManageError> {
    let Wish { username, first_name, last_name, password, repeated, is_staff } = wish;
    let person = PersonalAttributes { username: username.as_str(), first_name: &first_name, last_name: &last_name };
    deps.policy.check(&password, &repeated, &person)?;
    let password_hash = deps.passwords.hash(password, deps.randomness.bytes()).await?;
    let new = NewUser { username, first_name, last_name, password_hash };
    let now = by.deed.at;
    let user = User { is_staff, ..User::new(UserId::new(deps.randomness.uuid_v7(now)), new, now) };
    match deps.administration.create(&user, by.deed).await {
        Ok(()) => {
            audit::administration(user.id, Action::Created, by.deed);
            if is_staff {
                audit::administration(user.id, Action::StaffGranted, by.deed);
            }
            Ok(user)
        }
        Err(CreateUserError::UsernameTaken) => Err(ManageError::UsernameTaken),
        Err(CreateUserError::NoRight) => Err(ManageError::NoRight),
        Err(CreateUserError::Store(error)) => Err(error.into()),
    }
}

/// Applies `change` to `user`, who must be as the page showed it: in the version `seen`. One transaction.
pub(crate) async fn change(
    deps: &Deps,
    by: By<'_>,
    (user, seen): (&User, u64),
    change: UserChange,
) -> Result<(), ManageError> {
    let takes_access = matches!(change, UserChange::Deactivate | UserChange::Staff(false));
    if takes_access && user.id == by.administrator.user.id {
        return Err(ManageError::OwnAccess);
    }
    if user.version != seen {
        return Err(ManageError::ChangedMeanwhile);
    }
    done(deps.administration.change(user, &change, by.deed).await?)?;
    audit::administration(user.id, change.action(), by.deed);
    if change.ends_sessions() {
        deps.reaper.look_at(user.id).await;
    }
    Ok(())
}

/// Gives `user` a new password: one hash, one transaction; every session of the user is over.
pub(crate) async fn set_password(
    deps: &Deps,
    by: By<'_>,
    (user, seen): (&User, u64),
    (password, repeated): (Password, Password),
) -> Result<(), ManageError> {
    let person = PersonalAttributes {
        username: user.username.as_str(),
        first_name: &user.first_name,
        last_name: &user.last_name,
    };
    deps.policy.check(&password, &repeated, &person)?;
    let hash = deps.passwords.hash(password, deps.randomness.bytes()).await?;
    change(deps, by, (user, seen), UserChange::Password(hash)).await
}

/// Another session for an administrator who set the own password, which has ended the one before. A read and a transaction.
pub(crate) async fn stay(
    deps: &Deps,
    administrator: &Administrator,
    source_ip: Option<String>,
) -> Result<Option<CookieSecret>, StoreError> {
    let Some(user) = deps.users.find(administrator.user.id).await? else { return Ok(None) };
    enter(deps, &user, Some(administrator.secret.clone()), source_ip).await.map(Some)
}

/// Removes `user` with everything that is the user's. A transaction, a call for each session, another transaction.
pub(crate) async fn delete(deps: &Deps, by: By<'_>, (user, seen): (&User, u64)) -> Result<(), ManageError> {
    if user.id == by.administrator.user.id {
        return Err(ManageError::OwnAccess);
    }
    if user.version != seen {
        return Err(ManageError::ChangedMeanwhile);
    }
    let outcome = deps.administration.delete(user, by.deed).await;
    // Whatever became of the rest, the sessions are over.
    deps.reaper.look_at(user.id).await;
    let outcome = outcome?;
    if outcome == Outcome::HalfDone {
        audit::administration(user.id, Action::Deactivated, by.deed);
    }
    done(outcome)?;
    audit::administration(user.id, Action::Deleted, by.deed);
    Ok(())
}

/// Ends the session `session_id` of the user `user_id`. One transaction.
pub(crate) async fn end_session(
    deps: &Deps,
    by: By<'_>,
    (user_id, session_id): (UserId, SessionId),
) -> Result<(), ManageError> {
    match done(deps.administration.end_session(user_id, session_id, by.deed).await?) {
        Ok(()) => {
            audit::administration(user_id, Action::SessionEnded, by.deed);
            deps.reaper.look_at(user_id).await;
            Ok(())
        }
        Err(ManageError::ChangedMeanwhile) => Err(ManageError::NoSuchSession),
        Err(error) => Err(error),
    }
}

const fn done(outcome: Outcome) -> Result<(), ManageError> {
    match outcome {
        Outcome::Done => Ok(()),
        Outcome::Changed => Err(ManageError::ChangedMeanwhile),
        Outcome::NoRight => Err(ManageError::NoRight),
        Outcome::HalfDone => Err(ManageError::HalfDone),
    }
}

/// The open sessions of `user`, the last used one first. One read.
pub(crate) async fn sessions(deps: &Deps, user: &User) -> Result<Vec<Session>, StoreError> {
    let mut open = deps.sessions.open_ones(user.id, None, deps.clock.now()).await?;
    open.retain(|session| session.is_open(&user.state(), deps.reactivation));
    open.sort_by_key(|session| std::cmp::Reverse(session.last_used_at));
    Ok(open)
}
