//! A history in parts that have nothing to do with one another: it is linearizable if each of them is (Herlihy and Wing:
//! Linearizability, 1990). What ends all sessions of a user is part of each of them.

use std::collections::BTreeMap;

use crate::event::{Answer, Asked, Event, Name};

/// The parts of a history.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    /// What happened to each user.
    pub users: BTreeMap<Name, Vec<Event>>,
    /// What happened to each session.
    pub sessions: BTreeMap<Name, Vec<Event>>,
}

/// What a log-in that succeeded says.
#[derive(Clone, Copy)]
struct LogIn {
    user: Name,
    event: Event,
}

impl Parts {
    /// The parts of `history`.
    #[must_use]
    pub fn of(history: &[Event]) -> Self {
        let log_ins = log_ins(history);
        let mut parts = Self::default();
        let mut revocations: BTreeMap<Name, Vec<Event>> = BTreeMap::new();
        for event in history {
            if let Some(user) = user_of(event, &log_ins) {
                parts.users.entry(user).or_default().push(*event);
            }
            if let Some(session) = session_of(event) {
                parts.sessions.entry(session).or_default().extend(seen_from_a_session(event));
            }
            if let Some(user) = revoked_by(event, &log_ins) {
                revocations.entry(user).or_default().push(*event);
            }
        }
        for (session, events) in &mut parts.sessions {
            let Some(LogIn { user, event: log_in }) = log_ins.get(session) else { continue };
            let of_user = revocations.get(user).into_iter().flatten();
            events.extend(of_user.filter(|event| event.latest() > log_in.invoked));
        }
        parts
    }
}

fn log_ins(history: &[Event]) -> BTreeMap<Name, LogIn> {
    let opened = history.iter().filter_map(|event| match (event.asked, event.answer) {
        (Asked::LogIn { user, .. }, Answer::Opened(token)) => Some((token.session, LogIn { user, event: *event })),
        _ => None,
    });
    opened.collect()
}

/// The user of whom `event` says something.
fn user_of(event: &Event, log_ins: &BTreeMap<Name, LogIn>) -> Option<Name> {
    let of_session = |session: Name| log_ins.get(&session).map(|log_in| log_in.user);
    match (event.asked, event.answer) {
        (Asked::LogIn { .. }, Answer::Unknown) => None,
        (
            Asked::SignUp { user } | Asked::LogIn { user, .. } | Asked::Deactivate { user } | Asked::Activate { user },
            _,
        ) => Some(user),
        // Who gets in is active.
        (Asked::Refresh { token, .. }, Answer::Given(_)) => of_session(token.session),
        (Asked::Look { session }, Answer::Done) => of_session(session),
        _ => None,
    }
}

/// The session of which `event` says something by itself.
fn session_of(event: &Event) -> Option<Name> {
    match (event.asked, event.answer) {
        (Asked::LogIn { .. }, Answer::Opened(token)) | (Asked::Refresh { token, .. } | Asked::LogOut { token }, _) => {
            Some(token.session)
        }
        (Asked::Look { session }, _) | (Asked::EndAll { session }, Answer::Over) => Some(session),
        _ => None,
    }
}

/// The user whose sessions `event` ends, or may end.
fn revoked_by(event: &Event, log_ins: &BTreeMap<Name, LogIn>) -> Option<Name> {
    match (event.asked, event.answer) {
        (Asked::Deactivate { user }, Answer::Done | Answer::Unknown) => Some(user),
        (Asked::EndAll { session }, Answer::Done | Answer::Unknown) => log_ins.get(&session).map(|log_in| log_in.user),
        _ => None,
    }
}

/// A refresh is two operations at times: it moves the session, its answer is lost on the way from DynamoDB, others end the
/// session or go on with it before the call is repeated, and the answer says so. Whether it moved the session first nobody
/// knows.
fn seen_from_a_session(event: &Event) -> impl Iterator<Item = Event> {
    let may_have_moved =
        matches!((event.asked, event.answer), (Asked::Refresh { .. }, Answer::Over | Answer::Superseded));
    [Some(*event), may_have_moved.then(|| event.forgotten())].into_iter().flatten()
}
