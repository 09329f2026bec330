//! The whole service under load, beside what bounds it: a log-in and a sign-up beside the bare hash, everything else beside a
//! route that does nothing and one that makes one read. All in one run, in turn; ratios first.
//!
//!     cargo bench --package bench --bench load -- 5 refresh me
//!
//! A number is that of the rounds; names are those of the operations, of which all are measured when none is named.

#![expect(clippy::unwrap_used, reason = "a benchmark: a panic is a failure")]
#![expect(clippy::indexing_slicing, reason = "a benchmark: a panic is a failure")]

mod plot;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use argon2_rust::params::Memory;
use argon2_rust::{Algorithm, Argon2, Params, Version};
use bench::actor::{Operation, PASSWORD};
use bench::figures::{count, median};
use bench::report::{self, Table};
use bench::signature::Cost;
use bench::subject::{Seen, Subject};
use faregate::passwords::hashes_at_once;

use crate::plot::{Panels, Row};

/// Rounds, when the command line names no number.
const ROUNDS: usize = 5;
/// How many clients ask at a time.
const CONNECTIONS: [usize; 3] = [1, 8, 64];
/// With so many the processor's time is looked at: neither one request's waiting nor a crowd's.
const SOME: usize = 8;
/// Requests in a round of what hashes, and of what does not.
const HASHING: usize = 128;
const OTHERS: usize = 1024;

const ALGORITHMS: [&str; 2] = ["RS256", "ES256"];
const YARDSTICKS: [Operation; 2] = [Operation::Empty, Operation::RoundTrip];
const HASHES: [Operation; 2] = [Operation::LogIn, Operation::SignUp];
const DOES_NOT_HASH: [Operation; 4] = [Operation::Verify, Operation::Authorizer, Operation::Me, Operation::Refresh];

/// The algorithm of access tokens, an operation, and how many clients ask for it.
type Case = (&'static str, &'static str, usize);

/// Everything that was seen.
struct Results {
    runs: BTreeMap<Case, Vec<Seen>>,
    /// Allocations of a request, in runs of their own.
    allocations: BTreeMap<Case, f64>,
    /// Hashes a second of the engine alone, just before and after each run of what hashes.
    hashes: BTreeMap<Case, Vec<f64>>,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let rounds = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(ROUNDS);
    let named = |operation: &Operation| arguments.iter().any(|argument| argument == operation.name());
    let all = !HASHES.iter().chain(&DOES_NOT_HASH).any(named);
    let chosen = |operation: &Operation| all || named(operation);
    let hashing: Vec<_> = HASHES.into_iter().filter(chosen).collect();
    let others: Vec<_> = DOES_NOT_HASH.into_iter().filter(chosen).collect();
    let results = measured(rounds, &hashing, &others);
    let items = itemised(&results, &others);
    let mut text = String::new();
    if !hashing.is_empty() {
        text.push_str(&beside_the_hash(&results, &hashing));
    }
    if !others.is_empty() {
        text.push_str(&beside_the_yardsticks(&results, &others));
        text.push_str(&table_of(&items));
    }
    text.push_str("\n![The rate of what hashes, where processor time goes, and latencies](images/load.svg)\n");
    report::write("load", all, &text);
    let panels = Panels { rates: rates(&results, &hashing), items, latencies: latencies(&results, &hashing, &others) };
    report::write_image("load.svg", all, &plot::of(&panels));
}

fn measured(rounds: usize, hashing: &[Operation], others: &[Operation]) -> Results {
    // One thread for all clients: the service has the other processor.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_bench-server"));
    let mut subjects = ALGORITHMS.map(|algorithm| (algorithm, runtime.block_on(Subject::start(program, algorithm))));
    let mut results = Results { runs: BTreeMap::new(), allocations: BTreeMap::new(), hashes: BTreeMap::new() };
    let quick = YARDSTICKS.iter().chain(others).map(|operation| (*operation, OTHERS));
    let work: Vec<_> = quick.chain(hashing.iter().map(|operation| (*operation, HASHING))).collect();
    let cases: Vec<_> = work.iter().flat_map(|work| CONNECTIONS.map(|connections| (*work, connections))).collect();
    // The first round warms up.
    for round in 0..=rounds {
        for (algorithm, subject) in &mut subjects {
            for ((operation, requests), connections) in &cases {
                let case = (*algorithm, operation.name(), *connections);
                let before = hashing.contains(operation).then(bare_hashes);
                let seen = runtime.block_on(subject.run(*operation, *connections, *requests));
                let hashes = before.map(|before| f64::midpoint(before, bare_hashes()));
                if round > 0 {
                    results.runs.entry(case).or_default().push(seen);
                    results.hashes.entry(case).or_default().extend(hashes);
                }
            }
        }
    }
    let program = Path::new(env!("CARGO_BIN_EXE_bench-server-counted"));
    for algorithm in ALGORITHMS {
        let mut subject = runtime.block_on(Subject::start(program, algorithm));
        for ((operation, requests), connections) in &cases {
            // What the first requests make is kept.
            for _ in 0..2 {
                let counted = runtime.block_on(subject.allocations(*operation, *connections, *requests));
                results.allocations.insert((algorithm, operation.name(), *connections), counted);
            }
        }
    }
    results
}

/// Hashes a second of the engine alone, with its memory kept between hashes, as many at a time as the service allows itself.
fn bare_hashes() -> f64 {
    let params = Params::builder().memory(Memory::kib(19_456)).passes(2).lanes(1).build().unwrap();
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..hashes_at_once() {
            scope.spawn(|| {
                let mut hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hasher();
                let mut tag = [0; 32];
                for _ in 0..HASHING / 2 {
                    hasher.hash_into(PASSWORD.as_bytes(), b"0123456789abcdef", &mut tag).unwrap();
                }
            });
        }
    });
    count(HASHING / 2 * hashes_at_once()) / started.elapsed().as_secs_f64()
}

impl Results {
    /// The median of a figure over all rounds.
    fn median(&self, algorithm: &str, operation: Operation, connections: usize, figure: impl Fn(&Seen) -> f64) -> f64 {
        let found = self.runs.iter().find(|(key, _)| **key == (algorithm, operation.name(), connections));
        median(&mut found.unwrap().1.iter().map(figure).collect::<Vec<_>>())
    }

    /// The median over all rounds of what `operation` reaches of `floor`'s requests a second.
    fn ratio(
        &self,
        algorithm: &'static str,
        operation: Operation,
        connections: usize,
        floor: impl Fn(usize) -> f64,
    ) -> f64 {
        let runs = &self.runs[&(algorithm, operation.name(), connections)];
        let ratios = runs.iter().enumerate().map(|(round, seen)| seen.taken.rate() / floor(round));
        median(&mut ratios.collect::<Vec<_>>())
    }

    /// The latency that `percent` of a hundred requests did not exceed, in milliseconds.
    fn percentile(&self, algorithm: &str, operation: Operation, connections: usize, percent: usize) -> f64 {
        let of = |seen: &Seen| seen.taken.percentile(percent).as_secs_f64() * 1000.0;
        self.median(algorithm, operation, connections, of)
    }

    fn cells(&self, algorithm: &'static str, operation: Operation, connections: usize) -> [String; 5] {
        let of = |figure: fn(&Seen) -> f64| self.median(algorithm, operation, connections, figure);
        [
            format!("{:.0}", of(|seen| seen.taken.rate())),
            format!("{:.2}", self.percentile(algorithm, operation, connections, 50)),
            format!("{:.2}", self.percentile(algorithm, operation, connections, 99)),
            format!("{:.2}", of(|seen| seen.cpu_ms.iter().sum())),
            format!("{:.0}", self.allocations[&(algorithm, operation.name(), connections)]),
        ]
    }

    /// What `operation` reaches of the bare hash's rate.
    fn of_the_hash(&self, algorithm: &'static str, operation: Operation, connections: usize) -> f64 {
        let hashes = &self.hashes[&(algorithm, operation.name(), connections)];
        self.ratio(algorithm, operation, connections, |round| hashes[round])
    }
}

const MEASURED: [&str; 5] = ["a second", "p50, ms", "p99, ms", "processor, ms", "allocations"];

/// Each of `operations` with each algorithm and number of clients, and what it is called.
fn cases<'a>(
    operations: impl IntoIterator<Item = &'a Operation>,
) -> impl Iterator<Item = (String, &'static str, Operation, usize)> {
    let with_algorithm =
        operations.into_iter().flat_map(|operation| ALGORITHMS.map(|algorithm| (*operation, algorithm)));
    with_algorithm.flat_map(|(operation, algorithm)| {
        let name = format!("{} {algorithm}", operation.name());
        CONNECTIONS.map(|connections| (name.clone(), algorithm, operation, connections))
    })
}

fn beside_the_hash(results: &Results, operations: &[Operation]) -> String {
    let mut table = Table::new(&[&["operation", "connections", "of the bare hash's rate"], &MEASURED[..]].concat());
    for (name, algorithm, operation, connections) in cases(operations) {
        let ratio = format!("{:.3}", results.of_the_hash(algorithm, operation, connections));
        let cells = results.cells(algorithm, operation, connections);
        table.row(&[&[name, connections.to_string(), ratio], &cells[..]].concat());
    }
    let hashes = median(&mut results.hashes.values().flatten().copied().collect::<Vec<_>>());
    format!("Bare hash: {hashes:.1} a second, {} at a time.\n\n{table}\n", hashes_at_once())
}

fn beside_the_yardsticks(results: &Results, operations: &[Operation]) -> String {
    let columns = ["operation", "connections", "of the empty route's rate", "of one read's"];
    let mut table = Table::new(&[&columns, &MEASURED[..]].concat());
    for (name, algorithm, operation, connections) in cases(YARDSTICKS.iter().chain(operations)) {
        let [empty, read] = YARDSTICKS.map(|yardstick| {
            let runs = &results.runs[&(algorithm, yardstick.name(), connections)];
            let ratio = results.ratio(algorithm, operation, connections, |round| runs[round].taken.rate());
            format!("{ratio:.2}")
        });
        let cells = results.cells(algorithm, operation, connections);
        table.row(&[&[name, connections.to_string(), empty, read], &cells[..]].concat());
    }
    format!("{table}\n")
}

/// Where the processor's time goes, with eight clients: milliseconds, by [`plot::ITEMS`].
fn itemised(results: &Results, operations: &[Operation]) -> Vec<Row<5>> {
    let mut rows = Vec::new();
    for algorithm in ALGORITHMS {
        let cost = Cost::of(algorithm);
        let of = |operation, process: usize| results.median(algorithm, operation, SOME, |seen| seen.cpu_ms[process]);
        let gateway = of(Operation::Empty, 0);
        for operation in operations {
            let (service, store) = (of(*operation, 0), of(*operation, 1));
            let (signature, calls) = match operation {
                Operation::Refresh => (cost.sign_ms, 2.0),
                Operation::Me => (cost.verify_ms, 1.0),
                _ => (cost.verify_ms, 0.0),
            };
            let client = calls * (of(Operation::RoundTrip, 0) - gateway);
            let rest = service - signature - client - gateway;
            let name = format!("{} {algorithm}", operation.name());
            rows.push(Row { name, figures: [signature, store, client, gateway, rest] });
        }
    }
    rows
}

fn table_of(items: &[Row<5>]) -> String {
    let mut table = Table::new(&[&["processor, ms", "together"], &plot::ITEMS[..]].concat());
    for Row { name, figures } in items {
        let figures = [&[figures.iter().sum()], &figures[..]].concat();
        let figures = figures.into_iter().map(|figure: f64| format!("{figure:.3}"));
        table.row(&std::iter::once(name.clone()).chain(figures).collect::<Vec<_>>());
    }
    table.to_string()
}

/// What a row of a picture is called.
fn title(name: &str, connections: usize) -> String {
    format!("{name}, {connections}")
}

fn rates(results: &Results, operations: &[Operation]) -> Vec<Row<1>> {
    let rows = cases(operations).map(|(name, algorithm, operation, connections)| Row {
        name: title(&name, connections),
        figures: [results.of_the_hash(algorithm, operation, connections)],
    });
    rows.collect()
}

/// p50 and p99, in milliseconds.
fn latencies(results: &Results, hashing: &[Operation], others: &[Operation]) -> Vec<Row<2>> {
    let rows = cases(hashing.iter().chain(others)).map(|(name, algorithm, operation, connections)| Row {
        name: title(&name, connections),
        figures: [50, 99].map(|percent| results.percentile(algorithm, operation, connections, percent)),
    });
    rows.collect()
}
