//! Password hashing: Argon2id (RFC 9106) with OWASP's parameters, off the async threads, a bounded number at a time.
//!
//! Hashes that other systems made are compared too, and are outdated: who logs in with one gets one of ours.
//!
//! An unknown user costs the same as a wrong password: [`Passwords::verify`] takes an `Option` and hashes either way.

mod cost;
mod engine;
mod lanes;
mod phc;
mod recipe;
mod stored;

use std::num::NonZeroUsize;
use std::sync::Arc;

pub use self::cost::{Cost, Digest, NotACost, ScryptWork, Variant};
pub use self::engine::Engine;
use self::engine::{EngineError, Flavour};
use self::lanes::{Lanes, Work};
pub use self::phc::Argon2Parameters;
use self::recipe::Recipe;
use self::stored::Stored;
pub use self::stored::UnreadableHash;
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
    /// It is the password; the hash was made with other parameters or elsewhere and should be made again.
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
    /// The stored hash is in no format that we know.
    #[error("the stored password hash cannot be read: {0}")]
    Unreadable(UnreadableHash),
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
    /// What a comparison with nobody's hash costs.
    dummy: Cost,
    lanes: Arc<Lanes>,
}

/// What a hash that comes in from elsewhere costs to compare; `None` if it is no password at all, which opens nothing.
///
/// # Errors
///
/// When it cannot be compared, or costs more than [`Cost::is_bearable`] and than `today`'s hashes do.
pub fn examine(hash: &PasswordHash, today: Argon2Parameters) -> Result<Option<Cost>, UnreadableHash> {
    match Stored::read(hash) {
        Ok(Stored { recipe: Recipe { cost, .. }, .. }) if cost.is_bearable() || cost == Cost::argon2id(today) => {
            Ok(Some(cost))
        }
        Ok(Stored { recipe: Recipe { cost, .. }, .. }) => Err(UnreadableHash::TooDear(cost)),
        Err(UnreadableHash::NoPassword) => Ok(None),
        Err(reason) => Err(reason),
    }
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
        engine.hasher(Flavour::TODAY, parameters, TAG_BYTES)?;
        let lanes = Arc::new(Lanes::new(engine, parameters, hashes_at_once()));
        Ok(Self { parameters, dummy: Cost::argon2id(parameters), lanes })
    }

    /// The same, where a name that nobody has costs `dummy`: what most users' hashes cost, while most are from elsewhere.
    #[must_use]
    pub fn with_dummy(self, dummy: Cost) -> Self {
        Self { dummy, ..self }
    }

    /// The hash of `password` under `salt`. Takes one hash's time (about 6 ms at the default parameters).
    ///
    /// # Errors
    ///
    /// When there is no memory for it.
    pub async fn hash(&self, password: Password, salt: [u8; SALT_BYTES]) -> Result<PasswordHash, PasswordError> {
        let recipe = Recipe::argon2id(self.parameters, salt.to_vec(), TAG_BYTES);
        let tag = self.lanes.tag(Work { password, recipe }).await?;
        Ok(self.parameters.write(&salt, &tag))
    }

    /// Compares `password` with `stored`; with `None`, and with one that is no password, it is a mismatch that takes as long as
    /// the dummy.
    ///
    /// # Errors
    ///
    /// When there is no memory for it or the stored hash cannot be read.
    pub async fn verify(&self, password: Password, stored: Option<&PasswordHash>) -> Result<Verdict, PasswordError> {
        let known = match stored.map(Stored::read) {
            None | Some(Err(UnreadableHash::NoPassword)) => {
                self.lanes.tag(Work { password, recipe: Recipe::dummy(self.dummy) }).await?;
                return Ok(Verdict::Mismatch);
            }
            Some(known) => known.map_err(PasswordError::Unreadable)?,
        };
        let outdated = !known.recipe.is_of(self.parameters);
        let tag = self.lanes.tag(Work { password, recipe: known.recipe }).await?;
        match aws_lc_rs::constant_time::verify_slices_are_equal(&tag, &known.tag) {
            Err(_) => Ok(Verdict::Mismatch),
            Ok(()) if outdated => Ok(Verdict::MatchButOutdated),
            Ok(()) => Ok(Verdict::Match),
        }
    }
}

#[cfg(test)]
mod tests;
