//! `/.well-known/openid-configuration` and `/.well-known/jwks.json`: who signs access tokens, and with which keys.
//!
//! Documents for verifiers, not API views: public, the same for everybody, kept by caches for a while.

mod documents;

use std::sync::Arc;

use axum::Router;
use axum::http::request::Parts;
use faregate::http::{Client, Document, Edition, Refusal, Success, document_router};
use faregate::service::{Service, StartError};
use faregate::tokens::{KeyAccess, Keyring, PublishedKey};

use crate::documents::{Configuration, KeySet};

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

const CONFIGURATION: Document = Document {
    path: "/.well-known/openid-configuration",
    name: "Configuration",
    description: "Names the issuer of access tokens and the place of its key set (OpenID Connect Discovery 1.0).",
    media_types: &["application/json"],
    success: Success::ok::<Configuration>("Who signs access tokens."),
    refusals: || vec![Refusal::Unavailable],
};

const KEY_SET: Document = Document {
    path: "/.well-known/jwks.json",
    name: "Key Set",
    description: "The public keys of access tokens (RFC 7517).",
    // RFC 7517, 8.5.2.
    media_types: &["application/jwk-set+json"],
    success: Success::ok::<KeySet>("The keys that sign access tokens, signed with them or soon will."),
    refusals: || vec![Refusal::Unavailable],
};

/// What other code describes.
pub const DOCUMENTS: &[&Document] = &[&CONFIGURATION, &KEY_SET];

/// How long a cache may keep a document: five minutes, as our own functions keep the ring. A new key is published hours
/// before it signs; what the time bounds is how long a key that was taken out in an emergency is trusted.
const CACHE: &str = "public, max-age=300";

/// Writes a document for an issuer and its keys.
type Write = fn(&str, &[PublishedKey]) -> Result<Vec<u8>, serde_json::Error>;

/// Both documents, with and without the last slash.
pub fn router(deps: Deps) -> Router {
    let deps = Arc::new(deps);
    let written: [(&Document, Write); 2] = [
        (&CONFIGURATION, |issuer, keys| serde_json::to_vec(&documents::configuration(issuer, keys))),
        (&KEY_SET, |_issuer, keys| serde_json::to_vec(&documents::key_set(keys))),
    ];
    written.into_iter().fold(Router::new(), |router, (document, write)| {
        let deps = Arc::clone(&deps);
        let edition = move |request| {
            let deps = Arc::clone(&deps);
            async move { edition(&deps, (document, write), &request).await }
        };
        router.merge(document_router(document.path, edition))
    })
}

async fn edition(deps: &Deps, (document, write): (&Document, Write), request: &Parts) -> Result<Edition, Refusal> {
    let keys = deps.keyring.published().await?;
    let issuer = deps.issuer.clone().unwrap_or_else(|| Client::of(&request.extensions).issuer());
    let body = write(&issuer, &keys).map_err(|error| Refusal::unavailable(&error))?;
    Ok(Edition::new(document.media_types.first().copied().unwrap_or_default(), CACHE, body))
}
