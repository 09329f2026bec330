//! The two implementations of Argon2id; both give the same tags.
//!
//! `argon2-rust` chooses its SIMD path at run time and takes less than half the time; it is younger. `argon2` is the
//! way back, and the reference in tests (docs/adr/0005-argon2-engine.md).

use super::cost::Variant;
use super::phc::Argon2Parameters;

/// Which implementation hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// The crate `argon2-rust`: AVX-512, AVX2 or NEON, chosen at run time.
    Argon2Rust,
    /// The crate `argon2` of `RustCrypto`.
    RustCrypto,
}

/// Which Argon2.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flavour {
    pub(super) variant: Variant,
    /// 0x13, or the 0x10 of before 2016.
    pub(super) version: u32,
}

impl Flavour {
    /// Of new hashes.
    pub(super) const TODAY: Self = Self { variant: Variant::Id, version: 0x13 };

    const fn of_argon2_rust(self) -> (argon2_rust::Algorithm, argon2_rust::Version) {
        use argon2_rust::{Algorithm, Version};
        let algorithm = match self.variant {
            Variant::D => Algorithm::Argon2d,
            Variant::I => Algorithm::Argon2i,
            Variant::Id => Algorithm::Argon2id,
        };
        (algorithm, if self.version == 0x10 { Version::V0x10 } else { Version::V0x13 })
    }

    const fn of_rust_crypto(self) -> (argon2::Algorithm, argon2::Version) {
        use argon2::{Algorithm, Version};
        let algorithm = match self.variant {
            Variant::D => Algorithm::Argon2d,
            Variant::I => Algorithm::Argon2i,
            Variant::Id => Algorithm::Argon2id,
        };
        (algorithm, if self.version == 0x10 { Version::V0x10 } else { Version::V0x13 })
    }
}

/// An engine refused to hash.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// `argon2-rust` did; the text is its own.
    #[error("argon2-rust: {0}")]
    Argon2Rust(String),
    /// `argon2` did.
    #[error("argon2: {0}")]
    RustCrypto(argon2::Error),
    /// What computes another algorithm's hashes did.
    #[error("{0} refused to hash")]
    Refused(&'static str),
    /// The engine computes wrong tags on this machine.
    #[error("the Argon2id engine gives a wrong tag for a known answer; set FAREGATE_ARGON2_ENGINE=argon2")]
    WrongKnownAnswer,
}

/// An engine at one cost, with its memory.
pub(super) enum Hasher {
    Argon2Rust(Box<argon2_rust::Hasher>),
    RustCrypto { argon2: Box<argon2::Argon2<'static>>, memory: Vec<argon2::Block> },
}

/// A tag that both engines and the C reference compute: m=64 KiB, t=2, p=1.
const KNOWN_TAG: [u8; 32] = [
    0x6d, 0x86, 0xbc, 0xc2, 0xd1, 0xbb, 0x43, 0x0f, 0x2a, 0x8c, 0x00, 0x73, 0x1a, 0xa9, 0xbf, 0x74, 0xd7, 0xa5, 0x97,
    0xb9, 0x9b, 0x5c, 0x14, 0x20, 0x3a, 0xe1, 0xd8, 0x86, 0x64, 0xce, 0xc4, 0xf9,
];

impl Engine {
    /// A hasher of this engine for tags of `tag_bytes`, which are part of what is hashed; allocates nothing yet.
    pub(super) fn hasher(
        self,
        flavour: Flavour,
        parameters: Argon2Parameters,
        tag_bytes: usize,
    ) -> Result<Hasher, EngineError> {
        let Argon2Parameters { memory_kib, iterations, parallelism } = parameters;
        match self {
            Self::Argon2Rust => {
                let cost = argon2_rust::Params::builder()
                    .memory(argon2_rust::params::Memory::kib(u64::from(memory_kib)))
                    .passes(iterations)
                    .lanes(parallelism)
                    .tag_len(argon2_rust::params::TagLen::bytes(tag_bytes as u64))
                    .build()
                    .map_err(|error| EngineError::Argon2Rust(error.to_string()))?;
                let (algorithm, version) = flavour.of_argon2_rust();
                let argon2 = argon2_rust::Argon2::new(algorithm, version, cost);
                Ok(Hasher::Argon2Rust(Box::new(argon2.hasher())))
            }
            Self::RustCrypto => {
                let cost = argon2::Params::new(memory_kib, iterations, parallelism, Some(tag_bytes))
                    .map_err(EngineError::RustCrypto)?;
                let (algorithm, version) = flavour.of_rust_crypto();
                let argon2 = argon2::Argon2::new(algorithm, version, cost);
                Ok(Hasher::RustCrypto { argon2: Box::new(argon2), memory: Vec::new() })
            }
        }
    }

    /// Hashes a fixed input at a small cost (about 50 µs) and compares the tag.
    pub(super) fn check_known_answer(self) -> Result<(), EngineError> {
        let small = Argon2Parameters { memory_kib: 64, iterations: 2, parallelism: 1 };
        let mut tag = [0; 32];
        self.hasher(Flavour::TODAY, small, tag.len())?.hash_into(b"known password", b"0123456789abcdef", &mut tag)?;
        if tag == KNOWN_TAG { Ok(()) } else { Err(EngineError::WrongKnownAnswer) }
    }
}

impl Hasher {
    /// Computes the tag of `password` under `salt`; the memory is wiped afterwards and kept.
    pub(super) fn hash_into(&mut self, password: &[u8], salt: &[u8], tag: &mut [u8]) -> Result<(), EngineError> {
        match self {
            Self::Argon2Rust(hasher) => {
                hasher.hash_into(password, salt, tag).map_err(|error| EngineError::Argon2Rust(error.to_string()))
            }
            Self::RustCrypto { argon2, memory } => {
                memory.resize(argon2.params().block_count(), argon2::Block::default());
                let outcome = argon2.hash_password_into_with_memory(password, salt, tag, memory.as_mut_slice());
                memory.fill(argon2::Block::default());
                outcome.map_err(EngineError::RustCrypto)
            }
        }
    }
}

impl std::fmt::Debug for Hasher {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Hasher")
    }
}
