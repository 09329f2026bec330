//! The value by which a device is known that its user has logged in on before: the header `Faregate-Device`.
//!
//! It opens nothing. It says that attempts at one name that come with it are counted in a lane of their own, so that nobody who
//! guesses elsewhere can keep the owner out.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, crypto};
use uuid::Uuid;

use super::keyring::{KeyringError, Ring};
use super::{DeviceToken, TokenType};
use crate::domain::device::KnownDevice;
use crate::domain::id::{DeviceId, UserId};

/// What is signed begins with this: no token of another kind does, since a JWT begins with a header in base64url.
const PURPOSE: &str = "faregate device 1";
/// The longest that a value can be, in bytes.
const MAX_LENGTH: usize = 256;

/// What is signed for `device`, whose user has the name with the digest `name`.
fn message(device: &KnownDevice, name: &str) -> String {
    format!("{PURPOSE}\n{}\n{}\n{}\n{name}", device.id, device.user_id, device.revocations)
}

impl Ring {
    /// The value of `device`, good for the name with the digest `name`, as long as the secret that signs it is in the ring:
    /// two years after its last use, unless it is taken out in an emergency.
    pub(super) fn device_token(&self, device: &KnownDevice, name: &str) -> Result<DeviceToken, KeyringError> {
        let key = self.refresh.as_ref().ok_or(KeyringError::CannotSign)?;
        let signature = key.key.sign(message(device, name).as_bytes()).map_err(|_| KeyringError::CannotSign)?;
        let signature = URL_SAFE_NO_PAD.encode(signature);
        let kid = key.kid.as_deref().unwrap_or_default();
        let [id, user_id] = [device.id.bytes(), device.user_id.bytes()].map(|bytes| URL_SAFE_NO_PAD.encode(bytes));
        Ok(DeviceToken(format!("{kid}.{id}.{user_id}.{}.{signature}", device.revocations)))
    }

    /// The device that `value` is of, if it is one of ours for the name with the digest `name`.
    pub(super) fn known_device(&self, value: &str, name: &str) -> Option<KnownDevice> {
        if value.len() > MAX_LENGTH {
            return None;
        }
        let parts: Vec<&str> = value.split('.').collect();
        let [kid, id, user_id, revocations, signature] = parts.as_slice() else { return None };
        let key = self.verification_key(Some(kid))?;
        // A secret of refresh tokens, or the one key that a Django shares.
        if key.algorithm != Algorithm::HS256 || key.signs == Some(TokenType::Access) {
            return None;
        }
        let (id, user_id) = (DeviceId::new(uuid(id)?), UserId::new(uuid(user_id)?));
        let device = KnownDevice { id, user_id, revocations: revocations.parse().ok()? };
        let is_ours = crypto::verify(signature, message(&device, name).as_bytes(), &key.key, Algorithm::HS256);
        matches!(is_ours, Ok(true)).then_some(device)
    }
}

fn uuid(text: &str) -> Option<Uuid> {
    Uuid::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;
    use crate::tokens::Keyring;

    const KEY: &str = "0123456789abcdef0123456789abcdef";

    async fn ring(key: &str) -> std::sync::Arc<Ring> {
        let settings = Settings::from_pairs([("FAREGATE_HS256_KEY".to_owned(), key.to_owned())]).unwrap();
        Keyring::shared(&settings.tokens.hs256_key.unwrap()).ring().await.unwrap()
    }

    #[tokio::test]
    async fn a_value_is_good_for_one_name_under_our_key_to_the_letter() {
        let ring = ring(KEY).await;
        let [id, user_id] = [1, 2].map(Uuid::from_u128);
        let device = KnownDevice { id: DeviceId::new(id), user_id: UserId::new(user_id), revocations: 7 };
        let token = ring.device_token(&device, "name").unwrap();
        let value = token.expose();
        assert_eq!(ring.known_device(value, "name"), Some(device));
        assert_eq!(ring.known_device(value, "other"), None);
        assert_eq!(super::tests::ring(&KEY.replace('0', "1")).await.known_device(value, "name"), None);
        for index in 0..value.len() {
            let mut bytes = value.as_bytes().to_vec();
            bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
            let other = String::from_utf8(bytes).unwrap();
            // The shared key has no name: whatever stands in its place is not looked at.
            assert_eq!(ring.known_device(&other, "name"), None, "{other}");
        }
        let long = format!("{value}{}", "x".repeat(MAX_LENGTH));
        for bad in ["", ".", "....", "a.b.c.d.e", &format!("{value}="), &format!("{value}."), &value[1..], &long] {
            assert_eq!(ring.known_device(bad, "name"), None, "{bad}");
        }
    }
}
