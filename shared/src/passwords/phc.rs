//! PHC strings: how a hash and its parameters are written down.

use argon2::password_hash::phc;

use crate::domain::password::PasswordHash;

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

impl Argon2Parameters {
    /// The most that is ever computed, whatever a setting or a stored string asks for: more memory than most functions have,
    /// and a few minutes.
    pub const MOST: Self = Self { memory_kib: 4_194_304, iterations: 100, parallelism: 16 };

    const fn is_too_much(self) -> bool {
        let Self { memory_kib, iterations, parallelism } = Self::MOST;
        self.memory_kib > memory_kib || self.iterations > iterations || self.parallelism > parallelism
    }
}

/// What a PHC string says.
pub(super) struct Parts {
    pub(super) parameters: Argon2Parameters,
    pub(super) salt: Vec<u8>,
    pub(super) tag: Vec<u8>,
}

impl Parts {
    /// Writes `$argon2id$v=19$m=…,t=…,p=…$salt$tag`.
    pub(super) fn write(&self) -> PasswordHash {
        use base64::Engine as _;
        let base64 = base64::engine::general_purpose::STANDARD_NO_PAD;
        let Argon2Parameters { memory_kib, iterations, parallelism } = self.parameters;
        let (salt, tag) = (base64.encode(&self.salt), base64.encode(&self.tag));
        let text = format!("$argon2id$v=19$m={memory_kib},t={iterations},p={parallelism}${salt}${tag}");
        PasswordHash::from_stored(text)
    }

    /// Reads what `stored` says; `None` when it is not Argon2id version 0x13 as we write it, or asks for more than
    /// [`Argon2Parameters::MOST`].
    ///
    /// The format has one spelling for each hash. The reader takes others too: one that says more than we look at (`keyid`,
    /// `data`) would match no password at all, as if every one were wrong.
    pub(super) fn read(stored: &PasswordHash) -> Option<Self> {
        let hash = phc::PasswordHash::new(stored.as_str()).ok()?;
        if hash.algorithm != argon2::ARGON2ID_IDENT || hash.version != Some(0x13) {
            return None;
        }
        let parameters = argon2::Params::try_from(&hash).ok()?;
        let parameters = Argon2Parameters {
            memory_kib: parameters.m_cost(),
            iterations: parameters.t_cost(),
            parallelism: parameters.p_cost(),
        };
        let parts = Self { parameters, salt: hash.salt?.to_vec(), tag: hash.hash?.as_bytes().to_vec() };
        let can_be_computed = !parameters.is_too_much() && parts.salt.len() >= argon2::MIN_SALT_LEN;
        (can_be_computed && parts.write() == *stored).then_some(parts)
    }
}
