//! Whole runs.

use crate::algorithms::{Faithful, ModelKind, Name};
use crate::campaign::{Campaign, Findings};
use crate::case::{CASES, Case, Kind, Weather};
use crate::generator::generate;
use crate::message::SECOND;
use crate::play::play;
use crate::search::{Bounds, search};
use crate::shrink::shrink;
use crate::table::Table;
use crate::thief::Theft;
use crate::weather::SKEW;

fn run(schedules: u64, threads: usize) -> Findings {
    Campaign { schedules, seed: 7, skew: SKEW, threads }.run(|_| {})
}

#[test]
fn a_seed_makes_one_schedule_and_one_outcome() {
    for index in 0..CASES {
        let case = Case::of(index).unwrap();
        let schedule = || generate(case.seed(3), (case.weather, case.kind), SKEW);
        assert_eq!(schedule(), schedule());
        assert_eq!(play(&case, (3, SKEW)), play(&case, (3, SKEW)));
        assert_eq!(case.to_string().parse(), Ok(case));
    }
    let other = Case { ordinal: 1, ..Case::of(0).unwrap() };
    assert_ne!(other.seed(3), Case::of(0).unwrap().seed(3));
}

#[test]
fn the_number_of_threads_changes_nothing() {
    assert_eq!(run(700, 1), run(700, 3));
}

#[test]
fn a_schedule_is_ordered_and_every_action_has_its_own_name() {
    for index in 0..CASES {
        let case = Case::of(index).unwrap();
        let actions = generate(case.seed(5), (case.weather, case.kind), SKEW);
        assert!(actions.is_sorted_by_key(|action| action.at));
        let mut names: Vec<u32> = actions.iter().map(|action| action.name).collect();
        names.sort_unstable();
        assert!(names.iter().zip(0..).all(|(name, place)| *name == place));
    }
}

#[test]
fn shrinking_leaves_only_what_matters() {
    let items: Vec<u32> = (0..500).collect();
    let fails = |part: &[u32]| [3, 77, 400].iter().all(|needed| part.contains(needed));
    let shrunk = shrink(&items, fails);
    assert_eq!(shrunk, [3, 77, 400]);
    assert_eq!(shrink(&items, |_| false), items, "what does not fail is left as it is");
}

#[test]
fn the_table_has_the_shapes_that_are_known() {
    let findings = run(CASES * 120, 2);
    assert!(findings.is_good(), "{:?} {:?}", findings.violations, findings.bad_ends);
    let Findings { tally, checked, .. } = findings;
    assert_eq!(checked, CASES * 120 / 8);
    let honest = |algorithm, weather| tally.of(algorithm, weather, Kind::Honest).lost;
    for window in [ModelKind::SingleUse, ModelKind::ReEmit(10 * SECOND), ModelKind::ReEmit(30 * SECOND)] {
        assert!(honest(Name::Model(window), Weather::Rough) >= 100, "{window:?} logs out most on a rough network");
    }
    for safe in [Name::Ours, Name::Model(ModelKind::NoRotation)] {
        assert_eq!((honest(safe, Weather::Rough), honest(safe, Weather::Mild)), (0, 0), "{safe} logs nobody out");
    }
    let thefts = |algorithm, theft| tally.over(algorithm, &[Weather::Rough, Weather::Mild], &[Kind::Theft(theft)]);
    for theft in Theft::ALL {
        let none = thefts(Name::Model(ModelKind::NoRotation), theft);
        assert_eq!((none.detected, none.undetected), (0, none.succeeded), "no rotation detects nothing");
        let ours = thefts(Name::Ours, theft);
        assert!(ours.acted >= 200);
        assert_eq!(ours.undetected, 0);
        assert!(ours.most_refreshes <= 1);
        assert!(ours.succeeded == 0 || matches!(theft, Theft::Request | Theft::Storage), "{theft:?} is worth nothing");
    }
    assert!(
        thefts(Name::Model(ModelKind::ParentHonoured), Theft::Token).undetected > 0,
        "who stays a step behind stays"
    );
    assert!(thefts(Name::Ours, Theft::Storage).succeeded > 0);
    let markdown = Table::new(&tally, true).to_string();
    assert_eq!(markdown.lines().count(), 2 + Name::ALL.len());
    assert!(markdown.lines().all(|line| line.starts_with("| ") && line.matches('|').count() == 13), "{markdown}");
}

#[test]
fn no_short_schedule_violates_a_property() {
    for theft in [None].into_iter().chain(Theft::ALL.map(Some)) {
        let bounds = Bounds { rotations: 3, acts: 2, leaps: 2, log_out: true, theft, only: None };
        let found = search::<Faithful>(&bounds, 2, |_| {});
        assert_eq!(found.violation, None);
        assert!(found.states > 100 && found.depth > 10, "{found:?}");
        assert_eq!(found, search::<Faithful>(&bounds, 1, |_| {}), "threads change nothing");
    }
}
