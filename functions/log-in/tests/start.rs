//! The function's program as Lambda starts it.

#![expect(clippy::unwrap_used, reason = "a test: a panic is a failure")]

use std::process::{Command, Output};

use serde_json::Value;

/// Starts it with `variables` and nothing else; the runtime that it would ask for events is not there.
fn start(variables: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_log-in")).env_clear().envs(variables.iter().copied()).output().unwrap()
}

fn only_line(output: &Output) -> Value {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    serde_json::from_str(&text).unwrap()
}

#[test]
fn a_missing_setting_is_one_line_that_names_it() {
    for (variables, missing) in [
        (vec![], "FAREGATE_TABLE"),
        (vec![("FAREGATE_TABLE", "")], "FAREGATE_TABLE"),
        (vec![("FAREGATE_TABLE", "users")], "FAREGATE_KEYS_TABLE"),
    ] {
        let output = start(&variables);
        assert_eq!(output.status.code(), Some(1));
        let line = only_line(&output);
        assert_eq!((&line["level"], &line["message"]), (&"ERROR".into(), &"the function cannot start".into()));
        assert_eq!(line["error"], format!("{missing} must be set"));
    }
}

#[test]
fn started_by_hand_it_says_what_to_start_instead() {
    let output = start(&[("FAREGATE_TABLE", "users"), ("FAREGATE_KEYS_TABLE", "keys")]);
    assert_eq!(output.status.code(), Some(1));
    assert!(only_line(&output)["error"].as_str().unwrap().contains("`cargo lambda watch`"));
}

#[test]
fn a_bad_setting_is_one_line_that_names_it() {
    let tables = [("FAREGATE_TABLE", "users"), ("FAREGATE_KEYS_TABLE", "keys")];
    for (name, value) in [("FAREGATE_SESSIONS_PER_USER", "none"), ("FAREGATE_TROTTLE", "on")] {
        let output = start(&[tables[0], tables[1], (name, value)]);
        assert_eq!(output.status.code(), Some(1));
        assert!(only_line(&output)["error"].as_str().unwrap().starts_with(name));
    }
}
