//! A schedule in words: one action a line, with its time and who did it.

use std::fmt;

use crate::algorithms::{Anchored, Rules};
use crate::client::Client;
use crate::client::Settled;
use crate::ledger::Progress;
use crate::message::{
    DAY, HOUR, Holder, Id, MINUTE, Milliseconds, Refusal, Reply, Request, SECOND, START, Sender, Wish,
};
use crate::play::{Fate, Outcome};
use crate::properties::Violation;
use crate::schedule::{Action, What};
use crate::search::{Bounds, LEAP, State, Step};
use crate::world::Happened;

/// A line of the story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// An action and what it did.
    Happened(Action, Happened),
    /// An action after which a property does not hold, and what was served by it.
    Violated(Action, Happened, Violation),
    /// The end.
    Outcome(Outcome),
}

impl fmt::Display for Line {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Happened(action, happened) => {
                write!(formatter, "{:>16}  #{:<4} ", Time(action.at).to_string(), action.name)?;
                deed(formatter, action, happened)
            }
            Self::Violated(action, served, violation) => {
                write!(formatter, "{:>16}  #{:<4} ", Time(action.at).to_string(), action.name)?;
                deed(formatter, action, served)?;
                write!(formatter, ": {} does not hold: {}", violation.property, violation.what)
            }
            Self::Outcome(outcome) => ending(formatter, outcome),
        }
    }
}

/// A time since the log-in.
struct Time(Milliseconds);

impl fmt::Display for Time {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since = self.0 - START;
        let (days, hours, minutes) = (since / DAY, since % DAY / HOUR, since % HOUR / MINUTE);
        let (seconds, milliseconds) = (since % MINUTE / SECOND, since % SECOND);
        write!(formatter, "{days}d {hours:02}:{minutes:02}:{seconds:02}.{milliseconds:03}")
    }
}

fn who(sender: Sender) -> String {
    match sender {
        Sender::Worker { index, .. } => format!("worker {index}"),
        Sender::Thief => "the thief".to_owned(),
    }
}

fn named(id: Id) -> String {
    let letter = match id.holder {
        Holder::Client => 'c',
        Holder::Thief => 't',
    };
    let again = if id.restored == 0 { String::new() } else { format!(".{}", id.restored) };
    format!("{letter}{}{again}", id.counter)
}

fn asked(request: &Request) -> String {
    let token = request.token.counter;
    match request.wish {
        Wish::LogOut => format!("logs out with token {token}"),
        Wish::Refresh(None) => format!("refreshes with token {token} without ids"),
        Wish::Refresh(Some(ids)) => {
            format!("refreshes with token {token}, id {}, next {}", named(ids.rotation_id), named(ids.next))
        }
    }
}

fn said(reply: &Reply) -> String {
    match reply {
        // The search does not say when.
        Reply::Tokens { refresh, access_until: 0 } => format!("200, token {}", refresh.counter),
        Reply::Tokens { refresh, access_until } => {
            format!("200, token {}, access until {}", refresh.counter, Time(*access_until))
        }
        Reply::LoggedOut => "200, logged out".to_owned(),
        Reply::Superseded => "409 superseded".to_owned(),
        Reply::Refused(Refusal::Expired) => "401, the token has expired".to_owned(),
        Reply::Refused(Refusal::NotYet) => "401, the token is of a time to come".to_owned(),
        Reply::Refused(Refusal::Behind) => "401, the session is behind".to_owned(),
        Reply::Refused(Refusal::Stale) => "401, the token is stale".to_owned(),
        Reply::Over => "401, the session is over".to_owned(),
        Reply::Unavailable => "503".to_owned(),
    }
}

fn acts_on(settled: Settled) -> &'static str {
    match settled {
        Settled::Stored => "stores it",
        Settled::Discarded => "discards it, another record is stored",
        Settled::Changed => "will use the record stored, which is another one",
        Settled::LogsOut => "will log out with the record stored",
        Settled::Cleared => "forgets the record",
        Settled::Again => "will ask again",
    }
}

fn deed(formatter: &mut fmt::Formatter<'_>, action: &Action, happened: &Happened) -> fmt::Result {
    match (action.what, happened) {
        (_, Happened::Sent(request)) => write!(formatter, "{} {}", who(request.sender), asked(request)),
        (What::Act { skew, .. }, Happened::Served(request, reply, _)) => {
            write!(formatter, "{} {}: {}{}", who(request.sender), asked(request), said(reply), Skew(skew))
        }
        (What::Serve { request: sent, skew, .. }, Happened::Served(request, reply, fails)) => {
            let told = if *fails { " (but 503 is sent)" } else { "" };
            let (who, said) = (who(request.sender), said(reply));
            write!(formatter, "the server answers #{sent} of {who}: {said}{told}{}", Skew(skew))
        }
        (_, Happened::Held(worker, reply)) => {
            write!(formatter, "worker {worker} receives {} and is suspended", said(reply))
        }
        (_, Happened::Settled(worker, reply, settled)) => {
            write!(formatter, "worker {worker} has {} and {}", said(reply), acts_on(*settled))
        }
        (What::Steal { theft, .. }, Happened::Stolen(token)) => {
            write!(formatter, "the thief steals: {}, token {}", theft.name(), token.counter)
        }
        (_, Happened::Restored(token)) => {
            write!(formatter, "an old copy of the storage is back: token {}", token.counter)
        }
        _ => intent(formatter, action),
    }
}

/// The steps of an exhaustive search in words, one a line.
#[must_use]
pub fn steps<R: Rules>(way: &[Step], bounds: &Bounds) -> Vec<String> {
    let mut state = State::<R>::new(Anchored::open(Some(Client::first_id())), bounds);
    let told = |step: &Step| {
        let violation = state.step(*step, bounds).err();
        let mut line = stepped(step);
        if let (Step::Serve(_) | Step::Act(_), Some(reply)) = (step, state.said()) {
            line = format!("{line}: {}", said(reply));
        }
        match violation {
            Some(Violation { property, what }) => format!("{line}: {property} does not hold: {what}"),
            None => line,
        }
    };
    way.iter().map(told).collect()
}

fn stepped(step: &Step) -> String {
    match step {
        Step::Serve(request) => format!("a server answers the worker that {}", asked(request)),
        Step::Receive(request, reply) => format!("the worker that {} acts on: {}", asked(request), said(reply)),
        Step::LogOut => "the user logs out".to_owned(),
        Step::Leap => format!("{} hours go by", LEAP / HOUR),
        Step::Steal(theft) => format!("the thief steals: {}", theft.name()),
        Step::StealRequest(request) => format!("the thief captures the request that {}", asked(request)),
        Step::Act(tactic) => format!("the thief {}", tactic.words()),
    }
}

/// An action whose outcome says no more than itself.
fn intent(formatter: &mut fmt::Formatter<'_>, action: &Action) -> fmt::Result {
    match action.what {
        What::Read { worker } => write!(formatter, "worker {worker} reads the record and is suspended"),
        What::Send { worker, .. } => write!(formatter, "worker {worker} sends a request"),
        What::Serve { request, skew, .. } => write!(formatter, "the server answers #{request}{}", Skew(skew)),
        What::Receive { answer, .. } => write!(formatter, "the answer of #{answer} arrives"),
        What::Resume { worker } => write!(formatter, "worker {worker} goes on"),
        What::Crash { worker } => write!(formatter, "worker {worker} crashes"),
        What::LogOut { worker } => write!(formatter, "the user logs out at worker {worker}"),
        What::Restore { age } => write!(formatter, "a copy of the storage, {age} records old, is back"),
        What::Steal { theft, .. } => write!(formatter, "the thief steals: {}", theft.name()),
        What::Act { tactic, skew } => write!(formatter, "the thief {}{}", tactic.words(), Skew(skew)),
    }
}

/// How wrong a server's clock is.
struct Skew(Milliseconds);

impl fmt::Display for Skew {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 { Ok(()) } else { write!(formatter, " [server's clock {:+} ms]", self.0) }
    }
}

fn ending(formatter: &mut fmt::Formatter<'_>, outcome: &Outcome) -> fmt::Result {
    let session = match outcome.session {
        Fate::Ended => "ended",
        Fate::Open => "open",
        Fate::RanOut => "run out",
    };
    write!(formatter, "At the end the session is {session}; the client ")?;
    formatter.write_str(if outcome.is_lost { "lost it" } else { "did not lose it" })?;
    if outcome.theft >= Progress::Acted {
        let success = if outcome.theft >= Progress::Succeeded { "succeeded" } else { "did not succeed" };
        let (minutes, refreshes) = (outcome.gained / MINUTE, outcome.refreshes_since);
        write!(
            formatter,
            "; the thief {success}, had access for {minutes} min, the client refreshed {refreshes} times after that"
        )?;
    }
    formatter.write_str(".")
}
