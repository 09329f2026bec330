//! All short schedules: every order in which workers, a network and a thief can act, up to some bounds.
//!
//! Breadth first, so that the first violation is the shortest. Time stands but for leaps of half a refresh token's
//! life: before and after a token's expiry is all that matters. What a state is made of, and why that is enough:
//! [`State`].

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::thread;

use crate::algorithms::{Anchored, REFRESH_LIFETIME, Rules};
use crate::client::Client;
use crate::message::{Milliseconds, Reply, Request};
use crate::properties::{Property, Violation};
pub use crate::state::State;
use crate::thief::{Tactic, Theft};

/// How far time goes on in one step.
pub const LEAP: Milliseconds = REFRESH_LIFETIME / 2;

/// What can happen next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// A server gets this request and answers it.
    Serve(Request),
    /// A worker gets this answer and acts on it.
    Receive(Request, Reply),
    /// The user logs out.
    LogOut,
    /// Half a token's life goes by.
    Leap,
    /// The thief steals.
    Steal(Theft),
    /// The thief captures this request.
    StealRequest(Request),
    /// The thief asks a server.
    Act(Tactic),
}

/// How far the search goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// How many rotations.
    pub rotations: u32,
    /// How often the thief acts.
    pub acts: u8,
    /// How often half a token's life goes by.
    pub leaps: u8,
    /// Whether the user may log out.
    pub log_out: bool,
    /// What is stolen; nothing when only the client holds anything.
    pub theft: Option<Theft>,
    /// The one property to look at; all when there is none.
    pub only: Option<Property>,
}

/// What a search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// How many different states there are.
    pub states: usize,
    /// How many steps the longest way to one takes that is the shortest to it.
    pub depth: u32,
    /// The shortest way to a violation.
    pub violation: Option<(Violation, Vec<Step>)>,
}

/// A state on the edge of the search, and its place in the list of all.
type Edge<R> = (u32, State<R>);
/// A state that may be new: its hash, the state it comes from, and how.
type Next<R> = (u64, u32, Step, Result<State<R>, Violation>);

/// Goes through all states within `bounds`; `progress` hears how many states there are so far.
pub fn search<R: Rules + Send + Sync>(bounds: &Bounds, threads: usize, mut progress: impl FnMut(usize)) -> Found {
    let start = State::<R>::new(Anchored::open(Some(Client::first_id())), bounds);
    let mut seen = HashSet::from([hashed(&start)]);
    let mut ways: Vec<(u32, Option<Step>)> = vec![(0, None)];
    let mut edge: Vec<Edge<R>> = vec![(0, start)];
    let mut depth = 0;
    while !edge.is_empty() {
        let mut new_edge = Vec::new();
        // In slices, so that not all that may be new is there at once.
        for slice in edge.chunks(1 << 14) {
            for (hash, from, step, next) in successors(slice, bounds, (&seen, threads)) {
                match next {
                    Err(violation) => {
                        let mut way = way(&ways, from);
                        way.push(step);
                        return Found { states: seen.len(), depth: depth + 1, violation: Some((violation, way)) };
                    }
                    Ok(state) if seen.insert(hash) => {
                        new_edge.push((u32::try_from(ways.len()).unwrap_or(u32::MAX), state));
                        ways.push((from, Some(step)));
                    }
                    Ok(_) => {}
                }
            }
            progress(seen.len());
        }
        edge = new_edge;
        depth += u32::from(!edge.is_empty());
    }
    Found { states: seen.len(), depth, violation: None }
}

fn successors<R: Rules + Send + Sync>(
    edge: &[Edge<R>],
    bounds: &Bounds,
    (seen, threads): (&HashSet<u64>, usize),
) -> Vec<Next<R>> {
    let share = edge.len().div_ceil(threads.max(1)).max(1);
    thread::scope(|scope| {
        let threads: Vec<_> =
            edge.chunks(share).map(|part| scope.spawn(move || successors_of(part, bounds, seen))).collect();
        let mut all = Vec::new();
        for thread in threads {
            match thread.join() {
                Ok(found) => all.extend(found),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    })
}

fn successors_of<R: Rules>(edge: &[Edge<R>], bounds: &Bounds, seen: &HashSet<u64>) -> Vec<Next<R>> {
    let mut next = Vec::new();
    for (place, state) in edge {
        for step in state.steps(bounds) {
            let mut after = state.clone();
            match after.step(step, bounds) {
                Ok(false) => {}
                Ok(true) => {
                    let hash = hashed(&after);
                    if !seen.contains(&hash) {
                        next.push((hash, *place, step, Ok(after)));
                    }
                }
                Err(violation) => next.push((0, *place, step, Err(violation))),
            }
        }
    }
    next
}

fn way(ways: &[(u32, Option<Step>)], to: u32) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut place = to;
    while let Some((from, Some(step))) = ways.get(place as usize) {
        steps.push(*step);
        place = *from;
    }
    steps.reverse();
    steps
}

fn hashed<R: Rules>(state: &State<R>) -> u64 {
    let mut hasher = DefaultHasher::new();
    state.hash(&mut hasher);
    hasher.finish()
}
