//! The use case: a good refresh token moves its session on, and a message that comes again gets the same answer.
//!
//! What a token is to its session is `Session::judge`; here each judgement gets its consequence.

use faregate::audit::{self, SessionEvent};
use faregate::clock::Timestamp;
use faregate::domain::rotation::{Presentation, Proof, Rotation, RotationIds};
use faregate::domain::session::{EndReason, Judgement, Reactivation, Session, SessionState, Theft};
use faregate::domain::user::User;
use faregate::store::{Advanced, SessionEnd, SessionKey, StoreError};
use faregate::tokens::RefreshClaims;

use crate::Deps;

/// A refresh token whose signature is good, and what came with it.
pub(crate) struct Shown {
    key: SessionKey,
    presentation: Presentation,
    /// The secret that will sign the next token.
    kid: Option<String>,
}

impl Shown {
    pub(crate) fn of(claims: &RefreshClaims, ids: &RotationIds, kid: Option<String>) -> Self {
        Self {
            key: SessionKey { user_id: claims.user_id, session_id: claims.session_id },
            presentation: Presentation { counter: claims.counter, proof: Proof::of(claims.anchor, ids) },
            kid,
        }
    }
}

/// Who gets the session's good tokens.
pub(crate) struct Refreshed {
    pub(crate) user: User,
    pub(crate) session: Session,
    /// Whether the good refresh token is another one than the one that was shown.
    pub(crate) is_rotated: bool,
    /// From when the access token's lifetime counts.
    pub(crate) lifetime_from: Timestamp,
}

/// What the one write found or made.
enum Found {
    /// The token was the good one; the session as it is now.
    Moved(Session),
    /// The token was not the good one; the session as it stands.
    Stands(Session),
    /// The token came without its id; the session, which is over now.
    Ended(Session),
    /// There is no such session.
    Nothing,
}

/// Why there is no next token.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RefreshError {
    #[error("the user is inactive or gone")]
    NoActiveAccount,
    #[error("the session is over")]
    SessionOver,
    #[error("the token or the session ran out")]
    Expired,
    #[error("the token was spent by its holder, who has another one")]
    Superseded,
    #[error("the session has not come to this token")]
    Behind,
    #[error("the token was spent long ago, and its id is not with it")]
    Stale,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Moves the session on and reads the user, side by side: one write, one read. A theft costs one more write, which ends
/// the session before it is answered.
///
/// A user who turns out to be inactive is refused though the session moved: deactivating has ended it anyway.
pub(crate) async fn refresh(deps: &Deps, shown: Shown, now: Timestamp) -> Result<Refreshed, RefreshError> {
    let (user, found) = match deps.policy.reactivation {
        Reactivation::LeavesSessionsEnded => {
            let (user, found) = tokio::join!(deps.users.find(shown.key.user_id), write(deps, &shown, now));
            (user, found?)
        }
        // The session may be wanted again: a refusal must not spend its token. One after the other, then.
        Reactivation::RevivesSessions => {
            let user = active(deps.users.find(shown.key.user_id).await?)?;
            (Ok(Some(user)), write(deps, &shown, now).await?)
        }
    };
    if let Found::Ended(session) = &found {
        alarm_unless_over(deps, &shown, (user.as_ref().ok(), session)).await;
    }
    let user = active(user?)?;
    let (Found::Moved(session) | Found::Stands(session)) = &found else { return Err(RefreshError::SessionOver) };
    let is_open = session.is_open(&user.state(), deps.policy.reactivation);
    let user = if is_open { user } else { confirm(deps, shown.key).await? };
    match found {
        Found::Moved(session) => Ok(Refreshed { user, session, is_rotated: deps.policy.rotate, lifetime_from: now }),
        Found::Stands(session) => {
            consequence(deps, &shown, &session, now).await?;
            let lifetime_from = session.rotated_at;
            Ok(Refreshed { user, session, is_rotated: true, lifetime_from })
        }
        Found::Ended(_) | Found::Nothing => Err(RefreshError::SessionOver),
    }
}

/// Tells who may have a token past its expiry again: the answer to it was lost, and the next one, which was given then, is
/// still good. One read of user and session.
///
/// One write more, which ends the session, where somebody else went on with it meanwhile: a client that was away for longer
/// than its token lived is no worse off than one that was not.
pub(crate) async fn repeat(deps: &Deps, shown: Shown, now: Timestamp) -> Result<Refreshed, RefreshError> {
    if !matches!(shown.presentation.proof, Proof::Shown { .. }) {
        return Err(RefreshError::Expired);
    }
    let (user, session) = deps.sessions.with_user(shown.key.user_id, Some(shown.key.session_id)).await?;
    let (Some(user), Some(session)) = (user, session) else { return Err(RefreshError::Expired) };
    if !user.is_active || !session.is_open(&user.state(), deps.policy.reactivation) {
        return Err(RefreshError::Expired);
    }
    match session.judge(&shown.presentation, now, deps.policy.grace_seconds) {
        Judgement::Repeated => {
            let lifetime_from = session.rotated_at;
            Ok(Refreshed { user, session, is_rotated: true, lifetime_from })
        }
        Judgement::Stolen(theft) => {
            end_stolen(deps, &shown, (now, theft)).await?;
            Err(RefreshError::Expired)
        }
        _ => Err(RefreshError::Expired),
    }
}

/// The one write: it spends the token where that is the good one, or ends the session where the token's id is not with it.
async fn write(deps: &Deps, shown: &Shown, now: Timestamp) -> Result<Found, StoreError> {
    let (place, proof) = (shown.presentation.place(), shown.presentation.proof);
    if proof == Proof::Missing {
        // An older token is no sign that anybody has the good one.
        let most = place.counter.saturating_add(1);
        let reason = EndReason::Theft(Theft::RotationIdMissing);
        return Ok(match deps.sessions.end_at_most(shown.key, (now, reason), most).await? {
            SessionEnd::Ended(session) => Found::Ended(*session),
            SessionEnd::Refused(session) => Found::Stands(*session),
            SessionEnd::Missing => Found::Nothing,
        });
    }
    let advanced = if deps.policy.rotate {
        let rotation = Rotation::of(&shown.presentation, now, &deps.policy, shown.kid.clone());
        deps.sessions.rotate(shown.key, place, &rotation).await?
    } else {
        deps.sessions.touch(shown.key, place, now).await?
    };
    Ok(match advanced {
        Advanced::Yes(session) => Found::Moved(*session),
        Advanced::No(Some(session)) => Found::Stands(*session),
        Advanced::No(None) => Found::Nothing,
    })
}

fn active(user: Option<User>) -> Result<User, RefreshError> {
    user.filter(|user| user.is_active).ok_or(RefreshError::NoActiveAccount)
}

/// The session is not of the user's epochs: over, unless this request crossed the user's own change of password, which
/// moves both at once. Then both are read again, after it.
async fn confirm(deps: &Deps, key: SessionKey) -> Result<User, RefreshError> {
    let (user, session) = deps.sessions.with_user(key.user_id, Some(key.session_id)).await?;
    let user = active(user)?;
    let is_open = session.is_some_and(|session| session.is_open(&user.state(), deps.policy.reactivation));
    if is_open { Ok(user) } else { Err(RefreshError::SessionOver) }
}

/// The token did not move the session. Nothing to say against it when its answer is given again.
async fn consequence(deps: &Deps, shown: &Shown, session: &Session, now: Timestamp) -> Result<(), RefreshError> {
    let (key, counter) = (shown.key, shown.presentation.counter);
    let audited = |event| audit::session(key.user_id, key.session_id, event, counter);
    match session.judge(&shown.presentation, now, deps.policy.grace_seconds) {
        Judgement::Repeated => Ok(()),
        Judgement::Superseded => Err(RefreshError::Superseded),
        Judgement::Ahead => {
            audited(SessionEvent::Behind);
            Err(RefreshError::Behind)
        }
        Judgement::Stale => {
            audited(SessionEvent::StaleTokenShown);
            Err(RefreshError::Stale)
        }
        Judgement::Stolen(theft) => {
            end_stolen(deps, shown, (now, theft)).await?;
            Err(RefreshError::SessionOver)
        }
        Judgement::Ended => Err(RefreshError::SessionOver),
        Judgement::Expired => Err(RefreshError::Expired),
        Judgement::Current => Err(StoreError::Inconsistent("a good token did not move its session").into()),
    }
}

/// Ends the session. Before anything is said: a refusal that leaves the session open would leave it to the thief.
async fn end_stolen(deps: &Deps, shown: &Shown, (now, theft): (Timestamp, Theft)) -> Result<(), StoreError> {
    if let SessionEnd::Ended(_) = deps.sessions.end(shown.key, (now, EndReason::Theft(theft))).await? {
        alarm(deps, shown, theft).await;
    }
    Ok(())
}

/// The session was ended because a token came without its id. One that was over with all others is no alarm: an app of
/// before may still have its token. Where the user could not be read, it is.
async fn alarm_unless_over(deps: &Deps, shown: &Shown, (user, session): (Option<&Option<User>>, &Session)) {
    let was_open = |user: &User| {
        let state = SessionState { has_ended: false, ..session.state() };
        user.is_active && state.is_open(&user.state(), deps.policy.reactivation)
    };
    if user.is_none_or(|user| user.as_ref().is_some_and(was_open)) {
        alarm(deps, shown, Theft::RotationIdMissing).await;
    }
}

/// Says that the session was stolen: to whoever reads the audit, and to its sockets.
async fn alarm(deps: &Deps, shown: &Shown, theft: Theft) {
    let (SessionKey { user_id, session_id }, counter) = (shown.key, shown.presentation.counter);
    audit::session(user_id, session_id, SessionEvent::Stolen(theft), counter);
    deps.reaper.look_at(user_id).await;
}
