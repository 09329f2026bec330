//! Who has come in this file already: no two users may have one name, once case and form are set aside, or one id.

use faregate::domain::user::User;
use faregate::domain::username::CaseSensitivity;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::failure::Failure;

/// Names and ids and where they stood, in a temporary file that is gone with the command: memory stays what the cache is, however
/// many users come.
pub(super) struct Seen {
    case: CaseSensitivity,
    database: Connection,
}

/// A file without a name, 16 MB of it in memory; nobody needs it after a crash.
const SETUP: &str = "PRAGMA cache_size = -16384; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
                     CREATE TABLE seen (key TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID; BEGIN";

impl Seen {
    /// Nobody yet.
    ///
    /// # Errors
    ///
    /// When there is no room for temporary files.
    pub(super) fn new(case: CaseSensitivity) -> Result<Self, Failure> {
        let database = Connection::open("")?;
        database.execute_batch(SETUP)?;
        Ok(Self { case, database })
    }

    /// Notes `user`, who stands at `number`; if somebody has the name or an id already, which and where, and notes nothing.
    ///
    /// # Errors
    ///
    /// When there is no room for temporary files.
    pub(super) fn note(&mut self, user: &User, number: u64) -> Result<Option<Twin>, Failure> {
        let name = format!("n{}", user.username.key(self.case).as_str());
        let id = format!("i{}", user.id);
        let legacy = user.legacy_id.as_ref().map(|legacy| format!("l{legacy}"));
        let keys: Vec<String> = [name, id].into_iter().chain(legacy).collect();
        for (index, key) in keys.iter().enumerate() {
            let find = "SELECT number FROM seen WHERE key = ?1";
            let mut find = self.database.prepare_cached(find)?;
            let found = find.query_row([key], |row| row.get(0)).optional()?;
            if let Some(number) = found {
                return Ok(Some(Twin { field: if index == 0 { "username" } else { "id" }, number }));
            }
        }
        for key in keys {
            let add = "INSERT INTO seen (key, number) VALUES (?1, ?2)";
            let mut add = self.database.prepare_cached(add)?;
            add.execute(params![key, number])?;
        }
        Ok(None)
    }
}

/// Who has the same.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Twin {
    pub(super) field: &'static str,
    pub(super) number: u64,
}
