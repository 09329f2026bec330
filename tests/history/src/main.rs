//! `history`: runs clients against the service under faults and checks what they saw.
//!
//! Exit codes: 0 it is linearizable and the log tells no secret; 1 it is not, or it does; 2 wrong usage.

mod arguments;

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Parser as _;
use history::ground::Ground;
use history::secrets::Log;
use history::summary::Summary;

use crate::arguments::Arguments;

#[tokio::main]
async fn main() -> ExitCode {
    let run = Arguments::parse().run();
    // Before anything can go wrong. Nobody is left to tell when standard output is closed.
    let _told = writeln!(io::stdout(), "seed {}, {} clients", run.seed, run.clients);
    let log = Log::default();
    log.listen();
    let ground = Ground::start().await;
    let outcome = run.on(&ground, ground.doors()).await;
    let scan = log.scan(&outcome.records.secrets, &ground.keys().await);
    let summary = Summary { run: &run, outcome: &outcome, scan: &scan };
    let told = writeln!(io::stdout(), "{summary}");
    if summary.is_good() && told.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
