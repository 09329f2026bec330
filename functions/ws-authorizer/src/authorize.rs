//! The use case: what a client shows becomes whom it stands for, or nobody.

use faregate::authentication::{Undecided, decided};
use faregate::domain::principal::Principal;
use faregate::tokens::AccessClaims;

use crate::Deps;
use crate::offer::Offer;

/// Whom it stands for, if it is good: no call for a token, one conditional write for a ticket. Whether the session is
/// still open is for `ws-connect` to say, which has to look anyway once the socket is on record.
pub(crate) async fn authorize(deps: &Deps, offer: &Offer) -> Result<Option<Principal>, Undecided> {
    let now = deps.clock.now();
    match offer {
        Offer::Ticket(ticket) => Ok(deps.tickets.take(&ticket.hash(), now).await?),
        Offer::Token(token) => {
            let claims = decided(deps.verifier.access(token, now).await)?;
            Ok(claims.and_then(AccessClaims::principal))
        }
    }
}
