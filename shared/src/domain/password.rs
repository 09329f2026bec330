//! A password on its way from the request to the hash, and the hash.

use std::fmt;

use zeroize::Zeroizing;

/// The longest password that is hashed, in bytes of UTF-8: enough for any passphrase, too little to make the hash
/// itself a denial of service. A longer one is refused, never truncated.
pub const MAX_BYTES: usize = 16_384;

/// A password in clear: its memory is wiped when dropped, and `Debug` shows nothing.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// Takes `text` as it is (the edge has trimmed it).
    ///
    /// # Errors
    ///
    /// When it has more than [`MAX_BYTES`] bytes.
    pub fn parse(text: String) -> Result<Self, PasswordTooLong> {
        let text = Zeroizing::new(text);
        if text.len() > MAX_BYTES { Err(PasswordTooLong) } else { Ok(Self(text)) }
    }

    /// The password itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl PartialEq for Password {
    /// Compares two passwords of one request with each other; a stored one is only ever compared by its hash.
    fn eq(&self, other: &Self) -> bool {
        aws_lc_rs::constant_time::verify_slices_are_equal(self.0.as_bytes(), other.0.as_bytes()).is_ok()
    }
}

impl Eq for Password {}

impl fmt::Debug for Password {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Password")
    }
}

/// A stored password hash, a PHC string (`$argon2id$…`); `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// A hash as it is written down.
    #[must_use]
    pub const fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The PHC string, for the store.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PasswordHash")
    }
}

/// The password has more than [`MAX_BYTES`] bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the password is longer than {MAX_BYTES} bytes")]
pub struct PasswordTooLong;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_counts_bytes() {
        assert!(Password::parse("é".repeat(8192)).is_ok());
        assert_eq!(Password::parse(format!("{}x", "é".repeat(8192))), Err(PasswordTooLong));
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Password::parse("hunter2".to_owned()).unwrap()), "Password");
    }
}
