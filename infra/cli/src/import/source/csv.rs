//! CSV with a header (RFC 4180), as databases export tables.

use std::path::Path;

use csv::{ErrorKind, ReaderBuilder, StringRecord};

use super::columns::Columns;
use super::{Entry, Sink, SourceError, text};
use crate::import::draft::Draft;

/// Makes a user of a row.
type ToDraft = fn(&Columns<'_>) -> Result<Draft, String>;

/// Reads `path`, whose rows `draft` makes users of.
///
/// # Errors
///
/// When it cannot be read, or has no header with all columns that are `needed`.
pub(super) fn read(path: &Path, (needed, draft): (&[&str], ToDraft), sink: &mut dyn Sink) -> Result<(), SourceError> {
    let (reader, place) = text::open(path)?;
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(reader);
    let header = reader.headers().map_err(|error| SourceError::content(path, error.to_string()))?.clone();
    if header.len() < 2 {
        return Err(SourceError::content(
            path,
            "the first line is no header: it names no columns, separated by commas",
        ));
    }
    // What is missing would be taken for what is empty.
    if let Some(missing) = needed.iter().find(|needed| !header.iter().any(|column| column == **needed)) {
        return Err(SourceError::content(path, format!("the header has no column {missing}")));
    }
    let mut record = StringRecord::new();
    loop {
        let number = reader.position().line();
        let draft = match reader.read_record(&mut record) {
            Ok(false) => return Ok(()),
            Ok(true) if record.len() != header.len() => {
                Err(format!("{} fields where the header has {}: is the file cut off?", record.len(), header.len()))
            }
            // Every database ends the last line too. What is behind a quote that is not closed has no end either.
            Ok(true) if place.is_at_end() => Err("the line has no end: is the file cut off?".to_owned()),
            Ok(true) => draft(&Columns(&|name| {
                let index = header.iter().position(|column| column == name)?;
                record.get(index).map(str::to_owned)
            })),
            Err(error) if matches!(error.kind(), ErrorKind::Utf8 { .. }) => {
                Err("not UTF-8; is the file in Latin-1?".to_owned())
            }
            Err(error) => return Err(SourceError::content(path, error.to_string())),
        };
        if !sink.take(Entry { number, draft, bytes_read: place.end_record() }) {
            return Err(SourceError::Stopped);
        }
    }
}
