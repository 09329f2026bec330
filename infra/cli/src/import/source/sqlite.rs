//! Django's SQLite database.

use std::cell::RefCell;
use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, Row};

use super::columns::Columns;
use super::{Entry, Sink, SourceError, django};

/// Reads the users in `path`: the table `table`, or the one that looks like it.
///
/// # Errors
///
/// When it is no database, or has not just one table of users.
pub(super) fn read(path: &Path, table: Option<&str>, sink: &mut dyn Sink) -> Result<(), SourceError> {
    // It would be made.
    let bytes = std::fs::metadata(path).map_err(SourceError::io(path))?.len();
    let failed = |error: rusqlite::Error| SourceError::content(path, error.to_string());
    let database = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(failed)?;
    let tables = tables_of_users(&database).map_err(failed)?;
    let table = choose(&tables, table).map_err(|reason| SourceError::content(path, reason))?;
    let names = columns(&database, table).map_err(failed)?;
    let count = format!("SELECT count(*) FROM {}", quoted(table));
    let count: u64 = database.query_row(&count, [], |row| row.get(0)).map_err(failed)?;
    let all: Vec<String> = names.iter().map(|name| quoted(name)).collect();
    let all = format!("SELECT {} FROM {} ORDER BY id", all.join(", "), quoted(table));
    let mut all = database.prepare(&all).map_err(failed)?;
    let mut rows = all.query([]).map_err(failed)?;
    let mut number = 0;
    while let Some(row) = rows.next().map_err(failed)? {
        number += 1;
        let wrong = RefCell::new(Vec::new());
        let read = |name: &str| {
            let index = names.iter().position(|column| column == name)?;
            text(row, index).unwrap_or_else(|reason| {
                wrong.borrow_mut().push(format!("{name}: {reason}"));
                None
            })
        };
        let draft = django::draft(&Columns(&read));
        let whose = read("id").unwrap_or_default();
        let wrong = wrong.into_inner();
        let draft = if wrong.is_empty() {
            draft
        } else {
            Err(format!("of the user with the id {whose}: {}", wrong.join("; ")))
        };
        // SQLite does not tell: as many parts of the file as of the rows.
        let bytes_read = bytes.saturating_mul(number).checked_div(count).unwrap_or_default();
        if !sink.take(Entry { number, draft, bytes_read }) {
            return Err(SourceError::Stopped);
        }
    }
    Ok(())
}

fn tables_of_users(database: &Connection) -> Result<Vec<String>, rusqlite::Error> {
    let mut names = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")?;
    let names: Vec<String> = names.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let has_signs = |table: &String| {
        let of_signs = "SELECT count(*) FROM pragma_table_info(?1) WHERE name IN (?2, ?3, ?4)";
        let [first, second, third] = django::SIGNS;
        let count: Result<usize, _> = database.query_row(of_signs, [table, first, second, third], |row| row.get(0));
        count.is_ok_and(|count| count == django::SIGNS.len())
    };
    Ok(names.into_iter().filter(has_signs).collect())
}

/// The names of the columns, which `Statement::column_names` panics at where they are no UTF-8.
fn columns(database: &Connection, table: &str) -> Result<Vec<String>, rusqlite::Error> {
    database.prepare("SELECT name FROM pragma_table_info(?1)")?.query_map([table], |row| row.get(0))?.collect()
}

fn choose<'a>(tables: &'a [String], wanted: Option<&str>) -> Result<&'a str, String> {
    match (wanted, tables) {
        (Some(wanted), _) => {
            let found = tables.iter().find(|table| *table == wanted).map(String::as_str);
            found.ok_or_else(|| format!("there is no table {wanted:?} with users; there are: {}", tables.join(", ")))
        }
        (None, [one]) => Ok(one),
        (None, []) => Err(format!("there is no table with the columns {}", django::SIGNS.join(", "))),
        (None, several) => Err(format!("several tables look like users: --table with one of {}", several.join(", "))),
    }
}

/// A name as SQL has it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The text of a column; `None` for NULL.
///
/// # Errors
///
/// When it is no text, however it is kept: what is left out would be taken for what is empty.
fn text(row: &Row<'_>, index: usize) -> Result<Option<String>, &'static str> {
    Ok(match row.get_ref(index).map_err(|_| "cannot be read")? {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(bytes) => Some(std::str::from_utf8(bytes).map_err(|_| "not UTF-8")?.to_owned()),
        ValueRef::Blob(_) => return Err("bytes in place of a text"),
    })
}
