//! infra/template.yaml says of each function what the code says: what it may do, what it is given, what it answers.
//!
//! Every test of this suite runs under the template's policies (`tests/src/guard.rs`); here it is compared whether they
//! allow no more than that, and the rest of the template.

mod environment;
mod rights;
mod routes;
mod watching;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The packages of all functions.
fn packages() -> BTreeSet<String> {
    let entries = std::fs::read_dir(root().join("functions")).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// A source file of the function `package`.
fn source(package: &str, file: &str) -> String {
    std::fs::read_to_string(root().join("functions").join(package).join("src").join(file)).unwrap()
}
