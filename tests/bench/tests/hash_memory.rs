//! The memory of password hashes, as the kernel sees it: none before the first hash, then one buffer, the same for all
//! hashes, wiped after each; what an outdated hash took is given back to the kernel.
//!
//! A binary and a test of its own: it looks at the whole process.

#![expect(clippy::unwrap_used, reason = "a test: a panic is a failure")]

use std::io::{Read as _, Seek as _, SeekFrom};
use std::ops::Range;

use faregate::domain::password::{Password, PasswordHash};
use faregate::passwords::{Argon2Parameters, Engine, Passwords, Verdict};
use tokio::runtime::Runtime;

const TODAY: Argon2Parameters = Argon2Parameters { memory_kib: 19_456, iterations: 2, parallelism: 1 };
/// A hash of other parameters than today's; whose, nobody knows.
const OUTDATED: &str =
    "$argon2id$v=19$m=24576,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY";
/// Less than a hash takes, more than anything else does.
const LARGE_KIB: u64 = 16 * 1024;
/// What `malloc` writes before a buffer that it maps.
const MALLOC_HEADER_BYTES: usize = 16;

#[test]
fn a_hash_has_one_buffer_that_is_kept_and_wiped() {
    for engine in [Engine::Argon2Rust, Engine::RustCrypto] {
        let runtime = Runtime::new().unwrap();
        let passwords = Passwords::new(TODAY, engine).unwrap();
        assert_eq!(large_mappings(), [], "{engine:?}: before the first hash");

        let stored = runtime.block_on(passwords.hash(password(0), [7; 16])).unwrap();
        let buffers = large_mappings();
        assert_eq!(buffers.len(), 1, "{engine:?}: {buffers:x?}");
        forget_peak();
        let peak = peak_kib();
        for number in 0..10 {
            let verdict = runtime.block_on(passwords.verify(password(number), Some(&stored))).unwrap();
            assert_eq!(verdict == Verdict::Match, number == 0);
            assert_eq!(large_mappings(), buffers, "{engine:?}: after hash {number}");
            assert!(bytes_left_in(&buffers[0]) <= MALLOC_HEADER_BYTES, "{engine:?}: after hash {number}");
        }
        let above = peak_kib() - peak;
        assert!(above < LARGE_KIB / 8, "{engine:?}: {above} KiB above {peak}");

        let outdated = PasswordHash::from_stored(OUTDATED.to_owned());
        for _ in 0..2 {
            runtime.block_on(passwords.verify(password(0), Some(&outdated))).unwrap();
            assert!(peak_kib() - peak > LARGE_KIB, "{engine:?}: an outdated hash has a buffer of its own");
            // RustCrypto's is from `malloc`, which may keep it for the next one of its size.
            if engine == Engine::Argon2Rust {
                assert_eq!(large_mappings(), buffers, "{engine:?}: after an outdated hash");
            }
        }
    }
}

fn password(number: u32) -> Password {
    Password::parse(format!("hunter{number}")).unwrap()
}

/// Where memory of this process is large, writable, in use and no file (`proc_pid_smaps(5)`).
fn large_mappings() -> Vec<Range<u64>> {
    let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
    let mut found = Vec::new();
    let mut current = None;
    for line in maps.lines() {
        let words: Vec<_> = line.split_whitespace().collect();
        if let ["Rss:", kib, ..] = words[..] {
            found.extend(current.take().filter(|_| kib.parse::<u64>().unwrap() >= LARGE_KIB));
        } else if let [range, "rw-p", _, _, "0", ..] = words[..] {
            let (start, end) = range.split_once('-').unwrap();
            let address = |text| u64::from_str_radix(text, 16).unwrap();
            current = Some(address(start)..address(end));
        }
    }
    found
}

/// How many bytes of this memory are not zero.
fn bytes_left_in(buffer: &Range<u64>) -> usize {
    let mut memory = std::fs::File::open("/proc/self/mem").unwrap();
    memory.seek(SeekFrom::Start(buffer.start)).unwrap();
    let mut left = 0;
    let (mut chunk, wiped) = ([0; 4096], [0; 4096]);
    for _ in (buffer.start..buffer.end).step_by(chunk.len()) {
        memory.read_exact(&mut chunk).unwrap();
        if chunk != wiped {
            left += chunk.iter().filter(|byte| **byte != 0).count();
        }
    }
    left
}

/// Lets [`peak_kib`] begin anew (`clear_refs`, `proc_pid_clear_refs(5)`).
fn forget_peak() {
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
}

/// The most memory that was resident at once (`VmHWM`, `proc_pid_status(5)`).
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}
