//! `faregate users` as an operator meets it.

use std::process::Command;

use faregate::attempts::{Attempts, Claimant};
use faregate::clock::Clock;
use faregate::randomness::Randomness;
use faregate::service::Service;
use faregate::settings::Settings;
use faregate::store::connect;
use serde_json::{Value, json};

use crate::folder::Folder;
use crate::import::{import, lines};
use crate::operator::{Operator, said};

#[tokio::test(flavor = "multi_thread")]
async fn a_user_from_making_to_deleting() {
    let operator = Operator::new().await;
    let made = operator
        .run(&["create", "Ann@example.com", "--first-name", " Ann ", "--staff", "--password-stdin"], "correct-horse-7")
        .await;
    assert_eq!((made.code, made.out.as_str()), (0, "made Ann@example.com\n"), "{}", made.err);
    let shown = operator.show("ann@EXAMPLE.com").await;
    assert_eq!(shown["username"], "Ann@example.com");
    assert_eq!((&shown["first_name"], &shown["is_staff"]), (&Value::from("Ann"), &Value::from(true)));
    assert_eq!(shown["open_sessions"], 0);

    operator.done(&["deactivate", "ann@example.com"]).await;
    assert_eq!(operator.show("ann@example.com").await["is_active"], false);
    operator.done(&["activate", "ann@example.com"]).await;
    assert_eq!(operator.show("ann@example.com").await["is_active"], true);
    let line = operator.done(&["log-out", "ann@example.com"]).await;
    assert_eq!(line, "Ann@example.com is logged out everywhere\n");
    operator.done(&["revoke-staff", "ann@example.com"]).await;
    assert_eq!(operator.show("ann@example.com").await["is_staff"], false);
    operator.done(&["grant-staff", "ann@example.com"]).await;
    assert_eq!(operator.show("ann@example.com").await["is_staff"], true);
    operator.done(&["delete", "ann@example.com"]).await;
    assert_eq!(operator.run(&["show", "ann@example.com"], "").await.code, 1);
    operator.create("ann@example.com").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_is_found_by_what_logs_and_the_old_system_know() {
    let (operator, folder) = (Operator::new().await, Folder::new("found"));
    let file = folder.file("users.jsonl", lines(3));
    import(&operator, &["jsonl", &file, "--commit"]).await;
    let by = async |option: &str, id: &str| operator.done(&["show", option, id, "--json"]).await;
    let shown: Value = serde_json::from_str(&by("--legacy-id", "2").await).unwrap();
    assert_eq!((&shown["username"], &shown["legacy_id"]), (&json!("user2"), &json!("2")));
    let id = shown["id"].as_str().unwrap();
    assert_eq!(serde_json::from_str::<Value>(&by("--id", id).await).unwrap(), shown);
    for (option, id, code) in [
        ("--legacy-id", "9", 1),
        ("--id", "00000000-0000-7000-8000-000000000000", 1),
        ("--id", "user2", 2),
        ("--legacy-id", "a b", 2),
    ] {
        assert_eq!(operator.run(&["show", option, id], "").await.code, code, "{option} {id}");
    }
    assert_eq!(operator.run(&["show"], "").await.code, 2);
    assert_eq!(operator.run(&["show", "user2", "--id", id], "").await.code, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_or_not_allowed_is_exit_code_1() {
    let operator = Operator::new().await;
    operator.create("ann").await;
    for (arguments, input, wanted) in [
        (vec!["show", "nobody"], "", "there is no user \"nobody\""),
        (vec!["deactivate", "nobody"], "", "there is no user"),
        (vec!["delete", "nobody"], "", "there is no user"),
        (vec!["create", "ANN", "--password-stdin"], "correct-horse-7\n", "already exists"),
        (vec!["create", "not a name", "--password-stdin"], "correct-horse-7\n", "Enter a valid username"),
        (vec!["create", &"x".repeat(151), "--password-stdin"], "", "no more than 150 characters"),
        (vec!["create", "ben", "--password-stdin"], "password\n", "too common"),
        (vec!["create", "ben", "--password-stdin"], "", "the password is empty"),
        (vec!["set-password", "ann", "--password-stdin"], "ann\n", "too short"),
    ] {
        let said = operator.run(&arguments, input).await;
        assert_eq!(said.code, 1, "{arguments:?}: {}", said.err);
        assert!(said.err.starts_with("error: ") && said.err.contains(wanted), "{arguments:?}: {}", said.err);
        assert!(said.out.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_never_an_argument() {
    let operator = Operator::new().await;
    let said = operator.run(&["create", "ann", "correct-horse-7"], "").await;
    assert_eq!(said.code, 2);
    let said = operator.run(&["create", "ann", "--password", "correct-horse-7"], "").await;
    assert_eq!(said.code, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn looking_for_a_user_decides_nothing() {
    let operator = Operator::new().await;
    let said = operator.run(&["show", "nobody"], "").await;
    assert_eq!((said.code, said.err.as_str()), (1, "error: there are no users yet\n"));
    let client = connect(Some(&operator.database.endpoint_url())).await;
    assert!(faregate::store::recorded_case(&client, "faregate").await.unwrap().is_none());
    operator.create("ann").await;
    assert!(faregate::store::recorded_case(&client, "faregate").await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_is_no_url_is_usage() {
    for url in ["localhost:8001", "127.0.0.1:8001", "foo", "http://"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_faregate"));
        command.args(["--endpoint-url", url, "users", "show", "ann"]);
        let said = tokio::task::spawn_blocking(move || said(command, "")).await.unwrap();
        assert_eq!(said.code, 2, "{url}: {}", said.err);
        assert!(said.err.contains("http://"), "{}", said.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dynamodb_that_is_gone_is_exit_code_3() {
    let operator = Operator::new().await;
    let endpoint = operator.database.endpoint_url();
    operator.database.stop().await;
    let mut command = Command::new(env!("CARGO_BIN_EXE_faregate"));
    command.args(["--endpoint-url", &endpoint, "users", "show", "ann"]);
    let said = tokio::task::spawn_blocking(move || said(command, "")).await.unwrap();
    assert_eq!(said.code, 3);
    assert!(said.err.contains("no connection: Connection refused"), "{}", said.err);
}

/// Uses up today's attempts at `username`; how many there were.
async fn use_up(attempts: &Attempts, username: &str) -> usize {
    let claimant = Claimant { username, source_ip: None, device: None };
    let mut made = 0;
    while attempts.begin(claimant).await.is_ok() {
        made += 1;
    }
    made
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_was_closed_is_opened() {
    let operator = Operator::new().await;
    operator.create("ann").await;
    let settings = [("FAREGATE_ACCOUNT_FAILURE_LIMIT".to_owned(), "3".to_owned())];
    let client = connect(Some(&operator.database.endpoint_url())).await;
    let service =
        Service::new(Settings::from_pairs(settings).unwrap(), client, Clock::system(), Randomness::from_seed(1));
    let attempts = service.attempts();
    // A day may end meanwhile.
    assert!((3..=6).contains(&use_up(&attempts, "ann").await));
    assert_eq!(operator.done(&["unlock", "ANN"]).await, "ann may log in from any device\n");
    assert!((3..=6).contains(&use_up(&attempts, "ann").await));
    assert!(operator.run(&["unlock", "nobody"], "").await.err.contains("there is no user \"nobody\""));
}
