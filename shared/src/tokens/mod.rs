//! Tokens: what they claim, what they are signed with, and how both are checked.

mod claims;
mod device;
mod key;
mod keyring;
mod private_key;
mod rotation;
mod signer;
mod ticket;
mod verifier;

use std::fmt;

use serde::Serialize;

pub use claims::{AccessClaims, CarriedClaims, CopiedClaims, RefreshClaims, TokenType};
pub use key::KeyError;
pub use keyring::{KeyAccess, Keyring, KeyringError, PublishedKey};
pub use rotation::{Outcome, Rotation, RotationError, StepTaken, TakenOut};
pub use signer::{AccessFor, ReadySigner, Signer};
pub use ticket::{TICKET_LIFETIME_SECONDS, Ticket};
pub use verifier::{AnyClaims, AnyRefresh, Expiry, Verifier, VerifyError};

/// How far the clocks of two environments may be apart, in seconds.
const CLOCKS_DIFFER_SECONDS: i64 = 5;

/// Why a token is refused; `Display` is the contract's wording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a JWT, not signed by us, not for us, or not yet good.
    #[error("Token is invalid")]
    Invalid,
    /// Past its `exp`.
    #[error("Token is expired")]
    Expired,
    /// Without `exp`.
    #[error("Token has no 'exp' claim")]
    NoExpiry,
    /// Without `jti`.
    #[error("Token has no id")]
    NoId,
    /// Without `token_type`.
    #[error("Token has no type")]
    NoType,
    /// An access token where a refresh token belongs, or the other way round.
    #[error("Token has wrong type")]
    WrongType,
    /// Its session is over, or it was spent.
    #[error("Token is blacklisted")]
    Blacklisted,
    /// It does not say whose it is.
    #[error("Token contained no recognizable user identification")]
    NoUser,
}

macro_rules! secret_token {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(stringify!($name))
            }
        }
    };
}

secret_token!(
    /// A signed access token; `Debug` shows nothing.
    AccessToken
);
secret_token!(
    /// A signed refresh token; `Debug` shows nothing.
    RefreshToken
);
secret_token!(
    /// The signed value by which a device is known; `Debug` shows nothing.
    DeviceToken
);

impl DeviceToken {
    /// As the header `Faregate-Device` has it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// The `aud` of refresh tokens: never that of access tokens, so that no gateway takes one for the other.
fn refresh_audience(audience: &str) -> String {
    format!("{audience}:refresh")
}
