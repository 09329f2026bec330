//! `/.well-known/openid-configuration` and `/.well-known/jwks.json`: who signs access tokens, and with which keys.
//!
//! Documents for verifiers, not API views: public, the same for everybody, kept by caches for a while.

mod documents;

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use axum::Router;
use axum::extract::Request;
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use faregate::http::{Client, Refusal, Route};
use faregate::service::{Service, StartError};
use faregate::tokens::{KeyAccess, Keyring, PublishedKey};
use serde_json::Value;

/// What this function may touch: the public keys.
pub struct Deps {
    keyring: Keyring,
    issuer: Option<String>,
}

impl Deps {
    /// Takes its part of the service and warms it.
    ///
    /// # Errors
    ///
    /// Never; the signature is that of every function.
    pub async fn start(service: &Service) -> Result<Self, StartError> {
        let keyring = service.warm_keyring(KeyAccess::Public).await;
        Ok(Self { keyring, issuer: service.settings.tokens.issuer.clone() })
    }
}

/// One of the two documents.
struct Document {
    path: &'static str,
    media_type: &'static str,
    write: fn(&str, &[PublishedKey]) -> Value,
}

const DOCUMENTS: [Document; 2] = [
    Document {
        path: "/.well-known/openid-configuration",
        media_type: "application/json",
        write: documents::configuration,
    },
    Document {
        path: "/.well-known/jwks.json",
        // RFC 7517, 8.5.2.
        media_type: "application/jwk-set+json",
        write: |_issuer, keys| documents::key_set(keys),
    },
];

/// How long a cache may keep a document: five minutes, as our own functions keep the ring. A new key is published hours
/// before it signs; what the time bounds is how long a key that was taken out in an emergency is trusted.
const CACHE: &str = "public, max-age=300";

/// Both documents, with and without the last slash.
pub fn router(deps: Deps) -> Router {
    let deps = Arc::new(deps);
    DOCUMENTS.iter().fold(Router::new(), |router, document| {
        let deps = Arc::clone(&deps);
        let serve = any(move |request: Request| {
            let deps = Arc::clone(&deps);
            async move {
                let (parts, _body) = request.into_parts();
                let mut response = answer(&deps, document, &parts).await;
                response.extensions_mut().insert(Route(document.path));
                response
            }
        });
        router.route(document.path, serve.clone()).route(&format!("{}/", document.path), serve)
    })
}

async fn answer(deps: &Deps, document: &Document, request: &Parts) -> Response {
    let allowed = [(ALLOW, "GET, HEAD, OPTIONS")];
    match request.method {
        Method::GET | Method::HEAD => {}
        Method::OPTIONS => return (StatusCode::NO_CONTENT, allowed).into_response(),
        _ => return (allowed, Refusal::MethodNotAllowed(request.method.clone()).into_response()).into_response(),
    }
    let keys = match deps.keyring.published().await {
        Ok(keys) => keys,
        Err(error) => return Refusal::from(error).into_response(),
    };
    let issuer = deps.issuer.clone().unwrap_or_else(|| Client::of(&request.extensions).issuer());
    let body = (document.write)(&issuer, &keys).to_string();
    let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(digest(&SHA256, body.as_bytes())));
    let shared = [(CACHE_CONTROL, CACHE), (ETAG, tag.as_str())];
    if is_known(&request.headers, &tag) {
        return (StatusCode::NOT_MODIFIED, shared).into_response();
    }
    (shared, [(CONTENT_TYPE, document.media_type)], body).into_response()
}

/// Whether the client has what `tag` names (RFC 9110, 13.1.2): by weak comparison, one of a list, or anything at all.
fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let lines = headers.get_all(IF_NONE_MATCH).iter().filter_map(|line| line.to_str().ok());
    lines
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}
