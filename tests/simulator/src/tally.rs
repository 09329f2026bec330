//! What many schedules came to, in sums: it does not matter who added what when.

use crate::algorithms::Name;
use crate::case::{CASES, Case, KINDS, Kind, WEATHERS, Weather};
use crate::ledger::Progress;
use crate::message::Milliseconds;
use crate::play::{Fate, Outcome};

/// The sums of one algorithm, weather and kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// How many schedules.
    pub schedules: u64,
    /// In how many the client lost a session that nobody ended on purpose.
    pub lost: u64,
    /// In how many the thief asked for anything while the session was open.
    pub acted: u64,
    /// In how many it got more than what it stole is itself worth.
    pub succeeded: u64,
    /// In how many it succeeded, the client came back, and the session is open at the end.
    pub undetected: u64,
    /// In how many it succeeded, and the client did not come back before the session ran out.
    pub too_late: u64,
    /// In how many it succeeded and the session was ended.
    pub detected: u64,
    /// Of these, how many refreshes of the client it took, in sum.
    pub refreshes: u64,
    /// And at most.
    pub most_refreshes: u32,
    /// How much access thieves had, in sum.
    pub gained: Milliseconds,
    /// And at most.
    pub most_gained: Milliseconds,
}

impl Sums {
    /// Adds a schedule.
    pub fn add(&mut self, outcome: &Outcome) {
        self.schedules += 1;
        self.lost += u64::from(outcome.is_lost);
        self.acted += u64::from(outcome.theft >= Progress::Acted);
        self.gained += outcome.gained;
        self.most_gained = self.most_gained.max(outcome.gained);
        if outcome.theft < Progress::Succeeded {
            return;
        }
        self.succeeded += 1;
        if outcome.session == Fate::Ended {
            self.detected += 1;
            self.refreshes += u64::from(outcome.refreshes_since);
            self.most_refreshes = self.most_refreshes.max(outcome.refreshes_since);
        } else if outcome.is_undetected() {
            self.undetected += 1;
        } else {
            self.too_late += 1;
        }
    }

    /// Adds the sums of others.
    pub fn merge(&mut self, other: &Self) {
        self.schedules += other.schedules;
        self.lost += other.lost;
        self.acted += other.acted;
        self.succeeded += other.succeeded;
        self.undetected += other.undetected;
        self.too_late += other.too_late;
        self.detected += other.detected;
        self.refreshes += other.refreshes;
        self.most_refreshes = self.most_refreshes.max(other.most_refreshes);
        self.gained += other.gained;
        self.most_gained = self.most_gained.max(other.most_gained);
    }
}

/// The sums of every algorithm, weather and kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    cells: Vec<Sums>,
}

impl Default for Tally {
    fn default() -> Self {
        let count = usize::try_from(CASES).unwrap_or(0);
        Self { cells: vec![Sums::default(); count] }
    }
}

impl Tally {
    /// Adds what became of `case`.
    pub fn add(&mut self, case: &Case, outcome: &Outcome) {
        let place = place(case.algorithm, case.weather, case.kind);
        if let Some(cell) = self.cells.get_mut(place) {
            cell.add(outcome);
        }
    }

    /// Adds another tally.
    pub fn merge(&mut self, other: &Self) {
        for (cell, other) in self.cells.iter_mut().zip(&other.cells) {
            cell.merge(other);
        }
    }

    /// The sums of one cell.
    #[must_use]
    pub fn of(&self, algorithm: Name, weather: Weather, kind: Kind) -> Sums {
        self.cells.get(place(algorithm, weather, kind)).copied().unwrap_or_default()
    }

    /// The sums of several cells of one algorithm.
    #[must_use]
    pub fn over(&self, algorithm: Name, weathers: &[Weather], kinds: &[Kind]) -> Sums {
        let mut sums = Sums::default();
        for (weather, kind) in weathers.iter().flat_map(|weather| kinds.iter().map(move |kind| (weather, kind))) {
            sums.merge(&self.of(algorithm, *weather, *kind));
        }
        sums
    }
}

fn place(algorithm: Name, weather: Weather, kind: Kind) -> usize {
    let find = |found: Option<usize>| found.unwrap_or(0);
    let algorithm = find(Name::ALL.iter().position(|known| *known == algorithm));
    let weather = find(WEATHERS.iter().position(|known| *known == weather));
    let kind = find(KINDS.iter().position(|known| *known == kind));
    (kind * WEATHERS.len() + weather) * Name::ALL.len() + algorithm
}
