//! `ws-connect`: the routes `$connect`, `$disconnect` and `$default` of a WebSocket API.

mod connect;
mod subprotocol;

use std::convert::Infallible;
use std::sync::Arc;

use faregate::clock::Clock;
use faregate::domain::principal::Principal;
use faregate::domain::session::Reactivation;
use faregate::domain::socket::Connection;
use faregate::events::{Event, context_of, owner_of};
use faregate::service::{Service, StartError};
use faregate::store::{Connections, Sessions, StoreError};
use serde_json::{Value, json};

/// What this function may touch: open sockets (write), the state of users and sessions (read).
pub struct Deps {
    connections: Connections,
    sessions: Sessions,
    /// Where `ws-reaper` closes the sockets.
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
    #[expect(clippy::unused_async, reason = "every function starts alike")]
    pub async fn start(service: &Service) -> Result<Self, StartError> {
        Ok(Self {
            connections: service.connections(),
            sessions: service.sessions(),
            endpoint: service.socket_endpoint()?,
            reactivation: service.settings.sessions.reactivation,
            clock: service.clock.clone(),
        })
    }
}

/// Answers an event of one of the three routes. At `$connect` the status decides: 200 opens the socket, 401 says that its
/// session is over, 403 that no authorizer of ours stands before this function, 503 that a new try makes sense.
///
/// # Errors
///
/// Never: trouble of our own is 503.
pub async fn handle(deps: Arc<Deps>, event: Value) -> Result<Value, Infallible> {
    let event = Event::new(&event);
    let (Some(id), Some(owner)) = (event.text(&["requestContext", "connectionId"]), owner_of(event)) else {
        return Ok(status(403));
    };
    let answered = match event.text(&["requestContext", "routeKey"]) {
        Some("$connect") => {
            let (endpoint, connected_at) = (deps.endpoint.clone(), deps.clock.now());
            open(&deps, event, Connection { id: id.to_owned(), endpoint, owner, connected_at }).await
        }
        Some("$disconnect") => deps.connections.remove(owner.user_id, id).await.map(|()| status(200)),
        _ => Ok(who_is_connected(id, &owner, &deps.clock)),
    };
    Ok(answered.unwrap_or_else(|error| {
        tracing::error!(message = "the service failed", error = %error);
        status(503)
    }))
}

async fn open(deps: &Deps, event: Event<'_>, connection: Connection) -> Result<Value, StoreError> {
    if !connect::connect(deps, &connection).await? {
        return Ok(status(401));
    }
    Ok(match subprotocol::chosen(&event.header("sec-websocket-protocol")) {
        Some(protocol) => json!({"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": protocol}}),
        None => status(200),
    })
}

/// The smallest useful answer to a message. A token that has expired opens nothing, though the socket may take a moment
/// to close.
fn who_is_connected(id: &str, owner: &Principal, clock: &Clock) -> Value {
    let body = if owner.token_expires_at <= clock.now() {
        json!({"detail": "Token is expired", "code": "token_not_valid"})
    } else {
        let mut who = context_of(owner);
        who.insert("connection_id".to_owned(), json!(id));
        who.insert("expires_at".to_owned(), json!(owner.token_expires_at.seconds()));
        Value::Object(who)
    };
    json!({"statusCode": 200, "body": body.to_string()})
}

fn status(code: u16) -> Value {
    json!({"statusCode": code})
}
