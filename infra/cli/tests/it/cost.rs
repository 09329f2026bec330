//! `faregate cost`.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::operator::{Said, said};

/// Runs `faregate cost` with `arguments`, words apart, and without any environment.
fn cost(arguments: &str) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_faregate"));
    command.env_clear().arg("cost").args(arguments.split_whitespace());
    said(command, "")
}

fn reckoned(arguments: &str) -> Value {
    let said = cost(&format!("--json {arguments}"));
    assert_eq!(said.code, 0, "{}", said.err);
    serde_json::from_str(&said.out).unwrap()
}

fn dollars(arguments: &str) -> f64 {
    reckoned(arguments).get("dollars").and_then(Value::as_f64).unwrap()
}

/// With how many users the limit is reached whose name begins with `what`.
fn users_at(reckoned: &Value, what: &str) -> f64 {
    let mut limits = reckoned["limits"].as_array().unwrap().iter();
    let limit = limits.find(|limit| limit["what"].as_str().unwrap().starts_with(what));
    limit.unwrap()["users"].as_f64().unwrap()
}

#[test]
fn the_document_has_the_bill_of_a_million_users() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operations.md");
    let document = std::fs::read_to_string(path).unwrap();
    let (_, rest) = document.split_once("<!-- cost -->\n").unwrap();
    let (told, _) = rest.split_once("<!-- /cost -->").unwrap();
    assert_eq!(told.trim(), cost("--mau 1000000").out.trim(), "docs/operations.md has another bill");
}

#[test]
fn the_lines_come_to_the_total_and_their_prices_to_them() {
    let reckoned = reckoned("--mau 1000000");
    let lines = reckoned["lines"].as_array().unwrap();
    let number = |line: &Value, name: &str| line[name].as_f64().unwrap();
    for line in lines {
        let product = number(line, "quantity") * number(line, "price");
        assert!((product - number(line, "dollars")).abs() < 0.01, "{line}");
    }
    let sum: f64 = lines.iter().map(|line| number(line, "dollars")).sum();
    assert!((sum - number(&reckoned, "dollars")).abs() < 0.06, "{sum}");
}

#[test]
fn cognito_is_reckoned_by_its_tiers() {
    for (users, lite, essentials, plus) in [
        (10_000, 0.0, 0.0, 200.0),
        (100_000, 495.0, 1350.0, 2000.0),
        (1_000_000, 4635.0, 14_850.0, 20_000.0),
        (20_000_000, 58_885.0, 299_850.0, 400_000.0),
    ] {
        let cognito = &reckoned(&format!("--mau {users}"))["cognito"];
        let told: Vec<f64> = cognito.as_array().unwrap().iter().map(|plan| plan["dollars"].as_f64().unwrap()).collect();
        assert_eq!(told, [lite, essentials, plus], "{users}");
    }
}

#[test]
fn what_users_do_and_where_changes_the_bill() {
    let usual = dollars("--mau 1000000");
    assert!(dollars("--mau 2000000") < 2.0 * usual, "what is fixed is there once");
    assert!(dollars("--mau 1000000 --free-tier") < usual);
    assert!(dollars("--mau 1000000 --region eu-central-1") > usual);
    // 30 million requests that are not made, and more than they themselves.
    assert!(dollars("--mau 1000000 --refreshes 0") < usual - 30.0);
    // 600 million minutes, and 10 million tickets and openings.
    assert!(dollars("--mau 1000000 --socket-hours 10") > usual + 150.0);
    assert!(dollars("--mau 1000000 --session-checks 100") > usual + 20.0);
    // HTTP APIs are cheaper above 300 million requests.
    let many = reckoned("--mau 10000000");
    assert!(many["lines"][0]["dollars"].as_f64().unwrap() < many["lines"][0]["quantity"].as_f64().unwrap());
}

#[test]
fn limits_are_told_with_the_users_that_reach_them() {
    let usual = reckoned("--mau 1000000");
    let limits = usual["limits"].as_array().unwrap();
    assert!(limits.is_sorted_by_key(|limit| limit["users"].as_f64().unwrap()));
    // However many users are asked about.
    let few = reckoned("--mau 1000");
    assert!((users_at(&usual, "RequestsPerSecond") / users_at(&few, "RequestsPerSecond") - 1.0).abs() < 0.001);
    // Twice the peak, half the users.
    let steep = reckoned("--mau 1000000 --peak 8");
    assert!((users_at(&usual, "HashingR") / users_at(&steep, "HashingR") - 2.0).abs() < 0.001);
}

#[test]
fn a_month_that_cannot_be_is_usage() {
    for (arguments, wanted) in [
        ("", "--mau"),
        ("--mau 0", "0 is not in 1..=1000000000"),
        ("--mau=-1", "invalid"),
        ("--mau 1e6", "invalid digit"),
        ("--mau 1000000001", "is not in 1..=1000000000"),
        ("--mau 99999999999999999999", "number too large"),
        ("--mau 1 --refreshes NaN", "it is a number from 0 to 100000"),
        ("--mau 1 --refreshes=-1", "it is a number from 0 to 100000"),
        ("--mau 1 --log-ins inf", "it is a number from 0 to 100000"),
        ("--mau 1 --log-ins 1e308", "it is a number from 0 to 100000"),
        ("--mau 1 --peak 0.5", "it is a number from 1 to 1000"),
        ("--mau 1 --hashing-ms 0", "it is a number from 1 to 900000"),
        ("--mau 1 --region moon", "us-east-1, eu-central-1"),
        ("--mau 1 --region eu-central-1 --socket-hours 1", "leave --socket-hours out"),
    ] {
        let said = cost(arguments);
        assert_eq!(said.code, 2, "{arguments}: {}", said.err);
        assert!(said.err.contains(wanted), "{arguments}: {}", said.err);
        assert!(said.out.is_empty());
    }
}

#[test]
fn nothing_and_as_much_as_can_be_are_reckoned() {
    let idle = reckoned("--mau 1 --sign-ups 0 --log-ins 0 --failed-log-ins 0 --refreshes 0 --looks 0 --log-outs 0");
    assert!(idle["dollars"].as_f64().unwrap() < 6.0, "{idle}");
    let most = reckoned("--mau 1000000000 --refreshes 100000 --socket-hours 100000 --hashing-ms 900000");
    assert!(most["dollars"].as_f64().unwrap().is_finite());
}
