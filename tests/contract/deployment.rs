//! A deployed service, reached over plain HTTP: a connection for each request, on which nothing goes that the case does
//! not say but `Host` and `Content-Length`.

use std::error::Error;
use std::time::Duration;

use axum::body::Body;
use axum::http::uri::Scheme;
use axum::http::{HeaderValue, Request, Response, Uri, header};
use faregate::domain::username::CaseSensitivity;
use faregate::randomness::Randomness;
use faregate::settings::dynamodb_endpoint;
use faregate::store::{Users, connect};
use faregate_tests::Reply;
use futures_util::future::{Either, select};
use http_body_util::BodyExt as _;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

const URL: &str = "FAREGATE_CONTRACT_URL";
const TABLE: &str = "FAREGATE_CONTRACT_TABLE";
const KEY: &str = "FAREGATE_CONTRACT_KEY";

/// From the first packet to the last byte of the answer; API Gateway itself gives up after 30 s.
const PATIENCE: Duration = Duration::from_secs(30);

/// A deployed service.
pub(crate) struct Deployment {
    address: Address,
    users: Users,
    signing_key: String,
}

/// `http://AUTHORITY/PREFIX`.
struct Address {
    /// What `Host` says.
    authority: String,
    /// Where to connect.
    socket: String,
    /// What stands before every path: empty, or without a last slash.
    prefix: String,
}

impl Deployment {
    /// The service that the environment names; none if it names none.
    pub(crate) async fn from_environment() -> Result<Option<Self>, String> {
        let (url, table, signing_key) = match (variable(URL), variable(TABLE), variable(KEY)) {
            (None, None, None) => return Ok(None),
            (Some(url), Some(table), Some(key)) => (url, table, key),
            (None, ..) => return Err(missing(URL)),
            (_, None, _) => return Err(missing(TABLE)),
            (.., None) => return Err(missing(KEY)),
        };
        let address =
            Address::parse(&url).ok_or_else(|| format!("{URL} must be http://host:port[/prefix], not {url:?}"))?;
        let client = connect(dynamodb_endpoint().as_deref()).await;
        let users = Users::new(client, &table, CaseSensitivity::Sensitive, Randomness::from_system().unwrap());
        Ok(Some(Self { address, users, signing_key }))
    }

    /// Its users.
    pub(crate) fn users(&self) -> Users {
        self.users.clone()
    }

    /// The HS256 key that it was given.
    pub(crate) fn signing_key(&self) -> &str {
        &self.signing_key
    }

    /// The answer to `request`, or why there is none.
    pub(crate) async fn send(&self, request: Request<Body>) -> Result<Reply, String> {
        let request = self.address.direct(request)?;
        let response = tokio::time::timeout(PATIENCE, exchange(&self.address.socket, request)).await;
        let response = response.map_err(|_elapsed| format!("no answer within {} s", PATIENCE.as_secs()))?;
        Ok(Reply::of(response.map_err(|error| format!("no answer: {}", with_sources(&*error)))?).await)
    }
}

impl Address {
    fn parse(url: &str) -> Option<Self> {
        let uri: Uri = url.parse().ok()?;
        let authority = uri.authority()?;
        if uri.scheme() != Some(&Scheme::HTTP) || uri.query().is_some() {
            return None;
        }
        let port = authority.port_u16().unwrap_or(80);
        Some(Self {
            authority: authority.to_string(),
            socket: format!("{}:{port}", authority.host()),
            prefix: uri.path().trim_end_matches('/').to_owned(),
        })
    }

    /// `request`, sent here.
    fn direct(&self, mut request: Request<Body>) -> Result<Request<Body>, String> {
        let path = format!("{}{}", self.prefix, request.uri());
        *request.uri_mut() = path.parse().map_err(|error| format!("{path:?} cannot be sent: {error}"))?;
        let host = HeaderValue::from_str(&self.authority).unwrap();
        request.headers_mut().entry(header::HOST).or_insert(host);
        Ok(request)
    }
}

/// Sends `request` on a connection of its own and reads the whole answer.
async fn exchange(socket: &str, request: Request<Body>) -> Result<Response<Body>, Box<dyn Error>> {
    let stream = TcpStream::connect(socket).await?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    // The connection does the work while it is polled; the exchange learns of its failures.
    match select(Box::pin(answer(sender, request)), connection).await {
        Either::Left((answer, _connection)) => Ok(answer?),
        Either::Right((_ended, answer)) => Ok(answer.await?),
    }
}

async fn answer(mut sender: SendRequest<Body>, request: Request<Body>) -> hyper::Result<Response<Body>> {
    let (parts, body) = sender.send_request(request).await?.into_parts();
    Ok(Response::from_parts(parts, Body::from(body.collect().await?.to_bytes())))
}

/// `error` and what it came of.
fn with_sources(error: &dyn Error) -> String {
    let sources = std::iter::successors(error.source(), |&source| source.source());
    sources.fold(error.to_string(), |text, source| format!("{text}: {source}"))
}

#[expect(clippy::disallowed_methods, reason = "the deployment under test is no setting of the service")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn missing(name: &str) -> String {
    format!("{name} is not set: {URL}, {TABLE} and {KEY} belong together")
}
