//! How far an import came, in a file beside its source: a second run goes on from there.
//!
//! It saves time alone. A note whose last user is not in the table is of another table, or of one that was restored: it is left
//! aside, and the import begins again, which leaves users who are there as they are.

use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use faregate::domain::user::UserId;
use faregate::service::Service;
use serde::{Deserialize, Serialize};

use super::arguments::{ImportArguments, SourceKind};
use crate::failure::Failure;
use crate::output::private_file;

/// The note.
pub(super) struct Checkpoint {
    path: PathBuf,
    noted: Noted,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Noted {
    /// The SHA-256 of the source and of all that decides who its users are.
    source: String,
    /// The table that users are written to.
    table: String,
    /// How many of the file's users are written, of those that can be.
    users: u64,
    /// The last of them.
    last: Option<String>,
}

impl Checkpoint {
    /// The note of an earlier run, or a new one.
    ///
    /// # Errors
    ///
    /// When it belongs to another file or table, a file cannot be read, or DynamoDB fails.
    pub(super) async fn open(arguments: &ImportArguments, service: &Service) -> Result<Self, Failure> {
        let path = arguments.checkpoint.clone().unwrap_or_else(|| with_ending(&arguments.file, ".faregate-import"));
        let source = fingerprint(arguments, service).map_err(|error| Failure::file(&arguments.file, &error))?;
        let fresh = Noted { source, table: service.settings.table.clone(), users: 0, last: None };
        let noted = match std::fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => fresh,
            Err(error) => return Err(Failure::file(&path, &error)),
            Ok(text) => match serde_json::from_slice::<Noted>(&text) {
                Ok(noted) if (&noted.source, &noted.table) == (&fresh.source, &fresh.table) => {
                    if noted.is_of_this_table(service).await? { noted } else { fresh }
                }
                _ => return Err(is_of_another(&path)),
            },
        };
        Ok(Self { path, noted })
    }

    /// How many users are written.
    pub(super) const fn users(&self) -> u64 {
        self.noted.users
    }

    /// The place that the note is of.
    pub(super) fn behind(&self) -> Behind {
        Behind { to_come: self.noted.users, last: self.noted.last.clone(), path: self.path.clone() }
    }

    /// Notes that `count` more are, of whom `last` is the last.
    ///
    /// # Errors
    ///
    /// When the file cannot be written; the one before is as it was.
    pub(super) fn advance(&mut self, count: u64, last: UserId) -> Result<(), Failure> {
        self.noted.users += count;
        self.noted.last = Some(last.to_string());
        let text = serde_json::to_vec(&self.noted).unwrap_or_default();
        let next = self.path.with_extension("faregate-import-next");
        private_file(&next)
            .and_then(|mut file| file.write_all(&text))
            .and_then(|()| std::fs::rename(&next, &self.path))
            .map_err(|error| Failure::file(&self.path, &error))
    }

    /// All is written: there is nothing to go on from.
    ///
    /// # Errors
    ///
    /// When the file is there and cannot be removed.
    pub(super) fn remove(self) -> Result<(), Failure> {
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Failure::file(&self.path, &error)),
            _ => Ok(()),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Noted {
    /// Whether the last user is there.
    async fn is_of_this_table(&self, service: &Service) -> Result<bool, Failure> {
        match self.last.as_deref().and_then(|last| last.parse().ok()) {
            Some(last) => Ok(service.users().find(last).await?.is_some()),
            None => Ok(false),
        }
    }
}

/// Where in the file a run goes on.
pub(super) struct Behind {
    /// How many are to come that are written.
    to_come: u64,
    /// The last of them.
    last: Option<String>,
    path: PathBuf,
}

impl Behind {
    /// Whether the next user of the file is written, which has `id`.
    ///
    /// # Errors
    ///
    /// When the last one of them is not who was noted: somebody of before is gone from the file, or is new in it, and others
    /// would be left out.
    pub(super) fn is_written(&mut self, id: UserId) -> Result<bool, Failure> {
        let Some(to_come) = self.to_come.checked_sub(1) else { return Ok(false) };
        self.to_come = to_come;
        let is_noted = to_come > 0 || self.last.as_deref() == Some(id.to_string().as_str());
        if is_noted { Ok(true) } else { Err(is_of_another(&self.path)) }
    }
}

fn is_of_another(checkpoint: &Path) -> Failure {
    let path = checkpoint.display();
    Failure::Usage(format!("{path} is of another file, table or command: remove it, or name one with --checkpoint"))
}

/// `path` with `ending` behind it.
fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Of the files, and of what decides who the users in them are.
fn fingerprint(arguments: &ImportArguments, service: &Service) -> io::Result<String> {
    let ImportArguments { source, file, table, keep_staff, hash_config, .. } = arguments;
    let mut context = Context::new(&SHA256);
    let decides = (source, table, keep_staff, service.settings.username_case, service.settings.argon2);
    context.update(format!("{decides:?}").as_bytes());
    // What a database in use has not yet put into its file.
    let log = Some(with_ending(file, "-wal")).filter(|log| *source == SourceKind::DjangoSqlite && log.exists());
    for path in [Some(file), hash_config.as_ref(), log.as_ref()].into_iter().flatten() {
        add(&mut context, path)?;
    }
    Ok(STANDARD_NO_PAD.encode(context.finish()))
}

fn add(context: &mut Context, path: &Path) -> io::Result<()> {
    let (mut file, mut buffer) = (std::fs::File::open(path)?, vec![0; 65_536]);
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        context.update(buffer.get(..count).unwrap_or_default());
    }
}
