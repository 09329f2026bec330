//! Many schedules, on all cores. What comes out does not depend on how many there are.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use crate::algorithms::Name;
use crate::case::{Case, Kind};
use crate::message::Milliseconds;
use crate::play::{Outcome, play};
use crate::properties::{Property, Violation};
use crate::tally::Tally;

/// How many schedules a thread takes at a time.
const CHUNK: u64 = 256;

/// How many cases of a kind are kept, to print the shortest.
const FEW: usize = 8;

/// What a run is about.
#[derive(Clone, Copy, Debug)]
pub struct Campaign {
    /// How many schedules.
    pub schedules: u64,
    /// The seed of all.
    pub seed: u64,
    /// How wrong the clocks of servers are at most.
    pub skew: Milliseconds,
    /// On how many threads.
    pub threads: usize,
}

/// What a run found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// What the schedules came to.
    pub tally: Tally,
    /// The first few cases of each property that does not hold, by property.
    pub violations: Vec<(u64, Violation)>,
    /// The first few cases that ended as ours must not: with an honest client without its session, or with a theft that
    /// succeeded and was not noticed though the client refreshed.
    pub bad_ends: Vec<u64>,
    /// How many schedules were held to the properties.
    pub checked: u64,
}

impl Findings {
    /// Whether nothing is wrong with ours.
    #[must_use]
    pub const fn is_good(&self) -> bool {
        self.violations.is_empty() && self.bad_ends.is_empty()
    }

    fn add(&mut self, (index, case): (u64, &Case), played: Result<Outcome, Violation>) {
        let is_ours = case.algorithm == Name::Ours;
        self.checked += u64::from(is_ours);
        match played {
            Ok(outcome) => {
                self.tally.add(case, &outcome);
                let is_lost = case.kind == Kind::Honest && outcome.is_lost;
                if is_ours && (is_lost || outcome.is_undetected()) {
                    self.bad_ends.push(index);
                }
            }
            Err(violation) => self.violations.push((index, violation)),
        }
        if self.violations.len() > 1000 || self.bad_ends.len() > 1000 {
            self.keep_few();
        }
    }

    fn merge(&mut self, other: Self) {
        self.tally.merge(&other.tally);
        self.checked += other.checked;
        self.violations.extend(other.violations);
        self.bad_ends.extend(other.bad_ends);
        self.keep_few();
    }

    fn keep_few(&mut self) {
        self.violations.sort_by_key(|(index, violation)| (violation.property, *index));
        let mut kept = (None, 0);
        self.violations.retain(|(_, violation)| {
            kept =
                if kept.0 == Some(violation.property) { (kept.0, kept.1 + 1) } else { (Some(violation.property), 1) };
            kept.1 <= FEW
        });
        self.bad_ends.sort_unstable();
        self.bad_ends.truncate(FEW);
    }

    /// The cases in which `property` does not hold.
    pub fn violating(&self, property: Property) -> impl Iterator<Item = (Case, &Violation)> {
        let of_it = self.violations.iter().filter(move |(_, violation)| violation.property == property);
        of_it.filter_map(|(index, violation)| Some((Case::of(*index)?, violation)))
    }
}

impl Campaign {
    /// Runs it; `progress` hears how many schedules more are done.
    pub fn run(&self, progress: impl Fn(u64) + Sync) -> Findings {
        let next = AtomicU64::new(0);
        let mut findings = Findings::default();
        thread::scope(|scope| {
            let threads: Vec<_> =
                (0..self.threads.max(1)).map(|_| scope.spawn(|| self.work(&next, &progress))).collect();
            for thread in threads {
                match thread.join() {
                    Ok(found) => findings.merge(found),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
        });
        findings
    }

    fn work(&self, next: &AtomicU64, progress: &(impl Fn(u64) + Sync)) -> Findings {
        let mut findings = Findings::default();
        loop {
            let start = next.fetch_add(CHUNK, Ordering::Relaxed);
            if start >= self.schedules {
                return findings;
            }
            let end = self.schedules.min(start + CHUNK);
            for index in start..end {
                self.one(index, &mut findings);
            }
            progress(end - start);
        }
    }

    fn one(&self, index: u64, findings: &mut Findings) {
        let Some(case) = Case::of(index) else { return };
        let played = play(&case, (self.seed, self.skew));
        findings.add((index, &case), played);
    }
}
