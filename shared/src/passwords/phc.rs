//! Argon2's cost, and how our hashes are written down: PHC strings.

use std::fmt;

use super::cost::members;
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

    pub(super) const fn is_too_much(self) -> bool {
        let Self { memory_kib, iterations, parallelism } = Self::MOST;
        self.memory_kib > memory_kib || self.iterations > iterations || self.parallelism > parallelism
    }

    /// Reads `m=19456,t=2,p=1`: one spelling for each cost, and none that Argon2 refuses (RFC 9106, 3.1).
    pub(super) fn read(text: &str) -> Option<Self> {
        let [memory_kib, iterations, parallelism] = members(text, ["m", "t", "p"])?;
        let cost = Self {
            memory_kib: memory_kib.parse().ok()?,
            iterations: iterations.parse().ok()?,
            parallelism: parallelism.parse().ok()?,
        };
        let can_be = cost.iterations.min(cost.parallelism) >= 1 && cost.memory_kib / 8 >= cost.parallelism;
        (can_be && cost.to_string() == text).then_some(cost)
    }

    /// The PHC string of `tag`, made at this cost with `salt`: `$argon2id$v=19$m=…,t=…,p=…$salt$tag`.
    pub(super) fn write(self, salt: &[u8], tag: &[u8]) -> PasswordHash {
        use base64::Engine as _;
        let base64 = base64::engine::general_purpose::STANDARD_NO_PAD;
        PasswordHash::from_stored(format!("$argon2id$v=19${self}${}${}", base64.encode(salt), base64.encode(tag)))
    }
}

impl fmt::Display for Argon2Parameters {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { memory_kib, iterations, parallelism } = self;
        write!(formatter, "m={memory_kib},t={iterations},p={parallelism}")
    }
}
