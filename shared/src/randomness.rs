//! Randomness: the only caller of the operating system's generator, so that a test can give a seed.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use rand::rngs::{StdRng, SysRng};
use rand::{Rng as _, SeedableRng as _};
use uuid::Uuid;

use crate::clock::Timestamp;

/// A cryptographically secure generator (`ChaCha12`, seeded by the operating system); clones share it.
#[derive(Clone)]
pub struct Randomness(Arc<Mutex<StdRng>>);

impl Randomness {
    /// A generator seeded by the operating system.
    ///
    /// # Errors
    ///
    /// When the operating system gives no random bytes.
    pub fn from_system() -> Result<Self, NoEntropy> {
        StdRng::try_from_rng(&mut SysRng).map(|rng| Self(Arc::new(Mutex::new(rng)))).map_err(|_| NoEntropy)
    }

    /// A generator whose every output follows from `seed`: for tests only.
    #[must_use]
    pub fn from_seed(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(StdRng::seed_from_u64(seed))))
    }

    /// `N` random bytes.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes);
        bytes
    }

    /// A time-ordered id: `UUIDv7` (RFC 9562, 5.7), 48 bits of `now` and 74 random ones.
    #[must_use]
    pub fn uuid_v7(&self, now: Timestamp) -> Uuid {
        let milliseconds = u64::try_from(now.milliseconds()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(milliseconds, &self.bytes()).into_uuid()
    }

    /// 32 hexadecimal digits of randomness: a `jti`, a request id.
    #[must_use]
    pub fn hex_128(&self) -> String {
        format!("{:032x}", u128::from_be_bytes(self.bytes()))
    }

    /// A number from 0 up to and including `most`, close to uniformly (the bias is below 2^-32).
    #[must_use]
    pub fn up_to(&self, most: u32) -> u32 {
        let wide = u64::from_be_bytes(self.bytes());
        u32::try_from((u128::from(wide) * (u128::from(most) + 1)) >> 64).unwrap_or(most)
    }
}

impl fmt::Debug for Randomness {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Randomness")
    }
}

/// The operating system gave no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gives no random bytes")]
pub struct NoEntropy;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time_and_carry_their_version() {
        let randomness = Randomness::from_seed(1);
        let early = randomness.uuid_v7(Timestamp::from_seconds(1_000));
        let late = randomness.uuid_v7(Timestamp::from_seconds(2_000));
        assert!(early < late);
        assert_eq!(late.get_version_num(), 7);
    }

    #[test]
    fn up_to_reaches_both_ends() {
        let randomness = Randomness::from_seed(1);
        let seen: std::collections::BTreeSet<u32> = (0..200).map(|_| randomness.up_to(3)).collect();
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), [0, 1, 2, 3]);
    }
}
