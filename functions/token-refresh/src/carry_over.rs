//! The use case: a refresh token of the Django that users were imported from becomes a session of ours, once.
//!
//! Its signature says that the Django gave it; nothing else of it is known here. Whoever ended all sessions, or changed the
//! password, since the import meant those as well.

use faregate::audit;
use faregate::clock::Timestamp;
use faregate::domain::device::Device;
use faregate::domain::rotation::Commitment;
use faregate::domain::session::{Session, SessionId};
use faregate::store::{CarriedToken, TokenUse};
use faregate::tokens::CarriedClaims;

use crate::Deps;
use crate::refresh::{RefreshError, Refreshed};

/// A token whose signature is good, and what came with it.
pub(crate) struct Carried {
    pub(crate) claims: CarriedClaims,
    /// What the session's first refresh token is anchored to.
    pub(crate) anchor: Option<Commitment>,
    pub(crate) device: Device,
    /// The secret that will sign it; a key shared with a Django has no name.
    pub(crate) kid: Option<String>,
}

/// Opens the session: two reads and one transaction. A token that comes again, because its answer was lost, gets the same
/// answer for one read more, while nobody has used it.
pub(crate) async fn carry_over(deps: &Deps, shown: Carried, now: Timestamp) -> Result<Refreshed, RefreshError> {
    let Carried { claims, anchor, device, kid } = shown;
    let id = deps.users.find_id_of_legacy(&claims.legacy_id).await?;
    let user =
        deps.users.find_or_nobody(id).await?.filter(|user| user.is_active).ok_or(RefreshError::NoActiveAccount)?;
    if user.epochs.revocations != 0 {
        return Err(RefreshError::SessionOver);
    }
    let id = SessionId::new(deps.randomness.uuid_v7(now));
    let session = Session { anchor, device, kid, ..Session::open(id, (user.id, user.epochs), now, &deps.policy) };
    let token = CarriedToken { hash: claims.hash(), expires_at: claims.expires_at };
    let session = match deps.sessions.exchange(&token, &session).await? {
        TokenUse::First => {
            audit::carried_over(user.id, session.id);
            session
        }
        TokenUse::AfterEnd => return Err(RefreshError::SessionOver),
        TokenUse::AfterOpening(key) if key.user_id != user.id => return Err(RefreshError::SessionOver),
        TokenUse::AfterOpening(key) => {
            let (_, before) = deps.sessions.with_user(key.user_id, Some(key.session_id)).await?;
            let before = before.filter(|before| before.is_open(&user.state(), deps.policy.reactivation));
            let before = before.ok_or(RefreshError::SessionOver)?;
            if !is_lost_answer(deps, &before, (anchor, now)) {
                audit::carried_token_shown_again(user.id, before.id);
                return Err(RefreshError::SessionOver);
            }
            before
        }
    };
    let lifetime_from = session.rotated_at;
    Ok(Refreshed { user, session, is_rotated: true, lifetime_from })
}

/// Whether the token that opened `session` may get its answer again: nobody has used the answer, and who asks shows what the
/// first request did, or, without that, asks within the grace.
fn is_lost_answer(deps: &Deps, session: &Session, (anchor, now): (Option<Commitment>, Timestamp)) -> bool {
    let is_soon = now <= session.created_at.plus_seconds(deps.policy.grace_seconds);
    session.counter == 0 && session.anchor == anchor && (anchor.is_some() || is_soon)
}
