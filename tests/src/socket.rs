//! A client with a WebSocket.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// How long a client waits before a test gives up.
const PATIENCE: Duration = Duration::from_secs(10);

/// An open socket.
#[derive(Debug)]
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// The subprotocol that the server chose.
    pub protocol: Option<String>,
}

/// The header that a native app sends.
pub fn bearer(token: &str) -> (&'static str, String) {
    ("authorization", format!("Bearer {token}"))
}

/// The header in which a browser offers subprotocols.
pub fn protocols(offered: &[&str]) -> (&'static str, String) {
    ("sec-websocket-protocol", offered.join(", "))
}

impl Socket {
    /// Opens one; the status when it does not open.
    ///
    /// # Errors
    ///
    /// The status of the refusal.
    pub(crate) async fn open(url: &str, headers: &[(&'static str, String)]) -> Result<Self, u16> {
        let mut request = url.into_client_request().expect("a URL");
        for (name, value) in headers {
            request.headers_mut().append(*name, value.parse().expect("a header value"));
        }
        match connect_async(request).await {
            Ok((stream, response)) => {
                let protocol = response.headers().get("sec-websocket-protocol");
                let protocol = protocol.map(|value| value.to_str().expect("text").to_owned());
                Ok(Self { stream, protocol })
            }
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("no answer to the handshake: {error}"),
        }
    }

    /// Asks who is connected.
    pub async fn who(&mut self) -> Value {
        self.stream.send(Message::text("who?")).await.expect("an open socket");
        let answer = tokio::time::timeout(PATIENCE, self.stream.next()).await.expect("an answer in time");
        let answer = answer.expect("an open socket").expect("an answer");
        serde_json::from_str(answer.to_text().expect("text")).expect("JSON")
    }

    /// Sends a message of `bytes` bytes.
    pub async fn send_bytes(&mut self, bytes: usize) {
        // Fails when the server cuts the line halfway.
        let _sent = self.stream.send(Message::binary(vec![b'x'; bytes])).await;
    }

    /// Waits until the server closes it; the status of the close frame, if there was one.
    pub async fn closed(mut self) -> Option<u16> {
        let closing = async {
            while let Some(received) = self.stream.next().await {
                match received {
                    Ok(Message::Close(frame)) => return frame.map(|frame| frame.code.into()),
                    Ok(_) => {}
                    Err(_) => return None,
                }
            }
            None
        };
        tokio::time::timeout(PATIENCE, closing).await.expect("a socket that closes")
    }

    /// Says goodbye and waits for the server's.
    pub async fn close(mut self) {
        self.stream.close(None).await.expect("an open socket");
        self.closed().await;
    }
}
