//! `faregate cost`: the bill of a month, reckoned from what was measured and what is assumed. It asks neither AWS nor a table.

mod arguments;
mod bill;
mod limits;
mod month;
mod prices;
mod record;
mod report;

pub(crate) use arguments::CostArguments;

use self::month::Month;
use self::prices::{FREE, Free};
use self::record::Record;
use self::report::Report;
use crate::failure::Failure;
use crate::output::print_lines;

/// Reckons and says what a month costs.
///
/// # Errors
///
/// When a price that is needed is not known.
pub(crate) fn run(arguments: &CostArguments, as_json: bool) -> Result<(), Failure> {
    let record = Record::load()?;
    let month = Month::of(arguments, &record)?;
    let free = if arguments.free_tier { FREE } else { Free::default() };
    let lines = bill::bill(&month, &arguments.region.prices(), &free, &record)?;
    let limits = limits::limits(&month, arguments.peak, &record)?;
    let report = Report { arguments, month: &month, lines: &lines, limits: &limits };
    print_lines(&if as_json { format!("{:#}", report.value()) } else { report.text() });
    Ok(())
}
