//! How rough a network and how restless a client is: the numbers behind [`Weather`].

use rand::RngExt as _;
use rand::rngs::Xoshiro256PlusPlus;

use crate::case::Weather;
use crate::message::{DAY, HOUR, MINUTE, Milliseconds, SECOND};

/// The generator of schedules: small, fast, and the same in every version.
pub type Random = Xoshiro256PlusPlus;

/// How wrong the clocks of servers are unless told otherwise, in milliseconds: less than any message takes, so that no
/// token comes to a server before its time. What happens with more: README.md.
pub const SKEW: Milliseconds = 2 * SECOND;

/// How likely what is, each from 0 to 1.
#[derive(Clone, Copy, Debug)]
pub struct Climate {
    /// A message gets lost.
    pub loss: f64,
    /// A message that arrives is late: by minutes, hours or days.
    pub late: f64,
    /// A request arrives twice.
    pub duplicate: f64,
    /// The server cannot tell what its database did.
    pub failure: f64,
    /// A worker is suspended for long between reading and sending, or between receiving and storing.
    pub suspension: f64,
    /// A worker crashes between receiving and storing.
    pub crash: f64,
    /// The client sleeps for hours after a refresh.
    pub sleep: f64,
    /// It sleeps for so long that the token may run out.
    pub long_sleep: f64,
    /// Two workers refresh at about the same time.
    pub race: f64,
    /// How wrong the clock of a server is at most.
    pub skew: Milliseconds,
    /// How often a refresh is tried before the client waits for the next occasion.
    pub attempts: u32,
}

impl Climate {
    /// The climate of one schedule.
    pub fn of(weather: Weather, random: &mut Random) -> Self {
        match weather {
            Weather::Rough => Self {
                loss: random.random_range(0.3..0.5),
                late: 0.05,
                duplicate: 0.05,
                failure: 0.03,
                suspension: 0.03,
                crash: 0.02,
                sleep: 0.08,
                long_sleep: 0.004,
                race: 0.3,
                skew: SKEW,
                attempts: 5,
            },
            Weather::Mild => Self {
                loss: 0.002,
                late: 0.001,
                duplicate: 0.000_2,
                failure: 0.000_5,
                suspension: 0.001,
                crash: 0.000_5,
                sleep: 0.04,
                long_sleep: 0.000_5,
                race: 0.1,
                skew: SKEW,
                attempts: 4,
            },
        }
    }

    /// How long a message takes that arrives.
    pub fn latency(&self, random: &mut Random) -> Milliseconds {
        if random.random_bool(self.late) {
            return match random.random_range(0..10) {
                0..5 => random.random_range(20 * SECOND..10 * MINUTE),
                5..9 => random.random_range(10 * MINUTE..12 * HOUR),
                _ => random.random_range(12 * HOUR..3 * DAY),
            };
        }
        if random.random_bool(0.02) { random.random_range(SECOND..8 * SECOND) } else { random.random_range(20..800) }
    }

    /// How far the clock of the server that a request comes to is ahead.
    pub fn skewed(&self, random: &mut Random) -> Milliseconds {
        random.random_range(-self.skew..=self.skew)
    }

    /// How long a suspended worker does nothing.
    pub fn suspended(random: &mut Random) -> Milliseconds {
        random.random_range(MINUTE..14 * HOUR)
    }

    /// How long until the client's next refresh: its access token lives for an hour, by a clock of its own.
    pub fn pause(&self, random: &mut Random) -> Milliseconds {
        if random.random_bool(self.long_sleep) {
            random.random_range(20 * HOUR..40 * HOUR)
        } else if random.random_bool(self.sleep) {
            random.random_range(3 * HOUR..20 * HOUR)
        } else {
            random.random_range(52 * MINUTE..62 * MINUTE)
        }
    }
}
