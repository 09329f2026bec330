//! The shortest history that shows a violation.
//!
//! An operation is never left out: without the sign-up, each log-in would be a violation. What does not matter is what came
//! of it. So answers are forgotten, as many as can be, and the history is cut off where it can be; the answers that are left
//! contradict each other, whatever came of all the rest.

use simulator::shrink::shrink;

use crate::event::{Event, Moment};
use crate::linearize::{Model, Verdict, search};

/// The few events whose answers contradict each other, in the order in which they were asked for.
pub fn shortest<M: Model>(model: &M, events: &[Event]) -> Vec<Event> {
    let is_violated = |events: &[Event]| search(model, events).0 == Verdict::Violated;
    let mut ends: Vec<Moment> = events.iter().filter(|event| event.is_known()).map(|event| event.returned).collect();
    ends.sort_unstable();
    let first = ends.partition_point(|end| !is_violated(&until(events, *end)));
    let cut = until(events, ends.get(first).copied().unwrap_or(Moment::MAX));
    let known: Vec<usize> = (0..cut.len()).filter(|index| cut.get(*index).is_some_and(Event::is_known)).collect();
    let kept = shrink(&known, |kept| is_violated(&knowing(model, &cut, kept)));
    let mut shown: Vec<Event> = knowing(model, &cut, &kept).into_iter().filter(Event::is_known).collect();
    shown.sort_by_key(|event| event.invoked);
    shown
}

/// What was asked for by `moment`, and what was known of it then.
fn until(events: &[Event], moment: Moment) -> Vec<Event> {
    let asked = events.iter().filter(|event| event.invoked <= moment);
    asked.map(|event| if event.returned > moment { event.forgotten() } else { *event }).collect()
}

/// `events` without the answers that are not in `kept`.
fn knowing(model: &impl Model, events: &[Event], kept: &[usize]) -> Vec<Event> {
    let is_kept = |index: usize, event: &Event| kept.contains(&index) || model.begins_with(event);
    let each = events.iter().enumerate();
    each.map(|(index, event)| if is_kept(index, event) { *event } else { event.forgotten() }).collect()
}
