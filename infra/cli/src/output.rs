//! What a command says when it is done.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use faregate::clock::Timestamp;
use faregate::domain::user::{User, UserId};
use faregate::domain::username::Username;
use serde_json::{Value, json};

/// What was done, and to whom.
pub(crate) struct Report {
    /// One line, for people.
    pub(crate) line: String,
    /// The user as it is now, or as it was.
    pub(crate) user: User,
    /// How many sessions are open, if they were counted.
    pub(crate) open_sessions: Option<usize>,
}

/// Prints `report` to standard output.
pub(crate) fn print(report: &Report, as_json: bool) {
    let text = if as_json { format!("{:#}\n", as_value(report)) } else { as_lines(report) };
    print_lines(text.trim_end_matches('\n'));
}

/// Prints `text` and a line feed to standard output.
pub(crate) fn print_lines(text: &str) {
    // A reader that left does not undo what was done.
    let _closed = writeln!(anstream::stdout(), "{text}");
}

/// Writes `text` and a line feed to standard error: what is under way, not what came of it.
pub(crate) fn tell(text: &str) {
    // Nobody is left to tell when standard error is closed.
    let _closed = writeln!(anstream::stderr(), "{text}");
}

/// `text` on one line, without what would move a terminal's cursor or turn its text round: somebody else chose it.
pub(crate) fn printable(text: &str) -> String {
    let is_mark =
        |c: char| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c);
    text.chars().map(|c| if is_mark(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

fn as_lines(report: &Report) -> String {
    let line = format!("{}\n", report.line);
    let (Some(_), Value::Object(details)) = (report.open_sessions, as_value(report)) else { return line };
    let rows = details.into_iter().map(|(name, value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), printable);
        format!("  {name:14} {value}\n")
    });
    line + &rows.collect::<String>()
}

/// A user for programs.
pub(crate) fn user_value(
    (id, username): (UserId, &Username),
    (first_name, last_name): (&str, &str),
    (is_active, is_staff): (bool, bool),
    created_at: Timestamp,
) -> Value {
    json!({
        "id": id.to_string(),
        "username": username.as_str(),
        "first_name": first_name,
        "last_name": last_name,
        "is_active": is_active,
        "is_staff": is_staff,
        "created_at": created_at.rfc3339(),
    })
}

fn as_value(report: &Report) -> Value {
    let User { id, username, first_name, last_name, is_active, is_staff, created_at, legacy_id, .. } = &report.user;
    let mut value = user_value((*id, username), (first_name, last_name), (*is_active, *is_staff), *created_at);
    if let (Some(count), Value::Object(members)) = (report.open_sessions, &mut value) {
        if let Some(legacy_id) = legacy_id {
            members.insert("legacy_id".to_owned(), json!(legacy_id.as_str()));
        }
        members.insert("open_sessions".to_owned(), json!(count));
    }
    value
}

/// Whether at `path` there is what a file must not replace: a terminal, a pipe, a folder.
pub(crate) fn is_no_file(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|about| !about.is_file())
}

/// A new file that only its owner may read: it holds password hashes, or names.
///
/// # Errors
///
/// When it cannot be made.
pub(crate) fn private_file(path: &Path) -> io::Result<File> {
    // One that is there may be readable for all, or lead elsewhere.
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => OpenOptions::new().write(true).create_new(true).mode(0o600).open(path),
    }
}
