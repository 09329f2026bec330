//! Signing: a user and a session become tokens.

use std::sync::Arc;

use serde::Serialize;

use super::claims::{SignedClaims, TokenType};
use super::key::SigningKey;
use super::keyring::{Keyring, KeyringError, Ring};
use super::{AccessToken, RefreshToken, refresh_audience};
use crate::clock::Timestamp;
use crate::domain::session::Session;
use crate::domain::user::User;
use crate::randomness::Randomness;
use crate::settings::TokenSettings;

/// Signs tokens; clones share the key ring.
#[derive(Clone, Debug)]
pub struct Signer {
    keyring: Keyring,
    settings: TokenSettings,
    randomness: Randomness,
}

impl Signer {
    /// A signer with the keys of `keyring`.
    #[must_use]
    pub const fn new(keyring: Keyring, settings: TokenSettings, randomness: Randomness) -> Self {
        Self { keyring, settings, randomness }
    }

    /// The signer with the keys of this moment. Taken before anything is written: what follows cannot fail for want of
    /// a key.
    ///
    /// # Errors
    ///
    /// When the key ring cannot be read, or could not for an hour.
    pub async fn ready(&self) -> Result<ReadySigner<'_>, KeyringError> {
        Ok(ReadySigner { signer: self, ring: self.keyring.signing_ring().await? })
    }

    fn common<'a>(&self, (user, session): (&'a User, &Session), issuer: &'a str) -> SignedClaims<'a> {
        SignedClaims {
            token_type: TokenType::Refresh,
            exp: session.expires_at.min(session.absolute_expires_at).seconds(),
            iat: session.rotated_at.seconds(),
            jti: format!("{}.{}", session.id, session.counter),
            id: user.id.to_string(),
            username: user.username.as_str(),
            first_name: &user.first_name,
            last_name: &user.last_name,
            sub: user.id.to_string(),
            iss: issuer,
            aud: refresh_audience(&self.settings.audience),
            sid: session.id.to_string(),
            ctr: Some(session.counter),
        }
    }

    /// The lifetime, up to 5 % shorter with jitter.
    fn access_lifetime_seconds(&self) -> i64 {
        let lifetime = self.settings.access_lifetime_seconds;
        if !self.settings.jitter {
            return lifetime;
        }
        let most = u32::try_from(lifetime / 20).unwrap_or(0);
        lifetime - i64::from(self.randomness.up_to(most))
    }
}

/// A [`Signer`] that has its keys.
pub struct ReadySigner<'a> {
    signer: &'a Signer,
    ring: Arc<Ring>,
}

impl ReadySigner<'_> {
    /// An access token for `user` in `session`, good from `now` on. About 0.6 ms with RS256.
    ///
    /// # Errors
    ///
    /// When there is no key to sign with.
    pub fn access(
        &self,
        (user, session): (&User, &Session),
        issuer: &str,
        now: Timestamp,
    ) -> Result<AccessToken, KeyringError> {
        let ends_with_session = session.absolute_expires_at.seconds();
        let claims = SignedClaims {
            token_type: TokenType::Access,
            exp: now.plus_seconds(self.signer.access_lifetime_seconds()).seconds().min(ends_with_session),
            iat: now.seconds(),
            jti: self.signer.randomness.hex_128(),
            aud: self.signer.settings.audience.clone(),
            ctr: None,
            ..self.signer.common((user, session), issuer)
        };
        sign(self.ring.access.as_ref(), &claims).map(AccessToken)
    }

    /// The good refresh token of `session`: made of the session alone, so that it can be made again.
    ///
    /// # Errors
    ///
    /// When there is no key to sign with.
    pub fn refresh(&self, (user, session): (&User, &Session), issuer: &str) -> Result<RefreshToken, KeyringError> {
        sign(self.ring.refresh.as_ref(), &self.signer.common((user, session), issuer)).map(RefreshToken)
    }
}

fn sign(key: Option<&SigningKey>, claims: &impl Serialize) -> Result<String, KeyringError> {
    let SigningKey { kid, algorithm, key } = key.ok_or(KeyringError::CannotSign)?;
    let header = jsonwebtoken::Header { kid: kid.clone(), ..jsonwebtoken::Header::new(*algorithm) };
    jsonwebtoken::encode(&header, claims, key).map_err(|_| KeyringError::CannotSign)
}
