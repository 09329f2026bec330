//! Verifying: is this token ours, for us, and good now?
//!
//! jsonwebtoken checks the signature alone. It reads the system clock, allows 60 s of leeway and never looks at `iat`;
//! the claims are ours to check, with `now` as an argument.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::claims::{AccessClaims, CarriedClaims, RefreshClaims, TokenType, UniqueMembers};
use super::key::VerificationKey;
use super::keyring::{Keyring, KeyringError};
use super::{CLOCKS_DIFFER_SECONDS, TokenError, refresh_audience};
use crate::clock::Timestamp;
use crate::domain::user::UserId;
use crate::settings::TokenSettings;

/// The longest token looked at, in bytes: ours stay far below, and a header line holds no more.
const MAX_TOKEN_BYTES: usize = 16_384;

/// Verifies tokens; clones share the key ring.
#[derive(Clone, Debug)]
pub struct Verifier {
    keyring: Keyring,
    issuer: Option<String>,
    audience: String,
}

/// Why a token was not taken.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// It is no good.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// We could not tell.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
}

/// Whether a token has expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// Not yet.
    ToCome,
    /// It has.
    Past,
}

/// The claims of a token with nothing wrong but perhaps its expiry.
struct Checked {
    claims: UniqueMembers,
    expiry: Expiry,
}

impl Checked {
    fn unexpired(self) -> Result<UniqueMembers, TokenError> {
        match self.expiry {
            Expiry::ToCome => Ok(self.claims),
            Expiry::Past => Err(TokenError::Expired),
        }
    }
}

/// What a good token of either kind says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnyClaims {
    /// An access token.
    Access(AccessClaims),
    /// A refresh token.
    Refresh(RefreshClaims),
}

/// What a good refresh token says, whoever made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnyRefresh {
    /// We did.
    Ours(RefreshClaims, Expiry),
    /// A Django did, for a user who was imported from it.
    Carried(CarriedClaims),
}

impl Verifier {
    /// A verifier with the keys of `keyring`.
    #[must_use]
    pub fn new(keyring: Keyring, settings: &TokenSettings) -> Self {
        Self { keyring, issuer: settings.issuer.clone(), audience: settings.audience.clone() }
    }

    /// Takes `token` as an access token.
    ///
    /// # Errors
    ///
    /// When it is no good at `now`, or the key ring cannot be read.
    pub async fn access(&self, token: &str, now: Timestamp) -> Result<AccessClaims, VerifyError> {
        let claims = self.claims(token, Some(TokenType::Access), now).await?;
        Ok(self.read_access(&claims.unexpired()?)?)
    }

    /// Takes `token` as a refresh token. Whether its session is still open is for the store to say.
    ///
    /// # Errors
    ///
    /// When it is no good at `now`, or the key ring cannot be read.
    pub async fn refresh(&self, token: &str, now: Timestamp) -> Result<RefreshClaims, VerifyError> {
        let claims = self.claims(token, Some(TokenType::Refresh), now).await?;
        Ok(claims.unexpired()?.refresh()?)
    }

    /// Takes `token` as a refresh token, of ours or, where `accepts_carried`, of the Django that we share a key with. Of ours it
    /// says whether it has expired, if nothing else is wrong with it: one whose answer was lost may still be asked about.
    ///
    /// # Errors
    ///
    /// When it is no good at `now`, or the key ring cannot be read.
    pub async fn any_refresh(
        &self,
        token: &str,
        accepts_carried: bool,
        now: Timestamp,
    ) -> Result<AnyRefresh, VerifyError> {
        let Checked { claims, expiry } = self.claims(token, Some(TokenType::Refresh), now).await?;
        let accepts_carried = accepts_carried && self.keyring.is_shared();
        match (claims.refresh(), claims.carried(), expiry) {
            (Ok(claims), _, expiry) => Ok(AnyRefresh::Ours(claims, expiry)),
            (Err(_), Ok(claims), Expiry::ToCome) if accepts_carried => Ok(AnyRefresh::Carried(claims)),
            (Err(_), _, Expiry::Past) => Err(TokenError::Expired.into()),
            (Err(error), _, Expiry::ToCome) => Err(error.into()),
        }
    }

    /// Takes `token` as a token of either kind.
    ///
    /// # Errors
    ///
    /// When it is no good at `now`, or the key ring cannot be read.
    pub async fn any(&self, token: &str, now: Timestamp) -> Result<AnyClaims, VerifyError> {
        let claims = self.claims(token, None, now).await?.unexpired()?;
        Ok(match claims.token_type()? {
            TokenType::Access => AnyClaims::Access(self.read_access(&claims)?),
            TokenType::Refresh => AnyClaims::Refresh(claims.refresh()?),
        })
    }

    fn read_access(&self, claims: &UniqueMembers) -> Result<AccessClaims, TokenError> {
        let access = claims.access()?;
        // A token of a Django beside us belongs to no session and perhaps to no user of ours; any other must.
        if !self.keyring.is_shared() && (access.session_id.is_none() || access.user.parse::<UserId>().is_err()) {
            return Err(TokenError::Invalid);
        }
        Ok(access)
    }

    /// The claims of `token`, once its signature and everything that both kinds share are checked. That it has expired is
    /// said before anything else that may be wrong with it, as the contract has it.
    async fn claims(&self, token: &str, wanted: Option<TokenType>, now: Timestamp) -> Result<Checked, VerifyError> {
        let parts = Parts::split(token).ok_or(TokenError::Invalid)?;
        let header = UniqueMembers::parse(&parts.header)?;
        let key = self.key(key_id(&header)?, wanted).await?;
        check_signature(&parts, &header, &key)?;
        let claims = UniqueMembers::parse(&parts.claims)?;
        // A refresh token that another environment made a moment ago must not log out: the session alone decides about it.
        let ahead_seconds = if wanted == Some(TokenType::Refresh) { CLOCKS_DIFFER_SECONDS } else { 0 };
        let expiry = match claims.check_times(now, ahead_seconds) {
            Ok(()) => Expiry::ToCome,
            Err(TokenError::Expired) => Expiry::Past,
            Err(error) => return Err(error.into()),
        };
        match (self.check_claims(&claims, (&key, wanted)), expiry) {
            (Ok(()), _) => Ok(Checked { claims, expiry }),
            (Err(_), Expiry::Past) => Err(TokenError::Expired.into()),
            (Err(error), Expiry::ToCome) => Err(error.into()),
        }
    }

    /// Everything but the signature and the times.
    fn check_claims(
        &self,
        claims: &UniqueMembers,
        (key, wanted): (&VerificationKey, Option<TokenType>),
    ) -> Result<(), TokenError> {
        // Ours say when they were made; a Django's may not.
        if claims.get("iat").is_none() && !self.keyring.is_shared() {
            return Err(TokenError::Invalid);
        }
        claims.check_subject()?;
        let token_type = claims.token_type()?;
        if wanted.is_some_and(|wanted| wanted != token_type) {
            return Err(TokenError::WrongType);
        }
        if key.signs.is_some_and(|signs| signs != token_type) {
            return Err(TokenError::Invalid);
        }
        self.check_origin(claims, token_type)
    }

    /// The key called `kid`. A refresh token under a secret that may be newer than what we know is no reason to log out.
    async fn key(&self, kid: Option<&str>, wanted: Option<TokenType>) -> Result<VerificationKey, VerifyError> {
        match self.keyring.verification_key(kid).await? {
            Some(key) => Ok(key),
            None if wanted == Some(TokenType::Refresh) && self.keyring.may_lack(kid).await? => {
                Err(KeyringError::NotReadYet.into())
            }
            None => Err(TokenError::Invalid.into()),
        }
    }

    /// `aud` and `iss`: there, and ours. Under a key shared with a Django they may be missing.
    fn check_origin(&self, claims: &UniqueMembers, token_type: TokenType) -> Result<(), TokenError> {
        let may_be_missing = self.keyring.is_shared();
        let for_us = match token_type {
            TokenType::Access => claims.is_for(&self.audience),
            TokenType::Refresh => claims.is_for(&refresh_audience(&self.audience)),
        };
        let from_us = self.issuer.as_ref().map_or(Some(true), |issuer| claims.is_from(issuer));
        if for_us.unwrap_or(may_be_missing) && from_us.unwrap_or(may_be_missing) {
            Ok(())
        } else {
            Err(TokenError::Invalid)
        }
    }
}

/// `kid`, a string if it is there (RFC 7515, 4.1.4). We understand no extension, so `crit` refuses (RFC 7515, 4.1.11), and
/// so does `b64`, which is one even where `crit` does not name it (RFC 7797, 6). Keys that a header brings or points to
/// (`jwk`, `jku`, `x5c`, `x5u`) are never looked at (RFC 8725, 3.10).
fn key_id(header: &UniqueMembers) -> Result<Option<&str>, TokenError> {
    if header.get("crit").or_else(|| header.get("b64")).is_some() {
        return Err(TokenError::Invalid);
    }
    match header.get("kid") {
        None => Ok(None),
        Some(Value::String(kid)) => Ok(Some(kid)),
        Some(_) => Err(TokenError::Invalid),
    }
}

/// The algorithm is the key's; a header that names another one is refused, `none` included.
fn check_signature(parts: &Parts<'_>, header: &UniqueMembers, key: &VerificationKey) -> Result<(), TokenError> {
    let named = header.get("alg").and_then(Value::as_str).unwrap_or_default();
    let same = named.parse().is_ok_and(|named: jsonwebtoken::Algorithm| named == key.algorithm);
    let signed = parts.signed.as_bytes();
    if same && jsonwebtoken::crypto::verify(parts.signature, signed, &key.key, key.algorithm).unwrap_or(false) {
        Ok(())
    } else {
        Err(TokenError::Invalid)
    }
}

/// A JWS in compact form (RFC 7515, 7.1).
struct Parts<'a> {
    header: Vec<u8>,
    claims: Vec<u8>,
    signed: &'a str,
    signature: &'a str,
}

impl<'a> Parts<'a> {
    fn split(token: &'a str) -> Option<Self> {
        if token.len() > MAX_TOKEN_BYTES {
            return None;
        }
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        Some(Self {
            header: URL_SAFE_NO_PAD.decode(header).ok()?,
            claims: URL_SAFE_NO_PAD.decode(claims).ok()?,
            signed,
            signature,
        })
    }
}
