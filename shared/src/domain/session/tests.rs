use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::domain::rotation::RotationId;
use crate::domain::user::Kept;

const START: Timestamp = Timestamp::from_seconds(1_000_000);

fn opened(anchor: Option<&str>) -> Session {
    let id = SessionId::new(Uuid::from_u128(1));
    let user = UserId::new(Uuid::from_u128(2));
    let anchor = anchor.map(commitment);
    Session { counter: 5, anchor, ..Session::open(id, (user, Epochs::default()), START, &POLICY) }
}

/// At counter 5, without an anchor.
fn session() -> Session {
    opened(None)
}

/// A hash that the letter stands for.
fn commitment(letter: &str) -> Commitment {
    RotationId::parse(&letter.repeat(22)).unwrap().commitment()
}

fn plain(counter: u64) -> Presentation {
    Presentation { counter, proof: Proof::NotAsked { next: None } }
}

fn wanting(counter: u64, next: &str) -> Presentation {
    Presentation { counter, proof: Proof::NotAsked { next: Some(commitment(next)) } }
}

fn shown(counter: u64, anchor: &str, next: &str) -> Presentation {
    let proof = Proof::Shown { anchor: commitment(anchor), next: commitment(next) };
    Presentation { counter, proof }
}

fn stolen(counter: u64) -> Presentation {
    Presentation { counter, proof: Proof::Missing }
}

/// `session` after `shown` was taken at `now`.
fn after(session: &Session, shown: &Presentation, now: Timestamp) -> Session {
    assert_eq!(session.judge(shown, now, 0), Judgement::Current);
    session.rotated(&Rotation::of(shown, now, &POLICY, None))
}

#[test]
fn a_token_without_an_anchor_is_a_lost_answer_only_within_the_grace_window() {
    let reuse = Judgement::Stolen(Theft::RefreshTokenReuse);
    assert_eq!(session().judge(&plain(4), START.plus_seconds(29), 30), Judgement::Repeated);
    assert_eq!(session().judge(&plain(4), START.plus_seconds(30), 30), reuse);
    assert_eq!(session().judge(&plain(3), START, 30), reuse);
    assert_eq!(session().judge(&plain(4), START, 0), reuse, "without a window every spent token is a replay");
    assert_eq!(session().judge(&plain(5), START, 0), Judgement::Current);
    assert_eq!(session().judge(&plain(6), START, 0), Judgement::Ahead);
}

#[test]
fn an_anchored_token_wants_its_id() {
    let stolen_alone = Judgement::Stolen(Theft::RotationIdMissing);
    for (counter, judgement) in [(4, stolen_alone), (5, stolen_alone), (6, stolen_alone), (3, Judgement::Stale)] {
        assert_eq!(opened(Some("a")).judge(&stolen(counter), START, 30), judgement, "{counter}");
    }
}

#[test]
fn the_same_message_gets_the_same_answer_at_any_later_time() {
    let rotated = after(&opened(Some("a")), &shown(5, "a", "b"), START);
    let late = START.plus_seconds(86_399);
    assert_eq!(rotated.judge(&shown(5, "a", "b"), late, 0), Judgement::Repeated);
    assert_eq!(rotated.judge(&shown(6, "b", "c"), late, 0), Judgement::Current);
    assert_eq!(rotated.judge(&shown(7, "b", "c"), late, 0), Judgement::Ahead);
}

#[test]
fn two_next_ids_for_one_token_are_two_holders() {
    let fork = Judgement::Stolen(Theft::RotationFork);
    let rotated = after(&opened(Some("a")), &shown(5, "a", "b"), START);
    assert_eq!(rotated.judge(&shown(5, "a", "x"), START, 30), fork);
    // A session that was restored from a copy can have gone another way to the same counter.
    assert_eq!(rotated.judge(&shown(6, "x", "c"), START, 30), fork);
    let later = after(&rotated, &shown(6, "b", "c"), START);
    assert_eq!(later.judge(&shown(5, "a", "x"), START, 30), fork);
    assert_eq!(later.judge(&shown(5, "a", "b"), START, 30), Judgement::Superseded);
}

#[test]
fn a_token_that_the_slots_forgot_convicts_nobody() {
    let ids = ["a", "b", "c", "d", "e", "f"];
    let mut session = opened(Some("a"));
    for (counter, pair) in (5..).zip(ids.windows(2)) {
        session = after(&session, &shown(counter, pair[0], pair[1]), START);
    }
    assert_eq!(session.judge(&shown(5, "a", "x"), START, 0), Judgement::Superseded);
    let fork = Judgement::Stolen(Theft::RotationFork);
    assert_eq!(session.judge(&shown(6, "b", "x"), START, 0), fork);
}

#[test]
fn a_client_that_begins_to_send_hashes_can_repeat_itself_at_any_later_time() {
    let rotated = after(&session(), &wanting(5, "b"), START);
    let (soon, late) = (START.plus_seconds(29), START.plus_seconds(31));
    let reuse = Judgement::Stolen(Theft::RefreshTokenReuse);
    assert_eq!(rotated.judge(&wanting(5, "b"), late, 30), Judgement::Repeated);
    for other in [plain(5), wanting(5, "x")] {
        assert_eq!(rotated.judge(&other, soon, 30), Judgement::Superseded);
        assert_eq!(rotated.judge(&other, late, 30), reuse);
    }
    let later = after(&rotated, &shown(6, "b", "c"), late);
    assert_eq!(later.judge(&wanting(5, "b"), late, 0), Judgement::Superseded, "a repeated message that was slow");
    assert_eq!(later.judge(&wanting(5, "x"), late, 0), reuse);
    assert_eq!(later.judge(&plain(5), late, 30), reuse);
}

#[test]
fn a_hash_that_comes_late_gets_what_the_rotation_without_it_gave() {
    let rotated = after(&session(), &plain(5), START);
    assert_eq!(rotated.judge(&wanting(5, "b"), START, 30), Judgement::Repeated);
    assert_eq!(rotated.judge(&wanting(5, "b"), START, 0), Judgement::Stolen(Theft::RefreshTokenReuse));
    let later = after(&rotated, &plain(6), START);
    assert_eq!(later.judge(&wanting(5, "b"), START, 30), Judgement::Stolen(Theft::RefreshTokenReuse));
}

#[test]
fn an_ended_session_takes_no_token_and_a_session_runs_out() {
    let ended = Session { ended_at: Some(START), ..session() };
    assert_eq!(ended.judge(&plain(5), START, 30), Judgement::Ended);
    assert_eq!(ended.judge(&stolen(5), START, 30), Judgement::Ended);
    assert_eq!(session().judge(&plain(5), START.plus_seconds(86_400), 30), Judgement::Expired);
}

#[test]
fn a_session_never_outlives_its_absolute_lifetime() {
    let short = SessionPolicy { absolute_lifetime_seconds: 60, ..POLICY };
    let session = Session::open(session().id, (session().user_id, Epochs::default()), START, &short);
    assert_eq!(session.expires_at, START.plus_seconds(60));
}

#[test]
fn a_revocation_ends_it_for_good_and_a_deactivation_unless_reactivation_revives() {
    let (ends, revives) = (Reactivation::LeavesSessionsEnded, Reactivation::RevivesSessions);
    let (revoked, deactivated) = (user(1, 0, None), user(0, 1, None));
    assert!(session().is_open(&user(0, 0, None), ends));
    assert!(!session().is_open(&revoked, ends) && !session().is_open(&revoked, revives));
    assert!(!session().is_open(&deactivated, ends) && session().is_open(&deactivated, revives));
}

/// A user with so many revocations and deactivations.
fn user(revocations: u64, deactivations: u64, kept: Option<Kept>) -> UserState {
    UserState { is_active: true, epochs: Epochs { revocations, deactivations }, kept }
}

#[test]
fn a_session_that_a_revocation_left_open_is_open_whichever_of_the_two_was_read_first() {
    let ends = Reactivation::LeavesSessionsEnded;
    let mine = |revocations| Some(Kept { session_id: session().id, revocations });
    let moved = Session { epochs: Epochs { revocations: 1, deactivations: 0 }, ..session() };
    assert!(moved.is_open(&user(1, 0, mine(1)), ends));
    assert!(moved.is_open(&user(0, 0, None), ends), "the user was read before");
    assert!(session().is_open(&user(1, 0, mine(1)), ends), "the session was read before");
    // Another revocation came since, or another session was kept.
    assert!(!session().is_open(&user(2, 0, mine(2)), ends));
    assert!(!moved.is_open(&user(2, 0, mine(1)), ends));
    let other = Some(Kept { session_id: SessionId::new(Uuid::from_u128(9)), revocations: 1 });
    assert!(!session().is_open(&user(1, 0, other), ends));
    assert_eq!(mine(7).unwrap().to_string().parse(), Ok(mine(7).unwrap()));
}

proptest! {
    #[test]
    fn only_the_good_token_is_current(counter in 0_u64..10, seconds in 0_i64..100_000) {
        let judgement = session().judge(&plain(counter), START.plus_seconds(seconds), 30);
        prop_assert_eq!(judgement == Judgement::Current, counter == 5 && seconds < 86_400);
    }
}
