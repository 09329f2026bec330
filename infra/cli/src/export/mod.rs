//! `faregate export`: all users with their hashes, a line of JSON each, as `faregate import jsonl` reads them.

mod arguments;
mod destination;
mod point_in_time;

use faregate::service::Service;

pub(crate) use self::arguments::ExportArguments;
use self::destination::Destination;
pub(crate) use self::point_in_time::of_point_in_time;
use crate::everybody;
use crate::failure::Failure;

/// Reads the table, in segments side by side, and writes what comes as it comes.
pub(crate) async fn of_table(service: &Service, arguments: &ExportArguments) -> Result<(), Failure> {
    let mut destination = Destination::open(arguments.output.as_deref())?;
    everybody::each(service, (arguments.segments, "exporting"), |user| destination.write(&user)).await?;
    destination.finish()
}
