//! A user as a line of JSON: our own format, which `faregate export` writes and `faregate import jsonl` reads.

use faregate::clock::Timestamp;
use faregate::domain::user::{Epochs, User};
use serde::{Deserialize, Serialize};

use crate::moment;

/// All that is kept of a user, but for sessions. A file that is made by hand needs `username` alone.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserRecord {
    /// A `UUIDv7`; without it, one is derived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
    /// The name to log in with.
    pub(crate) username: String,
    #[serde(default)]
    pub(crate) first_name: String,
    #[serde(default)]
    pub(crate) last_name: String,
    /// In any format that a log-in compares; empty or `!` without a password.
    #[serde(default)]
    pub(crate) password_hash: String,
    #[serde(default = "yes")]
    pub(crate) is_active: bool,
    #[serde(default)]
    pub(crate) is_staff: bool,
    /// RFC 3339; without it, the user is as old as the import.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) created_at: Option<String>,
    /// What the user was called in the system that it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) legacy_id: Option<String>,
    /// How often all sessions were ended: tokens of before must not come alive again.
    #[serde(default)]
    pub(crate) revocations: u64,
    #[serde(default)]
    pub(crate) deactivations: u64,
    /// How often an administrator changed the user.
    #[serde(default)]
    pub(crate) version: u64,
}

const fn yes() -> bool {
    true
}

impl UserRecord {
    /// All of `user`.
    pub(crate) fn of(user: &User) -> Self {
        let Epochs { revocations, deactivations } = user.epochs;
        Self {
            id: Some(user.id.to_string()),
            username: user.username.to_string(),
            first_name: user.first_name.clone(),
            last_name: user.last_name.clone(),
            password_hash: user.password_hash.as_str().to_owned(),
            is_active: user.is_active,
            is_staff: user.is_staff,
            created_at: Some(moment::write(user.created_at)),
            legacy_id: user.legacy_id.as_ref().map(ToString::to_string),
            revocations,
            deactivations,
            version: user.version,
        }
    }

    /// When the user signed up.
    ///
    /// # Errors
    ///
    /// When that is no time.
    pub(crate) fn signed_up_at(&self) -> Result<Option<Timestamp>, String> {
        moment::read_field("created_at", self.created_at.as_deref())
    }
}
