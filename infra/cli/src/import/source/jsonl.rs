//! Lines of JSON: our own format.

use std::io::BufRead;
use std::path::Path;

use serde::de::DeserializeOwned;

use super::{Entry, Sink, SourceError, text};
use crate::import::draft::{Draft, Own, Staff};
use crate::user_record::UserRecord;
use faregate::domain::user::{Epochs, UserId};

/// The longest line, in bytes: a user of ours has far less, and a file without line ends must not fill the memory.
const MAX_LINE_BYTES: u64 = 1_048_576;

/// A file of lines, and the longest that one may be, in bytes.
pub(super) type Lines<'a, R> = (&'a Path, R, u64);

/// The most that a count may be: what every reader of JSON can hold (RFC 8259, 6), and so far from its end that it can go up.
const MAX_COUNT: u64 = 1 << 53;

/// Takes lines with their numbers, or why one is none; false ends the reading.
pub(super) type TakeLine<'a> = &'a mut dyn FnMut(u64, Result<String, String>) -> bool;

/// Reads `path`.
///
/// # Errors
///
/// When it cannot be read.
pub(super) fn read(path: &Path, sink: &mut dyn Sink) -> Result<(), SourceError> {
    let (reader, place) = text::open(path)?;
    for_each_line((path, reader, MAX_LINE_BYTES), &mut |number, line| {
        let draft = line.and_then(|line| parse::<UserRecord>(&line)).and_then(draft);
        sink.take(Entry { number, draft, bytes_read: place.end_record() })
    })
}

/// Hands each line of `reader` that is not empty to `take`.
///
/// # Errors
///
/// When it cannot be read, has a line without end, or the sink wants no more.
pub(super) fn for_each_line(
    (path, mut reader, longest): Lines<'_, impl BufRead>,
    take: TakeLine<'_>,
) -> Result<(), SourceError> {
    let mut number = 0;
    loop {
        let mut line = Vec::new();
        let mut rest = std::io::Read::take(&mut reader, longest);
        if rest.read_until(b'\n', &mut line).map_err(SourceError::io(path))? == 0 {
            return Ok(());
        }
        number += 1;
        if line.len() as u64 == longest {
            let told = format!("line {number} has more than {} MB: these are no lines of JSON", longest >> 20);
            return Err(SourceError::content(path, told));
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let text = String::from_utf8(line).map_err(|_| "not UTF-8; is the file in Latin-1?".to_owned());
        if !take(number, text) {
            return Err(SourceError::Stopped);
        }
    }
}

/// What the line says.
///
/// # Errors
///
/// Why it says nothing.
pub(super) fn parse<T: DeserializeOwned>(line: &str) -> Result<T, String> {
    serde_json::from_str(line).map_err(|error| {
        let cut_off = if error.is_eof() { "cut off: " } else { "" };
        // Its own line is always the first.
        let told = error.to_string();
        format!("{cut_off}{}", told.split(" at line 1 column ").next().unwrap_or(&told))
    })
}

/// An id as we make them: a `UUIDv7` (RFC 9562, 5.7).
fn own_id(text: &str) -> Result<UserId, String> {
    let id: Option<UserId> = text.parse().ok();
    let is_ours = id.is_some_and(|id| id.bytes().get(6).is_some_and(|byte| byte >> 4 == 7));
    id.filter(|_| is_ours).ok_or_else(|| format!("id: {text:?} is none of ours"))
}

fn draft(record: UserRecord) -> Result<Draft, String> {
    let created_at = record.signed_up_at()?;
    let id = record.id.as_deref().map(own_id).transpose()?;
    if record.revocations.max(record.deactivations).max(record.version) > MAX_COUNT {
        return Err(format!("revocations, deactivations, version: {MAX_COUNT} at most"));
    }
    let epochs = Epochs { revocations: record.revocations, deactivations: record.deactivations };
    Ok(Draft {
        origin: "jsonl",
        legacy_id: record.legacy_id,
        username: record.username,
        first_name: record.first_name,
        last_name: record.last_name,
        password_hash: record.password_hash,
        is_active: record.is_active,
        staff: if record.is_staff { Staff::Full } else { Staff::No },
        banned_until: None,
        created_at,
        own: Own { id, epochs, version: record.version },
    })
}
