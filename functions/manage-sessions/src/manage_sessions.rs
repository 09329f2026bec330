//! The use cases: a user looks at the open sessions and ends some.

use faregate::audit::{self, AccountEvent};
use faregate::authentication::{AuthenticationError, Caller};
use faregate::domain::session::{EndReason, Session, SessionId};
use faregate::domain::user::User;
use faregate::store::{SessionEnd, SessionKey, StoreError};

use crate::Deps;

/// Why nothing was ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ManageError {
    #[error("the user has no such session")]
    NoSuchSession,
    #[error("who asks may not ask any more")]
    Caller(#[from] AuthenticationError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

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

/// Ends every session but the one that asks. One transaction, tried again when the user changed since the request came in.
pub(crate) async fn end_others(deps: &Deps, caller: Caller) -> Result<(), ManageError> {
    let user_id = caller.user.id;
    let attempt = |Caller { user, session_id, .. }| async move {
        deps.users.end_other_sessions(&user, session_id, None).await.map_err(ManageError::from)
    };
    deps.authenticator.until_unchanged(caller, attempt).await?;
    audit::account(user_id, AccountEvent::SessionsEnded);
    deps.reaper.look_at(user_id).await;
    Ok(())
}

/// Ends every session, the one that asks included. One write.
pub(crate) async fn end_all(deps: &Deps, caller: Caller) -> Result<(), ManageError> {
    let user_id = caller.user.id;
    if deps.users.end_sessions(user_id).await? {
        audit::account(user_id, AccountEvent::SessionsEnded);
    }
    deps.reaper.look_at(user_id).await;
    Ok(())
}
