//! Under what attempts at a password are counted.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::id::{DeviceId, SessionId, UserId};
use super::username::{CaseSensitivity, UsernameKey};

/// The kind of a name's lane.
const NAME: &str = "account";

/// Under what attempts at a password are counted. Lanes do not touch each other: whoever fails in one keeps nobody in another
/// one waiting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lane {
    /// Its kind, in the store's words.
    pub scope: &'static str,
    /// Whose.
    pub key: String,
}

impl Lane {
    /// What any device shares that asks for the name typed as `typed`: the same for every spelling of one name, and for names
    /// that nobody has.
    #[must_use]
    pub fn of_name(typed: &str, case: CaseSensitivity) -> Self {
        Self { scope: NAME, key: name_digest(typed, case) }
    }

    /// The own lane of a device on which its user has logged in before.
    #[must_use]
    pub fn of_device(id: DeviceId) -> Self {
        Self { scope: "device", key: id.to_string() }
    }

    /// The own lane of a session whose user is asked for the password again; it does not say who it was when the user is gone.
    #[must_use]
    pub fn of_caller(id: UserId, session: Option<SessionId>) -> Self {
        let session = session.as_ref().map(SessionId::bytes).into_iter().flatten();
        let bytes: Vec<u8> = id.bytes().iter().chain(session).copied().collect();
        Self { scope: "caller", key: digest_of(&bytes) }
    }

    /// Whether unknown devices share it.
    #[must_use]
    pub fn is_of_a_name(&self) -> bool {
        self.scope == NAME
    }
}

/// 128 bits of SHA-256 of the name typed as `typed`, in base64url: one length whatever was typed, and nothing to read for who
/// looks at the table, when somebody has typed a password in the wrong field.
fn name_digest(typed: &str, case: CaseSensitivity) -> String {
    match UsernameKey::for_look_up(typed, case) {
        Some(key) => digest_of(key.as_str().as_bytes()),
        // What is no username: no key of one ends like this.
        None => digest_of(format!("{typed}\0").as_bytes()),
    }
}

fn digest_of(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, bytes).as_ref().get(..16).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_name_is_in_one_lane_and_every_other_text_in_its_own() {
        let key = |typed: &str| Lane::of_name(typed, CaseSensitivity::Insensitive).key;
        assert_eq!(key(" Ann"), key("ann"));
        assert_eq!(key("ａｎｎ"), key("ann"));
        assert_ne!(Lane::of_name("Ann", CaseSensitivity::Sensitive), Lane::of_name("ann", CaseSensitivity::Sensitive));
        let long = "x".repeat(16_384);
        let keys = ["ann", "ben", "", "a\0", "a\u{1}", "not a name", &long, &long[1..]].map(key);
        for (index, key) in keys.iter().enumerate() {
            assert_eq!(key.len(), 22);
            assert!(!keys[index + 1..].contains(key), "{key}");
        }
    }
}
