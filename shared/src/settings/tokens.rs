//! How tokens are made.

use std::fmt;

use zeroize::Zeroizing;

use super::SettingsError;
use super::reader::Reader;
use crate::domain::signing_key::MAX_ACCESS_LIFETIME_SECONDS;

/// How tokens are made.
#[derive(Clone, Debug)]
pub struct TokenSettings {
    /// Seconds an access token lives.
    pub access_lifetime_seconds: i64,
    /// Whether access tokens live up to 5 % shorter, at random, so that clients do not refresh in step.
    pub jitter: bool,
    /// The one key of tokens shared with a Django beside us; unset, access and refresh keys come from the key ring.
    pub hs256_key: Option<SharedKey>,
    /// Whether a refresh token of that Django is exchanged, once, for a session of ours.
    pub accept_simplejwt_refresh: bool,
    /// The algorithm of the next access key.
    pub algorithm: AccessAlgorithm,
    /// Seconds a key signs before the schedule makes the next one.
    pub key_period_seconds: i64,
    /// The claim `iss`; unset, the request's domain.
    pub issuer: Option<String>,
    /// The claim `aud` of access tokens.
    pub audience: String,
}

/// A secret for HS256; `Debug` shows nothing.
#[derive(Clone)]
pub struct SharedKey(pub(super) Zeroizing<String>);

impl SharedKey {
    /// The key's bytes.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for SharedKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SharedKey")
    }
}

/// What access tokens can be signed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessAlgorithm {
    /// RSA PKCS#1 v1.5 with SHA-256: the one that API Gateway's JWT authorizers accept.
    Rs256(RsaModulus),
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

/// How long the modulus of a new RSA key is (RFC 7518, 3.3: 2048 bits or more).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RsaModulus {
    /// 2048 bits: 112 bits of security, enough until 2030 (NIST SP 800-57, part 1, table 2).
    Bits2048,
    /// 3072 bits: 128 bits of security; a signature takes about three times as long.
    Bits3072,
}

pub(super) fn tokens(read: &Reader) -> Result<TokenSettings, SettingsError> {
    let sizes = [("2048", RsaModulus::Bits2048), ("3072", RsaModulus::Bits3072)];
    let modulus = read.choice("FAREGATE_RSA_KEY_BITS", &sizes)?;
    let hs256_key = read.secret("FAREGATE_HS256_KEY")?;
    let accept_simplejwt_refresh = read.switch("FAREGATE_ACCEPT_SIMPLEJWT_REFRESH")?;
    if accept_simplejwt_refresh && hs256_key.is_none() {
        return Err(SettingsError::Missing { name: "FAREGATE_HS256_KEY" });
    }
    Ok(TokenSettings {
        access_lifetime_seconds: read.number(
            "FAREGATE_ACCESS_TOKEN_LIFETIME_SECONDS",
            1,
            MAX_ACCESS_LIFETIME_SECONDS,
        )?,
        jitter: read.switch("FAREGATE_TOKEN_JITTER")?,
        hs256_key,
        accept_simplejwt_refresh,
        algorithm: read.choice(
            "FAREGATE_ACCESS_TOKEN_ALGORITHM",
            &[
                ("RS256", AccessAlgorithm::Rs256(modulus)),
                ("ES256", AccessAlgorithm::Es256),
                ("EdDSA", AccessAlgorithm::EdDsa),
            ],
        )?,
        key_period_seconds: 86_400 * read.number::<i64>("FAREGATE_KEY_ROTATION_DAYS", 1, 3650)?,
        issuer: read.url("FAREGATE_ISSUER")?,
        audience: read.text("FAREGATE_AUDIENCE")?,
    })
}
