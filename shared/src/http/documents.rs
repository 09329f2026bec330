//! Documents: public, the same for everybody, kept by caches for a while. They are no API views and take nothing.

use aws_lc_rs::digest::{SHA256, digest};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::cors;
use super::error::Refusal;
use super::steps::Route;
use super::success::Success;

/// A document as the OpenAPI document describes it.
#[derive(Clone, Copy, Debug)]
pub struct Document {
    /// The path without its last slash.
    pub path: &'static str,
    /// The name, in words.
    pub name: &'static str,
    /// What it tells.
    pub description: &'static str,
    /// The media types that it comes in, the first one unless a request asks for another.
    pub media_types: &'static [&'static str],
    /// What it answers.
    pub success: Success,
    /// An example of each way in which it refuses `GET`.
    pub refusals: fn() -> Vec<Refusal>,
}

/// What a document says now.
#[derive(Clone, Debug)]
pub struct Edition {
    body: Bytes,
    tag: String,
    headers: HeaderMap,
}

impl Edition {
    /// `body`, which caches may keep as `cache` says.
    #[must_use]
    pub fn new(media_type: &'static str, cache: &'static str, body: impl Into<Bytes>) -> Self {
        let body = body.into();
        let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(digest(&SHA256, &body)));
        let edition = Self { body, tag, headers: HeaderMap::new() };
        edition.with(CONTENT_TYPE, media_type).with(CACHE_CONTROL, cache)
    }

    /// With one more header.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: &'static str) -> Self {
        self.headers.insert(name, HeaderValue::from_static(value));
        self
    }

    fn respond(self, request: &Parts) -> Response {
        let known = is_known(&request.headers, &self.tag);
        let mut response = Response::new(if known { Body::empty() } else { Body::from(self.body) });
        *response.headers_mut() = self.headers;
        // What is in base64url and quotes is a header's value.
        if let Ok(tag) = HeaderValue::try_from(self.tag) {
            response.headers_mut().insert(ETAG, tag);
        }
        if known {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            response.headers_mut().remove(CONTENT_TYPE);
        }
        response
    }
}

/// The document at `path`, with and without the last slash, as `edition` gives it for a request.
pub fn document_router<E, F>(path: &'static str, edition: E) -> Router
where
    E: Fn(Parts) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Edition, Refusal>> + Send + 'static,
{
    let serve = any(move |request: Request| {
        let edition = edition.clone();
        async move {
            let (parts, _body) = request.into_parts();
            let mut response = answer(edition, parts).await;
            response.extensions_mut().insert(Route(path));
            response
        }
    });
    Router::new().route(path, serve.clone()).route(&format!("{path}/"), serve)
}

async fn answer<F>(edition: impl Fn(Parts) -> F, request: Parts) -> Response
where
    F: Future<Output = Result<Edition, Refusal>>,
{
    const METHODS: &str = "GET, HEAD, OPTIONS";
    if let Some(response) = cors::preflight(&request.extensions, METHODS) {
        return response;
    }
    let allowed = [(ALLOW, METHODS)];
    match request.method {
        Method::GET | Method::HEAD => {}
        Method::OPTIONS => return (StatusCode::NO_CONTENT, allowed).into_response(),
        method => return (allowed, Refusal::MethodNotAllowed(method).into_response()).into_response(),
    }
    match edition(request.clone()).await {
        Ok(edition) => edition.respond(&request),
        Err(refusal) => refusal.into_response(),
    }
}

/// Whether the client has what `tag` names (RFC 9110, 13.1.2): by weak comparison, one of a list, or anything at all.
fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let lines = headers.get_all(IF_NONE_MATCH).iter().filter_map(|line| line.to_str().ok());
    lines
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}
