//! Makes schedules: a seed, a weather and a kind give a list of actions.
//!
//! A schedule knows no algorithm. It has more tries in it than a client needs; a worker that has what it wants skips
//! them.

use rand::{RngExt as _, SeedableRng as _};

use crate::case::{Kind, Weather};
use crate::message::{HOUR, MINUTE, Milliseconds, SECOND, START};
use crate::plan;
use crate::schedule::{Action, ActionName, What};
use crate::weather::{Climate, Random};

/// How long a worker waits for an answer before it asks again.
const TIMEOUT: Milliseconds = 10 * SECOND;
/// How many refreshes the client makes at the end, with nothing lost: what can be noticed is noticed by then.
const LAST_REFRESHES: u32 = 6;

/// A schedule under construction.
pub(crate) struct Writer {
    /// Where chance comes from.
    pub(crate) random: Random,
    /// The network.
    pub(crate) climate: Climate,
    actions: Vec<Action>,
}

/// The schedule of `seed`: 24 to 60 refreshes of a client, about one each hour that it is awake, on servers whose
/// clocks are wrong by up to `skew`.
#[must_use]
pub fn generate(seed: u64, (weather, kind): (Weather, Kind), skew: Milliseconds) -> Vec<Action> {
    let mut random = Random::seed_from_u64(seed);
    let climate = Climate { skew, ..Climate::of(weather, &mut random) };
    let mut writer = Writer { random, climate, actions: Vec::with_capacity(1024) };
    let workers = writer.random.random_range(1..=3);
    let mut occasions = Vec::new();
    let mut now = START + writer.random.random_range(SECOND..HOUR);
    for _ in 0..writer.random.random_range(24..=60) {
        occasions.push(now);
        writer.occasion(now, workers);
        now += writer.climate.pause(&mut writer.random);
    }
    plan::others(&mut writer, kind, &occasions);
    writer.last_refreshes(now, workers);
    let mut actions = writer.actions;
    actions.sort_by_key(|action| (action.at, action.name));
    actions
}

impl Writer {
    /// Adds an action.
    pub(crate) fn add(&mut self, at: Milliseconds, what: What) -> ActionName {
        let name = ActionName::try_from(self.actions.len()).unwrap_or(ActionName::MAX);
        self.actions.push(Action { at, name, what });
        name
    }

    fn chance(&mut self, probability: f64) -> bool {
        self.random.random_bool(probability)
    }

    /// An access token runs out: one worker refreshes, or several at once.
    fn occasion(&mut self, now: Milliseconds, workers: u8) {
        let races = self.climate.race;
        let first = self.random.random_range(0..workers);
        self.errand(now, first);
        if workers > 1 && self.chance(races) {
            let at = now + self.random.random_range(0..3 * SECOND);
            self.errand(at, (first + 1) % workers);
        }
    }

    /// A worker tries to refresh until it has an answer or gives up for now.
    fn errand(&mut self, now: Milliseconds, worker: u8) {
        let mut at = now;
        let suspension = self.climate.suspension;
        if self.chance(suspension) {
            self.add(at, What::Read { worker });
            at += Climate::suspended(&mut self.random);
        }
        let mut has_answer = false;
        for attempt in 0..self.climate.attempts {
            let request = self.add(at, What::Send { worker, retry: attempt > 0 });
            let Some(answered) = self.way_there_and_back(at, request, worker) else {
                at += TIMEOUT + (SECOND << attempt.min(8)) + self.random.random_range(0..SECOND);
                continue;
            };
            if has_answer {
                return;
            }
            has_answer = true;
            // Perhaps another worker was faster, and it asks again at once with that one's record.
            at = answered + self.random.random_range(5..500);
        }
    }

    /// The fate of a request and of the answers to it. When the answer came in time, if it did.
    fn way_there_and_back(&mut self, sent: Milliseconds, request: ActionName, worker: u8) -> Option<Milliseconds> {
        let Climate { loss, duplicate, .. } = self.climate;
        if self.chance(duplicate) {
            let late = sent + self.random.random_range(SECOND..30 * HOUR);
            self.way_back(late, request, worker);
        }
        if self.chance(loss) {
            return None;
        }
        let served = sent + self.climate.latency(&mut self.random);
        let received = self.way_back(served, request, worker)?;
        (received < sent + TIMEOUT).then_some(received)
    }

    fn way_back(&mut self, served: Milliseconds, request: ActionName, worker: u8) -> Option<Milliseconds> {
        let Climate { loss, failure, suspension, crash, .. } = self.climate;
        let (skew, fails) = (self.climate.skewed(&mut self.random), self.chance(failure));
        let answer = self.add(served, What::Serve { request, skew, fails });
        if self.chance(loss) {
            return None;
        }
        let received = served + self.climate.latency(&mut self.random);
        let (crashes, suspended) = (self.chance(crash), self.chance(suspension));
        self.add(received, What::Receive { answer, holds: crashes || suspended });
        if crashes {
            self.add(received, What::Crash { worker });
        } else if suspended {
            let at = received + Climate::suspended(&mut self.random);
            self.add(at, What::Resume { worker });
        }
        (!crashes && !suspended && !fails).then_some(received)
    }

    /// Nothing is lost any more.
    fn last_refreshes(&mut self, now: Milliseconds, workers: u8) {
        for worker in 0..workers {
            self.add(now, What::Resume { worker });
        }
        for refresh in 0..LAST_REFRESHES {
            let mut at = now + MINUTE + Milliseconds::from(refresh) * 57 * MINUTE;
            // One more try with the record of another worker, one more for a log-out.
            for attempt in 0..3 {
                let request = self.add(at, What::Send { worker: 0, retry: attempt > 0 });
                let answer = self.add(at + 100, What::Serve { request, skew: 0, fails: false });
                self.add(at + 200, What::Receive { answer, holds: false });
                at += SECOND;
            }
        }
    }
}
