//! How often somebody may try.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use crate::clock::Timestamp;

/// So many attempts in each window of time. Windows begin at fixed moments, so that an attempt is one conditional write
/// whatever came before; across the edge of two windows twice as many are possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// What is counted, in the store's words.
    pub scope: &'static str,
    /// Attempts in a window; 0 for as many as anybody likes.
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

/// A day, by which attempts at passwords are counted.
const DAY_SECONDS: i64 = 86_400;

/// How long after a failed attempt at a password the next one may be made: at once for a while, then after a delay that
/// doubles with each failure, and after very many not before the day ends. A person who mistypes waits for seconds; a program
/// that guesses gets a hundred guesses a day (OWASP ASVS 5.0, 6.3.1; NIST SP 800-63B, 3.2.2: no more than 100 consecutive
/// failures).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RisingDelay {
    /// Attempts that may follow each other at once.
    pub free: u32,
    /// The longest delay in seconds.
    pub max_seconds: i64,
    /// Attempts in a day (UTC) after which no more are taken until it ends; 0 for never.
    pub most_a_day: u32,
}

/// What is known of the attempts at one password in one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    /// Attempts that are counted.
    pub attempts: u32,
    /// When the last one was made.
    pub last_at: Timestamp,
}

/// Why an attempt is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// It comes too soon after the last one.
    Delay {
        /// Seconds until one is taken; at least one.
        seconds: u32,
    },
    /// There were too many today.
    Closed {
        /// Seconds until the day ends; at least one.
        seconds: u32,
    },
}

impl RisingDelay {
    /// The day's beginning.
    #[must_use]
    pub const fn day(now: Timestamp) -> Timestamp {
        Timestamp::from_seconds(now.seconds().div_euclid(DAY_SECONDS) * DAY_SECONDS)
    }

    /// The end of the day that began at `day`.
    #[must_use]
    pub const fn end(day: Timestamp) -> Timestamp {
        day.plus_seconds(DAY_SECONDS)
    }

    /// The delays that are shorter than the longest one, each in seconds with the number of attempts that it follows:
    /// 1, 2, 4 and so on, from the last free attempt on.
    pub fn steps(&self) -> impl Iterator<Item = (u32, i64)> {
        let (free, most) = (self.free, self.max_seconds);
        (0..6_u32).map(move |step| (free + step, 1_i64 << step)).take_while(move |(_, seconds)| *seconds < most)
    }

    /// Seconds after the last of `attempts` until the next one may be made.
    fn delay_seconds(&self, attempts: u32) -> i64 {
        if attempts < self.free {
            return 0;
        }
        self.steps().find(|(counted, _)| *counted == attempts).map_or(self.max_seconds, |(_, seconds)| seconds)
    }

    /// How long somebody waits at `now` after `tally`, whose attempt was not taken.
    #[must_use]
    pub fn wait(&self, tally: Tally, now: Timestamp) -> Wait {
        let whole = |milliseconds: i64| {
            let seconds = u32::try_from(milliseconds.max(0).unsigned_abs().div_ceil(1000));
            seconds.unwrap_or(u32::MAX).max(1)
        };
        if self.most_a_day > 0 && tally.attempts >= self.most_a_day {
            let end = Self::end(Self::day(now));
            return Wait::Closed { seconds: whole(end.milliseconds() - now.milliseconds()) };
        }
        let next = tally.last_at.plus_seconds(self.delay_seconds(tally.attempts));
        Wait::Delay { seconds: whole(next.milliseconds() - now.milliseconds()) }
    }
}

/// Whose address it is, as far as it tells people apart: an IPv4 address, or the first 64 bits of an IPv6 address, which one
/// household or one phone has for itself (RFC 6177, 2; RFC 7934, 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressBlock(IpAddr);

impl AddressBlock {
    /// The block of `address`; `None` for what is no address. An IPv4 address that is written as IPv6 is the IPv4 address.
    #[must_use]
    pub fn of(address: &str) -> Option<Self> {
        Some(Self(match address.parse::<IpAddr>().ok()?.to_canonical() {
            v4 @ IpAddr::V4(_) => v4,
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
        }))
    }
}

impl fmt::Display for AddressBlock {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(address) => address.fmt(formatter),
            IpAddr::V6(address) => write!(formatter, "{address}/64"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: RisingDelay = RisingDelay { free: 5, max_seconds: 30, most_a_day: 100 };

    #[test]
    fn a_window_is_left_in_whole_seconds() {
        let limit = Limit { scope: "x", most: 5, window_seconds: 900 };
        let begun = Timestamp::from_seconds(9_000);
        assert_eq!(limit.window(begun.plus_seconds(899)), begun);
        assert_eq!(limit.window(begun.plus_seconds(900)), begun.plus_seconds(900));
        assert_eq!(limit.seconds_left(begun), 900);
        assert_eq!(limit.seconds_left(begun.plus_seconds(899)), 1);
    }

    #[test]
    fn the_delay_doubles_from_a_second_to_the_longest() {
        let delays: Vec<i64> = (4..=12).map(|attempts| RULE.delay_seconds(attempts)).collect();
        assert_eq!(delays, [0, 1, 2, 4, 8, 16, 30, 30, 30]);
        let short = RisingDelay { max_seconds: 1, ..RULE };
        assert_eq!((short.steps().count(), short.delay_seconds(5)), (0, 1));
        let long = RisingDelay { max_seconds: 59, ..RULE };
        assert_eq!(long.steps().last(), Some((10, 32)));
    }

    #[test]
    fn a_wait_is_told_in_whole_seconds_that_are_enough() {
        let last_at = Timestamp::from_milliseconds(86_400_000 + 500);
        let wait = |attempts, now| RULE.wait(Tally { attempts, last_at }, Timestamp::from_milliseconds(now));
        assert_eq!(wait(7, 86_400_500), Wait::Delay { seconds: 4 });
        assert_eq!(wait(7, 86_400_501), Wait::Delay { seconds: 4 });
        assert_eq!(wait(7, 86_404_499), Wait::Delay { seconds: 1 });
        // A clock that goes before ours.
        assert_eq!(wait(7, 86_409_000), Wait::Delay { seconds: 1 });
        assert_eq!(wait(100, 86_401_000), Wait::Closed { seconds: 86_399 });
        assert_eq!(
            RisingDelay { most_a_day: 0, ..RULE }.wait(Tally { attempts: 100, last_at }, last_at),
            Wait::Delay { seconds: 30 }
        );
    }

    #[test]
    fn people_are_told_apart_by_their_address_or_the_network_of_their_home() {
        let block = |address| AddressBlock::of(address).map(|block| block.to_string());
        assert_eq!(block("203.0.113.7").as_deref(), Some("203.0.113.7"));
        assert_eq!(block("::ffff:203.0.113.7").as_deref(), Some("203.0.113.7"));
        assert_eq!(block("2001:db8:1:2:3:4:5:6").as_deref(), Some("2001:db8:1:2::/64"));
        assert_eq!(block("2001:db8:1:2::"), block("2001:DB8:1:2:ffff::1"));
        for none in ["", "localhost", "203.0.113.7:80", "203.0.113.0/24", " 203.0.113.7"] {
            assert_eq!(block(none), None, "{none}");
        }
    }
}
