//! The checker itself, on histories made by hand: what it lets pass, what it finds, and how short it makes it.

mod logs;
mod sessions;
mod users;

use crate::check::{About, Report, check};
use crate::event::{Answer, Asked, Event, Moment, Token};

/// One line of a history: who, from when to when, what, and what came of it.
const fn line(client: u32, (invoked, returned): (Moment, Moment), asked: Asked, answer: Answer) -> Event {
    Event { client, invoked, returned, asked, answer }
}

/// The one finding in `history`, as the lines of its shortest history.
fn found(history: &[Event]) -> (About, Vec<Event>) {
    let Report { findings, .. } = check(history);
    assert_eq!(findings.len(), 1, "{findings:?}");
    (findings[0].about, findings[0].shortest.clone())
}

fn is_good(history: &[Event]) -> bool {
    let Report { findings, .. } = check(history);
    findings.is_empty()
}

/// A token of session 5 without an anchor.
const fn token(counter: u32) -> Token {
    Token { session: 5, counter, anchor: None, text: 0 }
}

#[test]
fn a_finding_is_told_in_as_many_lines_as_it_has_operations() {
    let history = [
        line(1, (1_000_000, 2_500_000), Asked::SignUp { user: 7 }, Answer::Created),
        line(2, (1_100_000, 1_200_000), Asked::LogIn { user: 7, is_right: false, next: None }, Answer::Refused),
        line(3, (3_000_000, 3_000_001), Asked::LogIn { user: 7, is_right: true, next: Some(4) }, Answer::Refused),
    ];
    let told = check(&history).findings[0].to_string();
    let wanted = "user 7: not linearizable. 2 answers contradict each other, whatever came of 1 more:
     1.000000 to    2.500000  client 1 signs user 7 up: 201
     3.000000 to    3.000001  client 3 logs user 7 in, next 4: 401, no active account";
    assert_eq!(told, wanted);
}
