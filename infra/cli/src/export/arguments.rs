//! `faregate export`: its arguments.

use std::path::PathBuf;

use clap::Args;

/// What is written out, and where to.
#[derive(Args, Debug)]
pub(crate) struct ExportArguments {
    /// The file, which nobody else may read; without it, standard output
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// How many parts of the table are read side by side
    #[arg(long, value_name = "NUMBER", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) segments: u16,
    /// The users of one moment: a folder with DynamoDB's own export of the table to S3, as it was downloaded
    #[arg(long, value_name = "FOLDER")]
    pub(crate) point_in_time: Option<PathBuf>,
}
