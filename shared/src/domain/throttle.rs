//! How often somebody may try.

use crate::clock::Timestamp;

/// So many attempts in each window of time. Windows begin at fixed moments, so that an attempt is one conditional write
/// whatever came before; across the edge of two windows twice as many are possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// What is counted, in the store's words.
    pub scope: &'static str,
    /// Attempts in a window.
    pub most: u32,
    /// Seconds that a window is long.
    pub window_seconds: i64,
}

impl Limit {
    /// When the window began that `now` is in.
    #[must_use]
    pub const fn window(&self, now: Timestamp) -> Timestamp {
        Timestamp::from_seconds(now.seconds().div_euclid(self.window_seconds) * self.window_seconds)
    }

    /// Seconds from `now` until the next window begins; at least one.
    #[must_use]
    pub fn seconds_left(&self, now: Timestamp) -> u32 {
        let left = self.window(now).plus_seconds(self.window_seconds).seconds() - now.seconds();
        u32::try_from(left).unwrap_or(1).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_left_in_whole_seconds() {
        let limit = Limit { scope: "x", most: 5, window_seconds: 900 };
        let begun = Timestamp::from_seconds(9_000);
        assert_eq!(limit.window(begun.plus_seconds(899)), begun);
        assert_eq!(limit.window(begun.plus_seconds(900)), begun.plus_seconds(900));
        assert_eq!(limit.seconds_left(begun), 900);
        assert_eq!(limit.seconds_left(begun.plus_seconds(899)), 1);
    }
}
