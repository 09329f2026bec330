//! Machines with one mistake each: the properties find every one, by chance and exhaustively, and say so in a few
//! lines.

use faregate::clock::Timestamp;
use faregate::domain::rotation::{Presentation, Proof, RotationIds};
use faregate::domain::session::{Judgement, Session, Theft};

use crate::algorithms::{Algorithm, Anchored, Model, ModelKind, POLICY, REFRESH_LIFETIME, Rules};
use crate::case::{Case, KINDS, WEATHERS};
use crate::client::Client;
use crate::generator::generate;
use crate::message::{SECOND, Token};
use crate::play::{narrate, play_checked, shortest_of};
use crate::properties::Property;
use crate::schedule::Action;
use crate::search::{Bounds, search};
use crate::story::{self, Line};
use crate::thief;
use crate::weather::SKEW;

/// Rules with a mistake.
macro_rules! mistaken {
    ($($name:ident)+) => {
        $(
            #[derive(Clone, Copy)]
            struct $name;
        )+
    };
}

mistaken! {
    GraceInsteadOfAnchor SupersededTooSoon RepetitionSlides IdsNotAsked RepetitionCountsFromNow ForkGetsTheChild
    ForkIsStale EndIsForgotten TokenAloneIsStale SlotsIgnored
}

fn faithful(session: &Session, shown: &Presentation, now: Timestamp) -> Judgement {
    session.judge(shown, now, POLICY.grace_seconds)
}

impl Rules for GraceInsteadOfAnchor {
    fn judge(session: &Session, shown: &Presentation, now: Timestamp) -> Judgement {
        match faithful(session, shown, now) {
            Judgement::Repeated if now >= session.rotated_at.plus_seconds(30) => {
                Judgement::Stolen(Theft::RefreshTokenReuse)
            }
            other => other,
        }
    }
}

impl Rules for SupersededTooSoon {
    fn judge(session: &Session, shown: &Presentation, now: Timestamp) -> Judgement {
        match faithful(session, shown, now) {
            Judgement::Repeated => Judgement::Superseded,
            other => other,
        }
    }
}

impl Rules for RepetitionSlides {
    fn repeated(session: &Session, now: Timestamp) -> Session {
        Session { expires_at: now.plus_seconds(REFRESH_LIFETIME / SECOND), ..session.clone() }
    }
}

impl Rules for IdsNotAsked {
    fn prove(token: &Token, ids: &RotationIds) -> Proof {
        match (Proof::of(token.anchor, ids), token.anchor, Proof::of(None, ids).next()) {
            (Proof::Missing, Some(anchor), next) => Proof::Shown { anchor, next: next.unwrap_or(anchor) },
            (proof, ..) => proof,
        }
    }
}

impl Rules for RepetitionCountsFromNow {
    fn repeated_from(_session: &Session, now: Timestamp) -> Timestamp {
        now
    }
}

impl Rules for ForkGetsTheChild {
    fn judge(session: &Session, shown: &Presentation, now: Timestamp) -> Judgement {
        match faithful(session, shown, now) {
            Judgement::Stolen(Theft::RotationFork) if session.counter == shown.counter + 1 => Judgement::Repeated,
            other => other,
        }
    }
}

impl Rules for ForkIsStale {
    fn judge(session: &Session, shown: &Presentation, now: Timestamp) -> Judgement {
        match faithful(session, shown, now) {
            Judgement::Stolen(Theft::RotationFork) => Judgement::Stale,
            other => other,
        }
    }
}

impl Rules for EndIsForgotten {
    fn judge(session: &Session, shown: &Presentation, now: Timestamp) -> Judgement {
        faithful(&Session { ended_at: None, ..session.clone() }, shown, now)
    }
}

impl Rules for TokenAloneIsStale {
    const ENDS_WITHOUT_PROOF: bool = false;

    fn judge(session: &Session, shown: &Presentation, now: Timestamp) -> Judgement {
        match faithful(session, shown, now) {
            Judgement::Stolen(Theft::RotationIdMissing) => Judgement::Stale,
            other => other,
        }
    }
}

impl Rules for SlotsIgnored {
    fn judge(session: &Session, shown: &Presentation, now: Timestamp) -> Judgement {
        match faithful(session, shown, now) {
            Judgement::Stolen(_) if session.counter > shown.counter + 1 => Judgement::Superseded,
            other => other,
        }
    }
}

/// The first schedules in which `property` does not hold, made short.
fn found<A: Algorithm>(server: impl Fn() -> A, property: Property) -> Vec<Action> {
    for ordinal in 0..400 {
        for (weather, kind) in WEATHERS.into_iter().flat_map(|weather| KINDS.map(|kind| (weather, kind))) {
            let case = Case { algorithm: crate::algorithms::Name::Ours, weather, kind, ordinal };
            let actions = generate(case.seed(1), (weather, kind), SKEW);
            let violated = play_checked(server(), &actions).err();
            if violated.is_some_and(|violation| violation.property == property) {
                return shortest_of(server, &actions, property);
            }
        }
    }
    panic!("no schedule violates {property}");
}

/// Asserts that `property` is found to be violated, in a story of at most `lines` lines.
fn is_found<A: Algorithm>(server: impl Fn() -> A, property: Property, lines: usize) {
    let actions = found(&server, property);
    let story = narrate(server(), &actions, true);
    let text: Vec<String> = story.iter().map(ToString::to_string).collect();
    assert!(story.len() <= lines, "{}", text.join("\n"));
    let last = story.last().expect("a story has lines");
    assert!(matches!(last, Line::Violated(_, _, violation) if violation.property == property), "{}", text.join("\n"));
}

/// Asserts that the exhaustive search finds it too, in at most `depth` steps.
fn is_found_exhaustively<R: Rules + Send + Sync>(property: Property, depth: u32) {
    let ways = [None].into_iter().chain(thief::Theft::ALL.map(Some)).filter_map(|theft| {
        let bounds = Bounds { rotations: 3, acts: 3, leaps: 1, log_out: true, theft, only: Some(property) };
        let (violation, way) = search::<R>(&bounds, 1, |_| {}).violation?;
        assert_eq!(violation.property, property);
        Some(story::steps::<R>(&way, &bounds))
    });
    let shortest = ways.min_by_key(Vec::len).expect("some way leads to it");
    assert!(shortest.len() <= depth as usize, "{}", shortest.join("\n"));
    assert!(shortest.last().expect("it has steps").contains(&format!("{property} does not hold")));
}

fn ours<R: Rules>() -> Anchored<R> {
    Anchored::open(Some(Client::first_id()))
}

#[test]
fn p1_finds_single_use_and_a_grace_window_in_place_of_the_anchor() {
    is_found(|| Model::open(ModelKind::SingleUse), Property::P1, 4);
    is_found(ours::<GraceInsteadOfAnchor>, Property::P1, 4);
    is_found_exhaustively::<GraceInsteadOfAnchor>(Property::P1, 3);
}

#[test]
fn p1_finds_a_409_for_the_record_stored() {
    is_found(ours::<SupersededTooSoon>, Property::P1, 4);
    is_found_exhaustively::<SupersededTooSoon>(Property::P1, 2);
}

#[test]
fn p2_finds_a_repetition_that_slides() {
    is_found(ours::<RepetitionSlides>, Property::P2, 4);
    is_found_exhaustively::<RepetitionSlides>(Property::P2, 3);
}

#[test]
fn p3_finds_ids_that_nobody_asks_for() {
    is_found(ours::<IdsNotAsked>, Property::P3, 4);
    is_found_exhaustively::<IdsNotAsked>(Property::P3, 3);
}

#[test]
fn p4_finds_a_repetition_that_counts_from_now() {
    is_found(ours::<RepetitionCountsFromNow>, Property::P4, 4);
    is_found_exhaustively::<RepetitionCountsFromNow>(Property::P4, 3);
}

#[test]
fn p5_finds_a_fork_that_gets_the_child_or_is_only_refused() {
    is_found(ours::<ForkGetsTheChild>, Property::P5, 6);
    is_found(ours::<ForkIsStale>, Property::P5, 6);
    is_found_exhaustively::<ForkIsStale>(Property::P5, 4);
}

#[test]
fn p6_finds_an_end_that_is_forgotten() {
    is_found(ours::<EndIsForgotten>, Property::P6, 6);
    is_found_exhaustively::<EndIsForgotten>(Property::P6, 5);
}

#[test]
fn the_alarm_finds_a_token_alone_that_is_only_refused() {
    is_found(ours::<TokenAloneIsStale>, Property::Alarm, 4);
    is_found_exhaustively::<TokenAloneIsStale>(Property::Alarm, 3);
}

#[test]
fn the_alarm_finds_slots_that_are_ignored() {
    is_found(ours::<SlotsIgnored>, Property::Alarm, 9);
    is_found_exhaustively::<SlotsIgnored>(Property::Alarm, 6);
}
