//! Signing: a user and a session become tokens.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

use super::claims::{CopiedClaims, SignedClaims, TokenType};
use super::key::SigningKey;
use super::keyring::{Keyring, KeyringError, Ring};
use super::{AccessToken, DeviceToken, RefreshToken, refresh_audience};
use crate::clock::Timestamp;
use crate::domain::device::KnownDevice;
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

    /// The lifetime, up to 5 % shorter with jitter. The jitter follows from the refresh token beside it: who has one answer
    /// given again and again gets no better draw.
    fn access_lifetime_seconds(&self, session: &Session) -> i64 {
        let lifetime = self.settings.access_lifetime_seconds;
        if !self.settings.jitter {
            return lifetime;
        }
        let draw = digest(&SHA256, token_id(session).as_bytes());
        let draw = draw.as_ref().iter().take(4).fold(0_i64, |number, byte| (number << 8) | i64::from(*byte));
        lifetime - draw % (lifetime / 20 + 1)
    }
}

/// The `jti` of the good refresh token of `session`.
fn token_id(session: &Session) -> String {
    format!("{}.{}", session.id, session.counter)
}

/// A [`Signer`] that has its keys.
pub struct ReadySigner<'a> {
    signer: &'a Signer,
    ring: Arc<Ring>,
}

/// Whom an access token is for, and from when its lifetime counts.
#[derive(Clone, Copy, Debug)]
pub struct AccessFor<'a> {
    /// The user, as it is now.
    pub user: &'a User,
    /// The session.
    pub session: &'a Session,
    /// From when the lifetime counts: now, but for a refresh that is answered again the time of its rotation, so that
    /// whoever captured it gains nothing by repeating it.
    pub lifetime_from: Timestamp,
}

impl ReadySigner<'_> {
    /// An access token that `issuer` gives `now`. 0.2 to 0.4 ms with RS256.
    ///
    /// # Errors
    ///
    /// When there is no key to sign with.
    pub fn access(&self, whom: AccessFor<'_>, issuer: &str, now: Timestamp) -> Result<AccessToken, KeyringError> {
        let AccessFor { user, session, lifetime_from } = whom;
        let ends = lifetime_from.plus_seconds(self.signer.access_lifetime_seconds(session)).max(now);
        let claims = SignedClaims {
            token_type: TokenType::Access,
            exp: ends.min(session.absolute_expires_at).seconds(),
            iat: now.seconds(),
            jti: self.signer.randomness.hex_128(),
            id: user.id.to_string(),
            username: user.username.as_str(),
            first_name: &user.first_name,
            last_name: &user.last_name,
            sub: user.id.to_string(),
            iss: issuer,
            aud: self.signer.settings.audience.clone(),
            sid: session.id.to_string(),
            ctr: None,
            cnf: None,
        };
        sign(self.ring.access.as_ref(), &claims).map(AccessToken)
    }

    /// The `kid` of the secret that signs refresh tokens now; a key shared with a Django has none.
    #[must_use]
    pub fn refresh_kid(&self) -> Option<String> {
        self.ring.refresh.as_ref().and_then(|key| key.kid.clone())
    }

    /// The value by which `device` is known from now on, where the name with the digest `name` is asked for.
    ///
    /// # Errors
    ///
    /// When there is no key to sign with.
    pub fn device(&self, device: &KnownDevice, name: &str) -> Result<DeviceToken, KeyringError> {
        self.ring.device_token(device, name)
    }

    /// The device that `value` is of, if it is one of ours for the name with the digest `name`.
    #[must_use]
    pub fn known_device(&self, value: &str, name: &str) -> Option<KnownDevice> {
        self.ring.known_device(value, name)
    }

    /// The good refresh token of `session`: made of the session and of what the token before it said, so that it can be
    /// made again, byte for byte while the secret that signed it is in the ring.
    ///
    /// # Errors
    ///
    /// When there is no key to sign with.
    pub fn refresh(&self, session: &Session, copied: &CopiedClaims) -> Result<RefreshToken, KeyringError> {
        let claims = SignedClaims {
            token_type: TokenType::Refresh,
            exp: session.expires_at.min(session.absolute_expires_at).seconds(),
            iat: session.rotated_at.seconds(),
            jti: token_id(session),
            id: session.user_id.to_string(),
            username: &copied.username,
            first_name: &copied.first_name,
            last_name: &copied.last_name,
            sub: session.user_id.to_string(),
            iss: &copied.issuer,
            aud: refresh_audience(&self.signer.settings.audience),
            sid: session.id.to_string(),
            ctr: Some(session.counter),
            cnf: session.anchor.map(|anchor| anchor.to_string()),
        };
        sign(self.ring.refresh_key(session.kid.as_deref()), &claims).map(RefreshToken)
    }
}

/// A JWT in the compact form (RFC 7515, 7.1).
fn sign(key: Option<&SigningKey>, claims: &impl Serialize) -> Result<String, KeyringError> {
    let SigningKey { kid, key } = key.ok_or(KeyringError::CannotSign)?;
    let header = jsonwebtoken::Header { kid: kid.clone(), ..jsonwebtoken::Header::new(key.algorithm()) };
    let mut token = part(&header)?;
    token.push('.');
    token.push_str(&part(claims)?);
    let signature = key.sign(token.as_bytes()).map_err(|_| KeyringError::CannotSign)?;
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    Ok(token)
}

fn part(value: &impl Serialize) -> Result<String, KeyringError> {
    serde_json::to_vec(value).map(|json| URL_SAFE_NO_PAD.encode(json)).map_err(|_| KeyringError::CannotSign)
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{EncodingKey, Header};
    use serde_json::json;

    use super::*;

    #[test]
    fn a_token_is_what_jsonwebtoken_makes_to_the_letter() {
        let claims = json!({"token_type": "refresh", "username": "Zoë", "exp": 1_767_225_600, "ctr": 7});
        for kid in [None, Some("r1".to_owned())] {
            let key = SigningKey::shared(kid.clone(), b"0123456789abcdef0123456789abcdef");
            let header = Header { kid, ..Header::default() };
            let theirs = EncodingKey::from_secret(b"0123456789abcdef0123456789abcdef");
            let theirs = jsonwebtoken::encode(&header, &claims, &theirs).unwrap();
            assert_eq!(sign(Some(&key), &claims).unwrap(), theirs);
        }
    }
}
