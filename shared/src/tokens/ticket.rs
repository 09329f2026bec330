//! Tickets: what a page that cannot send its token in a header shows instead, once.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

use crate::randomness::Randomness;

/// How long a ticket is good, in seconds: it is used right after it was asked for.
pub const TICKET_LIFETIME_SECONDS: i64 = 30;
const BYTES: usize = 32;

/// 256 random bits in base64url; `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Ticket(String);

impl Ticket {
    /// A new ticket.
    #[must_use]
    pub fn new(randomness: &Randomness) -> Self {
        Self(URL_SAFE_NO_PAD.encode(randomness.bytes::<BYTES>()))
    }

    /// Takes `text` as a ticket if it can be one: nothing is looked up for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let decoded = URL_SAFE_NO_PAD.decode(text).ok()?;
        (decoded.len() == BYTES).then(|| Self(text.to_owned()))
    }

    /// What the store keeps: who reads the table cannot use what is in it.
    #[must_use]
    pub fn hash(&self) -> String {
        URL_SAFE_NO_PAD.encode(digest(&SHA256, self.0.as_bytes()))
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Ticket")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_43_characters_in_one_spelling() {
        let ticket = Ticket::new(&Randomness::from_seed(1));
        assert_eq!(ticket.0.len(), 43);
        assert_eq!(Ticket::parse(&ticket.0), Some(ticket.clone()));
        assert_ne!(ticket.hash(), ticket.0);
        for other in ["", "x", &format!("{}=", ticket.0), &ticket.0[1..], &"B".repeat(43), &"é".repeat(43)] {
            assert_eq!(Ticket::parse(other), None, "{other}");
        }
    }
}
