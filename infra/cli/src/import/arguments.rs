//! `faregate import`: its arguments.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::failure::Failure;

/// What is brought in, and how.
#[derive(Args, Debug)]
pub(crate) struct ImportArguments {
    /// What wrote the file
    #[arg(value_enum)]
    pub(crate) source: SourceKind,
    /// The file
    pub(crate) file: PathBuf,
    /// Write the users; without it, say what would be written
    #[arg(long)]
    pub(crate) commit: bool,
    /// Write those that can be written although others are refused
    #[arg(long, requires = "commit")]
    pub(crate) skip_refused: bool,
    /// Write every refusal into this file, a line of JSON each
    #[arg(long, value_name = "FILE")]
    pub(crate) refusals: Option<PathBuf>,
    /// Where to note how far it came [default: the file's name and .faregate-import]
    #[arg(long, value_name = "FILE", requires = "commit")]
    pub(crate) checkpoint: Option<PathBuf>,
    /// Of django-sqlite the table of users, of django-dumpdata the model, where more than one looks like it
    #[arg(long, value_name = "NAME")]
    pub(crate) table: Option<String>,
    /// Of a Django: make staff of all who are staff there; without it only superusers are, since staff may do everything here
    #[arg(long)]
    pub(crate) keep_staff: bool,
    /// Of firebase: a file with the project's password hash parameters, as the console shows them (`hash_config { … }`)
    #[arg(long, value_name = "FILE")]
    pub(crate) hash_config: Option<PathBuf>,
}

impl ImportArguments {
    /// Makes sure that no option is of another source.
    ///
    /// # Errors
    ///
    /// When one is.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let has_tables = matches!(self.source, SourceKind::DjangoSqlite | SourceKind::DjangoDumpdata);
        let is_django = has_tables || self.source == SourceKind::DjangoCsv;
        let unwanted = [
            ("--table", self.table.is_some() && !has_tables),
            ("--keep-staff", self.keep_staff && !is_django),
            ("--hash-config", self.hash_config.is_some() && self.source != SourceKind::Firebase),
        ];
        match unwanted.into_iter().find(|(_, is_there)| *is_there) {
            Some((option, _)) => Err(Failure::Usage(format!("{option} is of another source"))),
            None => Ok(()),
        }
    }
}

/// What wrote a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SourceKind {
    /// `manage.py dumpdata`, as JSON or JSONL
    DjangoDumpdata,
    /// Django's SQLite database
    DjangoSqlite,
    /// The table of users of a Django, as CSV with a header
    DjangoCsv,
    /// `firebase auth:export`, as JSON
    Firebase,
    /// Supabase's table `auth.users`, as CSV with a header
    SupabaseCsv,
    /// `faregate export`, or one like it made by hand
    Jsonl,
}
