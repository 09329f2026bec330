//! The use case: a good refresh token moves its session on, and a message that comes again gets the same answer.
//!
//! What a token is to its session is `Session::judge`; here each judgement gets its consequence.

use faregate::audit::{self, SessionEvent};
use faregate::clock::Timestamp;
use faregate::domain::rotation::{Presentation, Proof, Rotation, RotationIds};
use faregate::domain::session::{EndReason, Judgement, Reactivation, Session, Theft};
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
enum Written {
    /// The token was the good one; the session as it is now.
    Moved(Session),
    /// The token was not the good one; the session as it stands.
    Stands(Session),
    /// The token came without its id; the session is over now.
    Ended,
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
    let (user, written) = match deps.policy.reactivation {
        Reactivation::LeavesSessionsEnded => {
            let (user, written) = tokio::join!(deps.users.find(shown.key.user_id), write(deps, &shown, now));
            (active(user?)?, written?)
        }
        // The session may be wanted again: a refusal must not spend its token. One after the other, then.
        Reactivation::RevivesSessions => {
            let user = active(deps.users.find(shown.key.user_id).await?)?;
            (user, write(deps, &shown, now).await?)
        }
    };
    let (Written::Moved(session) | Written::Stands(session)) = &written else { return Err(RefreshError::SessionOver) };
    let is_open = session.is_open(user.epochs, deps.policy.reactivation);
    let user = if is_open { user } else { confirm(deps, shown.key).await? };
    match written {
        Written::Moved(session) => Ok(Refreshed { user, session, is_rotated: deps.policy.rotate, lifetime_from: now }),
        Written::Stands(session) => {
            consequence(deps, &shown, &session, now).await?;
            let lifetime_from = session.rotated_at;
            Ok(Refreshed { user, session, is_rotated: true, lifetime_from })
        }
        Written::Ended | Written::Nothing => Err(RefreshError::SessionOver),
    }
}

/// Tells who may have a token past its expiry again: the answer to it was lost, and the next one, which was given then, is
/// still good. One read of user and session, no write.
pub(crate) async fn repeat(deps: &Deps, shown: Shown, now: Timestamp) -> Result<Refreshed, RefreshError> {
    if !matches!(shown.presentation.proof, Proof::Shown { .. }) {
        return Err(RefreshError::Expired);
    }
    let (user, session) = deps.sessions.with_user(shown.key.user_id, Some(shown.key.session_id)).await?;
    let (Some(user), Some(session)) = (user, session) else { return Err(RefreshError::Expired) };
    let is_open = user.is_active && session.is_open(user.epochs, deps.policy.reactivation);
    match session.judge(&shown.presentation, now, deps.policy.grace_seconds) {
        Judgement::Repeated if is_open => {
            let lifetime_from = session.rotated_at;
            Ok(Refreshed { user, session, is_rotated: true, lifetime_from })
        }
        _ => Err(RefreshError::Expired),
    }
}

/// The one write: it spends the token where that is the good one, or ends the session where the token's id is not with it.
async fn write(deps: &Deps, shown: &Shown, now: Timestamp) -> Result<Written, StoreError> {
    let counter = shown.presentation.counter;
    let advanced = match (shown.presentation.proof, deps.policy.rotate) {
        (Proof::Missing, _) => {
            let reason = EndReason::Theft(Theft::RotationIdMissing);
            // An older token is no sign that anybody has the good one.
            return Ok(match deps.sessions.end_at_most(shown.key, (now, reason), counter.saturating_add(1)).await? {
                SessionEnd::Ended => {
                    tell(deps, shown, Theft::RotationIdMissing).await;
                    Written::Ended
                }
                SessionEnd::Refused(session) => Written::Stands(*session),
                SessionEnd::Missing => Written::Nothing,
            });
        }
        (_, true) => {
            let rotation = Rotation::of(&shown.presentation, (now, &deps.policy), shown.kid.clone());
            deps.sessions.rotate(shown.key, (shown.presentation.anchor(), &rotation)).await?
        }
        (_, false) => deps.sessions.touch(shown.key, (counter, shown.presentation.anchor()), now).await?,
    };
    Ok(match advanced {
        Advanced::Yes(session) => Written::Moved(*session),
        Advanced::No(Some(session)) => Written::Stands(*session),
        Advanced::No(None) => Written::Nothing,
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
    let is_open = session.is_some_and(|session| session.is_open(user.epochs, deps.policy.reactivation));
    if is_open { Ok(user) } else { Err(RefreshError::SessionOver) }
}

/// The token did not move the session. Nothing to say against it when its answer is given again.
async fn consequence(deps: &Deps, shown: &Shown, session: &Session, now: Timestamp) -> Result<(), RefreshError> {
    let (key, counter) = (shown.key, shown.presentation.counter);
    let audited = |event| audit::session(key.user_id, key.session_id, (event, counter));
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
            // Before anything is said: a refusal that leaves the session open would leave it to the thief.
            if let SessionEnd::Ended = deps.sessions.end(key, (now, EndReason::Theft(theft))).await? {
                tell(deps, shown, theft).await;
            }
            Err(RefreshError::SessionOver)
        }
        Judgement::Ended => Err(RefreshError::SessionOver),
        Judgement::Expired => Err(RefreshError::Expired),
        Judgement::Current => Err(StoreError::Inconsistent("a good token did not move its session").into()),
    }
}

/// Says that the session was stolen: to whoever reads the audit, and to its sockets.
async fn tell(deps: &Deps, shown: &Shown, theft: Theft) {
    let event = (SessionEvent::Stolen(theft), shown.presentation.counter);
    audit::session(shown.key.user_id, shown.key.session_id, event);
    deps.reaper.look_at(shown.key.user_id).await;
}
