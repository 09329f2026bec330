//! What API Gateway's WebSocket API does: asks the authorizer, opens the socket, calls the function of each route, and
//! closes sockets for whoever asks its management API.

mod event;
mod open;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{ConnectInfo, Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, delete};
use axum::{Extension, Router};
use faregate::clock::Clock;
use faregate::events::Event;
use faregate::randomness::Randomness;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use self::event::Handshake;
use crate::functions::EventFunctions;

/// API Gateway's quota for one message, in bytes.
const MAX_MESSAGE_BYTES: usize = 128 * 1024;
/// API Gateway's quota for one frame, in bytes.
const MAX_FRAME_BYTES: usize = 32 * 1024;

/// The open sockets of this process, and what calls the functions for them; clones share both.
#[derive(Clone)]
pub struct Sockets(Arc<Inner>);

struct Inner {
    functions: EventFunctions,
    domain_name: String,
    clock: Clock,
    randomness: Randomness,
    open: Mutex<HashMap<String, oneshot::Sender<()>>>,
}

impl Sockets {
    /// No socket yet; `functions` will be called for those that open at `domain_name`.
    #[must_use]
    pub fn new(functions: EventFunctions, domain_name: &str, (clock, randomness): (Clock, Randomness)) -> Self {
        let domain_name = domain_name.to_owned();
        Self(Arc::new(Inner { functions, domain_name, clock, randomness, open: Mutex::default() }))
    }

    /// `/ws/`, and the management API's `DELETE /@connections/{id}`.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/ws", any(connect))
            .route("/ws/", any(connect))
            .route("/@connections/{id}", delete(disconnect))
            .with_state(self.clone())
    }

    /// Closes every socket: the service stops.
    pub fn close_all(&self) {
        self.open().drain().for_each(|(_, close)| {
            // Fails when it has closed in this moment.
            let _closed = close.send(());
        });
    }

    /// Takes note of a socket that may open; those whose client went away while it waited are forgotten.
    fn expect(&self, id: String, close: oneshot::Sender<()>) {
        let mut open = self.open();
        open.retain(|_, close| !close.is_closed());
        open.insert(id, close);
    }

    fn open(&self) -> std::sync::MutexGuard<'_, HashMap<String, oneshot::Sender<()>>> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The upgrade request: authorizer, `$connect`, then the socket.
async fn connect(
    State(sockets): State<Sockets>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, axum::extract::ws::rejection::WebSocketUpgradeRejection>,
) -> Response {
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(rejection) => return refused(rejection.into_response().status()),
    };
    let source_ip = peer.map(|Extension(ConnectInfo(address))| address.ip().to_string()).unwrap_or_default();
    let handshake = Handshake::new(&sockets, &headers, query.as_deref().unwrap_or_default(), &source_ip);
    let authorizer = match authorize(&sockets, &handshake).await {
        Ok(context) => context,
        Err(status) => return refused(status),
    };
    // Before the function behind $connect is called: a log-out may want it closed before it is open.
    let (close, closed) = oneshot::channel();
    sockets.expect(handshake.connection_id.clone(), close);
    let answer = sockets.call(handshake.connect(&authorizer)).await;
    let status = status_of(&answer);
    if !status.is_success() {
        sockets.open().remove(&handshake.connection_id);
        return refused(status);
    }
    tracing::info!(message = "a socket opened", http.route = "/ws", connection.id = %handshake.connection_id);
    let route = handshake.into_route(authorizer);
    let protocol = Event::new(&answer)
        .text(&["headers", "Sec-WebSocket-Protocol"])
        .and_then(|name| HeaderValue::from_str(name).ok());
    let upgrade = upgrade.max_message_size(MAX_MESSAGE_BYTES).max_frame_size(MAX_FRAME_BYTES);
    let mut response = upgrade.on_upgrade(move |socket| open::serve(sockets, route, socket, closed));
    if let Some(protocol) = protocol {
        response.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, protocol);
    }
    response
}

/// The authorizer's context, if its policy allows.
async fn authorize(sockets: &Sockets, handshake: &Handshake) -> Result<Value, StatusCode> {
    let deps = Arc::clone(&sockets.0.functions.ws_authorizer);
    let policy = ws_authorizer::handle(deps, handshake.authorizer()).await.map_err(|error| {
        tracing::error!(message = "the service failed", error = %error);
        StatusCode::INTERNAL_SERVER_ERROR
    })?;
    if policy.pointer("/policyDocument/Statement/0/Effect").and_then(Value::as_str) == Some("Allow") {
        Ok(policy.get("context").cloned().unwrap_or_default())
    } else {
        Err(StatusCode::FORBIDDEN)
    }
}

impl Sockets {
    /// Calls the function behind the routes.
    async fn call(&self, event: Value) -> Value {
        match ws_connect::handle(Arc::clone(&self.0.functions.ws_connect), event).await {
            Ok(answer) => answer,
            Err(never) => match never {},
        }
    }
}

fn status_of(answer: &Value) -> StatusCode {
    let status = answer.get("statusCode").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok());
    status.and_then(|code| StatusCode::from_u16(code).ok()).unwrap_or(StatusCode::BAD_GATEWAY)
}

/// What API Gateway itself says to a client whose socket does not open. Logged, as an access log would.
fn refused(status: StatusCode) -> Response {
    tracing::info!(message = "a socket was refused", http.route = "/ws", http.status = status.as_u16());
    let message = status.canonical_reason().unwrap_or("Refused");
    let body = json!({"message": message}).to_string();
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// The management API's `DeleteConnection`: 204, or 410 for a socket that is not open.
async fn disconnect(State(sockets): State<Sockets>, Path(id): Path<String>) -> Response {
    match sockets.open().remove(&id).map(|close| close.send(())) {
        Some(Ok(())) => StatusCode::NO_CONTENT.into_response(),
        _ => (StatusCode::GONE, [("x-amzn-errortype", "GoneException")]).into_response(),
    }
}
