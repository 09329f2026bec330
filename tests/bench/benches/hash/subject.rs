//! Whoever hashes: the engine, the service, `RustCrypto`'s `argon2`, and each peer.

use std::rc::Rc;
use std::time::Instant;

use argon2_rust::params::Memory;
use base64::Engine as _;
use faregate::domain::password::{Password, PasswordHash};
use faregate::passwords::{Argon2Parameters, Engine, Passwords, Verdict};
use tokio::runtime::Runtime;

use crate::peer::Peer;

const KEPT: &str = "kept, wiped";

/// What is hashed once by everybody.
pub(crate) struct Input {
    pub(crate) password: String,
    pub(crate) salt: [u8; 16],
    /// The tag that everybody must come to.
    tag: [u8; 32],
    stored: PasswordHash,
}

impl Input {
    /// The `number`th input, with its tag from a hasher that is used for nothing else.
    pub(crate) fn new(cost: Argon2Parameters, number: usize) -> Self {
        let password = format!("password-{number}");
        let salt: [u8; 16] = format!("{number:016}").into_bytes().try_into().unwrap();
        let mut tag = [0; 32];
        engine(cost).hash_into(password.as_bytes(), &salt, &mut tag).unwrap();
        let base64 = base64::engine::general_purpose::STANDARD_NO_PAD;
        let Argon2Parameters { memory_kib, iterations, parallelism } = cost;
        let stored = PasswordHash::from_stored(format!(
            "$argon2id$v=19$m={memory_kib},t={iterations},p={parallelism}${}${}",
            base64.encode(salt),
            base64.encode(tag)
        ));
        Self { password, salt, tag, stored }
    }
}

/// Hashes one input: milliseconds, and whether the tag was the right one.
type Hash = Box<dyn FnMut(&Input) -> (f64, bool)>;

/// One that takes part.
pub(crate) struct Subject {
    pub(crate) name: String,
    /// What happens to its memory between two hashes.
    pub(crate) memory: &'static str,
    pub(crate) threads: u32,
    process: u32,
    hash: Hash,
}

impl Subject {
    /// How long a hash of `input` takes. Panics when its tag is wrong.
    pub(crate) fn milliseconds(&mut self, input: &Input) -> f64 {
        let (milliseconds, right) = (self.hash)(input);
        assert!(right, "{} gives another tag for {}", self.name, input.password);
        milliseconds
    }

    /// Processor time of its process until now, in steps of 10.
    pub(crate) fn cpu_milliseconds(&self) -> f64 {
        bench::process::cpu_of(self.process).as_secs_f64() * 1000.0
    }

    /// A peer, which hashes in a process of its own and says how long it took.
    pub(crate) fn of_peer(peer: &Peer, cost: Argon2Parameters) -> Self {
        let mut running = peer.start(cost);
        Self {
            name: peer.name.clone(),
            memory: peer.memory(),
            threads: peer.threads(cost),
            process: running.id(),
            hash: Box::new(move |input| {
                let (tag, milliseconds) = running.hash(&input.password, &input.salt);
                (milliseconds, tag == input.tag)
            }),
        }
    }

    fn here(name: &str, mut hash: impl FnMut(&Input) -> (Instant, bool) + 'static) -> Self {
        Self {
            name: name.to_owned(),
            memory: KEPT,
            threads: 1,
            process: std::process::id(),
            hash: Box::new(move |input| {
                let (started, right) = hash(input);
                (started.elapsed().as_secs_f64() * 1000.0, right)
            }),
        }
    }
}

/// Everybody who hashes in this process; the engine is the first, the service the next two.
pub(crate) fn all(cost: Argon2Parameters) -> Vec<Subject> {
    let runtime = Rc::new(Runtime::new().unwrap());
    let passwords = Passwords::new(cost, Engine::Argon2Rust).unwrap();
    vec![bare_engine(cost), service_hash(&runtime, &passwords), service_verify(&runtime, &passwords), rust_crypto(cost)]
}

/// An engine with memory of its own, as `passwords::engine` uses it: one thread, however many lanes.
fn engine(cost: Argon2Parameters) -> argon2_rust::Hasher {
    let Argon2Parameters { memory_kib, iterations, parallelism } = cost;
    let memory = Memory::kib(u64::from(memory_kib));
    let params = argon2_rust::Params::builder().memory(memory).passes(iterations).lanes(parallelism);
    let (algorithm, version) = (argon2_rust::Algorithm::Argon2id, argon2_rust::Version::V0x13);
    argon2_rust::Argon2::new(algorithm, version, params.build().unwrap()).hasher()
}

fn bare_engine(cost: Argon2Parameters) -> Subject {
    let mut hasher = engine(cost);
    let name = format!("**`argon2-rust` 1.1, {}**", argon2_rust::detected_backend());
    Subject::here(&name, move |input| {
        let mut tag = [0; 32];
        let started = Instant::now();
        hasher.hash_into(input.password.as_bytes(), &input.salt, &mut tag).unwrap();
        (started, tag == input.tag)
    })
}

fn service_hash(runtime: &Rc<Runtime>, passwords: &Passwords) -> Subject {
    let (runtime, passwords) = (Rc::clone(runtime), passwords.clone());
    Subject::here("with the service around it: `Passwords::hash`", move |input| {
        let password = Password::parse(input.password.clone()).unwrap();
        let started = Instant::now();
        let hash = runtime.block_on(passwords.hash(password, input.salt)).unwrap();
        (started, hash == input.stored)
    })
}

fn service_verify(runtime: &Rc<Runtime>, passwords: &Passwords) -> Subject {
    let (runtime, passwords) = (Rc::clone(runtime), passwords.clone());
    Subject::here("with the service around it: `Passwords::verify`", move |input| {
        let password = Password::parse(input.password.clone()).unwrap();
        let started = Instant::now();
        let verdict = runtime.block_on(passwords.verify(password, Some(&input.stored))).unwrap();
        (started, verdict == Verdict::Match)
    })
}

/// As `passwords::engine` uses it.
fn rust_crypto(cost: Argon2Parameters) -> Subject {
    let params = argon2::Params::new(cost.memory_kib, cost.iterations, cost.parallelism, Some(32)).unwrap();
    let argon2 = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    let mut memory = vec![argon2::Block::default(); argon2.params().block_count()];
    Subject::here("`argon2` 0.6, AVX2", move |input| {
        let mut tag = [0; 32];
        let started = Instant::now();
        let blocks = memory.as_mut_slice();
        argon2.hash_password_into_with_memory(input.password.as_bytes(), &input.salt, &mut tag, blocks).unwrap();
        memory.fill(argon2::Block::default());
        (started, tag == input.tag)
    })
}
