//! The admin site, and the classes of authentication beside tokens.

use super::SettingsError;
use super::reader::Reader;
use crate::domain::admin_session::AdminSessionPolicy;

/// The admin site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdminSettings {
    /// Whether there is one.
    pub is_served: bool,
    /// How sessions on it live.
    pub sessions: AdminSessionPolicy,
}

/// Which classes of authentication `me` takes beside tokens and sessions on the admin site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassSettings {
    /// Whether scripts may ask with HTTP Basic.
    pub basic: bool,
    /// Whose tokens name users, and how; unset, none do.
    pub remote_user: Option<RemoteUserSettings>,
}

/// Users whom a token of another issuer names, once API Gateway has verified it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteUserSettings {
    /// The claim `iss` of such tokens.
    pub issuer: String,
    /// The claim in which a username stands.
    pub claim: String,
}

pub(super) fn admin(read: &Reader) -> Result<AdminSettings, SettingsError> {
    Ok(AdminSettings {
        is_served: read.switch("FAREGATE_ADMIN_SITE")?,
        sessions: AdminSessionPolicy {
            idle_seconds: read.number("FAREGATE_ADMIN_IDLE_SECONDS", 60, 86_400)?,
            lifetime_seconds: read.number("FAREGATE_ADMIN_SESSION_SECONDS", 60, 604_800)?,
        },
    })
}

pub(super) fn classes(read: &Reader) -> Result<ClassSettings, SettingsError> {
    Ok(ClassSettings { basic: read.switch("FAREGATE_BASIC_AUTH")?, remote_user: remote_user(read)? })
}

fn remote_user(read: &Reader) -> Result<Option<RemoteUserSettings>, SettingsError> {
    match (read.url("FAREGATE_REMOTE_USER_ISSUER")?, read.claim("FAREGATE_REMOTE_USER_CLAIM")?) {
        (Some(issuer), Some(claim)) => match read.url("FAREGATE_ISSUER")? {
            // Whose tokens are ours must be known, whatever address a request came by: they are judged with their sessions.
            None => Err(SettingsError::Missing { name: "FAREGATE_ISSUER" }),
            Some(own) if own == issuer => Err(SettingsError::BadValue {
                name: "FAREGATE_REMOTE_USER_ISSUER",
                allowed: "another issuer than FAREGATE_ISSUER",
                given: Some(issuer),
            }),
            Some(_) => Ok(Some(RemoteUserSettings { issuer, claim })),
        },
        (None, None) => Ok(None),
        (Some(_), None) => Err(SettingsError::Missing { name: "FAREGATE_REMOTE_USER_CLAIM" }),
        (None, Some(_)) => Err(SettingsError::Missing { name: "FAREGATE_REMOTE_USER_ISSUER" }),
    }
}
