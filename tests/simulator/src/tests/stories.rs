//! Single schedules, written by hand: what the README says of them is so.

use crate::algorithms::{Anchored, Faithful, Rules};
use crate::case::{Case, KINDS, WEATHERS};
use crate::client::{Client, Settled};
use crate::generator::generate;
use crate::ledger::Progress;
use crate::message::{HOUR, MINUTE, Milliseconds, Refusal, Reply, SECOND, START};
use crate::play::{Fate, narrate, play_checked, play_unchecked};
use crate::properties::Property;
use crate::schedule::{Action, What};
use crate::thief::{Tactic, Theft};
use crate::world::{Happened, World};

fn ours<R: Rules>() -> Anchored<R> {
    Anchored::open(Some(Client::first_id()))
}

fn schedule(actions: &[(Milliseconds, What)]) -> Vec<Action> {
    (0..).zip(actions).map(|(name, (after, what))| Action { at: START + after, name, what: *what }).collect()
}

const fn serve(request: u32) -> What {
    What::Serve { request, skew: 0, fails: false }
}

const fn send(worker: u8) -> What {
    What::Send { worker, retry: false }
}

const fn receive(answer: u32) -> What {
    What::Receive { answer, holds: false }
}

/// What the last action did.
fn last(actions: &[Action]) -> Happened {
    let mut world = World::new(ours::<Faithful>());
    actions.iter().map(|action| world.step(action).unwrap()).last().unwrap()
}

#[test]
fn a_lost_answer_comes_again_after_a_day_though_its_token_has_expired() {
    let actions = schedule(&[
        (20 * HOUR, send(0)),
        (20 * HOUR + SECOND, serve(0)),
        (30 * HOUR, send(1)),
        (30 * HOUR + SECOND, serve(2)),
        (30 * HOUR + 2 * SECOND, receive(3)),
    ]);
    assert!(matches!(last(&actions), Happened::Settled(1, Reply::Tokens { .. }, Settled::Stored)));
}

#[test]
fn a_crash_between_receiving_and_storing_loses_nothing() {
    let actions = schedule(&[
        (HOUR, send(0)),
        (HOUR, serve(0)),
        (HOUR, What::Receive { answer: 1, holds: true }),
        (HOUR, What::Crash { worker: 0 }),
        (HOUR + 1, send(0)),
        (HOUR + 2, serve(4)),
        (HOUR + 3, receive(5)),
    ]);
    assert!(matches!(last(&actions), Happened::Settled(0, Reply::Tokens { .. }, Settled::Stored)));
}

#[test]
fn a_fork_that_the_slots_forgot_is_ended_by_the_clients_log_out() {
    let mut actions = vec![(HOUR, What::Steal { theft: Theft::Storage, age: 0 })];
    actions.extend([(HOUR, What::Act { tactic: Tactic::GoOn, skew: 0 }); 7]);
    actions.extend([
        (2 * HOUR, send(0)),
        (2 * HOUR, serve(8)),
        (2 * HOUR, receive(9)),
        (2 * HOUR + 1, send(0)),
        (2 * HOUR + 2, serve(11)),
    ]);
    let actions = schedule(&actions);
    assert!(matches!(last(&actions), Happened::Served(_, Reply::LoggedOut, false)));
    let outcome = play_checked(ours::<Faithful>(), &actions).unwrap();
    assert_eq!((outcome.theft, outcome.session, outcome.refreshes_since), (Progress::Noticed, Fate::Ended, 1));
}

/// A thief goes on with a copy of the storage; the client comes back when its own token has run out.
fn too_late() -> Vec<Action> {
    let go_on = What::Act { tactic: Tactic::GoOn, skew: 0 };
    schedule(&[
        (HOUR, What::Steal { theft: Theft::Storage, age: 0 }),
        (2 * HOUR, go_on),
        (20 * HOUR, go_on),
        (25 * HOUR, send(0)),
        (25 * HOUR, serve(3)),
        (25 * HOUR, receive(4)),
        (25 * HOUR + MINUTE, send(0)),
        (25 * HOUR + MINUTE, serve(6)),
    ])
}

#[test]
fn a_fork_ends_when_the_client_comes_back_after_its_token_has_run_out() {
    assert!(matches!(last(&too_late()), Happened::Served(_, Reply::Refused(Refusal::Expired), false)));
    let outcome = play_checked(ours::<Faithful>(), &too_late()).unwrap();
    assert_eq!((outcome.theft, outcome.session, outcome.refreshes_since), (Progress::Noticed, Fate::Ended, 1));
}

/// Servers that do nothing about a token that has run out.
#[derive(Clone, Copy)]
struct Heedless;

impl Rules for Heedless {
    const HEEDS_EXPIRED: bool = false;
}

#[test]
fn a_server_that_heeds_no_expired_token_leaves_the_session_to_the_thief() {
    let violation = play_checked(ours::<Heedless>(), &too_late()).unwrap_err();
    assert_eq!(violation.property, Property::P5);
}

/// Servers that refuse every token of a time to come.
#[derive(Clone, Copy)]
struct ToTheSecond;

impl Rules for ToTheSecond {
    const SECONDS_AHEAD: i64 = 0;
}

#[test]
fn clocks_that_are_seconds_apart_log_out_unless_a_token_may_be_ahead() {
    let skew = 2 * SECOND;
    let mut violations = Vec::new();
    for ordinal in 0..60 {
        for (weather, kind) in WEATHERS.into_iter().flat_map(|weather| KINDS.map(|kind| (weather, kind))) {
            let case = Case { algorithm: crate::algorithms::Name::Ours, weather, kind, ordinal };
            let actions = generate(case.seed(1), (weather, kind), skew);
            violations.extend(play_checked(ours::<ToTheSecond>(), &actions).err());
            assert_eq!(play_checked(ours::<Faithful>(), &actions).err(), None, "{case}");
        }
    }
    assert!(violations.iter().any(|violation| violation.property == Property::P1));
}

#[test]
fn a_part_of_a_schedule_is_a_schedule() {
    let actions = generate(11, (WEATHERS[0], KINDS[5]), 5);
    for part in 2..20 {
        let part: Vec<Action> = actions.iter().copied().filter(|action| action.name % part != 1).collect();
        assert_eq!(play_unchecked(ours::<Faithful>(), &part), play_checked(ours::<Faithful>(), &part).unwrap());
    }
}

#[test]
fn a_story_tells_every_action_that_did_something_and_the_end() {
    let actions = schedule(&[(HOUR, send(0)), (HOUR + SECOND, serve(0)), (HOUR + SECOND, receive(7))]);
    let story: Vec<String> = narrate(ours::<Faithful>(), &actions, true).iter().map(ToString::to_string).collect();
    assert_eq!(story.len(), 3, "the answer of no action is skipped");
    assert_eq!(story[0], " 0d 01:00:00.000  #0    worker 0 refreshes with token 0, id c0, next c1");
    assert!(story[1].ends_with("the server answers #0 of worker 0: 200, token 1, access until 0d 02:00:01.000"));
    assert_eq!(story[2], "At the end the session is open; the client did not lose it.");
}
