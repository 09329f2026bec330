//! What a log-in costs above its password hash: both in one run, in turn, at as many hashes at a time as the service
//! allows itself. Prints the ratio first; the machine's speed drifts, the ratio does not.
//!
//!     cargo bench --package faregate-tests --bench log_in

#![expect(clippy::unwrap_used, reason = "a benchmark: a panic is a failure")]
#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]
#![expect(clippy::indexing_slicing, reason = "a benchmark: a panic is a failure")]
#![expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]

use std::sync::Arc;
use std::time::Instant;

use argon2_rust::params::Memory;
use argon2_rust::{Algorithm, Argon2, Params, Version};
use faregate::passwords::hashes_at_once;
use faregate_tests::{PASSWORD, TestApp};
use tokio::task::JoinSet;

/// Log-ins, or hashes, in a round of each lane.
const PER_LANE: usize = 150;
/// Rounds of each kind.
const ROUNDS: usize = 9;
/// Users who take turns, so that nobody has more sessions than are kept.
const USERS: usize = 400;
/// Requests on their way for each hash that runs: the others are in DynamoDB or being signed.
const CLIENTS_PER_LANE: usize = 4;

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let app = Arc::new(runtime.block_on(start()));
    let lanes = hashes_at_once();
    runtime.block_on(log_ins(&app, lanes));
    bare_hashes(lanes);
    let mut rounds: Vec<(f64, f64)> =
        (0..ROUNDS).map(|_| (bare_hashes(lanes), runtime.block_on(log_ins(&app, lanes)))).collect();
    rounds.sort_by(|left, right| (left.1 / left.0).total_cmp(&(right.1 / right.0)));
    let ratio = |(bare, log_in): (f64, f64)| log_in / bare;
    let (least, median, most) = (rounds[0], rounds[ROUNDS / 2], rounds[ROUNDS - 1]);
    println!(
        "log_in / bare hash: {:.3} (of {ROUNDS} rounds: {:.3} to {:.3})",
        ratio(median),
        ratio(least),
        ratio(most)
    );
    println!("bare Argon2id, 19456 KiB, 2 passes: {:.1} a second, {lanes} at a time", median.0);
    println!("POST /api/log_in/:                  {:.1} a second", median.1);
}

async fn start() -> TestApp {
    let app = TestApp::builder()
        .with("FAREGATE_ARGON2_MEMORY_KIB", "19456")
        .with("FAREGATE_ARGON2_ITERATIONS", "2")
        .start()
        .await;
    for user in 0..USERS {
        app.sign_up(&format!("user{user}")).await.is(201);
    }
    app
}

/// Hashes a second of the engine alone, with its memory kept between hashes, one thread for each lane.
fn bare_hashes(lanes: usize) -> f64 {
    let params = Params::builder().memory(Memory::kib(19_456)).passes(2).lanes(1).build().unwrap();
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..lanes {
            scope.spawn(|| {
                let mut hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hasher();
                let mut tag = [0; 32];
                for _ in 0..PER_LANE {
                    hasher.hash_into(PASSWORD.as_bytes(), b"0123456789abcdef", &mut tag).unwrap();
                }
            });
        }
    });
    (PER_LANE * lanes) as f64 / started.elapsed().as_secs_f64()
}

/// Log-ins a second of the whole service: DynamoDB, hash, both signatures.
async fn log_ins(app: &Arc<TestApp>, lanes: usize) -> f64 {
    let clients = CLIENTS_PER_LANE * lanes;
    let each = PER_LANE * lanes / clients;
    let started = Instant::now();
    let mut running = JoinSet::new();
    for client in 0..clients {
        let app = Arc::clone(app);
        running.spawn(async move {
            for number in 0..each {
                app.log_in(&format!("user{}", (client * 97 + number) % USERS)).await;
            }
        });
    }
    running.join_all().await;
    (each * clients) as f64 / started.elapsed().as_secs_f64()
}
