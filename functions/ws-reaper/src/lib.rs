//! `ws-reaper`: closes WebSockets whose token has expired, whose session is over or whose user may be connected no more.
//!
//! Called with a user's id by the functions that end sessions, so that it happens at once, and every minute by a schedule,
//! since a call can be lost and some ends come without one: expiry, and what an operator does.

mod management;
mod reap;

use std::sync::Arc;

use faregate::clock::Clock;
use faregate::domain::session::Reactivation;
use faregate::events::Event;
use faregate::service::{Service, StartError};
use faregate::store::{Connections, Sessions, StoreError};
use serde_json::{Value, json};

use crate::management::Management;
use crate::reap::Whose;

/// What this function may touch: open sockets (read, forget, close), the state of users and sessions (read).
pub struct Deps {
    connections: Connections,
    sessions: Sessions,
    management: Management,
    /// Where `management` is. The table may hold sockets of other APIs, which are not this function's.
    endpoint: String,
    reactivation: Reactivation,
    clock: Clock,
}

impl Deps {
    /// Takes its part of the service.
    ///
    /// # Errors
    ///
    /// When `FAREGATE_WS_ENDPOINT` is not set.
    pub async fn start(service: &Service) -> Result<Self, StartError> {
        let endpoint = service.socket_endpoint()?;
        Ok(Self {
            connections: service.connections(),
            sessions: service.sessions(),
            management: Management::connect(&endpoint, service.http_client()).await,
            endpoint,
            reactivation: service.settings.sessions.reactivation,
            clock: service.clock.clone(),
        })
    }
}

/// Looks at the sockets of `{"user_id": ...}`, or at all of them for any other event. Answers with how many were closed,
/// and how many could not be and are tried again at the next call.
///
/// # Errors
///
/// When DynamoDB fails: what was closed is closed, and the next call does the rest.
pub async fn handle(deps: Arc<Deps>, event: Value) -> Result<Value, StoreError> {
    let whose = match Event::new(&event).text(&["user_id"]).map(str::parse) {
        Some(Ok(user_id)) => Whose::Of(user_id),
        // An id that is none: nobody has a socket under it.
        Some(Err(_)) => return Ok(json!({"closed": 0, "failed": 0})),
        None => Whose::Everybody,
    };
    let reaped = reap::reap(&deps, whose).await?;
    if reaped.closed + reaped.failed > 0 {
        tracing::info!(target: "faregate", message = "sockets were closed", sockets.closed = reaped.closed, sockets.failed = reaped.failed);
    }
    Ok(json!({"closed": reaped.closed, "failed": reaped.failed}))
}
