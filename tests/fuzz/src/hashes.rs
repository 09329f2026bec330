//! Stored password hashes: ours, or brought in from elsewhere.

use argon2::{Argon2, PasswordVerifier as _};
use faregate::domain::password::{Password, PasswordHash};
use faregate::passwords::{Argon2Parameters, Engine, PasswordError, Passwords, Verdict};

use crate::House;

/// The most KiB times passes that are computed here: the fuzzer's time is for strings, not for hashing.
const AFFORDABLE: u64 = 4096;

thread_local! {
    static PASSWORDS: Passwords = {
        let parameters = Argon2Parameters { memory_kib: 8, iterations: 1, parallelism: 1 };
        Passwords::new(parameters, Engine::Argon2Rust).expect("an engine")
    };
}

/// A PHC string, compared with the password `hunter2`: a verdict, on which `RustCrypto`'s reader and hasher agree, or a string
/// that cannot be read. One that asks for more than the settings allow is of the second kind, before anything is allocated.
pub fn password_hash(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let cost = |name| numbers(text, name).max().unwrap_or(0);
    let (memory, passes, lanes) = (cost("m="), cost("t="), cost("p="));
    let allowed = memory <= u64::from(Argon2Parameters::MOST.memory_kib)
        && passes <= u64::from(Argon2Parameters::MOST.iterations)
        && lanes <= u64::from(Argon2Parameters::MOST.parallelism);
    if allowed && memory * passes.max(1) > AFFORDABLE {
        return;
    }
    let password = Password::parse("hunter2".to_owned()).expect("a password");
    let stored = PasswordHash::from_stored(text.to_owned());
    let passwords = PASSWORDS.with(Clone::clone);
    match House::with(|house| house.wait(passwords.verify(password, Some(&stored)))) {
        Ok(verdict) => {
            assert!(allowed, "{text}");
            let matches = Argon2::default().verify_password(b"hunter2", text).is_ok();
            assert_eq!(verdict != Verdict::Mismatch, matches, "{text}");
        }
        Err(error) => assert!(matches!(error, PasswordError::Unreadable), "{text}: {error}"),
    }
}

/// Every number in `text` behind `name`.
fn numbers<'a>(text: &'a str, name: &'a str) -> impl Iterator<Item = u64> + 'a {
    text.split(name).skip(1).map(|rest| {
        let digits = rest.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
        if digits.is_empty() { 0 } else { digits.parse().unwrap_or(u64::MAX) }
    })
}
