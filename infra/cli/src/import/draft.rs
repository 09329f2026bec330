//! A user as a file has it, on its way to one of ours.

use faregate::clock::Timestamp;
use faregate::domain::legacy::{LegacyId, derived_id};
use faregate::domain::password::PasswordHash;
use faregate::domain::user::{Epochs, NewUser, User, UserId, person_name};
use faregate::domain::username::Username;
use faregate::http::messages;
use faregate::passwords::{Argon2Parameters, Cost, examine};

/// Whatever there is of a user in a file; nothing of it has been looked at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draft {
    /// What wrote the file: ids that are derived are another system's, or a file's, own.
    pub(crate) origin: &'static str,
    /// The user's id there.
    pub(crate) legacy_id: Option<String>,
    pub(crate) username: String,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    /// Empty for an account without a password.
    pub(crate) password_hash: String,
    pub(crate) is_active: bool,
    pub(crate) staff: Staff,
    /// Until when the user may not log in.
    pub(crate) banned_until: Option<Timestamp>,
    pub(crate) created_at: Option<Timestamp>,
    /// What only we write.
    pub(crate) own: Own,
}

/// What a user may do to others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Staff {
    /// Nothing.
    #[default]
    No,
    /// What single permissions allow, which there are none of here.
    Limited,
    /// Everything, as staff may here.
    Full,
}

/// What only an export of ours has.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Own {
    pub(crate) id: Option<UserId>,
    pub(crate) epochs: Epochs,
    pub(crate) version: u64,
}

/// What users are accepted by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    pub(crate) now: Timestamp,
    pub(crate) today: Argon2Parameters,
    /// Whether limited staff become staff.
    pub(crate) keeps_staff: bool,
}

/// A user to be written.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) user: User,
    /// What the password costs to compare; `None` without a password.
    pub(crate) cost: Option<Cost>,
    /// Whether the user was staff and is no more.
    pub(crate) loses_staff: bool,
    /// Whether the file says when the user signed up.
    pub(crate) has_date: bool,
}

/// The hash of an account that has no password.
const NO_PASSWORD: &str = "!";

impl Draft {
    /// The user, where nothing is wrong with it.
    ///
    /// # Errors
    ///
    /// Everything that is, in one line.
    pub(crate) fn accept(self, terms: Terms) -> Result<Accepted, String> {
        let Terms { now, today, keeps_staff } = terms;
        let mut wrong = Wrong::default();
        let username = wrong.unless(Username::from_elsewhere(&self.username), |errors| {
            let told: Vec<String> = errors.into_iter().map(messages::username).collect();
            format!("username: {}", told.join(" "))
        });
        let told = |field: &'static str| move |error| format!("{field}: {}", messages::person_name(error));
        let first_name = wrong.unless(person_name(&self.first_name), told("first_name"));
        let last_name = wrong.unless(person_name(&self.last_name), told("last_name"));
        // What follows the mark is random in Django, and means nothing.
        let has_none = self.password_hash.is_empty() || self.password_hash.starts_with(NO_PASSWORD);
        let stored = if has_none { NO_PASSWORD } else { &self.password_hash };
        let password_hash = PasswordHash::from_stored(stored.to_owned());
        let cost = wrong.unless(examine(&password_hash, today), |reason| format!("password: {reason}"));
        let legacy_id: Result<Option<LegacyId>, _> = self.legacy_id.as_deref().map(str::parse).transpose();
        let legacy_id = wrong.unless(legacy_id, |reason| format!("id: {reason}"));
        let (Some(username), Some(first_name), Some(last_name), Some(cost), Some(legacy_id)) =
            (username, first_name, last_name, cost, legacy_id)
        else {
            return Err(wrong.0.join("; "));
        };
        let id = self.own.id.unwrap_or_else(|| self.derived_id(&username));
        let new = NewUser { username, first_name, last_name, password_hash };
        let user = User {
            // A ban has an end there; here, somebody has to lift it.
            is_active: self.is_active && self.banned_until.is_none_or(|end| end <= now),
            is_staff: self.staff == Staff::Full || (self.staff == Staff::Limited && keeps_staff),
            epochs: self.own.epochs,
            version: self.own.version,
            legacy_id,
            ..User::new(id, new, self.created_at.unwrap_or(now))
        };
        let loses_staff = self.staff != Staff::No && !user.is_staff;
        Ok(Accepted { user, cost, loses_staff, has_date: self.created_at.is_some() })
    }

    /// The id of a user who has none of ours: by what the user was called there, or else by its name.
    fn derived_id(&self, username: &Username) -> UserId {
        let signed_up_at = self.created_at.unwrap_or(Timestamp::from_seconds(0));
        match &self.legacy_id {
            Some(legacy) => derived_id(signed_up_at, &[self.origin, "id", legacy]),
            None => derived_id(signed_up_at, &[self.origin, "username", username.as_str()]),
        }
    }
}

/// Everything that is wrong with a draft.
#[derive(Default)]
struct Wrong(Vec<String>);

impl Wrong {
    fn unless<T, E>(&mut self, result: Result<T, E>, say: impl Fn(E) -> String) -> Option<T> {
        result.map_err(|error| self.0.push(say(error))).ok()
    }
}
