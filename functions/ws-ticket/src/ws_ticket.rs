//! The use case: a caller gets a ticket.

use faregate::domain::principal::Principal;
use faregate::store::StoreError;
use faregate::tokens::{TICKET_LIFETIME_SECONDS, Ticket};

use crate::Deps;

/// Makes a ticket for `principal` and stores its hash: one write.
pub(crate) async fn give(deps: &Deps, principal: &Principal) -> Result<Ticket, StoreError> {
    let ticket = Ticket::new(&deps.randomness);
    let expires_at = deps.clock.now().plus_seconds(TICKET_LIFETIME_SECONDS);
    deps.tickets.put(&ticket.hash(), principal, expires_at).await?;
    Ok(ticket)
}
