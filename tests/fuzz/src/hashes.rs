//! Stored password hashes: ours, or brought in from elsewhere.

use argon2::{Argon2, PasswordVerifier as _};
use faregate::domain::password::{Password, PasswordHash};
use faregate::passwords::{Argon2Parameters, Cost, Engine, PasswordError, Passwords, UnreadableHash, Verdict, examine};

use crate::House;

/// The most work that is done here, in a measure of each algorithm's own: the fuzzer's time is for strings, not for hashing.
const AFFORDABLE: u64 = 4096;
/// bcrypt's cheapest takes a millisecond.
const AFFORDABLE_LOG_ROUNDS: u32 = 5;

const PARAMETERS: Argon2Parameters = Argon2Parameters { memory_kib: 8, iterations: 1, parallelism: 1 };

thread_local! {
    static PASSWORDS: Passwords = Passwords::new(PARAMETERS, Engine::Argon2Rust).expect("an engine");
}

/// A stored hash, compared with the password `hunter2`: a verdict, on which `RustCrypto`'s reader and hasher agree where it is
/// Argon2id of today, or a reason why it is not compared. One that asks for more than is allowed is of the second kind, before
/// anything is allocated.
pub fn password_hash(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let stored = PasswordHash::from_stored(text.to_owned());
    let examined = examine(&stored, PARAMETERS);
    match &examined {
        Ok(Some(cost)) => {
            assert!(cost.is_bearable(), "{text}");
            if !is_affordable(*cost) {
                return;
            }
        }
        // Hashes of ours may cost more than what comes from elsewhere.
        Err(UnreadableHash::TooDear(_)) => return,
        Ok(None) | Err(_) => {}
    }
    let password = Password::parse("hunter2".to_owned()).expect("a password");
    let passwords = PASSWORDS.with(Clone::clone);
    let verdict = match House::with(|house| house.wait(passwords.verify(password, Some(&stored)))) {
        Err(PasswordError::Unreadable(reason)) => return assert_eq!(examined, Err(reason), "{text}"),
        verdict => verdict.expect("memory for a hash"),
    };
    assert!(examined.is_ok(), "{text}");
    if text.starts_with("$argon2id$v=19$") {
        let matches = Argon2::default().verify_password(b"hunter2", text).is_ok();
        assert_eq!(verdict != Verdict::Mismatch, matches, "{text}");
    }
}

fn is_affordable(cost: Cost) -> bool {
    match cost {
        Cost::Argon2 { parameters: Argon2Parameters { memory_kib, iterations, .. }, .. } => {
            u64::from(memory_kib) * u64::from(iterations) <= AFFORDABLE
        }
        Cost::Pbkdf2 { iterations, .. } => u64::from(iterations) <= AFFORDABLE,
        Cost::Bcrypt { log_rounds, .. } => log_rounds <= AFFORDABLE_LOG_ROUNDS,
        Cost::Scrypt { work, .. } => (u64::from(work.r) * u64::from(work.p)) << work.log_n <= AFFORDABLE,
    }
}
