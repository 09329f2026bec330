//! Tells the function `ws-reaper` that sessions of a user ended, so that their WebSockets close at once.
//!
//! Telling is a courtesy: it never fails and never keeps a request waiting for long. What was not told is found by the
//! schedule, within a minute.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_lambda::Client;
use aws_sdk_lambda::error::{DisplayErrorContext, SdkError};
use aws_sdk_lambda::operation::invoke::InvokeError;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use tokio::sync::OnceCell;
use tokio::sync::mpsc::UnboundedSender;

use crate::aws::{HttpClient, configuration};
use crate::domain::user::UserId;

/// How long a request waits for Lambda to take the message, the first connection to it included.
const PATIENCE: Duration = Duration::from_secs(2);

/// The way to `ws-reaper`.
#[derive(Clone)]
pub struct Reaper(Way);

#[derive(Clone)]
enum Way {
    /// There is none: the schedule alone closes sockets.
    None,
    /// An asynchronous invocation: Lambda queues it, and tries twice more when the function fails.
    Lambda(Arc<Lambda>),
    /// A queue in this process, where all functions run in one.
    Queue(UnboundedSender<Value>),
}

struct Lambda {
    function: String,
    http_client: HttpClient,
    /// Made when somebody is told for the first time: most environments end before they tell anybody anything.
    client: OnceCell<Client>,
}

impl Reaper {
    /// Nobody is told.
    #[must_use]
    pub const fn none() -> Self {
        Self(Way::None)
    }

    /// The Lambda function `function`, reached through `http_client` as the environment says.
    #[must_use]
    pub fn lambda(function: String, http_client: HttpClient) -> Self {
        Self(Way::Lambda(Arc::new(Lambda { function, http_client, client: OnceCell::new() })))
    }

    /// A queue, at the other end of which the function is called.
    #[must_use]
    pub const fn queue(sender: UnboundedSender<Value>) -> Self {
        Self(Way::Queue(sender))
    }

    /// Has the sockets of the user `user_id` looked at, now.
    pub async fn look_at(&self, user_id: UserId) {
        let message = json!({"user_id": user_id.to_string()});
        match &self.0 {
            Way::None => {}
            Way::Queue(sender) => {
                if sender.send(message).is_err() {
                    tracing::warn!(message = "ws-reaper is not there to be told");
                }
            }
            Way::Lambda(lambda) => match tokio::time::timeout(PATIENCE, lambda.invoke(message)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    tracing::warn!(message = "ws-reaper could not be told", error = %DisplayErrorContext(&error));
                }
                Err(_elapsed) => tracing::warn!(message = "ws-reaper could not be told in time"),
            },
        }
    }
}

impl Lambda {
    /// Has the function invoked with `message`, later: Lambda queues it.
    ///
    /// Boxed: store/call.rs says why.
    fn invoke(&self, message: Value) -> BoxFuture<'_, Result<(), SdkError<InvokeError>>> {
        Box::pin(async move {
            let client = self.client.get_or_init(|| self.connect()).await;
            let invocation = client
                .invoke()
                .function_name(&self.function)
                .invocation_type(InvocationType::Event)
                .payload(Blob::new(message.to_string()));
            invocation.send().await.map(|_queued| ())
        })
    }

    async fn connect(&self) -> Client {
        Client::new(&configuration(None, self.http_client.clone()).await)
    }
}

impl fmt::Debug for Reaper {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Reaper")
    }
}
