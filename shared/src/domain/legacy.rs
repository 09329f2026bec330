//! Where a user came from: what it was called there, and the id that follows from it.

use std::fmt;
use std::str::FromStr;

use uuid::Builder;

use super::user::UserId;
use crate::clock::Timestamp;

/// What a user is called in the system that it was imported from: a Django's primary key, Firebase's `localId`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LegacyId(String);

/// The longest such name, in bytes: Firebase's and Auth0's have at most 128 characters.
pub const MAX_LEGACY_ID_BYTES: usize = 128;

impl FromStr for LegacyId {
    type Err = NotALegacyId;

    /// Takes 1 to [`MAX_LEGACY_ID_BYTES`] bytes of printable ASCII without spaces, as they are.
    fn from_str(text: &str) -> Result<Self, NotALegacyId> {
        let fits = (1..=MAX_LEGACY_ID_BYTES).contains(&text.len());
        if fits && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotALegacyId)
        }
    }
}

impl LegacyId {
    /// As it is written there.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LegacyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The text is no such name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the id in the old system must be 1 to {MAX_LEGACY_ID_BYTES} printable characters")]
pub struct NotALegacyId;

/// The id of a user who has had none of ours: the same each time that the same user is imported, so that a second import finds
/// what the first one wrote.
///
/// A `UUIDv7` (RFC 9562, 5.7) of the time at which the user signed up there, so that the list of users is in order of age, with
/// bits of the SHA-256 of `origin` in place of random ones: they are as evenly spread, and an id is no secret.
#[must_use]
pub fn derived_id(signed_up_at: Timestamp, origin: &[&str]) -> UserId {
    let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    for part in origin {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part.as_bytes());
    }
    let digest = context.finish();
    let mut bytes = [0; 10];
    for (byte, hashed) in bytes.iter_mut().zip(digest.as_ref()) {
        *byte = *hashed;
    }
    let milliseconds = u64::try_from(signed_up_at.milliseconds()).unwrap_or(0);
    UserId::new(Builder::from_unix_timestamp_millis(milliseconds, &bytes).into_uuid())
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp::from_seconds(1_700_000_000);

    #[test]
    fn a_legacy_id_is_short_and_printable() {
        for good in ["1", "18446744073709551615", "auth0|5f7c8ec7c33c6c004bbafe82", "zT1bDwHQYqVrqkXhkVUZ3hTGmE92"] {
            assert_eq!(good.parse::<LegacyId>().unwrap().as_str(), good);
        }
        for bad in ["", " 1", "1\n", "ä", &"1".repeat(129)] {
            assert_eq!(bad.parse::<LegacyId>(), Err(NotALegacyId), "{bad:?}");
        }
    }

    #[test]
    fn the_same_user_gets_the_same_id_and_others_get_others() {
        let id = derived_id(AT, &["django", "1"]);
        assert_eq!(id, derived_id(AT, &["django", "1"]));
        for other in [derived_id(AT, &["django", "2"]), derived_id(AT, &["django1"]), derived_id(AT, &["", "django1"])]
        {
            assert_ne!(id, other);
        }
        assert!(id.to_string().starts_with("018bcfe5-6800-7"));
        assert!(derived_id(AT.plus_seconds(1), &["django", "0"]).bytes() > id.bytes());
    }
}
