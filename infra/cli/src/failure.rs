//! Why a command was not carried out, and its exit code.

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
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
}

impl Failure {
    pub(crate) const fn exit_code(&self) -> u8 {
        match self {
            Self::Refused(_) => 1,
            Self::Usage(_) | Self::Settings(_) => 2,
            Self::Store(_) | Self::Password(_) | Self::Start(_) | Self::Key(_) | Self::NoEntropy(_) => 3,
        }
    }
}
