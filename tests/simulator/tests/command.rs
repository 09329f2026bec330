//! The command: what it prints and how it exits.

#![expect(clippy::unwrap_used, reason = "tests: a panic is a failure")]

use std::process::{Command, Output};

fn simulator(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_simulator")).args(arguments).output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn a_run_ends_with_the_properties_that_hold() {
    let run = simulator(&["--schedules", "960", "--markdown"]);
    assert_eq!(run.status.code(), Some(0));
    assert!(text(&run).starts_with("| algorithm | false log-outs, rough |"));
    let last = text(&run).lines().last().unwrap().to_owned();
    assert_eq!(last, "properties: P1 to P6 and the alarm hold on 120 schedules of Faregate with rotation ids");
    assert_eq!(run.stderr, b"", "the progress bar is for terminals");
    assert_eq!(run.stdout, simulator(&["run", "--schedules", "960", "--markdown", "--threads", "3"]).stdout);
}

#[test]
fn a_violation_is_printed_in_few_lines_and_is_exit_code_1() {
    let run = simulator(&["--schedules", "9600", "--skew", "20000"]);
    assert_eq!(run.status.code(), Some(1));
    let text = text(&run);
    let (_, story) = text.split_once("P1 does not hold: 401 without a second holder\n").unwrap();
    let story = story.split("\n\n").next().unwrap();
    assert!(story.starts_with("the whole schedule: simulator replay --seed 1 --skew 20000 --case ours/"), "{story}");
    assert!(story.lines().count() <= 8, "{story}");
    assert!(story.lines().last().unwrap().contains("P1 does not hold"), "{story}");
}

#[test]
fn a_case_can_be_replayed() {
    let case = simulator(&["replay", "--case", "parent-honoured/mild/token/0"]);
    assert_eq!(case.status.code(), Some(0));
    assert!(text(&case).contains("worker 0 refreshes with token 0"));
    assert!(text(&case).lines().last().unwrap().starts_with("At the end the session is "));
}

#[test]
fn the_search_tells_how_many_states_there_are() {
    let search = simulator(&["exhaustive", "--rotations", "2", "--thefts", "1", "--leaps", "1"]);
    assert_eq!(search.status.code(), Some(0));
    assert_eq!(text(&search).lines().count(), 6);
    assert!(text(&search).lines().last().unwrap().starts_with("properties: P1 to P6 and the alarm hold in all "));
}

#[test]
fn wrong_usage_is_exit_code_2() {
    for wrong in [vec!["--schedules", "many"], vec!["--loud"], vec!["replay", "--case", "ours/rough"], vec!["dance"]] {
        assert_eq!(simulator(&wrong).status.code(), Some(2), "{wrong:?}");
    }
}
