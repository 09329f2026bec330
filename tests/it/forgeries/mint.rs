//! A mint that has our keys: what it makes is wrong in one place only.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use faregate_tests::TestApp;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::Value;

use crate::signing_keys::{part, stored_key};

/// A good token, taken apart, and the key that signed it.
pub(crate) struct Mint {
    pub(crate) header: Value,
    pub(crate) claims: Value,
    pub(crate) algorithm: Algorithm,
    key: EncodingKey,
}

impl Mint {
    /// The mint of access tokens.
    pub(crate) async fn access(app: &TestApp, good: &str) -> Self {
        let pem = stored_key(app, "PRIVATE", "pem").await;
        let header = part(good, 0);
        let (algorithm, key) = match header["alg"].as_str().unwrap() {
            "RS256" => (Algorithm::RS256, EncodingKey::from_rsa_pem(pem.as_bytes())),
            "ES256" => (Algorithm::ES256, EncodingKey::from_ec_pem(pem.as_bytes())),
            _ => (Algorithm::EdDSA, EncodingKey::from_ed_pem(pem.as_bytes())),
        };
        Self { header, claims: part(good, 1), algorithm, key: key.unwrap() }
    }

    /// The mint of refresh tokens.
    pub(crate) async fn refresh(app: &TestApp, good: &str) -> Self {
        let secret = stored_key(app, "REFRESH", "secret").await;
        let key = EncodingKey::from_secret(secret.as_bytes());
        Self { header: part(good, 0), claims: part(good, 1), algorithm: Algorithm::HS256, key }
    }

    /// The mint of both kinds, under a key shared with a Django.
    pub(crate) fn shared(good: &str, key: &str) -> Self {
        let key = EncodingKey::from_secret(key.as_bytes());
        Self { header: part(good, 0), claims: part(good, 1), algorithm: Algorithm::HS256, key }
    }

    /// A token of this header and these claims, as text, under our key.
    pub(crate) fn sign(&self, header: &str, claims: &str) -> String {
        self.sign_bytes(header.as_bytes(), claims.as_bytes())
    }

    pub(crate) fn sign_bytes(&self, header: &[u8], claims: &[u8]) -> String {
        compact((header, claims), &self.key, self.algorithm)
    }

    /// Our header and these claims, under our key.
    pub(crate) fn with_claims(&self, claims: &str) -> String {
        self.sign(&self.header.to_string(), claims)
    }

    /// Our claims with one member changed, or removed where `value` is nothing.
    pub(crate) fn with_claim(&self, name: &str, value: Option<Value>) -> String {
        self.with_claims(&changed(&self.claims, name, value))
    }

    /// Our header with one member changed, or removed; our claims; our key.
    pub(crate) fn with_header(&self, name: &str, value: Option<Value>) -> String {
        self.sign(&changed(&self.header, name, value), &self.claims.to_string())
    }
}

/// `object` with one member changed, or removed.
pub(crate) fn changed(object: &Value, name: &str, value: Option<Value>) -> String {
    let mut members = object.as_object().unwrap().clone();
    match value {
        Some(value) => members.insert(name.to_owned(), value),
        None => members.shift_remove(name),
    };
    Value::Object(members).to_string()
}

/// A token under any key, whatever its header says.
pub(crate) fn compact((header, claims): (&[u8], &[u8]), key: &EncodingKey, algorithm: Algorithm) -> String {
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    format!("{signed}.{}", jsonwebtoken::crypto::sign(signed.as_bytes(), key, algorithm).unwrap())
}
