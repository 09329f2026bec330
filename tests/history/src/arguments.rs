//! The command line.

use std::time::Duration;

use clap::Parser;
use history::run::{Length, Run};

/// The whole command line.
#[derive(Parser, Debug)]
#[command(
    name = "history",
    version,
    about = "Random clients against the whole service under faults; checks that what they saw is linearizable",
    after_help = "Exit codes: 0 it is, and the log tells no secret; 1 it is not; 2 wrong usage."
)]
pub(crate) struct Arguments {
    /// What the choice of operations and of faults follows from; how they interleave does not
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// How long the clients go on
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3_000))]
    seconds: u64,
    /// How many operations they do together, in place of a time
    #[arg(long, value_name = "N", conflicts_with = "seconds")]
    operations: Option<u64>,
    /// How many clients there are
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    clients: u32,
    /// How many of a thousand calls to DynamoDB meet a fault
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(0..=1_000))]
    faults: u32,
}

impl Arguments {
    /// The run that is wanted.
    pub(crate) fn run(&self) -> Run {
        let time = Length::Time(Duration::from_secs(self.seconds));
        let length = self.operations.map_or(time, Length::Operations);
        Run { seed: self.seed, clients: self.clients, length, faults: self.faults }
    }
}
