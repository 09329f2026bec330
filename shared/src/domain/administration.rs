//! What administrators and operators do to users, and what is remembered of it.

use std::fmt;
use std::str::FromStr;

use super::id::{EntryId, NotAnId};
use super::password::PasswordHash;
use super::user::{Epochs, UserId};
use crate::clock::Timestamp;

/// A change of a user.
#[derive(Clone, Debug)]
pub enum UserChange {
    /// May log in again.
    Activate,
    /// May not log in; every session is over.
    Deactivate,
    /// A new password; every session is over.
    Password(PasswordHash),
    /// Every session is over.
    EndSessions,
    /// May or may not enter the admin site.
    Staff(bool),
    /// Other names.
    Names {
        /// May be empty.
        first_name: String,
        /// May be empty.
        last_name: String,
    },
}

impl UserChange {
    /// Whether it ends every session of the user.
    #[must_use]
    pub const fn ends_sessions(&self) -> bool {
        match self {
            Self::Deactivate | Self::Password(_) | Self::EndSessions => true,
            Self::Activate | Self::Staff(_) | Self::Names { .. } => false,
        }
    }

    /// What the trail says of it.
    #[must_use]
    pub const fn action(&self) -> Action {
        match self {
            Self::Activate => Action::Activated,
            Self::Deactivate => Action::Deactivated,
            Self::Password(_) => Action::PasswordSet,
            Self::EndSessions => Action::SessionsEnded,
            Self::Staff(true) => Action::StaffGranted,
            Self::Staff(false) => Action::StaffRevoked,
            Self::Names { .. } => Action::NamesChanged,
        }
    }
}

/// Who does something to a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A user who is staff, on the admin site.
    Administrator(UserId),
    /// Somebody with rights to the table itself, by the command `faregate`.
    Operator,
}

/// The actor as the store keeps it: `operator` or the administrator's id.
impl fmt::Display for Actor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Administrator(id) => id.fmt(formatter),
            Self::Operator => formatter.write_str("operator"),
        }
    }
}

impl FromStr for Actor {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        if text == "operator" { Ok(Self::Operator) } else { text.parse().map(Self::Administrator) }
    }
}

/// Who does something, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// Who.
    pub actor: Actor,
    /// When.
    pub at: Timestamp,
    /// From which address, where there is one.
    pub source_ip: Option<String>,
    /// Of an administrator, the epochs when the request was let in: the deed is done while they are the same and the
    /// administrator still is one, and not after.
    pub epochs: Option<Epochs>,
}

impl Deed {
    /// An operator's, at `at`.
    #[must_use]
    pub const fn of_operator(at: Timestamp) -> Self {
        Self { actor: Actor::Operator, at, source_ip: None, epochs: None }
    }
}

macro_rules! actions {
    ($($(#[$meta:meta])* $variant:ident = $name:literal,)+) => {
        /// What was done.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Action { $($(#[$meta])* $variant,)+ }

        impl Action {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// Its name, for the store and the log.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }
        }
    };
}

actions! {
    /// A user was made.
    Created = "created",
    /// The names are others.
    NamesChanged = "names_changed",
    /// The user may log in again.
    Activated = "activated",
    /// The user may not log in.
    Deactivated = "deactivated",
    /// The user may enter the admin site.
    StaffGranted = "staff_granted",
    /// The user may not enter the admin site.
    StaffRevoked = "staff_revoked",
    /// The user has a new password.
    PasswordSet = "password_set",
    /// Failed attempts at the user's name are forgotten: unknown devices may log in again.
    Unlocked = "unlocked",
    /// One session of the user is over.
    SessionEnded = "session_ended",
    /// Every session of the user is over.
    SessionsEnded = "sessions_ended",
    /// The user is gone.
    Deleted = "deleted",
    /// The user entered the admin site.
    Entered = "entered",
    /// The user left the admin site.
    Left = "left",
}

impl FromStr for Action {
    type Err = NotAnAction;

    fn from_str(text: &str) -> Result<Self, NotAnAction> {
        Self::ALL.iter().copied().find(|action| action.as_str() == text).ok_or(NotAnAction)
    }
}

/// The text names no action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an action")]
pub struct NotAnAction;

/// One entry of the trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrailEntry {
    /// Which entry.
    pub id: EntryId,
    /// Who did it, and when.
    pub deed: Deed,
    /// What.
    pub action: Action,
    /// To whom.
    pub user_id: UserId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actors_and_actions_are_read_as_they_are_written() {
        let id: UserId = "01968c4e-7a00-7000-8000-000000000001".parse().unwrap();
        for actor in [Actor::Operator, Actor::Administrator(id)] {
            assert_eq!(actor.to_string().parse(), Ok(actor));
        }
        for action in Action::ALL {
            assert_eq!(action.as_str().parse(), Ok(*action));
        }
        assert_eq!("erased".parse::<Action>(), Err(NotAnAction));
    }
}
