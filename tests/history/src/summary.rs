//! What a run came to, in few lines.

use std::collections::BTreeMap;
use std::fmt;

use crate::event::{Answer, Asked, Event};
use crate::run::{Outcome, Run};
use crate::secrets::Scan;

/// What is told at the end.
#[derive(Debug)]
pub struct Summary<'a> {
    /// The run.
    pub run: &'a Run,
    /// What came of it.
    pub outcome: &'a Outcome,
    /// What its log tells.
    pub scan: &'a Scan,
}

impl Summary<'_> {
    /// Whether all is as it must be.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.outcome.is_good() && self.scan.told.is_empty()
    }
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { run, outcome, scan } = self;
        let (events, report) = (&outcome.records.events, &outcome.report);
        let (count, seconds) = (events.len(), outcome.took.as_secs_f64());
        writeln!(formatter, "{count} operations in {seconds:.1} s, seed {}", run.seed)?;
        for (kind, outcomes) in by_kind(events) {
            let told: Vec<String> = outcomes.iter().map(|(outcome, count)| format!("{count} {outcome}")).collect();
            writeln!(formatter, "  {kind:<12} {}", told.join(", "))?;
        }
        writeln!(formatter, "faults: {} calls to DynamoDB met one, {} in a thousand", outcome.faults, run.faults)?;
        let (users, sessions, took) = (report.users, report.sessions, outcome.checked_in.as_secs_f64());
        let (part, search) = (report.longest_part, report.longest_search);
        writeln!(formatter, "checked: {users} users and {sessions} sessions in {took:.1} s")?;
        writeln!(formatter, "longest: a part of {part} operations, a search through {search} places")?;
        writeln!(formatter, "table: {} items, {} broken references", outcome.items, outcome.broken.len())?;
        for broken in outcome.broken.iter().take(10) {
            writeln!(formatter, "  {broken}")?;
        }
        let (lines, told) = (scan.lines, scan.told.len());
        writeln!(formatter, "log: {lines} lines, {told} with a password, a token, a hash, a key or a name")?;
        for (line, what) in scan.told.iter().take(10) {
            writeln!(formatter, "  line {line}: {what}")?;
        }
        for strange in outcome.records.strange.iter().take(10) {
            writeln!(formatter, "strange: {strange}")?;
        }
        for finding in report.findings.iter().take(10) {
            writeln!(formatter, "{finding}")?;
        }
        let (accepted, findings) = (accepted_writes(events), report.findings.len());
        let verdict = if self.is_good() { "holds" } else { "does not hold" };
        write!(formatter, "verdict: {accepted} accepted writes, {findings} contradictions; linearizability {verdict}")
    }
}

fn accepted_writes(events: &[Event]) -> usize {
    let is_accepted = |event: &&Event| match (event.asked, event.answer) {
        (Asked::Look { .. }, _) => false,
        (_, answer) => {
            matches!(answer, Answer::Created | Answer::Opened(_) | Answer::Given(_) | Answer::Done)
        }
    };
    events.iter().filter(is_accepted).count()
}

fn by_kind(events: &[Event]) -> BTreeMap<&'static str, BTreeMap<&'static str, usize>> {
    let mut kinds: BTreeMap<_, BTreeMap<_, usize>> = BTreeMap::new();
    for event in events {
        *kinds.entry(kind_of(event)).or_default().entry(outcome_of(event)).or_default() += 1;
    }
    kinds
}

const fn kind_of(event: &Event) -> &'static str {
    match event.asked {
        Asked::SignUp { .. } => "sign up",
        Asked::LogIn { .. } => "log in",
        Asked::Refresh { .. } => "refresh",
        Asked::LogOut { .. } => "log out",
        Asked::Look { .. } => "me",
        Asked::EndAll { .. } => "log out all",
        Asked::Deactivate { .. } => "deactivate",
        Asked::Activate { .. } => "activate",
    }
}

const fn outcome_of(event: &Event) -> &'static str {
    match event.answer {
        Answer::Unknown => "unknown",
        Answer::Created | Answer::Opened(_) | Answer::Given(_) | Answer::Done => "done",
        Answer::Taken => "taken",
        Answer::Refused => "refused",
        Answer::Superseded => "superseded",
        Answer::Stale => "stale",
        Answer::Behind => "behind",
        Answer::Over => "over",
        Answer::Nobody => "nobody",
    }
}
