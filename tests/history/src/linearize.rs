//! Whether what clients saw could have happened one after the other: each operation at one moment between the question and
//! its answer, or, where nobody knows what came of it, at any moment after the question, or never.
//!
//! The search of Wing and Gong (Testing and verifying concurrent objects, 1993), which remembers where it has been (Lowe:
//! Testing for linearizability, 2017).

use std::collections::HashSet;
use std::hash::Hash;

use crate::event::{Answer, Asked, Event, Moment};

/// Where a search gives up: some seconds.
const MOST_PLACES: usize = 2_000_000;

/// What operations do, one after the other.
pub trait Model {
    /// What they do it to.
    type State: Clone + Eq + Hash;

    /// What there is before anybody asks for anything.
    fn first(&self) -> Self::State;

    /// The state after `event`, if it can get its answer in this one. With an unknown answer: the state if it happens.
    fn step(&self, state: &Self::State, event: &Event) -> Option<Self::State>;

    /// Whether nothing is there before `event`: its answer is what all others speak of.
    fn begins_with(&self, _event: &Event) -> bool {
        false
    }
}

/// What a search found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// There is an order in which everything gets the answer that it got.
    Holds,
    /// There is none.
    Violated,
    /// Nobody knows: there are too many orders.
    Undecided,
}

/// Looks for an order of `events`; the verdict, and in how many places the search was.
pub fn search<M: Model>(model: &M, events: &[Event]) -> (Verdict, usize) {
    let mut events = events.to_vec();
    events.sort_by_key(|event| event.invoked);
    let start = Place { done: Done::none_of(events.len()), state: model.first() };
    let mut seen = HashSet::from([start.clone()]);
    let mut stack = vec![start];
    while let Some(place) = stack.pop() {
        let horizon = place.horizon(&events);
        if horizon == Moment::MAX {
            return (Verdict::Holds, seen.len());
        }
        if seen.len() > MOST_PLACES {
            return (Verdict::Undecided, seen.len());
        }
        for next in place.successors(model, &events, horizon) {
            if seen.insert(next.clone()) {
                stack.push(next);
            }
        }
    }
    (Verdict::Violated, seen.len())
}

/// Which operations have happened, and what they have made.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Place<S> {
    done: Done,
    state: S,
}

impl<S: Clone + Eq + Hash> Place<S> {
    /// The first answer among what has not happened yet: what is asked for later comes later.
    fn horizon(&self, events: &[Event]) -> Moment {
        let left = events.iter().enumerate().filter(|(index, _)| !self.done.has(*index));
        left.map(|(_, event)| event.latest()).min().unwrap_or(Moment::MAX)
    }

    /// Where one operation more leads, the most promising last.
    fn successors<M: Model<State = S>>(&self, model: &M, events: &[Event], horizon: Moment) -> Vec<Self> {
        let (mut unknown, mut known) = (Vec::new(), Vec::new());
        // Of those that ask for the same and end nobody knows when, the first stands for all.
        let mut tried: HashSet<Asked> = HashSet::new();
        for (index, event) in events.iter().enumerate() {
            if event.invoked > horizon {
                break;
            }
            let is_known = event.answer != Answer::Unknown;
            if self.done.has(index) || !(is_known || tried.insert(event.asked)) {
                continue;
            }
            let Some(state) = model.step(&self.state, event) else { continue };
            let place = Self { done: self.done.with(index), state };
            if is_known {
                known.push((event.latest(), place));
            } else if place.state != self.state {
                unknown.push(place);
            }
        }
        known.sort_by_key(|(latest, _)| std::cmp::Reverse(*latest));
        unknown.extend(known.into_iter().map(|(_, place)| place));
        unknown
    }
}

/// A set of operations.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Done(Vec<u64>);

impl Done {
    fn none_of(count: usize) -> Self {
        Self(vec![0; count.div_ceil(64)])
    }

    fn has(&self, index: usize) -> bool {
        self.0.get(index / 64).is_some_and(|word| word >> (index % 64) & 1 == 1)
    }

    fn with(&self, index: usize) -> Self {
        let mut set = self.clone();
        if let Some(word) = set.0.get_mut(index / 64) {
            *word |= 1 << (index % 64);
        }
        set
    }
}
