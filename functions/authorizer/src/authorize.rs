//! The use case: an access token becomes its user, or nobody.

use faregate::authentication::{Undecided, decided};
use faregate::domain::principal::Principal;
use faregate::tokens::AccessClaims;

use crate::{Deps, Watch};

/// Whom the token stands for, if it is good: no call in stateless mode, one batch read in session mode.
pub(crate) async fn authorize(deps: &Deps, token: &str) -> Result<Option<Principal>, Undecided> {
    let claims = decided(deps.verifier.access(token, deps.clock.now()).await)?;
    match (claims.and_then(AccessClaims::principal), &deps.watch) {
        (Some(principal), Some(watch)) => Ok(if may_act(watch, &principal).await? { Some(principal) } else { None }),
        (principal, _) => Ok(principal),
    }
}

async fn may_act(watch: &Watch, principal: &Principal) -> Result<bool, Undecided> {
    let states = watch.sessions.states(std::slice::from_ref(principal)).await?;
    Ok(principal.standing(states.of(principal), watch.reactivation).is_ok())
}
