//! Ids: `UUIDv7` in one spelling.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

macro_rules! id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// The id `uuid`.
            #[must_use]
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// Its 16 bytes.
            #[must_use]
            pub const fn bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(formatter)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            /// Takes only the spelling that `Display` makes, so that an id has one.
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                let uuid = Uuid::parse_str(text).map_err(|_| NotAnId)?;
                if uuid.hyphenated().to_string() == text { Ok(Self(uuid)) } else { Err(NotAnId) }
            }
        }
    };
}

id!(
    /// Who a user is, for ever: a string in bodies and in tokens.
    UserId
);
id!(
    /// Which session, for ever: the claim `sid`.
    SessionId
);
id!(
    /// Which device, for as long as its app keeps what a log-in gave it.
    DeviceId
);
id!(
    /// Which entry of the trail: it sorts by time.
    EntryId
);

/// The text is not a UUID in lower case with hyphens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id")]
pub struct NotAnId;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_spelling() {
        let text = "01968c4e-7a00-7000-8000-000000000001";
        assert_eq!(text.parse::<UserId>().unwrap().to_string(), text);
        for other in ["01968C4E-7A00-7000-8000-000000000001", "01968c4e7a0070008000000000000001", "7", ""] {
            assert_eq!(other.parse::<SessionId>(), Err(NotAnId));
        }
    }
}
