//! The time of day: the only caller of `SystemTime::now`, so that a test can hold the clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A moment, in whole milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The moment `milliseconds` after the Unix epoch.
    #[must_use]
    pub const fn from_milliseconds(milliseconds: i64) -> Self {
        Self(milliseconds)
    }

    /// The moment `seconds` after the Unix epoch.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub const fn milliseconds(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, rounded down: a JWT's `NumericDate` (RFC 7519, 2) and a DynamoDB TTL.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// The second as people and programs read it: `2026-01-01T00:00:00Z` (RFC 3339).
    #[must_use]
    pub fn rfc3339(self) -> String {
        let formatted = OffsetDateTime::from_unix_timestamp(self.seconds()).ok().and_then(|m| m.format(&Rfc3339).ok());
        formatted.unwrap_or_else(|| self.seconds().to_string())
    }

    /// This moment and `seconds` more.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1000)))
    }
}

/// Where the time comes from: the machine, or a test's hand.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Held(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub const fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands at `start` until [`Clock::advance_seconds`]; clones share it.
    #[must_use]
    pub fn held_at(start: Timestamp) -> Self {
        Self(Source::Held(Arc::new(AtomicI64::new(start.0))))
    }

    /// The time now.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one place that may ask the machine")]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            // A clock set before 1970 reads as 1970; one after the year 292 million as that.
            Source::System => Timestamp(
                SystemTime::now()
                    .duration_since(UNIX_EPOCH)
                    .map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX)),
            ),
            Source::Held(milliseconds) => Timestamp(milliseconds.load(Ordering::SeqCst)),
        }
    }

    /// Moves a held clock on by `seconds`; the machine's clock does not move.
    pub fn advance_seconds(&self, seconds: i64) {
        if let Source::Held(milliseconds) = &self.0 {
            milliseconds.fetch_add(seconds.saturating_mul(1000), Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_held_clock_moves_only_by_hand() {
        let clock = Clock::held_at(Timestamp::from_seconds(10));
        let twin = clock.clone();
        twin.advance_seconds(5);
        assert_eq!(clock.now(), Timestamp::from_milliseconds(15_000));
    }

    #[test]
    fn a_moment_is_written_in_utc() {
        assert_eq!(Timestamp::from_milliseconds(1_767_225_600_999).rfc3339(), "2026-01-01T00:00:00Z");
    }

    #[test]
    fn seconds_round_down() {
        assert_eq!(Timestamp::from_milliseconds(1999).seconds(), 1);
        assert_eq!(Timestamp::from_milliseconds(-1).seconds(), -1);
    }
}
