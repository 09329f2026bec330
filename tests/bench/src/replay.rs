//! A DynamoDB that gives the answers of once again, at once: what is left to count is our own work and the SDK's.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http_body_util::Full;
use hyper::body::Bytes;

use crate::load::Connection;

/// An HTTP client of the SDK: until [`Replay::replay`] it asks DynamoDB and remembers, from then on it answers by itself.
#[derive(Clone, Debug)]
pub struct Replay {
    dynamodb: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// By operation, in order.
    answers: BTreeMap<String, Answers>,
    replays: bool,
}

#[derive(Debug, Default)]
struct Answers {
    given: Vec<(u16, Bytes)>,
    next: usize,
}

impl Replay {
    /// One before the DynamoDB at this address.
    #[must_use]
    pub fn of(dynamodb: SocketAddr) -> Self {
        Self { dynamodb, state: Arc::default() }
    }

    /// Forgets what was answered so far.
    pub fn record(&self) {
        *self.state() = State::default();
    }

    /// From now on each operation gets the answers again that it got since [`Replay::record`], over and over.
    pub fn replay(&self) {
        self.state().replays = true;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next answer to `operation`; none while it is to be asked for.
    fn answer(&self, operation: &str) -> Option<(u16, Bytes)> {
        let mut state = self.state();
        if !state.replays {
            return None;
        }
        let answers = state.answers.get_mut(operation).expect("an operation that was recorded");
        let answer = answers.given.get(answers.next).cloned();
        answers.next = (answers.next + 1) % answers.given.len();
        answer
    }

    async fn asked(self, operation: String, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let failed = |error| ConnectorError::other(error, None);
        let request = request.try_into_http1x().map_err(|error| failed(error.into()))?;
        let request = request.map(|body| Full::from(Bytes::copy_from_slice(body.bytes().expect("a body in memory"))));
        let (status, body) = Connection::open(self.dynamodb).await.send(request).await;
        let answer = (status.as_u16(), body);
        self.state().answers.entry(operation).or_default().given.push(answer.clone());
        response(answer)
    }
}

fn response((status, body): (u16, Bytes)) -> Result<HttpResponse, ConnectorError> {
    let status = status.try_into().map_err(|error| ConnectorError::other(Box::new(error), None))?;
    Ok(HttpResponse::new(status, SdkBody::from(body)))
}

impl HttpConnector for Replay {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or(target).to_owned();
        match self.answer(&operation) {
            Some(answer) => HttpConnectorFuture::ready(response(answer)),
            None => HttpConnectorFuture::new(self.clone().asked(operation, request)),
        }
    }
}

impl HttpClient for Replay {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}
