//! Sources: files of other systems, read one user after the other, so that memory does not grow with the file.

mod columns;
mod csv;
mod django;
mod firebase;
mod json;
mod jsonl;
mod sqlite;
mod supabase;
#[cfg(test)]
mod tests;
mod text;

use std::path::Path;

use super::arguments::{ImportArguments, SourceKind};
use super::draft::Draft;

/// A user in a file.
#[derive(Debug)]
pub(crate) struct Entry {
    /// Which line, record or row, from 1.
    pub(crate) number: u64,
    /// The user, or why what stands there is none.
    pub(crate) draft: Result<Draft, String>,
    /// How much of the file is read, in bytes.
    pub(crate) bytes_read: u64,
}

/// The file cannot be read to its end: it is cut off, in another encoding, or nothing that the source writes.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SourceError {
    #[error("{file}: {source}")]
    Io { file: String, source: std::io::Error },
    #[error("{file}: {reason}")]
    Content { file: String, reason: String },
    /// Nobody wants to hear more.
    #[error("the reader was stopped")]
    Stopped,
}

/// Takes users, one after the other; false ends the reading.
pub(crate) trait Sink {
    fn take(&mut self, entry: Entry) -> bool;
}

impl<F: FnMut(Entry) -> bool> Sink for F {
    fn take(&mut self, entry: Entry) -> bool {
        self(entry)
    }
}

impl SourceKind {
    /// What an entry of such a file is called.
    pub(crate) const fn unit(self) -> &'static str {
        match self {
            Self::DjangoDumpdata | Self::Firebase => "record",
            Self::DjangoSqlite => "row",
            Self::DjangoCsv | Self::SupabaseCsv | Self::Jsonl => "line",
        }
    }
}

/// Reads `arguments.file` to its end.
///
/// # Errors
///
/// When it cannot be read to its end, or the sink wants no more.
pub(crate) fn read(arguments: &ImportArguments, sink: &mut dyn Sink) -> Result<(), SourceError> {
    let file: &Path = &arguments.file;
    match arguments.source {
        SourceKind::DjangoDumpdata => django::read_dump(file, arguments.table.as_deref(), sink),
        SourceKind::DjangoSqlite => sqlite::read(file, arguments.table.as_deref(), sink),
        SourceKind::DjangoCsv => csv::read(file, (&django::SIGNS, django::draft), sink),
        SourceKind::Firebase => firebase::read(file, arguments.hash_config.as_deref(), sink),
        SourceKind::SupabaseCsv => csv::read(file, (&supabase::COLUMNS, supabase::draft), sink),
        SourceKind::Jsonl => jsonl::read(file, sink),
    }
}

impl SourceError {
    fn io(file: &Path) -> impl Fn(std::io::Error) -> Self {
        let file = file.display().to_string();
        move |source| match source.kind() {
            std::io::ErrorKind::InvalidData => Self::Content { file: file.clone(), reason: source.to_string() },
            _ => Self::Io { file: file.clone(), source },
        }
    }

    fn content(file: &Path, reason: impl Into<String>) -> Self {
        Self::Content { file: file.display().to_string(), reason: reason.into() }
    }
}
