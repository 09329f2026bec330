//! Password hashing: Argon2id (RFC 9106) with OWASP's parameters, off the async threads, a bounded number at a time.
//!
//! An unknown user costs the same as a wrong password: [`Passwords::verify`] takes an `Option` and hashes either way.

mod engine;
mod lanes;
mod phc;

use std::num::NonZeroUsize;
use std::sync::Arc;

pub use self::engine::Engine;
use self::engine::EngineError;
use self::lanes::{Lanes, Work};
pub use self::phc::Argon2Parameters;
use self::phc::Parts;
use crate::domain::password::{Password, PasswordHash};

/// Bytes of salt (RFC 9106, 3.1: 16 bytes are recommended).
pub const SALT_BYTES: usize = 16;
/// Bytes of tag (RFC 9106, 4: 256 bits).
const TAG_BYTES: usize = 32;

/// What comparing a password with a hash gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is the password, and the hash was made with the parameters of today.
    Match,
    /// It is the password; the hash was made with other parameters and should be made again.
    MatchButOutdated,
    /// It is not the password, or there is no such user.
    Mismatch,
}

/// Hashing failed; never because of the password.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// There was no memory for the hash, or the engine refused the parameters.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The stored hash is not an Argon2id PHC string.
    #[error("the stored password hash cannot be read")]
    Unreadable,
    /// More passwords wait than can be hashed in time.
    #[error("too many passwords wait to be hashed")]
    Overloaded,
    /// The worker thread ended before it answered.
    #[error("the hashing thread ended early")]
    Interrupted,
}

/// Hashes and compares passwords; clones share the memory and the bound.
#[derive(Clone, Debug)]
pub struct Passwords {
    parameters: Argon2Parameters,
    lanes: Arc<Lanes>,
}

/// How many hashes run at a time: one processor stays free, so that requests that hash nothing do not wait behind a
/// crowd that logs in. At least one.
#[must_use]
pub fn hashes_at_once() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get).saturating_sub(1).max(1)
}

impl Passwords {
    /// A hasher that makes new hashes with `parameters`, [`hashes_at_once`] at a time; the others wait their turn.
    ///
    /// Allocates nothing until the first hash.
    ///
    /// # Errors
    ///
    /// When the engine gives a wrong tag for a known answer, or refuses the parameters.
    pub fn new(parameters: Argon2Parameters, engine: Engine) -> Result<Self, PasswordError> {
        engine.check_known_answer()?;
        engine.hasher(parameters, TAG_BYTES)?;
        Ok(Self { parameters, lanes: Arc::new(Lanes::new(engine, parameters, hashes_at_once())) })
    }

    /// The hash of `password` under `salt`. Takes one hash's time (about 6 ms at the default parameters).
    ///
    /// # Errors
    ///
    /// When there is no memory for it.
    pub async fn hash(&self, password: Password, salt: [u8; SALT_BYTES]) -> Result<PasswordHash, PasswordError> {
        let parameters = self.parameters;
        let tag = self.tag(password, parameters, salt.to_vec(), TAG_BYTES).await?;
        Ok(Parts { parameters, salt: salt.to_vec(), tag }.write())
    }

    /// Compares `password` with `stored`; with `None` it takes as long and is a mismatch.
    ///
    /// # Errors
    ///
    /// When there is no memory for it or the stored hash cannot be read.
    pub async fn verify(&self, password: Password, stored: Option<&PasswordHash>) -> Result<Verdict, PasswordError> {
        let Some(stored) = stored else {
            let dummy_salt = vec![0; SALT_BYTES];
            self.tag(password, self.parameters, dummy_salt, TAG_BYTES).await?;
            return Ok(Verdict::Mismatch);
        };
        let known = Parts::read(stored).ok_or(PasswordError::Unreadable)?;
        let outdated = known.parameters != self.parameters || known.tag.len() != TAG_BYTES;
        let tag = self.tag(password, known.parameters, known.salt, known.tag.len()).await?;
        match aws_lc_rs::constant_time::verify_slices_are_equal(&tag, &known.tag) {
            Err(_) => Ok(Verdict::Mismatch),
            Ok(()) if outdated => Ok(Verdict::MatchButOutdated),
            Ok(()) => Ok(Verdict::Match),
        }
    }

    async fn tag(
        &self,
        password: Password,
        parameters: Argon2Parameters,
        salt: Vec<u8>,
        tag_bytes: usize,
    ) -> Result<Vec<u8>, PasswordError> {
        self.lanes.tag(Work { password, parameters, salt, tag_bytes }).await
    }
}

#[cfg(test)]
mod tests;
