//! PHC strings: how a hash and its parameters are written down.

use std::fmt;

use argon2::password_hash::phc;

/// Argon2id's cost (RFC 9106, 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argon2Parameters {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub iterations: u32,
    /// Lanes; they are part of the result, whatever the number of threads.
    pub parallelism: u32,
}

/// A stored password hash, `$argon2id$v=19$m=…,t=…,p=…$salt$tag`; `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

/// What a PHC string says.
pub(super) struct Parts {
    pub(super) parameters: Argon2Parameters,
    pub(super) salt: Vec<u8>,
    pub(super) tag: Vec<u8>,
}

impl PasswordHash {
    /// A hash that the store already holds.
    #[must_use]
    pub const fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The PHC string, for the store.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn from_parts(parts: &Parts) -> Self {
        use base64::Engine as _;
        let base64 = base64::engine::general_purpose::STANDARD_NO_PAD;
        let Argon2Parameters { memory_kib, iterations, parallelism } = parts.parameters;
        let (salt, tag) = (base64.encode(&parts.salt), base64.encode(&parts.tag));
        Self(format!("$argon2id$v=19$m={memory_kib},t={iterations},p={parallelism}${salt}${tag}"))
    }

    /// What the string says; `None` when it is not Argon2id version 0x13.
    pub(super) fn parts(&self) -> Option<Parts> {
        let hash = phc::PasswordHash::new(&self.0).ok()?;
        if hash.algorithm != argon2::ARGON2ID_IDENT || hash.version != Some(0x13) {
            return None;
        }
        let parameters = argon2::Params::try_from(&hash).ok()?;
        Some(Parts {
            parameters: Argon2Parameters {
                memory_kib: parameters.m_cost(),
                iterations: parameters.t_cost(),
                parallelism: parameters.p_cost(),
            },
            salt: hash.salt?.to_vec(),
            tag: hash.hash?.as_bytes().to_vec(),
        })
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PasswordHash")
    }
}
