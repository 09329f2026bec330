//! Why a command was not carried out, and its exit code.

use std::io;
use std::path::Path;

use faregate::passwords::PasswordError;
use faregate::randomness::NoEntropy;
use faregate::service::StartError;
use faregate::settings::SettingsError;
use faregate::store::StoreError;
use faregate::tokens::RotationError;

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// What was asked for is not allowed or not there.
    #[error("{0}")]
    Refused(String),
    /// The command was not asked for in the right way.
    #[error("{0}")]
    Usage(String),
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error(transparent)]
    Start(#[from] StartError),
    /// A key could not be made.
    #[error(transparent)]
    Key(RotationError),
    /// This program was built with a record of operations that lacks something.
    #[error("the record of operations: {0}")]
    Record(String),
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
    /// A file cannot be read or written.
    #[error("{path}: {reason}")]
    File { path: String, reason: String },
    /// There is no room for temporary files.
    #[error("a temporary file: {0}")]
    Temporary(#[from] rusqlite::Error),
    /// By Ctrl-C; what was written is noted.
    #[error("interrupted")]
    Interrupted,
}

impl Failure {
    /// `error` at `path`.
    pub(crate) fn file(path: &Path, error: &io::Error) -> Self {
        Self::File { path: path.display().to_string(), reason: error.to_string() }
    }

    pub(crate) const fn exit_code(&self) -> u8 {
        match self {
            Self::Refused(_) => 1,
            Self::Usage(_) | Self::Settings(_) | Self::File { .. } | Self::Temporary(_) => 2,
            Self::Store(_)
            | Self::Password(_)
            | Self::Start(_)
            | Self::Key(_)
            | Self::Record(_)
            | Self::NoEntropy(_) => 3,
            // As shells have it of what SIGINT ended.
            Self::Interrupted => 130,
        }
    }
}
