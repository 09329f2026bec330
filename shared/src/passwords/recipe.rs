//! How a hash of any kind is computed again from a password.

use std::num::NonZeroU32;

use aws_lc_rs::cipher::{AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::pbkdf2;
use zeroize::Zeroizing;

use super::TAG_BYTES;
use super::cost::{Cost, Digest, ScryptWork, Variant};
use super::engine::{Engine, EngineError, Flavour};
use super::phc::Argon2Parameters;

/// All that goes into a hash beside the password.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Recipe {
    pub(super) cost: Cost,
    pub(super) salt: Vec<u8>,
    /// Argon2's version: 0x13, or the 0x10 of before 2016.
    pub(super) version: u32,
    /// Bytes that come out; with Argon2 they are part of what is hashed.
    pub(super) tag_bytes: usize,
    /// What Firebase's second half encrypts.
    pub(super) signer_key: Vec<u8>,
}

/// The bytes that bcrypt looks at; its readers everywhere leave out what comes behind them.
const BCRYPT_BYTES: usize = 72;
/// The bytes of a bcrypt hash that are kept.
const BCRYPT_TAG_BYTES: usize = 23;
/// The bytes that Firebase derives; the first half is its key.
const FIREBASE_DERIVED_BYTES: usize = 64;
const FIREBASE_KEY_BYTES: usize = 32;

impl Recipe {
    /// Argon2id as new hashes are made.
    pub(super) fn argon2id(parameters: Argon2Parameters, salt: Vec<u8>, tag_bytes: usize) -> Self {
        Self::of(Cost::argon2id(parameters), salt, tag_bytes)
    }

    pub(super) fn of(cost: Cost, salt: Vec<u8>, tag_bytes: usize) -> Self {
        Self { cost, salt, version: 0x13, tag_bytes, signer_key: Vec::new() }
    }

    /// What costs as much as `cost` and matches nothing.
    pub(super) fn dummy(cost: Cost) -> Self {
        let tag_bytes = match cost {
            Cost::Bcrypt { .. } => BCRYPT_TAG_BYTES,
            // A longer one would take all iterations again.
            Cost::Pbkdf2 { digest, .. } => digest.bytes(),
            Cost::Argon2 { .. } | Cost::Scrypt { .. } => TAG_BYTES,
        };
        let signer_key = vec![0; if matches!(cost, Cost::Scrypt { is_firebase: true, .. }) { 64 } else { 0 }];
        Self { signer_key, ..Self::of(cost, vec![0; super::SALT_BYTES], tag_bytes) }
    }

    /// Whether a hasher that keeps its memory can compute it.
    pub(super) fn is_of(&self, parameters: Argon2Parameters) -> bool {
        self.cost == Cost::argon2id(parameters) && self.version == 0x13 && self.tag_bytes == TAG_BYTES
    }

    /// The tag of `password`; Argon2's by a hasher of `engine`, whose memory is wiped and unmapped.
    pub(super) fn tag(&self, password: &[u8], engine: Engine) -> Result<Vec<u8>, EngineError> {
        let Self { salt, tag_bytes, .. } = self;
        let mut tag = vec![0; *tag_bytes];
        match self.cost {
            Cost::Argon2 { variant, parameters } => {
                self.hasher((variant, parameters), engine)?.hash_into(password, salt, &mut tag)?;
            }
            Cost::Pbkdf2 { digest, iterations } => {
                let iterations = NonZeroU32::new(iterations).unwrap_or(NonZeroU32::MIN);
                pbkdf2::derive(algorithm(digest), iterations, salt, password, &mut tag);
            }
            Cost::Bcrypt { log_rounds, is_of_sha256: false } => return bcrypt(log_rounds, salt, password),
            Cost::Bcrypt { log_rounds, is_of_sha256: true } => {
                return bcrypt(log_rounds, salt, &sha256_digits(password));
            }
            Cost::Scrypt { work, is_firebase: false } => scrypt(work, salt, password, &mut tag)?,
            Cost::Scrypt { work, is_firebase: true } => return self.firebase(work, password),
        }
        Ok(tag)
    }

    fn hasher(
        &self,
        (variant, parameters): (Variant, Argon2Parameters),
        engine: Engine,
    ) -> Result<super::engine::Hasher, EngineError> {
        engine.hasher(Flavour { variant, version: self.version }, parameters, self.tag_bytes)
    }

    /// Firebase's modified scrypt: what comes out encrypts the project's signer key, and the ciphertext is the hash
    /// (AES-256 in counter mode from zero, github.com/firebase/scrypt).
    fn firebase(&self, work: ScryptWork, password: &[u8]) -> Result<Vec<u8>, EngineError> {
        let mut derived = Zeroizing::new([0; FIREBASE_DERIVED_BYTES]);
        scrypt(work, &self.salt, password, &mut *derived)?;
        let (key, _) = derived.split_at(FIREBASE_KEY_BYTES);
        let counter = EncryptionContext::Iv128(FixedLength::from([0; 16]));
        let mut text = self.signer_key.clone();
        UnboundCipherKey::new(&AES_256, key)
            .and_then(EncryptingKey::ctr)
            .and_then(|key| key.less_safe_encrypt(&mut text, counter))
            .map_err(|_unspecified| EngineError::Refused("AES-256 in counter mode"))?;
        Ok(text)
    }
}

fn algorithm(digest: Digest) -> pbkdf2::Algorithm {
    match digest {
        Digest::Sha1 => pbkdf2::PBKDF2_HMAC_SHA1,
        Digest::Sha256 => pbkdf2::PBKDF2_HMAC_SHA256,
        Digest::Sha512 => pbkdf2::PBKDF2_HMAC_SHA512,
    }
}

/// bcrypt takes a C string: its zero byte belongs to it, as far as there is room.
fn bcrypt(log_rounds: u32, salt: &[u8], password: &[u8]) -> Result<Vec<u8>, EngineError> {
    let salt = salt.try_into().map_err(|_wrong_length| EngineError::Refused("bcrypt"))?;
    let text: Zeroizing<Vec<u8>> = Zeroizing::new(password.iter().copied().chain([0]).take(BCRYPT_BYTES).collect());
    let mut tag = bcrypt::bcrypt(log_rounds, salt, &text).to_vec();
    tag.truncate(BCRYPT_TAG_BYTES);
    Ok(tag)
}

/// The SHA-256 of `password` in lower-case hexadecimal digits.
fn sha256_digits(password: &[u8]) -> Zeroizing<Vec<u8>> {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, password);
    let digit = |value: u8| char::from_digit(value.into(), 16).map_or(0, |digit| digit as u8);
    Zeroizing::new(digest.as_ref().iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect())
}

fn scrypt(work: ScryptWork, salt: &[u8], password: &[u8], tag: &mut [u8]) -> Result<(), EngineError> {
    let ScryptWork { log_n, r, p } = work;
    let refused = EngineError::Refused("scrypt");
    let Ok(params) = scrypt::Params::new(log_n, r, p) else { return Err(refused) };
    scrypt::scrypt(password, salt, &params, tag).map_err(|_wrong_length| refused)
}
