//! All parts of a history, one after the other.

use std::fmt;

use crate::event::{Event, Name};
use crate::linearize::{Model, Verdict, search};
use crate::model_session::SessionModel;
use crate::model_user::UserModel;
use crate::parts::Parts;
use crate::shorten::shortest;

/// What a check found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// How many users were checked.
    pub users: usize,
    /// How many sessions were checked.
    pub sessions: usize,
    /// How many places the longest search went through.
    pub longest_search: usize,
    /// How many operations the longest part has.
    pub longest_part: usize,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

/// A part of a history that could not have happened.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What it is about.
    pub about: About,
    /// How many operations the part has.
    pub events: usize,
    /// Those whose answers contradict each other; none where the search gave up.
    pub shortest: Vec<Event>,
}

/// What a part of a history is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// A user.
    User(Name),
    /// A session.
    Session(Name),
}

/// Checks each user and each session of `history`.
#[must_use]
pub fn check(history: &[Event]) -> Report {
    let parts = Parts::of(history);
    let mut report = Report { users: parts.users.len(), sessions: parts.sessions.len(), ..Report::default() };
    for (user, events) in &parts.users {
        report.part(About::User(*user), &UserModel, events);
    }
    for (session, events) in &parts.sessions {
        report.part(About::Session(*session), &SessionModel { session: *session }, events);
    }
    report
}

impl Report {
    fn part(&mut self, about: About, model: &impl Model, events: &[Event]) {
        let (verdict, places) = search(model, events);
        self.longest_search = self.longest_search.max(places);
        self.longest_part = self.longest_part.max(events.len());
        let shortest = match verdict {
            Verdict::Holds => return,
            Verdict::Violated => shortest(model, events),
            Verdict::Undecided => Vec::new(),
        };
        self.findings.push(Finding { about, events: events.len(), shortest });
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { about, events, shortest } = self;
        if shortest.is_empty() {
            return write!(formatter, "{about}: nobody can tell whether its {events} operations fit together");
        }
        let (few, others) = (shortest.len(), events.saturating_sub(shortest.len()));
        write!(
            formatter,
            "{about}: not linearizable. {few} answers contradict each other, whatever came of {others} more:"
        )?;
        shortest.iter().try_for_each(|event| write!(formatter, "\n  {event}"))
    }
}

impl fmt::Display for About {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(user) => write!(formatter, "user {user}"),
            Self::Session(session) => write!(formatter, "session {session}"),
        }
    }
}
