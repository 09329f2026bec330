//! An open socket: messages in, answers out, until somebody closes it.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until, timeout};

use super::Sockets;
use super::event::Route;

/// API Gateway closes a socket on which nothing was said for this long.
const IDLE: Duration = Duration::from_mins(10);
/// API Gateway closes every socket after this long.
const LIFETIME: Duration = Duration::from_hours(2);
/// How long a client may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(1);

/// RFC 6455, 7.4.1: the purpose is fulfilled.
const NORMAL: u16 = 1000;
/// RFC 6455, 7.4.1: the server goes away.
const AWAY: u16 = 1001;
/// RFC 6455, 7.4.1: no status was given.
const NO_STATUS: u16 = 1005;
/// RFC 6455, 7.4.1: a message is too big.
const TOO_BIG: u16 = 1009;

/// Serves `socket` until it closes, then tells the function behind `$disconnect`.
pub(super) async fn serve(sockets: Sockets, route: Route, mut socket: WebSocket, mut close: oneshot::Receiver<()>) {
    let end = Instant::now() + LIFETIME;
    let code = loop {
        let received = tokio::select! {
            received = socket.recv() => received,
            _ = &mut close => break goodbye(&mut socket, NORMAL).await,
            () = sleep_until(end.min(Instant::now() + IDLE)) => break goodbye(&mut socket, AWAY).await,
        };
        let event = match received {
            Some(Ok(Message::Text(text))) => route.message(&text, false),
            Some(Ok(Message::Binary(bytes))) => route.message(&STANDARD.encode(bytes), true),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
            Some(Ok(Message::Close(frame))) => break frame.map_or(NO_STATUS, |frame| frame.code),
            Some(Err(_too_big_or_broken)) => break goodbye(&mut socket, TOO_BIG).await,
            None => break NO_STATUS,
        };
        let answer = sockets.call(event).await;
        if let Some(body) = answer.get("body").and_then(Value::as_str)
            && socket.send(Message::Text(body.into())).await.is_err()
        {
            break NO_STATUS;
        }
    };
    sockets.open().remove(&route.connection_id);
    tracing::info!(message = "a socket closed", http.route = "/ws", connection.id = %route.connection_id, code);
    sockets.call(route.disconnect(code)).await;
}

/// Closes with `code` and waits a moment for the client to do the same.
async fn goodbye(socket: &mut WebSocket, code: u16) -> u16 {
    let frame = CloseFrame { code, reason: "".into() };
    if socket.send(Message::Close(Some(frame))).await.is_ok() {
        let answered = async { while let Some(Ok(_)) = socket.recv().await {} };
        // One that does not is cut off.
        let _in_time = timeout(GOODBYE, answered).await;
    }
    code
}
