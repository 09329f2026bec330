//! Whether every function that `sam build` has built is within its budget of bytes (tests/bench/sizes.txt).
//!
//!     cargo run --package bench --bin sizes -- .aws-sam/trial [--record]
//!
//! `infra/try-deploy` builds into `.aws-sam/trial`, `sam build` into `.aws-sam/build`. `--record` makes today's sizes, and 2 %, the
//! budgets of tomorrow.

#![expect(clippy::expect_used, reason = "a check: a panic is a failure")]
#![expect(clippy::print_stdout, reason = "a check prints its result")]
#![expect(clippy::print_stderr, reason = "a check prints its result")]

use std::path::Path;
use std::process::ExitCode;

use bench::bootstrap::{built_by_sam, packages};
use bench::sizes::{Size, budgets, over, record};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (options, folders): (Vec<&String>, Vec<&String>) = arguments.iter().partition(|text| text.starts_with("--"));
    let [folder] = folders.as_slice() else {
        eprintln!("usage: sizes FOLDER [--record]");
        return ExitCode::from(2);
    };
    let sizes: Vec<(String, Size)> = packages()
        .into_iter()
        .map(|package| {
            let program =
                std::fs::read(built_by_sam(Path::new(folder), &package)).expect("a program that `sam build` made");
            (package, Size::of(&program))
        })
        .collect();
    for (name, Size { program, zipped }) in &sizes {
        println!("{name}: {program} bytes, {zipped} zipped");
    }
    if options.iter().any(|option| *option == "--record") {
        record(&sizes);
    }
    if !cfg!(target_arch = "x86_64") {
        println!("the budgets are those of x86_64");
        return ExitCode::SUCCESS;
    }
    let told = over(&sizes, &budgets());
    eprint!("{told}");
    if told.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
