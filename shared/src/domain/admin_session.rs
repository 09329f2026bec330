//! A session on the admin site: a browser's, told by a cookie, apart from the sessions of apps.
//!
//! Its secret is 128 random bits (OWASP Session Management Cheat Sheet: at least 64 bits of entropy). The store keeps the
//! secret's hash alone. The token against forged requests (CSRF) follows from the secret by another hash, so that it is as
//! hard to guess, needs no storage and ends with the session.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::user::{Epochs, User, UserId};
use crate::clock::Timestamp;

const SECRET_BYTES: usize = 16;
/// How long a browser is known after a log-in, in seconds: 90 days.
pub const BROWSER_KNOWN_SECONDS: i64 = 90 * 86_400;

/// How long sessions on the admin site live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdminSessionPolicy {
    /// Seconds without a request after which a session is over.
    pub idle_seconds: i64,
    /// Seconds after which it is over whatever happens.
    pub lifetime_seconds: i64,
}

/// What the cookie of a session holds, or that of a browser that is about to log in; `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct CookieSecret(String);

impl CookieSecret {
    /// The secret of these random bytes.
    #[must_use]
    pub fn new(bytes: [u8; SECRET_BYTES]) -> Self {
        Self(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Takes `text` as a secret if it can be one: nothing is looked up for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let decoded = URL_SAFE_NO_PAD.decode(text).ok()?;
        (decoded.len() == SECRET_BYTES).then(|| Self(text.to_owned()))
    }

    /// The cookie's value.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What the store keeps: who reads the table cannot use what is in it.
    #[must_use]
    pub fn hash(&self) -> String {
        self.derive(b"session")
    }

    /// What a form of this browser holds.
    #[must_use]
    pub fn form_token(&self) -> String {
        self.derive(b"form")
    }

    /// Whether `token` is [`CookieSecret::form_token`]; the time it takes says nothing of where they differ.
    #[must_use]
    pub fn takes(&self, token: &str) -> bool {
        verify_slices_are_equal(self.form_token().as_bytes(), token.as_bytes()).is_ok()
    }

    fn derive(&self, purpose: &[u8]) -> String {
        let mut context = Context::new(&SHA256);
        for part in [purpose, b"\0", self.0.as_bytes()] {
            context.update(part);
        }
        URL_SAFE_NO_PAD.encode(context.finish())
    }
}

impl fmt::Debug for CookieSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CookieSecret")
    }
}

/// A session on the admin site as the store holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminSession {
    /// [`CookieSecret::hash`].
    pub hash: String,
    /// Whose.
    pub user_id: UserId,
    /// The user's epochs when it was opened; others now mean that it was ended with all others.
    pub epochs: Epochs,
    /// When the user logged in.
    pub created_at: Timestamp,
    /// When it was last seen, to the minute.
    pub last_seen_at: Timestamp,
}

/// How old the memory of the last request may grow before it is written anew: a minute, so that a click costs no write.
const SEEN_EVERY_SECONDS: i64 = 60;

impl AdminSession {
    /// A new session of `user`, opened `now` with `secret`.
    #[must_use]
    pub fn open(secret: &CookieSecret, user: &User, now: Timestamp) -> Self {
        let hash = secret.hash();
        Self { hash, user_id: user.id, epochs: user.epochs, created_at: now, last_seen_at: now }
    }

    /// When it is over if nobody uses it again.
    #[must_use]
    pub fn expires_at(&self, policy: &AdminSessionPolicy) -> Timestamp {
        let idle = self.last_seen_at.plus_seconds(policy.idle_seconds);
        idle.min(self.created_at.plus_seconds(policy.lifetime_seconds))
    }

    /// Whether `user`, who opened it, is still in at `now`: active, staff, and neither logged out everywhere nor given a new
    /// password since.
    #[must_use]
    pub fn lets_in(&self, user: &User, now: Timestamp, policy: &AdminSessionPolicy) -> bool {
        let same = user.id == self.user_id && user.epochs == self.epochs;
        same && user.is_active && user.is_staff && now < self.expires_at(policy)
    }

    /// Whether that it was seen at `now` is worth a write.
    #[must_use]
    pub fn is_worth_noting(&self, now: Timestamp) -> bool {
        now >= self.last_seen_at.plus_seconds(SEEN_EVERY_SECONDS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::password::PasswordHash;
    use crate::domain::user::NewUser;
    use crate::domain::username::Username;

    const POLICY: AdminSessionPolicy = AdminSessionPolicy { idle_seconds: 1800, lifetime_seconds: 28_800 };
    const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

    fn secret() -> CookieSecret {
        CookieSecret::new([7; SECRET_BYTES])
    }

    fn administrator() -> User {
        let new = NewUser {
            username: Username::parse("ann").unwrap(),
            first_name: String::new(),
            last_name: String::new(),
            password_hash: PasswordHash::from_stored(String::new()),
        };
        let id = "01968c4e-7a00-7000-8000-000000000001".parse().unwrap();
        User { is_staff: true, ..User::new(id, new, NOW) }
    }

    #[test]
    fn a_secret_has_one_spelling_and_two_hashes() {
        let secret = secret();
        assert_eq!(secret.expose().len(), 22);
        assert_eq!(CookieSecret::parse(secret.expose()), Some(secret.clone()));
        assert!(secret.takes(&secret.form_token()) && !secret.takes(&secret.hash()) && !secret.takes(""));
        let mut last_bit = secret.expose()[..21].to_owned();
        last_bit.push('/');
        for other in ["", "x", &last_bit, &"B".repeat(22), &"é".repeat(11)] {
            assert_eq!(CookieSecret::parse(other), None, "{other}");
        }
    }

    #[test]
    fn a_session_ends_by_idleness_and_by_age() {
        let user = administrator();
        let session = AdminSession::open(&secret(), &user, NOW);
        assert!(session.lets_in(&user, NOW.plus_seconds(1799), &POLICY));
        assert!(!session.lets_in(&user, NOW.plus_seconds(1800), &POLICY));
        let busy = AdminSession { last_seen_at: NOW.plus_seconds(28_799), ..session };
        assert!(busy.lets_in(&user, NOW.plus_seconds(28_799), &POLICY));
        assert!(!busy.lets_in(&user, NOW.plus_seconds(28_800), &POLICY));
    }

    #[test]
    fn a_session_ends_with_the_rights_of_its_user() {
        let user = administrator();
        let session = AdminSession::open(&secret(), &user, NOW);
        let later = |changed: User| session.lets_in(&changed, NOW, &POLICY);
        assert!(later(user.clone()));
        assert!(!later(User { is_active: false, ..user.clone() }));
        assert!(!later(User { is_staff: false, ..user.clone() }));
        for epochs in [Epochs { revocations: 1, deactivations: 0 }, Epochs { revocations: 0, deactivations: 1 }] {
            assert!(!later(User { epochs, ..user.clone() }));
        }
    }

    #[test]
    fn a_click_within_the_minute_is_not_noted() {
        let session = AdminSession::open(&secret(), &administrator(), NOW);
        assert!(!session.is_worth_noting(NOW.plus_seconds(59)));
        assert!(session.is_worth_noting(NOW.plus_seconds(60)));
    }
}
