//! What a command says when it is done.

use std::io::Write as _;

use faregate::domain::user::User;
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

fn as_lines(report: &Report) -> String {
    let line = format!("{}\n", report.line);
    let (Some(_), Value::Object(details)) = (report.open_sessions, as_value(report)) else { return line };
    let rows = details.into_iter().map(|(name, value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        format!("  {name:14} {value}\n")
    });
    line + &rows.collect::<String>()
}

fn as_value(report: &Report) -> Value {
    let User { id, username, first_name, last_name, is_active, is_staff, created_at, .. } = &report.user;
    let mut value = json!({
        "id": id.to_string(),
        "username": username.as_str(),
        "first_name": first_name,
        "last_name": last_name,
        "is_active": is_active,
        "is_staff": is_staff,
        "created_at": created_at.rfc3339(),
    });
    if let (Some(count), Value::Object(members)) = (report.open_sessions, &mut value) {
        members.insert("open_sessions".to_owned(), json!(count));
    }
    value
}
