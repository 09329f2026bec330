//! What a hash costs to compute, whoever made it.

use std::fmt;
use std::str::FromStr;

use super::phc::Argon2Parameters;

/// The algorithm of a stored hash and its work factors: all that decides how long a comparison takes.
///
/// Written as `argon2id:m=19456,t=2,p=1`, `pbkdf2-sha256:i=1000000`, `bcrypt:12`, `scrypt:ln=14,r=8,p=5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// Argon2 (RFC 9106).
    Argon2 {
        /// How the memory is addressed.
        variant: Variant,
        /// Memory, passes, lanes.
        parameters: Argon2Parameters,
    },
    /// PBKDF2 with HMAC (RFC 8018, 5.2).
    Pbkdf2 {
        /// The hash function.
        digest: Digest,
        /// How often it is applied, for each block of the result.
        iterations: u32,
    },
    /// bcrypt (Provos and Mazières, 1999), of the password itself or of its SHA-256 in hexadecimal digits, as Django does it.
    Bcrypt {
        /// The binary logarithm of the number of rounds.
        log_rounds: u32,
        /// Whether it is of the SHA-256.
        is_of_sha256: bool,
    },
    /// scrypt (RFC 7914), alone or as the first half of Firebase's.
    Scrypt {
        /// The work.
        work: ScryptWork,
        /// Whether Firebase's second half follows.
        is_firebase: bool,
    },
}

/// The variants of Argon2 (RFC 9106, 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// By what was hashed before.
    D,
    /// By nothing secret.
    I,
    /// First half a pass by nothing secret, then by what was hashed before.
    Id,
}

/// The hash functions under PBKDF2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digest {
    /// SHA-1, as good as any under HMAC.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

/// scrypt's work factors (RFC 7914, 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScryptWork {
    /// The binary logarithm of N.
    pub log_n: u8,
    /// The size of a block.
    pub r: u32,
    /// How often, one after the other.
    pub p: u32,
}

/// The most that an Argon2 hash from elsewhere may ask for: 256 MiB, and 1 GiB gone through, about half a second.
const MOST_MEMORY_KIB: u32 = 262_144;
const MOST_MEMORY_PASSES_KIB: u64 = 1_048_576;
/// The most iterations of PBKDF2: three times what Django 6.0 asks for, about a second.
const MOST_ITERATIONS: u32 = 4_000_000;
/// bcrypt's costs (its fewest are 4); 15 takes two seconds.
const LOG_ROUNDS: std::ops::RangeInclusive<u32> = 4..=15;
/// The most blocks of 128 bytes that scrypt may keep (256 MiB) and go through (about a second), and those that it begins and
/// ends with (2 MiB), which PBKDF2 makes and reads.
const MOST_BLOCKS: u64 = 1 << 21;
const MOST_BLOCKS_OF_PBKDF2: u64 = 1 << 14;
const MOST_BLOCKS_GONE_THROUGH: u64 = 1 << 22;

impl Cost {
    /// Argon2id, which is what new hashes are.
    #[must_use]
    pub const fn argon2id(parameters: Argon2Parameters) -> Self {
        Self::Argon2 { variant: Variant::Id, parameters }
    }

    /// Whether a hash that costs this much may come in from elsewhere: whoever brings it decides what a log-in costs us.
    #[must_use]
    pub fn is_bearable(self) -> bool {
        match self {
            Self::Argon2 { parameters: Argon2Parameters { memory_kib, iterations, parallelism }, .. } => {
                let gone_through = u64::from(memory_kib) * u64::from(iterations);
                memory_kib <= MOST_MEMORY_KIB
                    && gone_through <= MOST_MEMORY_PASSES_KIB
                    && parallelism <= Argon2Parameters::MOST.parallelism
            }
            Self::Pbkdf2 { iterations, .. } => (1..=MOST_ITERATIONS).contains(&iterations),
            Self::Bcrypt { log_rounds, .. } => LOG_ROUNDS.contains(&log_rounds),
            Self::Scrypt { work: ScryptWork { log_n, r, p }, .. } => {
                let blocks = 1_u64.checked_shl(log_n.into()).and_then(|n| n.checked_mul(r.into())).unwrap_or(u64::MAX);
                let gone_through = blocks.saturating_mul(p.into());
                let of_pbkdf2 = u64::from(r) * u64::from(p);
                log_n >= 1
                    && (1..=MOST_BLOCKS_OF_PBKDF2).contains(&of_pbkdf2)
                    && blocks <= MOST_BLOCKS
                    && gone_through <= MOST_BLOCKS_GONE_THROUGH
            }
        }
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Argon2 { variant, parameters } => write!(formatter, "{}:{parameters}", variant.name()),
            Self::Pbkdf2 { digest, iterations } => write!(formatter, "pbkdf2-{}:i={iterations}", digest.name()),
            Self::Bcrypt { log_rounds, is_of_sha256 } => {
                write!(formatter, "{}:{log_rounds}", if *is_of_sha256 { "bcrypt-sha256" } else { "bcrypt" })
            }
            Self::Scrypt { work: ScryptWork { log_n, r, p }, is_firebase } => {
                write!(formatter, "{}:ln={log_n},r={r},p={p}", if *is_firebase { "fbscrypt" } else { "scrypt" })
            }
        }
    }
}

impl FromStr for Cost {
    type Err = NotACost;

    /// Takes what `Display` writes, if it is bearable.
    fn from_str(text: &str) -> Result<Self, NotACost> {
        let (algorithm, work) = text.split_once(':').ok_or(NotACost)?;
        let cost = Self::read(algorithm, work).ok_or(NotACost)?;
        if cost.is_bearable() && cost.to_string() == text { Ok(cost) } else { Err(NotACost) }
    }
}

impl Cost {
    fn read(algorithm: &str, work: &str) -> Option<Self> {
        match algorithm {
            "argon2d" | "argon2i" | "argon2id" => {
                Some(Self::Argon2 { variant: Variant::named(algorithm)?, parameters: Argon2Parameters::read(work)? })
            }
            "bcrypt" | "bcrypt-sha256" => {
                Some(Self::Bcrypt { log_rounds: work.parse().ok()?, is_of_sha256: algorithm == "bcrypt-sha256" })
            }
            "scrypt" | "fbscrypt" => {
                Some(Self::Scrypt { work: ScryptWork::read(work)?, is_firebase: algorithm == "fbscrypt" })
            }
            _ => {
                let digest = Digest::named(algorithm.strip_prefix("pbkdf2-")?)?;
                Some(Self::Pbkdf2 { digest, iterations: work.strip_prefix("i=")?.parse().ok()? })
            }
        }
    }
}

impl Variant {
    pub(super) fn named(name: &str) -> Option<Self> {
        [Self::D, Self::I, Self::Id].into_iter().find(|variant| variant.name() == name)
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::D => "argon2d",
            Self::I => "argon2i",
            Self::Id => "argon2id",
        }
    }
}

impl Digest {
    pub(super) fn named(name: &str) -> Option<Self> {
        [Self::Sha1, Self::Sha256, Self::Sha512].into_iter().find(|digest| digest.name() == name)
    }

    /// How long it is, in bytes: a longer tag takes all iterations once more for each block, and is no stronger.
    pub(super) const fn bytes(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }
}

impl ScryptWork {
    /// Reads `ln=14,r=8,p=1`.
    pub(super) fn read(text: &str) -> Option<Self> {
        let [log_n, r, p] = members(text, ["ln", "r", "p"])?;
        Some(Self { log_n: log_n.parse().ok()?, r: r.parse().ok()?, p: p.parse().ok()? })
    }
}

/// The values of `text`, which is `<name>=<value>` for each of `names`, in their order, with commas between.
pub(super) fn members<'a, const N: usize>(text: &'a str, names: [&str; N]) -> Option<[&'a str; N]> {
    let mut parts = text.split(',');
    let mut values = [""; N];
    for (name, value) in names.into_iter().zip(&mut values) {
        *value = parts.next()?.strip_prefix(name)?.strip_prefix('=')?;
    }
    parts.next().is_none().then_some(values)
}

/// The text is no cost of a hash, or asks for more than is taken from elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the cost of a hash")]
pub struct NotACost;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_has_one_spelling() {
        for text in [
            "argon2id:m=102400,t=2,p=8",
            "argon2i:m=8,t=1,p=1",
            "pbkdf2-sha256:i=1000000",
            "pbkdf2-sha1:i=1",
            "bcrypt:12",
            "bcrypt-sha256:4",
            "scrypt:ln=14,r=8,p=5",
            "fbscrypt:ln=14,r=8,p=1",
        ] {
            assert_eq!(text.parse::<Cost>().unwrap().to_string(), text);
        }
        for text in ["", "argon2id", "bcrypt:012", "bcrypt:+12", "bcrypt:12 ", "scrypt:r=8,ln=14,p=5", "md5:1"] {
            assert_eq!(text.parse::<Cost>(), Err(NotACost), "{text}");
        }
    }

    #[test]
    fn what_would_keep_a_processor_for_seconds_is_no_cost() {
        for text in [
            "argon2id:m=262145,t=1,p=1",
            "argon2id:m=262144,t=5,p=1",
            "argon2id:m=7,t=1,p=1",
            "argon2id:m=1024,t=1,p=17",
            "argon2id:m=1024,t=0,p=1",
            "pbkdf2-sha256:i=4000001",
            "pbkdf2-sha256:i=0",
            "bcrypt:16",
            "bcrypt:3",
            "scrypt:ln=19,r=8,p=1",
            "scrypt:ln=14,r=8,p=33",
            "scrypt:ln=0,r=8,p=1",
            "scrypt:ln=1,r=1,p=2097152",
            "scrypt:ln=1,r=1048576,p=2",
            "scrypt:ln=255,r=4294967295,p=4294967295",
        ] {
            assert_eq!(text.parse::<Cost>(), Err(NotACost), "{text}");
        }
    }
}
