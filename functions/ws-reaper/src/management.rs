//! API Gateway's management API, as far as closing sockets goes.

use aws_sdk_apigatewaymanagement::Client;
use aws_sdk_apigatewaymanagement::error::DisplayErrorContext;
use faregate::aws::{HttpClient, configuration};
use faregate::telemetry::{Metric, count};

/// The management API of one WebSocket API.
#[derive(Clone, Debug)]
pub(crate) struct Management(Client);

/// What came of closing a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closed {
    /// It is closed now.
    Yes,
    /// 410: it was closed before, or is not open yet.
    NotOpen,
    /// It may still be open; logged and counted.
    No,
}

impl Management {
    /// The API at `endpoint`, reached through `http_client`.
    pub(crate) async fn connect(endpoint: &str, http_client: HttpClient) -> Self {
        Self(Client::new(&configuration(Some(endpoint), http_client).await))
    }

    /// Closes the socket `id`. One call.
    pub(crate) async fn close(&self, id: &str) -> Closed {
        let Err(error) = self.0.delete_connection().connection_id(id).send().await else { return Closed::Yes };
        // 410 says it, whether or not a body names the exception.
        if error.raw_response().is_some_and(|response| response.status().as_u16() == 410) {
            return Closed::NotOpen;
        }
        count(Metric::Faults);
        tracing::warn!(target: "faregate", message = "a socket could not be closed", error = %DisplayErrorContext(&error));
        Closed::No
    }
}
