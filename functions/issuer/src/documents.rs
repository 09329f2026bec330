//! The use case: what a verifier has to know.

use faregate::tokens::PublishedKey;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The discovery document (OpenID Connect Discovery 1.0, 3; RFC 8414, 2), as far as it concerns verifiers: Faregate gives
/// tokens by its own routes and has no authorization endpoint.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Configuration {
    /// The claim `iss` of access tokens.
    issuer: String,
    /// Where the key set is.
    jwks_uri: String,
    /// The algorithms of the keys.
    id_token_signing_alg_values_supported: Vec<&'static str>,
    response_types_supported: [&'static str; 1],
    subject_types_supported: [&'static str; 1],
    /// The claims of access tokens.
    claims_supported: [&'static str; 12],
}

/// The key set (RFC 7517, 5): public parts alone, for nothing else is ever read.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeySet {
    keys: Vec<PublicKey>,
}

/// A public key (RFC 7517, 4; RFC 7518, 6; RFC 8037, 2): which members follow `alg` depends on `kty`.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
struct PublicKey {
    kty: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    crv: Option<String>,
    /// What the header of a token names.
    kid: String,
    #[serde(rename = "use")]
    usage: String,
    alg: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    n: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    e: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    x: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    y: Option<String>,
}

/// The discovery document of `issuer`, who signs with `keys`.
pub(crate) fn configuration(issuer: &str, keys: &[PublishedKey]) -> Configuration {
    let mut algorithms: Vec<&str> = keys.iter().map(|key| key.algorithm).collect();
    algorithms.sort_unstable();
    algorithms.dedup();
    Configuration {
        issuer: issuer.to_owned(),
        jwks_uri: format!("{issuer}/.well-known/jwks.json"),
        id_token_signing_alg_values_supported: algorithms,
        response_types_supported: ["token"],
        subject_types_supported: ["public"],
        claims_supported: [
            "aud",
            "exp",
            "first_name",
            "iat",
            "id",
            "iss",
            "jti",
            "last_name",
            "sid",
            "sub",
            "token_type",
            "username",
        ],
    }
}

/// The key set of `keys`.
pub(crate) fn key_set(keys: &[PublishedKey]) -> KeySet {
    KeySet { keys: keys.iter().filter_map(|key| serde_json::from_str(&key.jwk).ok()).collect() }
}
