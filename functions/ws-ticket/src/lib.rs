//! `POST /api/ws_ticket/`: gives a ticket that opens one WebSocket, once, within thirty seconds.

mod ws_ticket;

use std::sync::Arc;

use axum::Router;
use faregate::authentication::Authenticator;
use faregate::clock::Clock;
use faregate::http::{Answer, Authentication, Call, Field, Refusal, Success, Verb, View, ViewContext, view_router};
use faregate::randomness::Randomness;
use faregate::service::{Service, StartError};
use faregate::store::Tickets;
use faregate::tokens::{KeyAccess, TICKET_LIFETIME_SECONDS, Ticket};
use serde::Serialize;
use utoipa::ToSchema;

/// What this function may touch: users and sessions (read), tickets (write), the public keys.
pub struct Deps {
    tickets: Tickets,
    authenticator: Authenticator,
    clock: Clock,
    randomness: Randomness,
    context: ViewContext,
}

impl Deps {
    /// Takes its part of the service and warms it.
    ///
    /// # Errors
    ///
    /// Never; the signature is that of every function.
    pub async fn start(service: &Service) -> Result<Self, StartError> {
        let keyring = service.warm_keyring(KeyAccess::Public).await;
        Ok(Self {
            tickets: service.tickets(),
            authenticator: service.authenticator(keyring),
            clock: service.clock.clone(),
            randomness: service.randomness.clone(),
            context: service.view_context(),
        })
    }
}

const VIEW: View = View {
    path: "/api/ws_ticket",
    name: "WebSocket Ticket",
    description: "Gives a ticket that opens one WebSocket, once, within thirty seconds.",
    about: "Gives a ticket that opens one WebSocket, once, within thirty seconds. It is for browsers, \
            which cannot send the header Authorization when they open one.",
    method: Verb::Post,
    authentication: Authentication::Required,
    fields: &[
        Field::read_only("ticket", "Ticket"),
        Field { kind: "integer", ..Field::read_only("expires_in", "Expires in") },
    ],
    extras: &[],
    knows_devices: false,
    success: Success::created::<Given>("A ticket."),
    refusals: Vec::new,
};

/// What other code describes.
pub const VIEWS: &[&View] = &[&VIEW];

/// `/api/ws_ticket` and `/api/ws_ticket/`.
pub fn router(deps: Deps) -> Router {
    let context = ViewContext { authenticator: Some(deps.authenticator.clone()), ..deps.context.clone() };
    view_router(&VIEW, context, deps, handle)
}

/// A ticket that opens one WebSocket.
#[derive(Serialize, ToSchema)]
#[schema(as = Ticket)]
struct Given {
    /// A secret, for the query of `/ws/`.
    #[schema(value_type = String)]
    ticket: Ticket,
    /// In how many seconds it is good for nothing.
    expires_in: i64,
}

async fn handle(deps: Arc<Deps>, call: Call) -> Result<Answer, Refusal> {
    // The body says nothing, but one that cannot be read is refused as everywhere.
    call.fields().await?;
    let caller = call.caller.ok_or(Refusal::NotAuthenticated)?;
    let ticket = ws_ticket::give(&deps, &caller.principal()).await?;
    Ok(Answer::created(Given { ticket, expires_in: TICKET_LIFETIME_SECONDS }))
}
