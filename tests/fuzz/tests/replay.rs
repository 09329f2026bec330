//! Every input that is kept, given to its function: on any toolchain, with every `cargo test`.

#![expect(clippy::unwrap_used, reason = "tests: a panic is a failure")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use fuzz::TARGETS;

fn folder(kind: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(kind)
}

/// The names in `folder`, without what follows a dot.
fn names(folder: &Path) -> BTreeSet<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.map(|name| name.split('.').next().unwrap().to_owned()).collect()
}

/// The inputs in `folder`, of which there may be none.
fn inputs(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn every_input_that_is_kept_is_taken() {
    for (name, target) in TARGETS {
        let kept = inputs(&folder("corpus").join(name));
        assert!(!kept.is_empty(), "corpus/{name} is empty");
        for path in kept.iter().chain(&inputs(&folder("crashes").join(name))) {
            // Shown when the test fails.
            eprintln!("{}", path.display());
            target(&fs::read(path).unwrap());
        }
    }
}

#[test]
fn every_kind_of_input_has_a_corpus_and_a_binary() {
    let wanted: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names(&folder("corpus")), wanted);
    assert_eq!(names(&folder("libfuzzer/fuzz_targets")), wanted);
    let manifest = fs::read_to_string(folder("libfuzzer/Cargo.toml")).unwrap();
    assert_eq!(manifest.matches("[[bin]]").count(), wanted.len());
    for kind in ["crashes", "dictionaries"] {
        assert!(names(&folder(kind)).is_subset(&wanted), "{kind} has what is no kind of input");
    }
}

#[test]
fn the_inputs_are_few_and_small() {
    let sizes = TARGETS.iter().flat_map(|(name, _)| inputs(&folder("corpus").join(name)));
    let total: u64 = sizes.map(|path| fs::metadata(path).unwrap().len()).sum();
    assert!(total < 500_000, "{total} bytes");
}
