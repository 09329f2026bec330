//! Users.

use super::{found, is_good, line, token};
use crate::check::About;
use crate::event::Answer::{Created, Done, Given, Nobody, Opened, Refused, Taken, Unknown};
use crate::event::{Asked, Event};

const SIGN_UP: Asked = Asked::SignUp { user: 1 };
const LOG_IN: Asked = Asked::LogIn { user: 1, is_right: true, next: None };
const WRONG: Asked = Asked::LogIn { user: 1, is_right: false, next: None };
const DEACTIVATE: Asked = Asked::Deactivate { user: 1 };
const ACTIVATE: Asked = Asked::Activate { user: 1 };

#[test]
fn one_after_the_other_is_good() {
    assert!(is_good(&[
        line(1, (1, 2), LOG_IN, Refused),
        line(1, (3, 4), DEACTIVATE, Nobody),
        line(1, (5, 6), SIGN_UP, Created),
        line(2, (7, 8), SIGN_UP, Taken),
        line(2, (9, 10), LOG_IN, Opened(token(0))),
        line(2, (11, 12), WRONG, Refused),
        line(3, (13, 14), DEACTIVATE, Done),
        line(2, (15, 16), LOG_IN, Refused),
        line(3, (17, 18), ACTIVATE, Done),
        line(4, (19, 20), Asked::LogIn { user: 2, is_right: true, next: None }, Refused),
    ]));
}

#[test]
fn what_overlaps_may_have_happened_either_way() {
    let with = |answer, other| [line(1, (1, 10), SIGN_UP, Created), line(2, (2, 9), answer, other)];
    for (asked, answer) in [(LOG_IN, Refused), (LOG_IN, Opened(token(0))), (SIGN_UP, Taken), (DEACTIVATE, Nobody)] {
        assert!(is_good(&with(asked, answer)), "{answer:?}");
    }
    // Three that overlap: the log-in that succeeds is between the other two.
    assert!(is_good(&[
        line(1, (1, 2), SIGN_UP, Created),
        line(2, (3, 10), DEACTIVATE, Done),
        line(3, (4, 11), ACTIVATE, Done),
        line(4, (5, 8), LOG_IN, Refused),
        line(5, (12, 13), LOG_IN, Opened(token(0))),
    ]));
}

#[test]
fn what_nobody_knows_the_end_of_may_have_happened_later_or_never() {
    for (answer, again) in [(Refused, Created), (Opened(token(0)), Taken)] {
        assert!(is_good(&[
            line(1, (1, 2), SIGN_UP, Unknown),
            line(2, (3, 4), LOG_IN, answer),
            line(2, (5, 6), SIGN_UP, again),
        ]));
    }
    assert!(is_good(&[
        line(1, (1, 2), SIGN_UP, Created),
        line(1, (3, 4), DEACTIVATE, Unknown),
        line(2, (5, 6), LOG_IN, Opened(token(0))),
        // Here it came to pass, long after the client had given up.
        line(2, (7, 8), LOG_IN, Refused),
    ]));
}

#[test]
fn what_nobody_knows_the_end_of_happens_once_at_most() {
    let history = [
        line(1, (1, 2), SIGN_UP, Created),
        line(1, (3, 4), DEACTIVATE, Unknown),
        line(2, (5, 6), LOG_IN, Refused),
        line(2, (7, 8), ACTIVATE, Done),
        line(2, (9, 10), LOG_IN, Refused),
    ];
    let (_, shortest) = found(&history);
    assert_eq!(shortest, [history[0], history[2], history[3], history[4]]);
}

#[test]
fn an_accepted_sign_up_that_is_lost_is_found() {
    let noise = [line(2, (1, 9), LOG_IN, Refused), line(3, (2, 8), WRONG, Refused), line(4, (3, 4), SIGN_UP, Unknown)];
    let lost = [line(1, (5, 10), SIGN_UP, Created), line(2, (11, 12), LOG_IN, Refused)];
    let history: Vec<Event> = noise.into_iter().chain(lost).chain([line(3, (13, 14), WRONG, Refused)]).collect();
    assert_eq!(found(&history), (About::User(1), lost.to_vec()));
}

#[test]
fn two_accepted_sign_ups_of_one_name_are_found() {
    let history = [
        line(1, (1, 10), SIGN_UP, Created),
        line(2, (2, 9), SIGN_UP, Created),
        line(2, (11, 12), LOG_IN, Opened(token(0))),
    ];
    assert_eq!(found(&history), (About::User(1), history[..2].to_vec()));
}

#[test]
fn a_log_in_after_a_deactivation_that_had_returned_is_found() {
    let history = [
        line(1, (1, 2), SIGN_UP, Created),
        line(1, (3, 6), ACTIVATE, Done),
        line(3, (4, 8), DEACTIVATE, Done),
        line(2, (9, 10), LOG_IN, Opened(token(0))),
    ];
    // The activation could come after the deactivation, unless the log-out in between says otherwise.
    assert!(is_good(&history));
    let refused = line(4, (7, 8), LOG_IN, Refused);
    let history = [history[0], history[1], history[2], refused, history[3]];
    let (about, shortest) = found(&history);
    assert_eq!(about, About::User(1));
    assert_eq!(shortest, [history[1], refused, history[4]]);
}

#[test]
fn a_refresh_that_is_accepted_of_an_inactive_user_is_found() {
    let history = [
        line(1, (1, 2), SIGN_UP, Created),
        line(1, (3, 4), LOG_IN, Opened(token(0))),
        line(3, (5, 6), DEACTIVATE, Done),
        line(1, (7, 8), Asked::Refresh { token: token(0), id: None, next: None }, Given(token(1))),
    ];
    let findings = crate::check::check(&history).findings;
    let abouts: Vec<About> = findings.iter().map(|finding| finding.about).collect();
    assert_eq!(abouts, [About::User(1), About::Session(5)]);
    assert_eq!(findings[0].shortest, history[2..]);
}

#[test]
fn a_wrong_password_never_gets_in() {
    let history = [line(1, (1, 2), SIGN_UP, Created), line(2, (3, 4), WRONG, Opened(token(0)))];
    assert_eq!(found(&history).1, history[1..]);
}
