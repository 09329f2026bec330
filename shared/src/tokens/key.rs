//! Keys: made once, kept as items, read from them.

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::json;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::TokenType;
use super::private_key::PrivateKey;
use crate::clock::Timestamp;
use crate::domain::signing_key::{KeyState, KeyUse};
use crate::randomness::Randomness;
use crate::settings::{AccessAlgorithm, RsaModulus};
use crate::store::NewKey;
use crate::store::keyring::{PrivateKeyItem, PublicKeyItem, RefreshSecretItem};

/// A key could not be made or read.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The cryptographic library failed at making one.
    #[error("a key pair could not be made")]
    NotMade,
    /// A stored key is not as we write it.
    #[error("the stored key {0} cannot be read")]
    Unreadable(String),
}

/// What checks a signature: the algorithm belongs to the key, never to the token (RFC 8725, 3.1).
#[derive(Clone)]
pub(super) struct VerificationKey {
    pub(super) algorithm: Algorithm,
    pub(super) key: DecodingKey,
    /// The one kind of token that this key signs; `None` when it signs both.
    pub(super) signs: Option<TokenType>,
}

/// What makes a signature.
#[derive(Clone)]
pub(super) struct SigningKey {
    /// Named in the token's header; a key shared with a Django has no name.
    pub(super) kid: Option<String>,
    pub(super) key: PrivateKey,
}

impl SigningKey {
    /// HS256 under `secret`.
    pub(super) fn shared(kid: Option<String>, secret: &[u8]) -> Self {
        Self { kid, key: PrivateKey::secret(secret) }
    }

    /// The private part of an access key.
    pub(super) fn read(item: &PrivateKeyItem) -> Result<Self, KeyError> {
        let key = PrivateKey::read(&item.algorithm, &item.pem);
        Ok(Self { kid: Some(item.kid.clone()), key: key.ok_or_else(|| KeyError::Unreadable(item.kid.clone()))? })
    }
}

impl VerificationKey {
    /// HS256 under `secret`.
    pub(super) fn shared(secret: &[u8], signs: Option<TokenType>) -> Self {
        Self { algorithm: Algorithm::HS256, key: DecodingKey::from_secret(secret), signs }
    }

    /// The algorithm, as a JWT header names it.
    pub(super) const fn name(&self) -> &'static str {
        match self.algorithm {
            Algorithm::RS256 => "RS256",
            Algorithm::ES256 => "ES256",
            Algorithm::EdDSA => "EdDSA",
            _ => "HS256",
        }
    }

    /// The public part of an access key.
    pub(super) fn read(item: &PublicKeyItem) -> Result<Self, KeyError> {
        let unreadable = || KeyError::Unreadable(item.kid.clone());
        let jwk: jsonwebtoken::jwk::Jwk = serde_json::from_str(&item.jwk).map_err(|_| unreadable())?;
        let algorithm = match jwk.common.key_algorithm {
            Some(jsonwebtoken::jwk::KeyAlgorithm::RS256) => Algorithm::RS256,
            Some(jsonwebtoken::jwk::KeyAlgorithm::ES256) => Algorithm::ES256,
            Some(jsonwebtoken::jwk::KeyAlgorithm::EdDSA) => Algorithm::EdDSA,
            _ => return Err(unreadable()),
        };
        let key = DecodingKey::from_jwk(&jwk).map_err(|_| unreadable())?;
        Ok(Self { algorithm, key, signs: Some(TokenType::Access) })
    }
}

/// Makes a new key of `key_use` at `now`: an access key of `algorithm`, or a refresh secret.
pub(super) async fn make(
    key_use: KeyUse,
    algorithm: AccessAlgorithm,
    (randomness, now): (&Randomness, Timestamp),
) -> Result<NewKey, KeyError> {
    let kid = randomness.uuid_v7(now).simple().to_string();
    match key_use {
        KeyUse::Refresh => {
            let secret = Zeroizing::new(format!("{}{}", randomness.hex_128(), randomness.hex_128()));
            Ok(NewKey::Refresh(RefreshSecretItem { kid: format!("r{kid}"), state: KeyState::Next, secret }))
        }
        KeyUse::Access => tokio::task::spawn_blocking(move || make_access_key(&kid, algorithm))
            .await
            .map_err(|_panicked| KeyError::NotMade)?
            .map(|(public, private)| NewKey::Access(public, private)),
    }
}

/// When the refresh secret `kid` was made, by its id: a `UUIDv7` behind an `r`. Nothing for what is no such id.
pub(super) fn refresh_secret_made_at(kid: &str) -> Option<Timestamp> {
    let id = Uuid::try_parse(kid.strip_prefix('r')?).ok()?;
    let (seconds, nanoseconds) = id.get_timestamp()?.to_unix();
    let milliseconds = i64::try_from(seconds).ok()?.checked_mul(1000)? + i64::from(nanoseconds / 1_000_000);
    Some(Timestamp::from_milliseconds(milliseconds))
}

/// Makes a new access key. RSA takes 100 to 300 ms, the others less than one.
fn make_access_key(kid: &str, algorithm: AccessAlgorithm) -> Result<(PublicKeyItem, PrivateKeyItem), KeyError> {
    let (name, pkcs8, jwk) = match algorithm {
        AccessAlgorithm::Rs256(modulus) => make_rsa(kid, modulus)?,
        AccessAlgorithm::Es256 => make_p256(kid)?,
        AccessAlgorithm::EdDsa => make_ed25519(kid)?,
    };
    let pem = Zeroizing::new(pem::encode(&pem::Pem::new("PRIVATE KEY", pkcs8.to_vec())));
    Ok((
        PublicKeyItem { kid: kid.to_owned(), state: KeyState::Next, jwk },
        PrivateKeyItem { kid: kid.to_owned(), pem, algorithm: name.to_owned() },
    ))
}

type Made = (&'static str, Zeroizing<Vec<u8>>, String);

fn make_rsa(kid: &str, modulus: RsaModulus) -> Result<Made, KeyError> {
    let size = match modulus {
        RsaModulus::Bits2048 => KeySize::Rsa2048,
        RsaModulus::Bits3072 => KeySize::Rsa3072,
    };
    let pair = RsaKeyPair::generate(size).map_err(|_| KeyError::NotMade)?;
    let pkcs8 = pair.as_der().map_err(|_| KeyError::NotMade)?;
    let public = pair.public_key();
    let n = URL_SAFE_NO_PAD.encode(public.modulus().big_endian_without_leading_zero());
    let e = URL_SAFE_NO_PAD.encode(public.exponent().big_endian_without_leading_zero());
    let jwk = json!({"kty": "RSA", "kid": kid, "use": "sig", "alg": "RS256", "n": n, "e": e});
    Ok(("RS256", Zeroizing::new(pkcs8.as_ref().to_vec()), jwk.to_string()))
}

fn make_p256(kid: &str) -> Result<Made, KeyError> {
    let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
        .map_err(|_| KeyError::NotMade)?;
    let pair =
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref()).map_err(|_| KeyError::NotMade)?;
    // An uncompressed point (SEC 1, 2.3.3): 0x04, then x and y of 32 bytes each.
    let point = pair.public_key().as_ref().get(1..).filter(|point| point.len() == 64);
    let (x, y) = point.ok_or(KeyError::NotMade)?.split_at(32);
    let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
    let jwk = json!({"kty": "EC", "crv": "P-256", "kid": kid, "use": "sig", "alg": "ES256", "x": x, "y": y});
    Ok(("ES256", Zeroizing::new(document.as_ref().to_vec()), jwk.to_string()))
}

fn make_ed25519(kid: &str) -> Result<Made, KeyError> {
    let document = Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new()).map_err(|_| KeyError::NotMade)?;
    let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(document.as_ref()).map_err(|_| KeyError::NotMade)?;
    let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "kid": kid, "use": "sig", "alg": "EdDSA", "x": x});
    Ok(("EdDSA", Zeroizing::new(document.as_ref().to_vec()), jwk.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_key_verifies_what_it_signs_and_nothing_else() {
        let rsa = [RsaModulus::Bits2048, RsaModulus::Bits3072].map(AccessAlgorithm::Rs256);
        for algorithm in rsa.into_iter().chain([AccessAlgorithm::Es256, AccessAlgorithm::EdDsa]) {
            let (public, private) = make_access_key("k1", algorithm).unwrap();
            let signing = SigningKey::read(&private).unwrap();
            let verifying = VerificationKey::read(&public).unwrap();
            assert_eq!(signing.key.algorithm(), verifying.algorithm);
            let signature = URL_SAFE_NO_PAD.encode(signing.key.sign(b"message").unwrap());
            let verify = |message: &[u8]| {
                jsonwebtoken::crypto::verify(&signature, message, &verifying.key, verifying.algorithm).unwrap()
            };
            assert!(verify(b"message"), "{algorithm:?}");
            assert!(!verify(b"massage"), "{algorithm:?}");
        }
    }

    #[test]
    fn a_key_that_is_kept_under_another_algorithms_name_is_refused() {
        let algorithms = [AccessAlgorithm::Rs256(RsaModulus::Bits2048), AccessAlgorithm::Es256, AccessAlgorithm::EdDsa];
        for algorithm in algorithms {
            let (_, private) = make_access_key("k1", algorithm).unwrap();
            for name in ["RS256", "ES256", "EdDSA", "HS256", ""] {
                let named =
                    PrivateKeyItem { kid: private.kid.clone(), pem: private.pem.clone(), algorithm: name.to_owned() };
                assert_eq!(SigningKey::read(&named).is_ok(), name == private.algorithm, "{algorithm:?} as {name}");
            }
        }
    }

    #[test]
    fn debug_of_stored_keys_shows_no_secret() {
        let (_, private) = make_access_key("k1", AccessAlgorithm::EdDsa).unwrap();
        assert_eq!(format!("{private:?}"), r#"PrivateKeyItem { kid: "k1", .. }"#);
    }
}
