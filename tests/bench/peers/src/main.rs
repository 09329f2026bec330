//! One peer: says who it is, then answers each line `memory_kib passes lanes password salt` of standard input with
//! `tag nanoseconds` (the tag in hexadecimal digits), until there is none.

use std::io::{BufRead as _, Write as _};
use std::time::Instant;

/// What is to be hashed, and at which cost.
struct Work {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    password: String,
    /// 16 bytes: libsodium takes no other.
    salt: String,
}

fn main() {
    let mut hasher = Hasher::default();
    println!("{}", name());
    for line in std::io::stdin().lock().lines() {
        let work = Work::parse(&line.expect("standard input is UTF-8")).expect("five words");
        let started = Instant::now();
        let tag = hasher.tag(&work);
        let nanoseconds = started.elapsed().as_nanos();
        let tag: String = tag.iter().map(|byte| format!("{byte:02x}")).collect();
        println!("{tag} {nanoseconds}");
        std::io::stdout().flush().expect("somebody reads");
    }
}

impl Work {
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let mut number = || words.next()?.parse().ok();
        let (memory_kib, passes, lanes) = (number()?, number()?, number()?);
        let mut word = || words.next().map(str::to_owned);
        Some(Self { memory_kib, passes, lanes, password: word()?, salt: word()? })
    }
}

/// The C reference, phc-winner-argon2 20190702, whose `opt.c` takes the SIMD path that it was compiled for. Maps its memory
/// for each hash and wipes it.
#[cfg(feature = "reference")]
#[derive(Default)]
struct Hasher;

#[cfg(feature = "reference")]
impl Hasher {
    fn tag(&mut self, work: &Work) -> Vec<u8> {
        let hasher = argon2_kdf::Hasher::new()
            .algorithm(argon2_kdf::Algorithm::Argon2id)
            .custom_salt(work.salt.as_bytes())
            .hash_length(32)
            .iterations(work.passes)
            .memory_cost_kib(work.memory_kib)
            .threads(work.lanes);
        hasher.hash(work.password.as_bytes()).expect("the reference hashes").as_bytes().to_vec()
    }
}

#[cfg(feature = "reference")]
fn name() -> String {
    format!("C reference 20190702, {}", option_env!("ARGON2_KDF_C_COMPILER_FLAGS").unwrap_or("no flags"))
}

/// libsodium chooses its SIMD path at run time. It maps its memory for each hash and gives it back without wiping.
#[cfg(feature = "sodium")]
#[derive(Default)]
struct Hasher;

#[cfg(feature = "sodium")]
impl Hasher {
    fn tag(&mut self, work: &Work) -> Vec<u8> {
        assert_eq!(work.lanes, 1, "libsodium has one lane");
        let memory_bytes = usize::try_from(work.memory_kib).expect("it fits in memory") * 1024;
        libsodium_rs::crypto_pwhash::argon2id::pwhash(
            32,
            work.password.as_bytes(),
            work.salt.as_bytes(),
            u64::from(work.passes),
            memory_bytes,
        )
        .expect("libsodium hashes")
    }
}

#[cfg(feature = "sodium")]
fn name() -> String {
    libsodium_rs::ensure_init().expect("libsodium starts");
    format!("libsodium {}", libsodium_rs::version::version_string())
}

/// The engine on another SIMD path. Without `std` it has no threads and no huge pages; its memory is kept and wiped.
#[cfg(feature = "engine")]
#[derive(Default)]
struct Hasher(Option<argon2_rust::Hasher>);

#[cfg(feature = "engine")]
impl Hasher {
    fn tag(&mut self, work: &Work) -> Vec<u8> {
        let cost = argon2_rust::Params::builder()
            .memory(argon2_rust::params::Memory::kib(u64::from(work.memory_kib)))
            .passes(work.passes)
            .lanes(work.lanes)
            .build()
            .expect("a cost");
        let kept = self.0.take().filter(|kept| *kept.params() == cost);
        let hasher = self.0.insert(kept.unwrap_or_else(|| {
            argon2_rust::Argon2::new(argon2_rust::Algorithm::Argon2id, argon2_rust::Version::V0x13, cost).hasher()
        }));
        let mut tag = vec![0; 32];
        hasher.hash_into(work.password.as_bytes(), work.salt.as_bytes(), &mut tag).expect("the engine hashes");
        tag
    }
}

#[cfg(feature = "engine")]
fn name() -> String {
    format!("argon2-rust 1.1, {}, no huge pages", argon2_rust::detected_backend())
}
