//! The table: one row for each algorithm.

use std::fmt;

use crate::algorithms::Name;
use crate::case::{Kind, WEATHERS, Weather};
use crate::message::{HOUR, Milliseconds};
use crate::tally::{Sums, Tally};
use crate::thief::Theft;

/// The thefts of each column. A captured answer holds a token and nothing else.
const THEFTS: [(&str, &[Kind]); 3] = [
    ("token", &[Kind::Theft(Theft::Token), Kind::Theft(Theft::Answer)]),
    ("request", &[Kind::Theft(Theft::Request)]),
    ("storage", &[Kind::Theft(Theft::Storage)]),
];
/// All thefts.
pub const ALL_THEFTS: [Kind; 4] =
    [Kind::Theft(Theft::Token), Kind::Theft(Theft::Request), Kind::Theft(Theft::Answer), Kind::Theft(Theft::Storage)];

/// What a tally shows.
pub struct Table<'a> {
    tally: &'a Tally,
    is_markdown: bool,
}

impl<'a> Table<'a> {
    /// The table of `tally`: for a terminal, or in Markdown.
    #[must_use]
    pub const fn new(tally: &'a Tally, is_markdown: bool) -> Self {
        Self { tally, is_markdown }
    }

    fn header() -> Vec<String> {
        let mut header = vec!["algorithm".to_owned()];
        header.extend(WEATHERS.iter().map(|weather| format!("false log-outs, {weather}")));
        for (name, _) in THEFTS {
            header.extend(WEATHERS.iter().map(|weather| format!("{name} undetected, {weather}")));
        }
        header.insert(1 + WEATHERS.len(), "thefts with a gain".to_owned());
        header.push("refreshes until detection, mean/most".to_owned());
        header.push("thief's access in hours, mean/most".to_owned());
        header
    }

    fn row(&self, algorithm: Name) -> Vec<String> {
        let mut row = vec![algorithm.title()];
        for weather in WEATHERS {
            let honest = self.tally.of(algorithm, weather, Kind::Honest);
            row.push(percent(honest.lost, honest.schedules));
        }
        for (_, kinds) in THEFTS {
            row.extend(WEATHERS.iter().map(|weather| self.undetected(algorithm, *weather, kinds)));
        }
        let thefts = self.tally.over(algorithm, &WEATHERS, &ALL_THEFTS);
        row.insert(1 + WEATHERS.len(), percent(thefts.succeeded, thefts.acted));
        row.push(until_detection(&thefts));
        row.push(format!("{}/{}", hours(thefts.gained, thefts.acted), hours(thefts.most_gained, 1)));
        row
    }

    fn undetected(&self, algorithm: Name, weather: Weather, kinds: &[Kind]) -> String {
        let sums = self.tally.over(algorithm, &[weather], kinds);
        if sums.succeeded == 0 { "no gain".to_owned() } else { percent(sums.undetected, sums.succeeded) }
    }
}

impl fmt::Display for Table<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let header = Self::header();
        let rows: Vec<Vec<String>> = Name::ALL.into_iter().map(|algorithm| self.row(algorithm)).collect();
        if self.is_markdown { markdown(formatter, &header, &rows) } else { columns(formatter, &header, &rows) }
    }
}

fn markdown(formatter: &mut fmt::Formatter<'_>, header: &[String], rows: &[Vec<String>]) -> fmt::Result {
    writeln!(formatter, "| {} |", header.join(" | "))?;
    let alignments: Vec<&str> = (0..header.len()).map(|column| if column == 0 { "---" } else { "---:" }).collect();
    writeln!(formatter, "| {} |", alignments.join(" | "))?;
    rows.iter().try_for_each(|row| writeln!(formatter, "| {} |", row.join(" | ")))
}

/// Columns as wide as their widest word; the header goes over several lines.
fn columns(formatter: &mut fmt::Formatter<'_>, header: &[String], rows: &[Vec<String>]) -> fmt::Result {
    let header: Vec<Vec<&str>> = header.iter().map(|title| title.split(' ').collect()).collect();
    let height = header.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let words = header.get(column).into_iter().flatten().map(|word| word.len());
        words.chain(rows.iter().filter_map(|row| row.get(column)).map(String::len)).max().unwrap_or(0)
    };
    let line = |formatter: &mut fmt::Formatter<'_>, cells: &[&str]| {
        for (column, cell) in cells.iter().enumerate() {
            let width = width(column);
            if column == 0 { write!(formatter, "{cell:<width$}")? } else { write!(formatter, "  {cell:>width$}")? }
        }
        writeln!(formatter)
    };
    for place in 0..height {
        let words: Vec<&str> = header.iter().map(|words| words.get(place).copied().unwrap_or_default()).collect();
        line(formatter, &words)?;
    }
    for row in rows {
        let cells: Vec<&str> = row.iter().map(String::as_str).collect();
        line(formatter, &cells)?;
    }
    Ok(())
}

/// `part` of `whole` in percent, with one digit: whole numbers all the way, so that every machine prints the same. Only
/// nothing at all is 0, and only everything 100.
fn percent(part: u64, whole: u64) -> String {
    let permille = (part * 2000 + whole) / (whole * 2).max(1);
    match permille {
        0 if part > 0 => "<0.1 %".to_owned(),
        0 => "0 %".to_owned(),
        1000 if part < whole => ">99.9 %".to_owned(),
        1000 => "100 %".to_owned(),
        permille => format!("{}.{} %", permille / 10, permille % 10),
    }
}

fn until_detection(sums: &Sums) -> String {
    if sums.detected == 0 {
        return "never".to_owned();
    }
    let hundredths = (sums.refreshes * 200 + sums.detected) / (sums.detected * 2);
    format!("{}.{:02}/{}", hundredths / 100, hundredths % 100, sums.most_refreshes)
}

/// The mean of `sum` over `count`, in hours with one digit.
fn hours(sum: Milliseconds, count: u64) -> String {
    let count = i64::try_from(count.max(1)).unwrap_or(i64::MAX);
    let tenths = (sum * 10 / count + HOUR / 2) / HOUR;
    format!("{}.{}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_nothing_is_0_and_only_everything_is_100_percent() {
        assert_eq!(percent(0, 0), "0 %");
        assert_eq!(percent(0, 7), "0 %");
        assert_eq!(percent(1, 1_000_000), "<0.1 %");
        assert_eq!(percent(1, 3), "33.3 %");
        assert_eq!(percent(999_999, 1_000_000), ">99.9 %");
        assert_eq!(percent(7, 7), "100 %");
    }

    #[test]
    fn hours_are_rounded() {
        assert_eq!(hours(HOUR * 3, 2), "1.5");
        assert_eq!(hours(0, 0), "0.0");
    }
}
