//! The log of a run, and what must not be in it.

use std::collections::HashSet;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use faregate::logging::json_lines;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::client::PASSWORD_MARK;

/// What a line was written to; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// What only a secret, or a user's name, has in it: how a password of these clients, a JSON Web Token, a password hash, a
/// rotation id, a private key and a name of these users begin.
const MARKS: [(&str, &str); 6] = [
    (PASSWORD_MARK, "a password"),
    ("eyJ", "a token"),
    ("$argon2", "a password hash"),
    ("rotation-id-", "a rotation id"),
    ("PRIVATE KEY", "a key"),
    ("rider-", "a name"),
];

/// What tokens, ids and hashes are made of, beside letters and digits.
const TOKENS: &str = "-_.~";
/// What keys are made of, beside letters and digits; what they end with is left out.
const BASE64: &str = "+/-_";
/// Shorter words are no secrets.
const SHORTEST_SECRET: usize = 16;

/// What a log tells that it must not, and how many lines it has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// How many lines there are.
    pub lines: usize,
    /// The number of a line and what it tells.
    pub told: Vec<(usize, &'static str)>,
}

impl Log {
    /// Takes what this process logs from now on, at level info and above, unless something else does already.
    pub fn listen(&self) {
        let _already = tracing::subscriber::set_global_default(json_lines(LevelFilter::INFO, self.clone()));
    }

    /// Looks for `secrets`, for `keys`, and for what looks like one of either.
    #[must_use]
    pub fn scan(&self, secrets: &HashSet<String>, keys: &HashSet<String>) -> Scan {
        let written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(&written);
        let mut scan = Scan::default();
        for line in text.lines() {
            scan.lines += 1;
            let marks = MARKS.iter().filter(|(mark, _)| line.contains(mark)).map(|(_, what)| *what);
            let is_known = words(line, TOKENS).any(|word| secrets.contains(word.trim_end_matches('.')));
            let is_key = words(line, BASE64).any(|word| keys.contains(word));
            let known = (is_known || is_key).then_some("a secret of this run");
            scan.told.extend(marks.chain(known).map(|what| (scan.lines, what)));
        }
        scan
    }
}

/// The words of `line` that could be secrets: as long as one, and of letters, digits and `others`.
fn words<'a>(line: &'a str, others: &'static str) -> impl Iterator<Item = &'a str> {
    let is_of_a_word = |character: char| character.is_ascii_alphanumeric() || others.contains(character);
    line.split(move |character| !is_of_a_word(character)).filter(|word| word.len() >= SHORTEST_SECRET)
}
