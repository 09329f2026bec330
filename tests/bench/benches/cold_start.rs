//! What a cold start costs: each function's release program, started as Lambda starts it, in turn with an empty one, in one run.
//!
//!     cargo bench --package bench --bench cold_start [-- STARTS [FUNCTION ...]]
//!     cargo bench --package bench --bench cold_start -- --built-by-sam
//!
//! It builds the functions, or takes those that `infra/try-deploy` has built.

#![expect(clippy::expect_used, reason = "a benchmark: a panic is a failure")]
#![expect(clippy::panic, reason = "a benchmark: a panic is a failure")]
#![expect(clippy::indexing_slicing, reason = "a benchmark: a panic is a failure")]
#![expect(clippy::cast_precision_loss, reason = "sizes far below 2^52")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bench::bootstrap::{Bootstrap, Life, build, built_by_sam, environment, of_lambda, packages};
use bench::house::{House, is_good};
use bench::report::{self, Table};
use bench::sizes::Size;
use faregate_tests::Template;

/// Starts of each function, unless an argument says otherwise.
const STARTS: usize = 20;
/// Events of the life whose memory is looked at: enough for everything that is kept to be there.
const EVENTS_FOR_MEMORY: usize = 5;

/// What a hash needs at the default parameters (OWASP's), in KiB; a start of any function needs less in all.
const HASH_KIB: u64 = 19_456;

/// One row of the table.
struct Subject {
    name: String,
    package: String,
    bootstrap: Bootstrap,
    lives: Vec<Life>,
    /// One more, of several events.
    longer: Option<Life>,
}

fn main() {
    let numbers_and_names: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let starts = numbers_and_names.iter().find_map(|argument| argument.parse().ok()).unwrap_or(STARTS);
    let wanted: Vec<_> = numbers_and_names.into_iter().filter(|argument| argument.parse::<usize>().is_err()).collect();
    let is_wanted = |package: &String| wanted.is_empty() || wanted.contains(package);
    let packages: Vec<String> = packages().into_iter().filter(is_wanted).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.aws-sam/trial");
    let programs = if std::env::args().any(|argument| argument == "--built-by-sam") {
        packages.iter().map(|package| (package.clone(), built_by_sam(&folder, package))).collect()
    } else {
        build(&packages)
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let subjects = runtime.block_on(measured(&packages, &programs, starts));
    let text = format!("{}\n{}", what(starts), table(&subjects));
    report::write("cold_start", wanted.is_empty(), &text);
}

async fn measured(packages: &[String], programs: &BTreeMap<String, PathBuf>, starts: usize) -> Vec<Subject> {
    let house = House::start().await;
    let mut subjects = subjects(&house, packages, programs);
    // The first start of a program reads it from the disk: Lambda's own business.
    for start in 0..=starts {
        for subject in &mut subjects {
            let life = live(&house, subject, 1).await;
            if start > 0 {
                subject.lives.push(life);
            }
        }
    }
    for subject in &mut subjects {
        let life = live(&house, subject, EVENTS_FOR_MEMORY).await;
        subject.longer = Some(life);
    }
    subjects
}

async fn live(house: &House, subject: &Subject, events: usize) -> Life {
    let mut given = Vec::new();
    for _ in 0..events {
        given.push(house.event(&subject.package).await);
    }
    let lived = subject.bootstrap.live(&given, |answer| is_good(&subject.package, answer)).await;
    let life = lived.unwrap_or_else(|trouble| panic!("{}: {}", subject.name, trouble.0));
    assert!(life.start_peak_kib < HASH_KIB, "{} has the memory of a hash before its first event", subject.name);
    life
}

/// The empty function first, then ours, then one whose key is in its settings: it reads no key ring.
fn subjects(house: &House, packages: &[String], programs: &BTreeMap<String, PathBuf>) -> Vec<Subject> {
    let (template, shared) = (Template::load(), Template::load().with("Hs256Key", &"k".repeat(32)));
    let subject = |name: &str, package: &str, path: PathBuf, mut environment: BTreeMap<String, String>| {
        environment.extend(house.surroundings());
        let bootstrap = Bootstrap { path, environment };
        Subject { name: name.to_owned(), package: package.to_owned(), bootstrap, lives: Vec::new(), longer: None }
    };
    let empty = subject("empty", "empty", env!("CARGO_BIN_EXE_empty").into(), of_lambda("empty", "128"));
    let ours = packages
        .iter()
        .map(|package| subject(package, package, programs[package].clone(), environment(&template, package)));
    let mut all: Vec<_> = std::iter::once(empty).chain(ours).collect();
    if let Some(path) = programs.get("issuer") {
        all.push(subject("issuer, without a ring to read", "issuer", path.clone(), environment(&shared, "issuer")));
    }
    all
}

fn what(starts: usize) -> String {
    format!(
        "Medians of {starts} starts of each function, in turn. Memory is the peak before the first event, and after \
         {EVENTS_FOR_MEMORY} events.\n"
    )
}

fn table(subjects: &[Subject]) -> Table {
    let columns = [
        "function",
        "start / empty",
        "process to `/next`, ms",
        "first event to answer, ms",
        "MiB at start",
        "MiB at most",
        "program, MB",
        "zipped, MB",
    ];
    let mut table = Table::new(&columns);
    let floor = median(subjects[0].starts());
    for subject in subjects {
        let (start, answer) = (median(subject.starts()), median(subject.answers()));
        let Size { program, zipped } = Size::of(&std::fs::read(&subject.bootstrap.path).expect("a program"));
        let start_peak = subject.lives.iter().map(|life| life.start_peak_kib).max().unwrap_or_default();
        let peak = subject.lives.iter().chain(&subject.longer).map(|life| life.peak_kib).max().unwrap_or_default();
        table.row(&[
            subject.name.clone(),
            format!("{:.2}", start.as_secs_f64() / floor.as_secs_f64()),
            milliseconds(start),
            milliseconds(answer),
            format!("{:.1}", start_peak as f64 / 1024.0),
            format!("{:.1}", peak as f64 / 1024.0),
            format!("{:.2}", program as f64 / 1e6),
            format!("{:.2}", zipped as f64 / 1e6),
        ]);
    }
    table
}

impl Subject {
    fn starts(&self) -> Vec<Duration> {
        self.lives.iter().map(|life| life.start).collect()
    }

    fn answers(&self) -> Vec<Duration> {
        self.lives.iter().map(|life| life.answers[0]).collect()
    }
}

fn median(mut durations: Vec<Duration>) -> Duration {
    durations.sort_unstable();
    durations[durations.len() / 2]
}

fn milliseconds(duration: Duration) -> String {
    format!("{:.2}", duration.as_secs_f64() * 1000.0)
}
