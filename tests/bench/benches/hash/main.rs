//! The engine beside other implementations of Argon2id, and what the service adds to it: in turn, in one run, every tag
//! compared. Prints the ratio to the engine first; the machine's speed drifts, the ratio hardly does.
//!
//!     cargo bench --package bench --bench hash
//!
//! Builds `tests/bench/peers`, which needs a C compiler, make and libclang (Debian: `libclang-dev`). `WRITE_DOCS=1` writes
//! docs/performance.md and its picture.

#![expect(clippy::unwrap_used, reason = "a benchmark: a panic is a failure")]
#![expect(clippy::indexing_slicing, reason = "a benchmark: a panic is a failure")]
#![expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]

mod peer;
mod plot;
mod subject;

use std::fmt::Write as _;

use bench::figures::median;
use bench::report::{self, Table};
use faregate::passwords::Argon2Parameters;
use subject::{Input, Subject};

/// What is hashed at; libsodium cannot do the second.
const COSTS: [(Argon2Parameters, &str); 3] = [
    (cost(19_456, 2, 1), "the default, OWASP's"),
    (cost(65_536, 3, 4), "RFC 9106's second choice"),
    (cost(47_104, 1, 1), "OWASP's with the most memory"),
];
/// So cheap that what the service adds stands out.
const CHEAP: Argon2Parameters = cost(64, 1, 1);

/// How often each subject has its turn, and how many hashes that is; one more before them is not counted.
#[derive(Clone, Copy)]
struct Rounds {
    rounds: usize,
    hashes: usize,
}

/// What one subject took.
struct Figures {
    name: String,
    memory: &'static str,
    threads: u32,
    /// The median of all rounds of its time divided by the engine's in the same round.
    ratio: f64,
    /// The median of the rounds' medians.
    milliseconds: f64,
    /// Processor time of a hash, over all threads.
    cpu_milliseconds: f64,
}

fn main() {
    let (peers, missing) = peer::build_all();
    let mut text = String::new();
    for peer in &missing {
        writeln!(text, "Not built on this machine: the peer `{peer}`.\n").unwrap();
    }
    let mut panels = Vec::new();
    for (cost, why) in COSTS {
        let mut subjects = subject::all(cost);
        let (taking_part, left_out): (Vec<_>, Vec<_>) = peers.iter().partition(|peer| peer.can(cost));
        subjects.extend(taking_part.into_iter().map(|peer| Subject::of_peer(peer, cost)));
        let figures = contest(&mut subjects, cost, Rounds { rounds: 25, hashes: 4 });
        let title = format!("{}, {why}", described(cost));
        writeln!(text, "{}", table(&title, &figures)).unwrap();
        for peer in left_out {
            writeln!(text, "Left out: {}, which has one lane only.\n", peer.name).unwrap();
        }
        panels.push((title, figures));
    }
    text.push_str(&what_the_service_adds());
    text.push_str("\n![Milliseconds of a hash, by implementation and cost](images/hash.svg)\n");
    let whole = missing.is_empty();
    report::write("hash", whole, &text);
    report::write_image("hash.svg", whole, &plot::bars(&panels));
}

const fn cost(memory_kib: u32, iterations: u32, parallelism: u32) -> Argon2Parameters {
    Argon2Parameters { memory_kib, iterations, parallelism }
}

fn described(cost: Argon2Parameters) -> String {
    let Argon2Parameters { memory_kib, iterations, parallelism } = cost;
    let plural = |count| if count == 1 { "" } else { "s" };
    let passes = if iterations == 1 { "" } else { "es" };
    format!("{memory_kib} KiB, {iterations} pass{passes}, {parallelism} lane{}", plural(parallelism))
}

/// Gives every subject its turn in every round, each time beginning with another, and compares every tag.
fn contest(subjects: &mut [Subject], cost: Argon2Parameters, rounds: Rounds) -> Vec<Figures> {
    let mut turns: Vec<Vec<f64>> = vec![Vec::new(); subjects.len()];
    let mut cpu = vec![0.0; subjects.len()];
    for round in 0..rounds.rounds {
        let inputs: Vec<_> = (0..=rounds.hashes).map(|number| Input::new(cost, round * 1000 + number)).collect();
        for place in 0..subjects.len() {
            let at = (place + round) % subjects.len();
            let before = subjects[at].cpu_milliseconds();
            let mut times: Vec<_> = inputs.iter().map(|input| subjects[at].milliseconds(input)).collect();
            cpu[at] += (subjects[at].cpu_milliseconds() - before) / times.len() as f64 / rounds.rounds as f64;
            times.remove(0);
            turns[at].push(median(&mut times));
        }
    }
    let engine = turns[0].clone();
    let figures = subjects.iter().zip(turns).zip(cpu).map(|((subject, turns), cpu_milliseconds)| Figures {
        name: subject.name.clone(),
        memory: subject.memory,
        threads: subject.threads,
        ratio: median(&mut turns.iter().zip(&engine).map(|(own, engine)| own / engine).collect::<Vec<_>>()),
        milliseconds: median(&mut turns.clone()),
        cpu_milliseconds,
    });
    figures.collect()
}

fn table(title: &str, figures: &[Figures]) -> Table {
    let mut table = Table::new(&[title, "time / engine's", "ms, median", "ms of processor", "threads", "memory"]);
    for Figures { name, memory, threads, ratio, milliseconds, cpu_milliseconds } in figures {
        table.row(&[
            name.clone(),
            format!("{ratio:.2}"),
            format!("{milliseconds:.2}"),
            format!("{cpu_milliseconds:.1}"),
            threads.to_string(),
            (*memory).to_owned(),
        ]);
    }
    table
}

/// `Passwords` above the bare engine, in microseconds, at a cost so low that the difference is no noise.
fn what_the_service_adds() -> String {
    let mut subjects = subject::all(CHEAP);
    subjects.truncate(3);
    let figures = contest(&mut subjects, CHEAP, Rounds { rounds: 25, hashes: 200 });
    let above = |at: usize| (figures[at].milliseconds - figures[0].milliseconds) * 1000.0;
    format!(
        "What `Passwords` adds to a hash, whatever its cost (measured at {}, {:.0} microseconds): {:.0} microseconds to `hash`, \
         {:.0} to `verify`. It is the way to a thread that hashes and back, and the string.\n",
        described(CHEAP),
        figures[0].milliseconds * 1000.0,
        above(1),
        above(2)
    )
}
