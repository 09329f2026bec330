//! `ws-authorizer`: says API Gateway whether a WebSocket may open.

mod authorize;
mod offer;

use std::sync::Arc;

use faregate::authentication::Undecided;
use faregate::clock::Clock;
use faregate::events::{Event, Scope, allow, context_of, deny};
use faregate::service::{Service, StartError};
use faregate::store::Tickets;
use faregate::tokens::{KeyAccess, Verifier};
use serde_json::Value;

/// What this function may touch: the public keys, tickets (use up).
pub struct Deps {
    verifier: Verifier,
    tickets: Tickets,
    clock: Clock,
}

impl Deps {
    /// Takes its part of the service and warms it.
    ///
    /// # Errors
    ///
    /// Never; the signature is that of every function.
    pub async fn start(service: &Service) -> Result<Self, StartError> {
        let keyring = service.warm_keyring(KeyAccess::Public).await;
        Ok(Self { verifier: service.verifier(keyring), tickets: service.tickets(), clock: service.clock.clone() })
    }
}

/// Answers the authorizer's event of `$connect` with an IAM policy: a clean refusal for whatever is odd.
///
/// # Errors
///
/// Trouble of our own alone: API Gateway answers 500 then, and the client tries again.
pub async fn handle(deps: Arc<Deps>, event: Value) -> Result<Value, Undecided> {
    let event = Event::new(&event);
    let arn = event.text(&["methodArn"]);
    let connecting =
        event.text(&["type"]) == Some("REQUEST") && event.text(&["requestContext", "routeKey"]) == Some("$connect");
    let principal = match offer::of(event).filter(|_| connecting) {
        Some(offer) => authorize::authorize(&deps, &offer).await?,
        None => None,
    };
    let allowed = principal
        .zip(arn)
        .and_then(|(principal, arn)| allow(&principal.user_id.to_string(), arn, Scope::Route, context_of(&principal)));
    Ok(allowed.unwrap_or_else(|| deny(arn)))
}
