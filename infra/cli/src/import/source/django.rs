//! A Django's users: its `AbstractUser`, or one that has most of its fields.

use std::collections::BTreeSet;
use std::io::BufRead as _;
use std::path::Path;

use serde_json::Value;

use super::columns::Columns;
use super::text::MOST_RECORD_BYTES;
use super::{Entry, Sink, SourceError, json, jsonl, text};
use crate::import::draft::{Draft, Staff};

/// What a table or a model has that holds users with passwords.
pub(super) const SIGNS: [&str; 3] = ["password", "is_active", "date_joined"];

/// The user in a row of the table of users. One whose model logs in with the e-mail address has no `username`.
///
/// # Errors
///
/// What is wrong with a field.
pub(super) fn draft(row: &Columns<'_>) -> Result<Draft, String> {
    let username = row.text("username").or_else(|| row.text("email")).ok_or("neither username nor email")?;
    // Django asks a superuser for no permission, but who is no staff does not get into its admin.
    let staff = match (row.flag("is_staff", false)?, row.flag("is_superuser", false)?) {
        (false, _) => Staff::No,
        (true, false) => Staff::Limited,
        (true, true) => Staff::Full,
    };
    Ok(Draft {
        origin: "django",
        legacy_id: row.text("id"),
        username,
        first_name: row.text_or_empty("first_name"),
        last_name: row.text_or_empty("last_name"),
        password_hash: row.text_or_empty("password"),
        is_active: row.flag("is_active", true)?,
        staff,
        created_at: row.time("date_joined")?,
        ..Draft::default()
    })
}

/// Reads what `manage.py dumpdata` wrote, whatever else is in it.
///
/// # Errors
///
/// When it is cut off, no such dump, or has several models that look like users and none of them is `wanted`.
pub(super) fn read_dump(path: &Path, wanted: Option<&str>, sink: &mut dyn Sink) -> Result<(), SourceError> {
    let (mut reader, place) = text::open(path)?;
    let begin = reader.fill_buf().map_err(SourceError::io(path))?;
    let is_array = begin.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{');
    let (mut number, mut models) = (0, BTreeSet::new());
    let mut take = |record: Result<Value, String>| {
        number += 1;
        let bytes_read = place.end_record();
        let draft = match record {
            Ok(record) if !record.is_object() => Err("no record of a dump".to_owned()),
            Ok(record) if !is_of_a_user(&record) => return true,
            Ok(record) => {
                let model = record.get("model").and_then(Value::as_str).unwrap_or_default();
                if wanted.is_some_and(|wanted| wanted != model) {
                    return true;
                }
                models.insert(model.to_owned());
                of_record(&record)
            }
            Err(reason) => Err(reason),
        };
        models.len() < 2 && sink.take(Entry { number, draft, bytes_read })
    };
    let read = if is_array {
        json::for_each((path, reader), None, &mut |record| take(Ok(record)))
    } else {
        jsonl::for_each_line((path, reader, MOST_RECORD_BYTES), &mut |_, line| {
            take(line.and_then(|line| jsonl::parse(&line)))
        })
    };
    if models.len() < 2 {
        return read;
    }
    let models: Vec<String> = models.into_iter().collect();
    Err(SourceError::content(
        path,
        format!("several models look like users: --table with one of {}", models.join(", ")),
    ))
}

/// Every model of the project is in a dump.
fn is_of_a_user(record: &Value) -> bool {
    let fields = record.get("fields");
    SIGNS.iter().all(|sign| fields.is_some_and(|fields| fields.get(sign).is_some()))
}

fn of_record(record: &Value) -> Result<Draft, String> {
    let fields = record.get("fields").and_then(Value::as_object).ok_or("no record of a dump")?;
    // Without it, trips and tokens have lost their user, and a dump with it would bring everybody a second time.
    if record.get("pk").is_none_or(Value::is_null) {
        return Err("no id: write the dump without --natural-primary".to_owned());
    }
    let field = |name: &str| match if name == "id" { record.get("pk") } else { fields.get(name) }? {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    draft(&Columns(&field))
}
