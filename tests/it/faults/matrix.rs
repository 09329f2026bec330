//! All operations with all calls and all faults.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use faregate_tests::Fault;
use futures_util::FutureExt as _;
use tokio::task::JoinSet;

use super::cell::{Calls, Cell};
use super::lane::Lane;
use super::lines::Lines;
use super::row::Row;
use super::{accounts, administration, events, sessions};
use crate::abuse::ROUTES;

/// How many cells are tried at a time. They wait most of the time: for answers that never come, and between two attempts.
const LANES: usize = 16;
/// After how many cells of a lane its table is looked at.
const CELLS_PER_LOOK: usize = 6;

/// The calls of `row` when all goes well.
async fn calls_of((number, row): (usize, &'static Row), lane: &Lane) -> Vec<String> {
    let case = (row.needs)(lane, &format!("user-of-row-{number}")).await;
    lane.proxy.seen();
    let reply = (row.ask)(lane, &case).await;
    assert_eq!(reply.status, row.status, "{}: {}", row.name, reply.text);
    let calls = lane.proxy.seen();
    (row.left)(lane, &case, Some(&reply)).await;
    assert!(!calls.is_empty(), "{} asks DynamoDB for nothing", row.name);
    calls
}

/// Which calls are met, behind the first `gate`: each once, and all from each on. Of many alike in a row, side by side or one
/// after the other, the first and the last.
fn calls_met(calls: &[String], gate: usize) -> Vec<Calls> {
    let mut seen = BTreeMap::new();
    let mut met = Vec::new();
    for (index, call) in calls.iter().enumerate() {
        let nth = seen.entry(call.as_str()).or_insert(0);
        let alike = |index: Option<usize>| index.and_then(|index| calls.get(index)) == Some(call);
        if index >= gate && !(alike(index.checked_sub(1)) && alike(index.checked_add(1))) {
            met.push(Calls::One(known(call), *nth));
            met.push(Calls::From(index));
        }
        *nth += 1;
    }
    met
}

const READS: [&str; 3] = ["GetItem", "BatchGetItem", "Query"];
const WRITES: [&str; 4] = ["PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"];

fn known(call: &str) -> &'static str {
    let mut operations = READS.into_iter().chain(WRITES);
    operations.find(|operation| *operation == call).unwrap_or_else(|| panic!("{call} is new"))
}

/// The cells of `rows`. A conflict meets writes alone, and one at a time.
async fn cells(rows: &'static [Row]) -> Vec<Cell> {
    let lane = Lane::start().await;
    let mut cells = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        for calls in calls_met(&calls_of((number, row), &lane).await, row.gate) {
            let is_write = matches!(calls, Calls::One(call, _) if !READS.contains(&call));
            for fault in Fault::ALL.into_iter().filter(|fault| *fault != Fault::Conflict || is_write) {
                cells.push(Cell { number: cells.len(), row, fault, calls });
            }
        }
    }
    cells
}

/// Tries all of `cells`, in many lanes; those that failed.
async fn run(cells: Arc<Vec<Cell>>) -> Vec<String> {
    let (next, mut lanes) = (Arc::new(AtomicUsize::new(0)), JoinSet::new());
    for _ in 0..LANES {
        // One after the other: many that start at once keep each other waiting for longer than a call may take.
        let (cells, next, lane) = (Arc::clone(&cells), Arc::clone(&next), Box::pin(Lane::start()).await);
        lanes.spawn(async move { run_in(&lane, || cells.get(next.fetch_add(1, Ordering::Relaxed)).copied()).await });
    }
    lanes.join_all().await.concat()
}

/// Tries one cell after the other in `lane`. The whole table is looked at after a few of them: it grows with each.
async fn run_in(lane: &Lane, next: impl Fn() -> Option<Cell>) -> Vec<String> {
    let (mut failed, mut unseen) = (Vec::new(), Vec::new());
    loop {
        let cell = next();
        if let Some(cell) = cell {
            if AssertUnwindSafe(cell.run(lane)).catch_unwind().await.is_err() {
                failed.push(cell.to_string());
            }
            unseen.push(cell.to_string());
        }
        if cell.is_none() || unseen.len() == CELLS_PER_LOOK {
            if AssertUnwindSafe(lane.is_consistent()).catch_unwind().await.is_err() {
                failed.push(format!("the table after one of:\n  {}", unseen.join("\n  ")));
            }
            unseen.clear();
        }
        if cell.is_none() {
            return failed;
        }
    }
}

/// Whatever fails, the answer is a success that is there or 503, and a new try ends well.
fn hold(rows: &'static [Row]) {
    let lines = Lines::default();
    let (cells, failed) = lines.runtime().block_on(async {
        let cells = Arc::new(Box::pin(cells(rows)).await);
        (cells.len(), run(cells).await)
    });
    assert!(failed.is_empty(), "of {cells} cells {} failed:\n{}", failed.len(), failed.join("\n"));
    assert!(lines.count() > cells, "the requests and their faults are logged");
    assert_eq!(lines.indiscreet(), [""; 0]);
}

#[test]
fn accounts_survive_faults() {
    hold(accounts::ROWS);
}

#[test]
fn sessions_survive_faults() {
    hold(sessions::ROWS);
}

#[test]
fn the_admin_site_survives_faults() {
    hold(administration::ROWS);
}

#[test]
fn events_survive_faults() {
    hold(events::ROWS);
}

#[test]
fn every_route_that_asks_dynamodb_has_a_row() {
    let rows = accounts::ROWS.iter().chain(sessions::ROWS).chain(administration::ROWS);
    let covered: BTreeSet<&str> = rows.flat_map(|row| row.routes).copied().collect();
    let api = ROUTES.iter().map(|route| route.path.trim_end_matches('/'));
    for path in api.chain(administration::PATHS) {
        assert!(covered.contains(path), "{path} has no row in tests/it/faults");
    }
}
