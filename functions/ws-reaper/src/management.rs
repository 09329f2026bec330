//! API Gateway's management API, as far as closing sockets goes.

use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_sdk_apigatewaymanagement::Client;
use aws_sdk_apigatewaymanagement::config::{Credentials, Region};
use aws_sdk_apigatewaymanagement::error::DisplayErrorContext;
use faregate::store::is_loopback;

/// The management API of one WebSocket API.
#[derive(Clone, Debug)]
pub(crate) struct Management(Client);

/// What came of closing a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closed {
    /// It is closed now.
    Yes,
    /// It was closed before: 410.
    Before,
    /// It may still be open; logged.
    No,
}

impl Management {
    /// The API at `endpoint`. A loopback one brings a region and dummy credentials.
    pub(crate) async fn connect(endpoint: &str) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(1))
            .operation_attempt_timeout(Duration::from_secs(2))
            .operation_timeout(Duration::from_secs(6))
            .build();
        let mut loader = aws_config::from_env().endpoint_url(endpoint).timeout_config(timeouts);
        if is_loopback(endpoint) {
            let dummy = Credentials::new("local", "local", None, None, "loopback endpoint");
            loader = loader.region(Region::new("local")).credentials_provider(dummy);
        }
        Self(Client::new(&loader.load().await))
    }

    /// Closes the socket `id`. One call.
    pub(crate) async fn close(&self, id: &str) -> Closed {
        let Err(error) = self.0.delete_connection().connection_id(id).send().await else { return Closed::Yes };
        // 410 says it, whether or not a body names the exception.
        if error.raw_response().is_some_and(|response| response.status().as_u16() == 410) {
            return Closed::Before;
        }
        tracing::warn!(message = "a socket could not be closed", error = %DisplayErrorContext(&error));
        Closed::No
    }
}
