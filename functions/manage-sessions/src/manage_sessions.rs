//! The use cases: a user looks at the open sessions and ends some.

use faregate::audit::{self, AccountEvent};
use faregate::authentication::{AuthenticationError, Caller};
use faregate::domain::session::{EndReason, Session, SessionId};
use faregate::domain::user::User;
use faregate::store::{OthersEnded, SessionEnd, SessionKey, StoreError, UserChange, UserUpdate};

use crate::Deps;

/// Why nothing was ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ManageError {
    #[error("the user has no such session")]
    NoSuchSession,
    #[error("who asks may not ask any more")]
    Caller(#[from] AuthenticationError),
    #[error("the user is being changed too often to end the other sessions")]
    Busy,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How often the other sessions are tried to end while somebody else changes the user.
const ATTEMPTS: usize = 4;

/// The open sessions of `user`, the last used one first. One read.
pub(crate) async fn list(deps: &Deps, user: &User) -> Result<Vec<Session>, ManageError> {
    let mut open = deps.sessions.open_ones(user.id, None, deps.clock.now()).await?;
    open.retain(|session| session.is_open(&user.state(), deps.reactivation));
    open.sort_by_key(|session| std::cmp::Reverse(session.last_used_at));
    Ok(open)
}

/// Ends the session `id` of the user who asks. One write, which can be repeated: what is over already is over.
pub(crate) async fn end_one(deps: &Deps, caller: &Caller, id: SessionId) -> Result<(), ManageError> {
    let key = SessionKey { user_id: caller.user.id, session_id: id };
    let reason = if caller.session_id == Some(id) { EndReason::LogOut } else { EndReason::EndedElsewhere };
    match deps.sessions.end(key, (deps.clock.now(), reason)).await? {
        SessionEnd::Ended(_) | SessionEnd::Refused(_) => {
            deps.reaper.look_at(key.user_id).await;
            Ok(())
        }
        SessionEnd::Missing => Err(ManageError::NoSuchSession),
    }
}

/// Ends every session but the one that asks. One transaction; when the user changed since the request came in, user and
/// session are read again first.
pub(crate) async fn end_others(deps: &Deps, mut caller: Caller) -> Result<(), ManageError> {
    for _attempt in 0..ATTEMPTS {
        match deps.users.end_other_sessions(&caller.user, caller.session_id, None).await? {
            OthersEnded::Yes => {
                audit::account(caller.user.id, AccountEvent::SessionsEnded);
                deps.reaper.look_at(caller.user.id).await;
                return Ok(());
            }
            OthersEnded::Changed => caller = deps.authenticator.again(&caller).await?,
        }
    }
    Err(ManageError::Busy)
}

/// Ends every session, the one that asks included. One write.
pub(crate) async fn end_all(deps: &Deps, caller: Caller) -> Result<(), ManageError> {
    let user_id = caller.user.id;
    if let UserUpdate::Changed(_) = deps.users.change(user_id, &UserChange::EndSessions).await? {
        audit::account(user_id, AccountEvent::SessionsEnded);
    }
    deps.reaper.look_at(user_id).await;
    Ok(())
}
