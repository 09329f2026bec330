//! What each operation costs DynamoDB while users become more, in one run: calls and units, with a thousand users, ten times as
//! many, and so on. The goal: the same.
//!
//!     cargo bench --package bench --bench growth                  up to 100,000 users
//!     cargo bench --package bench --bench growth -- 1000000

#![expect(clippy::unwrap_used, reason = "a benchmark: a panic is a failure")]
#![expect(clippy::indexing_slicing, reason = "a benchmark: a panic is a failure")]

mod picture;

use bench::report::{Table, write, write_image};
use faregate_tests::{Cost, Crowd, Operations};

/// The most users, when the command line names no number.
const USERS: usize = 100_000;
/// With how many users is measured.
const STEPS: [usize; 4] = [1_000, 10_000, 100_000, 1_000_000];

/// What each operation cost, with so many users.
type Measured = (usize, Vec<(&'static str, Cost)>);

#[tokio::main]
async fn main() {
    let most = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(USERS);
    let app = Operations::app().await;
    let mut crowd = Crowd::new(&app).await;
    let mut staff = app.administrator("boss").await;
    let mut measured = Vec::new();
    for users in STEPS.into_iter().filter(|users| *users <= most) {
        crowd.grow(users).await;
        measured.push((users, Operations::costs(&app, &crowd.middle(), &mut staff).await));
    }
    let whole = STEPS.iter().all(|users| *users <= most);
    write("growth", whole, &format!("{}\n\n{}", verdict(&measured), table(&measured)));
    write_image("growth.svg", whole, &picture::of(&measured));
}

/// How many operations cost the same throughout, and which do not.
fn verdict(measured: &[Measured]) -> String {
    let (_, first) = &measured[0];
    let differs = |index: &usize| measured.iter().any(|(_, costs)| costs[*index] != first[*index]);
    let differing: Vec<_> = (0..first.len()).filter(differs).map(|index| first[index].0).collect();
    let same = first.len() - differing.len();
    let others = if differing.is_empty() { String::new() } else { format!("; not {}", differing.join(", ")) };
    let most = grouped(measured.last().unwrap().0);
    format!("Equal from 1,000 to {most} users: {same} of {} operations{others}.", first.len())
}

fn table(measured: &[Measured]) -> Table {
    let users: Vec<_> = measured.iter().map(|(users, _)| format!("{} users", grouped(*users))).collect();
    let heading = std::iter::once("calls / read units / write units").chain(users.iter().map(String::as_str));
    let mut table = Table::new(&heading.collect::<Vec<_>>());
    for (index, (name, _)) in measured[0].1.iter().enumerate() {
        let cell = |(_, costs): &Measured| {
            let Cost { calls, read_units, write_units } = costs[index].1;
            format!("{calls} / {read_units} / {write_units}")
        };
        let cells: Vec<_> = std::iter::once((*name).to_owned()).chain(measured.iter().map(cell)).collect();
        table.row(&cells);
    }
    table
}

/// 10000 as 10,000.
fn grouped(number: usize) -> String {
    if number < 1000 { number.to_string() } else { format!("{},{:03}", grouped(number / 1000), number % 1000) }
}
