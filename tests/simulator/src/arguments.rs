//! The command line.

use clap::{Args, Parser, Subcommand};
use simulator::case::Case;
use simulator::message::Milliseconds;
use simulator::search::Bounds;
use simulator::thief::Theft;
use simulator::weather::SKEW;

/// The whole command line.
#[derive(Parser, Debug)]
#[command(
    name = "simulator",
    version,
    about = "Simulates refresh-token rotation and compares algorithms",
    after_help = "Exit codes: 0 all properties hold; 1 one does not; 2 wrong usage.",
    args_conflicts_with_subcommands = true
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) run: RunArguments,
}

/// What to do.
#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Run many schedules and print the table (the default)
    Run(RunArguments),
    /// Go through all short schedules
    Exhaustive(ExhaustiveArguments),
    /// Print one schedule and what becomes of it
    Replay(ReplayArguments),
}

/// How many schedules of which kind.
#[derive(Args, Debug)]
pub(crate) struct RunArguments {
    /// How many schedules, of all algorithms, networks and thefts together
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub(crate) schedules: u64,
    /// The seed of all of them
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub(crate) seed: u64,
    /// How wrong the clock of a server is at most
    #[arg(long, value_name = "MILLISECONDS", default_value_t = SKEW, value_parser = skew())]
    pub(crate) skew: Milliseconds,
    /// On how many threads; the results are the same [default: one for each core]
    #[arg(long, value_name = "T", value_parser = threads)]
    pub(crate) threads: Option<usize>,
    /// Print the table in Markdown
    #[arg(long)]
    pub(crate) markdown: bool,
}

/// How far the search goes.
#[derive(Args, Debug)]
pub(crate) struct ExhaustiveArguments {
    /// How many rotations at most
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u32).range(1..=12))]
    pub(crate) rotations: u32,
    /// How often half a refresh token's life goes by at most
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(0..=8))]
    pub(crate) leaps: u8,
    /// How often the thief acts at most
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(0..=12))]
    pub(crate) thefts: u8,
}

impl ExhaustiveArguments {
    /// The bounds of the search in which `theft` is committed.
    pub(crate) const fn bounds(&self, theft: Option<Theft>) -> Bounds {
        Bounds { rotations: self.rotations, acts: self.thefts, leaps: self.leaps, log_out: true, theft, only: None }
    }
}

/// Which schedule.
#[derive(Args, Debug)]
pub(crate) struct ReplayArguments {
    /// The seed of the run
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub(crate) seed: u64,
    /// How wrong the clock of a server is at most
    #[arg(long, value_name = "MILLISECONDS", default_value_t = SKEW, value_parser = skew())]
    pub(crate) skew: Milliseconds,
    /// Which: algorithm/network/kind/number, such as `ours/rough/storage/7`
    #[arg(long, value_name = "CASE")]
    pub(crate) case: Case,
}

fn skew() -> clap::builder::RangedI64ValueParser<i64> {
    clap::value_parser!(i64).range(0..=3_600_000)
}

fn threads(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(threads @ 1..=1024) => Ok(threads),
        _ => Err("it is a number from 1 to 1024".to_owned()),
    }
}
