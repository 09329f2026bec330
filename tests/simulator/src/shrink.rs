//! Makes a schedule that violates a property short: delta debugging (Zeller, Hildebrandt: Simplifying and isolating
//! failure-inducing input, 2002).

use crate::message::{Milliseconds, SECOND, START};
use crate::schedule::{Action, What};

/// A schedule that still `fails`, as short as it gets in actions and then in time: a gap that does not matter becomes a
/// second, and then perhaps what bridged it does not matter either.
pub fn shorten(actions: &[Action], fails: impl Fn(&[Action]) -> bool) -> Vec<Action> {
    let mut kept = shrink(actions, &fails);
    loop {
        simplify(&mut kept, &fails);
        let shorter = shrink(&kept, &fails);
        if shorter.len() == kept.len() {
            return kept;
        }
        kept = shorter;
    }
}

fn simplify(actions: &mut Vec<Action>, fails: impl Fn(&[Action]) -> bool) {
    for place in 0..actions.len() {
        for change in [close_gap, close_whole_seconds, send_at_once, right_clock] {
            let mut changed = actions.clone();
            change(&mut changed, place);
            if fails(&changed) {
                *actions = changed;
            }
        }
    }
}

/// The action at `place` happens a second after the one before it, and all later ones as much earlier.
fn close_gap(actions: &mut [Action], place: usize) {
    let gap = gap(actions, place);
    shift(actions, place, (gap - SECOND).max(0));
}

/// The same, but for the milliseconds, which can matter by themselves: tokens count in whole seconds.
fn close_whole_seconds(actions: &mut [Action], place: usize) {
    let gap = gap(actions, place);
    shift(actions, place, gap - gap % SECOND);
}

fn gap(actions: &[Action], place: usize) -> Milliseconds {
    let before = place.checked_sub(1).and_then(|before| actions.get(before)).map_or(START, |action| action.at);
    actions.get(place).map_or(0, |action| action.at - before)
}

fn shift(actions: &mut [Action], place: usize, by: Milliseconds) {
    for action in actions.iter_mut().skip(place) {
        action.at -= by;
    }
}

/// A retry is a first try.
fn send_at_once(actions: &mut [Action], place: usize) {
    if let Some(Action { what: What::Send { retry, .. }, .. }) = actions.get_mut(place) {
        *retry = false;
    }
}

/// The server's clock is right.
fn right_clock(actions: &mut [Action], place: usize) {
    if let Some(Action { what: What::Serve { skew, .. } | What::Act { skew, .. }, .. }) = actions.get_mut(place) {
        *skew = 0;
    }
}

/// The smallest part of `items` found that still `fails`: without any one of its items it would not.
pub fn shrink<T: Copy>(items: &[T], fails: impl Fn(&[T]) -> bool) -> Vec<T> {
    let mut kept = items.to_vec();
    let mut chunk = kept.len().div_ceil(2);
    while chunk > 0 {
        let mut start = 0;
        let mut has_shrunk = false;
        while start < kept.len() {
            let end = kept.len().min(start + chunk);
            let without: Vec<T> = kept
                .iter()
                .enumerate()
                .filter(|(place, _)| !(start..end).contains(place))
                .map(|(_, item)| *item)
                .collect();
            if fails(&without) {
                kept = without;
                has_shrunk = true;
            } else {
                start = end;
            }
        }
        // Single items go on until none can be left out.
        chunk = match (chunk, has_shrunk) {
            (1, true) => 1,
            (chunk, _) => chunk / 2,
        };
    }
    kept
}
