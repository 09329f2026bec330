//! Sessions.

use super::{found, is_good, line, token};
use crate::check::About;
use crate::event::Answer::{Behind, Done, Given, Opened, Over, Stale, Superseded, Unknown};
use crate::event::{Asked, Event, Token};

const LOG_IN: Asked = Asked::LogIn { user: 1, is_right: true, next: None };
const LOOK: Asked = Asked::Look { session: 5 };
const LOG_OUT: Asked = Asked::LogOut { token: token(0) };

/// The log-in of a client without ids; all are of an active user.
const OPENED: Event = line(1, (11, 12), LOG_IN, Opened(token(0)));
const SIGNED_UP: Event = line(1, (1, 2), Asked::SignUp { user: 1 }, crate::event::Answer::Created);

/// A refresh without ids.
const fn refresh(counter: u32) -> Asked {
    Asked::Refresh { token: token(counter), id: None, next: None }
}

/// The token of a client with ids, whose n-th token is anchored to id n.
const fn anchored(counter: u32) -> Token {
    Token { anchor: Some(counter), ..token(counter) }
}

/// A refresh of a client with ids.
const fn refresh_to(counter: u32, next: u32) -> Asked {
    Asked::Refresh { token: anchored(counter), id: Some(counter), next: Some(next) }
}

fn after_log_in(events: &[Event]) -> Vec<Event> {
    [SIGNED_UP, OPENED].into_iter().chain(events.iter().copied()).collect()
}

fn after_log_in_with_ids(events: &[Event]) -> Vec<Event> {
    let log_in = Asked::LogIn { user: 1, is_right: true, next: Some(0) };
    [SIGNED_UP, line(1, (11, 12), log_in, Opened(anchored(0)))].into_iter().chain(events.iter().copied()).collect()
}

#[test]
fn the_life_of_a_session_is_good() {
    assert!(is_good(&after_log_in(&[
        line(1, (21, 22), refresh(0), Given(token(1))),
        line(1, (23, 24), LOOK, Done),
        line(1, (25, 26), refresh(0), Given(token(1))),
        line(1, (27, 28), refresh(1), Given(token(2))),
        line(1, (29, 30), LOG_OUT, Done),
        line(1, (31, 32), LOG_OUT, Over),
        line(1, (33, 34), refresh(2), Over),
        line(1, (35, 36), LOOK, Over),
    ])));
    assert!(is_good(&after_log_in_with_ids(&[
        line(1, (21, 22), refresh_to(0, 1), Given(anchored(1))),
        line(1, (23, 24), refresh_to(1, 2), Given(anchored(2))),
        line(1, (25, 26), refresh_to(0, 1), Superseded),
        line(2, (27, 28), Asked::Refresh { token: anchored(0), id: None, next: None }, Stale),
        line(2, (29, 30), Asked::Refresh { token: anchored(1), id: None, next: None }, Over),
        line(1, (31, 32), refresh_to(2, 3), Over),
    ])));
}

#[test]
fn refreshes_and_log_outs_that_overlap_are_good_either_way() {
    for answer in [Given(token(1)), Over, Unknown] {
        assert!(is_good(&after_log_in(&[line(1, (21, 30), refresh(0), answer), line(2, (22, 29), LOG_OUT, Done)])));
    }
    assert!(is_good(&after_log_in_with_ids(&[
        line(1, (21, 30), refresh_to(0, 1), Given(anchored(1))),
        line(2, (22, 31), refresh_to(0, 1), Given(anchored(1))),
        line(3, (23, 32), refresh_to(0, 9), Over),
        line(3, (33, 34), LOOK, Over),
    ])));
}

#[test]
fn a_refresh_that_nobody_heard_of_may_have_moved_the_session() {
    let moved = line(1, (21, 22), refresh_to(0, 1), Unknown);
    assert!(is_good(&after_log_in_with_ids(&[moved, line(2, (23, 24), refresh_to(0, 9), Over)])));
    assert!(is_good(&after_log_in_with_ids(&[moved, line(2, (23, 24), refresh_to(0, 1), Given(anchored(1)))])));
    // It moved before it was told that somebody else had ended the session.
    assert!(is_good(&after_log_in_with_ids(&[
        line(1, (21, 30), refresh_to(0, 1), Over),
        line(2, (22, 29), refresh_to(0, 9), Over),
    ])));
}

#[test]
fn a_refresh_that_others_overtake_may_have_moved_the_session() {
    let overtaken = [
        line(1, (21, 22), refresh_to(0, 1), Given(anchored(1))),
        line(1, (23, 40), refresh_to(1, 2), Superseded),
        // Who else could have moved it by then?
        line(2, (25, 26), refresh_to(0, 1), Superseded),
        line(2, (27, 28), refresh_to(1, 2), Given(anchored(2))),
        line(2, (29, 30), refresh_to(2, 3), Given(anchored(3))),
    ];
    assert!(is_good(&after_log_in_with_ids(&overtaken)));
    let too_late = line(1, (27, 40), refresh_to(1, 2), Superseded);
    let history = after_log_in_with_ids(&[overtaken[0], overtaken[2], too_late, overtaken[3]]);
    assert_eq!(found(&history).1, [history[1], history[3]]);
}

#[test]
fn a_session_of_a_user_who_is_deactivated_is_over_for_good() {
    let deactivated = line(3, (21, 22), Asked::Deactivate { user: 1 }, Done);
    let activated = line(3, (23, 24), Asked::Activate { user: 1 }, Done);
    assert!(is_good(&after_log_in(&[deactivated, activated, line(1, (25, 26), refresh(0), Over)])));
    let history = after_log_in(&[deactivated, activated, line(1, (25, 26), refresh(0), Given(token(1)))]);
    assert_eq!(found(&history), (About::Session(5), vec![OPENED, deactivated, history[4]]));
}

#[test]
fn a_refresh_that_is_accepted_after_a_log_out_is_found() {
    let history = after_log_in(&[
        line(1, (21, 22), refresh(0), Given(token(1))),
        line(1, (23, 24), refresh(0), Given(token(1))),
        line(2, (25, 26), LOG_OUT, Done),
        line(1, (27, 28), refresh(1), Given(token(2))),
        line(1, (29, 30), refresh(2), Given(token(3))),
    ]);
    assert_eq!(found(&history), (About::Session(5), vec![OPENED, history[4], history[5]]));
}

#[test]
fn two_answers_to_one_refresh_token_are_found() {
    let other = Token { text: 1, ..token(1) };
    let history = after_log_in(&[
        line(1, (21, 30), refresh(0), Given(token(1))),
        line(2, (22, 29), refresh(0), Given(other)),
        line(2, (31, 32), LOOK, Done),
    ]);
    assert_eq!(found(&history), (About::Session(5), vec![OPENED, history[2], history[3]]));
}

#[test]
fn a_session_that_is_over_though_nobody_ended_it_is_found() {
    let history = after_log_in_with_ids(&[
        line(1, (21, 22), refresh_to(0, 1), Unknown),
        line(1, (23, 24), refresh_to(0, 1), Given(anchored(1))),
        line(1, (25, 26), LOOK, Over),
    ]);
    assert_eq!(found(&history), (About::Session(5), vec![history[1], history[4]]));
}

#[test]
fn a_fork_that_goes_unnoticed_is_found() {
    let history = after_log_in_with_ids(&[
        line(1, (21, 22), refresh_to(0, 1), Given(anchored(1))),
        line(2, (23, 24), refresh_to(0, 9), Given(Token { anchor: Some(9), ..token(1) })),
    ]);
    assert_eq!(found(&history).1, history[1..]);
}

#[test]
fn a_token_that_the_session_has_not_come_to_is_found() {
    let history =
        after_log_in(&[line(1, (21, 22), refresh(0), Given(token(1))), line(1, (23, 24), refresh(1), Behind)]);
    assert_eq!(found(&history).1, history[1..]);
}
