//! The use case: what a verifier has to know.

use faregate::tokens::PublishedKey;
use serde_json::{Value, json};

/// The discovery document (OpenID Connect Discovery 1.0, 3; RFC 8414, 2), as far as it concerns verifiers: Faregate gives
/// tokens by its own routes and has no authorization endpoint.
pub(crate) fn configuration(issuer: &str, keys: &[PublishedKey]) -> Value {
    let mut algorithms: Vec<&str> = keys.iter().map(|key| key.algorithm).collect();
    algorithms.sort_unstable();
    algorithms.dedup();
    json!({
        "issuer": issuer,
        "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
        "id_token_signing_alg_values_supported": algorithms,
        "response_types_supported": ["token"],
        "subject_types_supported": ["public"],
        "claims_supported": [
            "aud", "exp", "first_name", "iat", "id", "iss", "jti", "last_name", "sid", "sub", "token_type", "username",
        ],
    })
}

/// The key set (RFC 7517, 5): public parts alone, for nothing else is ever read.
pub(crate) fn key_set(keys: &[PublishedKey]) -> Value {
    let keys: Vec<Value> = keys.iter().filter_map(|key| serde_json::from_str(&key.jwk).ok()).collect();
    json!({"keys": keys})
}
