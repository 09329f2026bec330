//! The device that a session was opened on, as far as its user needs it to tell sessions apart.

use super::id::{DeviceId, UserId};
use super::user::User;

/// A device on which its user has logged in before. With a new password and with a log-out everywhere it is unknown again:
/// whoever had the password before could have made any number of them, each with attempts of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownDevice {
    /// Which.
    pub id: DeviceId,
    /// Whose.
    pub user_id: UserId,
    /// How often all sessions of the user had been ended when it became known.
    pub revocations: u64,
}

impl KnownDevice {
    /// The device `id`, as `user` is now.
    #[must_use]
    pub const fn of(id: DeviceId, user: &User) -> Self {
        Self { id, user_id: user.id, revocations: user.epochs.revocations }
    }

    /// Whether it still is one of `user`'s.
    #[must_use]
    pub fn is_of(&self, user: &User) -> bool {
        self.user_id == user.id && self.revocations == user.epochs.revocations
    }
}

/// The most characters of the name that an app gives a device.
pub const MAX_NAME_LENGTH: usize = 100;

/// The name that an app gives a device: what its user will know it by in the list of sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceName(String);

impl DeviceName {
    /// Takes `text`: at most [`MAX_NAME_LENGTH`] characters, none of which controls what is shown. In a list in which
    /// somebody looks for a thief's session, a name must not be able to look like another one's line.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, DeviceNameError> {
        if text.chars().count() > MAX_NAME_LENGTH {
            return Err(DeviceNameError::TooLong);
        }
        // Direction marks, embeddings, overrides and isolates (UAX #9, 2).
        let is_bidi =
            |c| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        let is_break = |c| matches!(c, '\u{2028}' | '\u{2029}');
        if text.chars().any(|c| c.is_control() || is_bidi(c) || is_break(c)) {
            return Err(DeviceNameError::ControlCharacter);
        }
        Ok(Self(text.to_owned()))
    }

    /// A name as it was stored.
    #[must_use]
    pub const fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// Its characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a text is no name of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeviceNameError {
    /// It has more than [`MAX_NAME_LENGTH`] characters.
    #[error("the name is too long")]
    TooLong,
    /// It holds a line end, a tabulator or a character that changes the direction of writing.
    #[error("the name holds a control character")]
    ControlCharacter,
}

/// The device that a session was opened on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Device {
    /// What the app calls it.
    pub name: Option<DeviceName>,
    /// What kind of program it is.
    pub client: Option<Client>,
}

/// The kind of a program, such as `Safari on iOS`: what its `User-Agent` says, and no more of it than that. Versions and
/// models would tell one person's device from another's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client(String);

/// What a `User-Agent` must hold, and what that is called. The first that fits counts: browsers name those that they
/// resemble too, always behind themselves in this order.
const PROGRAMS: [(&str, &str); 12] = [
    ("edg", "Edge"),
    ("opr/", "Opera"),
    ("samsungbrowser", "Samsung Internet"),
    ("firefox", "Firefox"),
    ("fxios", "Firefox"),
    ("crios", "Chrome"),
    ("chrome", "Chrome"),
    ("safari", "Safari"),
    // What apps send that do not name themselves.
    ("okhttp", "App"),
    ("cfnetwork", "App"),
    ("dalvik", "App"),
    ("dart", "App"),
];
const SYSTEMS: [(&str, &str); 10] = [
    ("android", "Android"),
    ("okhttp", "Android"),
    ("iphone", "iOS"),
    ("ipad", "iOS"),
    ("; ios", "iOS"),
    ("(ios", "iOS"),
    ("cfnetwork", "Apple"),
    ("windows", "Windows"),
    ("mac os", "macOS"),
    ("linux", "Linux"),
];

impl Client {
    /// What `user_agent` says; nothing when it names no program and no system that we know.
    #[must_use]
    pub fn of(user_agent: &str) -> Option<Self> {
        let lower = user_agent.to_ascii_lowercase();
        let first =
            |known: &[(&str, &'static str)]| known.iter().find(|(word, _)| lower.contains(word)).map(|(_, name)| *name);
        match (first(&PROGRAMS), first(&SYSTEMS)) {
            (Some(program), Some(system)) => Some(Self(format!("{program} on {system}"))),
            (Some(one), None) | (None, Some(one)) => Some(Self(one.to_owned())),
            (None, None) => None,
        }
    }

    /// A client as it was stored.
    #[must_use]
    pub const fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// Its words.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_in_one_direction() {
        assert!(DeviceName::parse("Ann\u{2019}s 📱 \u{645}\u{648}\u{628}\u{627}\u{64a}\u{644}").is_ok());
        assert_eq!(DeviceName::parse(&"x".repeat(101)), Err(DeviceNameError::TooLong));
        for bad in ["a\nb", "a\tb", "a\u{7f}b", "a\u{202e}b", "\u{2067}a", "a\u{2028}b"] {
            assert_eq!(DeviceName::parse(bad), Err(DeviceNameError::ControlCharacter), "{bad:?}");
        }
    }

    #[test]
    fn a_user_agent_says_which_program_on_which_system() {
        for (user_agent, said) in [
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/18.5 Mobile/15E148 Safari/604.1",
                "Safari on iOS",
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Mobile \
                 Safari/537.36",
                "Chrome on Android",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 \
                 Safari/537.36 Edg/143.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:145.0) Gecko/20100101 Firefox/145.0",
                "Firefox on macOS",
            ),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox on Linux"),
            ("okhttp/5.1.0", "App on Android"),
            ("Taxi/7 CFNetwork/3826.500.131 Darwin/24.5.0", "App on Apple"),
            ("Taxi/7 (com.example.taxi; build:7; iOS 18.5.0) Alamofire/5.10", "iOS"),
            ("Dart/3.9 (dart:io)", "App"),
        ] {
            assert_eq!(Client::of(user_agent).as_ref().map(Client::as_str), Some(said), "{user_agent}");
        }
        assert_eq!(Client::of("curl/8.14.1"), None);
        assert_eq!(Client::of("axios/1.12.2"), None);
        assert_eq!(Client::of(""), None);
    }
}
