//! What is logged while faults are met: enough to see what failed, and nothing that is nobody's business.

use std::io::Write;
use std::sync::{Arc, Mutex};

use faregate::logging::json_lines;
use faregate_tests::PASSWORD;
use tokio::runtime::Runtime;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

use super::accounts::NEW_PASSWORD;

/// The lines that the threads of a runtime log.
#[derive(Clone, Default)]
pub(crate) struct Lines(Arc<Mutex<Looked>>);

#[derive(Default)]
struct Looked {
    count: usize,
    indiscreet: Vec<String>,
}

/// The shortest secret that is no password, a ticket or a cookie of 32 bytes in base64, has so many characters; a UUID and the
/// name of an error have fewer.
const SECRET_LENGTH: usize = 43;

impl Lines {
    /// A runtime whose lines are looked at here.
    pub(crate) fn runtime(&self) -> Runtime {
        let lines = self.clone();
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(2).enable_all().on_thread_start(move || {
            let listening = tracing::subscriber::set_default(json_lines(LevelFilter::INFO, lines.clone()));
            // For as long as the thread lives.
            std::mem::forget(listening);
        });
        builder.build().unwrap()
    }

    /// How many lines there were.
    pub(crate) fn count(&self) -> usize {
        self.0.lock().unwrap().count
    }

    /// Those that tell what they must not: a password, a token, a hash, a key, or whom they are about.
    pub(crate) fn indiscreet(&self) -> Vec<String> {
        self.0.lock().unwrap().indiscreet.clone()
    }
}

fn is_indiscreet(line: &str) -> bool {
    let words = line.split(|letter: char| !letter.is_ascii_alphanumeric() && !"-_".contains(letter));
    [PASSWORD, NEW_PASSWORD, "$argon2", "eyJ", "user-"].iter().any(|secret| line.contains(secret))
        || words.into_iter().any(|word| word.len() >= SECRET_LENGTH)
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut looked = self.0.lock().unwrap();
        for line in String::from_utf8_lossy(bytes).lines() {
            looked.count += 1;
            if is_indiscreet(line) {
                looked.indiscreet.push(line.to_owned());
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[test]
fn a_line_that_tells_a_secret_is_found() {
    for secret in ["Vq7!tramline-Oak", "eyJhbGciOi", "user-7", "n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg"] {
        assert!(is_indiscreet(&format!("{{\"message\":\"{secret}\"}}")), "{secret}");
    }
    assert!(!is_indiscreet("{\"error\":\"ProvisionedThroughputExceededException on table faregate\"}"));
}
