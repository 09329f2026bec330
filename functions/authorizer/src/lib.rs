//! `authorizer`: says API Gateway whether a request to somebody's own API comes from a user of ours.
//!
//! HTTP APIs (payload 2.0 and 1.0) and REST APIs (TOKEN and REQUEST), told apart by the event.

mod authorize;

use std::sync::Arc;

use faregate::authentication::Undecided;
use faregate::clock::Clock;
use faregate::domain::principal::Principal;
use faregate::domain::session::Reactivation;
use faregate::events::{Authorization, Event, Scope, allow, context_of, deny};
use faregate::service::{Service, StartError};
use faregate::settings::{AuthorizerMode, AuthorizerResponse};
use faregate::store::Sessions;
use faregate::tokens::{KeyAccess, Verifier};
use serde_json::{Value, json};

/// What this function may touch: the public keys and, in session mode, the state of users and sessions (read).
pub struct Deps {
    verifier: Verifier,
    /// In session mode.
    watch: Option<Watch>,
    response: AuthorizerResponse,
    clock: Clock,
}

/// Looks at users and sessions as they are now.
struct Watch {
    sessions: Sessions,
    reactivation: Reactivation,
}

impl Deps {
    /// Takes its part of the service and warms it.
    ///
    /// # Errors
    ///
    /// Never; the signature is that of every function.
    pub async fn start(service: &Service) -> Result<Self, StartError> {
        let keyring = service.warm_keyring(KeyAccess::Public).await;
        let watch = || Watch { sessions: service.sessions(), reactivation: service.settings.sessions.reactivation };
        Ok(Self {
            verifier: service.verifier(keyring),
            watch: (service.settings.authorizer.mode == AuthorizerMode::Session).then(watch),
            response: service.settings.authorizer.response,
            clock: service.clock.clone(),
        })
    }
}

/// Answers an authorizer's event, in the shape that belongs to it. What is no good in any way is a clean refusal.
///
/// # Errors
///
/// Trouble of our own alone: API Gateway answers 500 then and keeps nothing, while it would keep a refusal.
pub async fn handle(deps: Arc<Deps>, event: Value) -> Result<Value, Undecided> {
    let event = Event::new(&event);
    let caller = match token_of(event) {
        Some(token) => authorize::authorize(&deps, &token).await?,
        None => None,
    };
    let simple = event.text(&["version"]) == Some("2.0") && deps.response == AuthorizerResponse::Simple;
    Ok(if simple { simple_answer(caller.as_ref()) } else { policy(event, caller.as_ref()) })
}

/// The one bearer token of the event.
fn token_of(event: Event<'_>) -> Option<String> {
    let authorization = match event.text(&["type"])? {
        "TOKEN" => Authorization::parse(event.text(&["authorizationToken"])?),
        "REQUEST" => event.authorization(),
        _ => Authorization::Odd,
    };
    match authorization {
        Authorization::Bearer(token) => Some(token),
        Authorization::Absent | Authorization::Odd => None,
    }
}

fn simple_answer(caller: Option<&Principal>) -> Value {
    match caller {
        Some(caller) => json!({"isAuthorized": true, "context": context_of(caller)}),
        None => json!({"isAuthorized": false}),
    }
}

fn policy(event: Event<'_>, caller: Option<&Principal>) -> Value {
    // Payload 2.0 calls it otherwise.
    let arn = event.text(&["methodArn"]).or_else(|| event.text(&["routeArn"]));
    caller
        .zip(arn)
        .and_then(|(caller, arn)| allow(&caller.user_id.to_string(), arn, Scope::Stage, context_of(caller)))
        .unwrap_or_else(|| deny(arn))
}
