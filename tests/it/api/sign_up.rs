use std::collections::BTreeSet;

use faregate_tests::{PASSWORD, TestApp};
use serde_json::json;

/// Sends `count` sign-ups at once, the n-th with the name that `name` gives, and returns their statuses.
async fn at_once(app: &TestApp, count: usize, name: impl Fn(usize) -> String) -> Vec<u16> {
    let mut running = tokio::task::JoinSet::new();
    for number in 0..count {
        let (router, username) = (app.router(), name(number));
        running.spawn(async move {
            let body = json!({"username": username, "password1": PASSWORD, "password2": PASSWORD});
            let request = faregate_tests::json_request(axum::http::Method::POST, "/api/sign_up/", &body);
            tower::ServiceExt::oneshot(router, request).await.unwrap().status().as_u16()
        });
    }
    running.join_all().await
}

async fn count_items(app: &TestApp, sort_key: &str) -> usize {
    let scan = app.client.scan().table_name("faregate").consistent_read(true).send().await.unwrap();
    scan.items().iter().filter(|item| item["sk"].as_s().unwrap() == sort_key).count()
}

#[tokio::test]
async fn nobody_is_there_before_somebody_signs_up() {
    let app = TestApp::start().await;
    assert_eq!((count_items(&app, "PROFILE").await, count_items(&app, "IDENTIFIER").await), (0, 0));
    for name in ["admin", "root", "faregate", "boss"] {
        app.try_log_in(name, name).await.is(401);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_sign_ups_at_once_one_gets_the_name() {
    let app = TestApp::start().await;
    let statuses = at_once(&app, 100, |_| "ann".to_owned()).await;
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 400).count(), 99, "{statuses:?}");
    assert_eq!((count_items(&app, "PROFILE").await, count_items(&app, "IDENTIFIER").await), (1, 1));
    app.log_in("ann").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_spellings_of_one_name_at_once_one_gets_it() {
    let app = TestApp::start().await;
    let spellings = ["fish", "ﬁsh", "FISH", "ｆｉｓｈ", "Fish"];
    let statuses = at_once(&app, 100, |number| spellings[number % spellings.len()].to_owned()).await;
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().collect::<BTreeSet<_>>(), BTreeSet::from([&201, &400]));
    assert_eq!((count_items(&app, "PROFILE").await, count_items(&app, "IDENTIFIER").await), (1, 1));
}

#[tokio::test]
async fn a_name_in_another_case_is_taken_and_logs_in() {
    let app = TestApp::start().await;
    app.sign_up("Ann.Straße").await.is(201);
    let twin = app.sign_up("ANN.STRASSE").await;
    assert_eq!(twin.json, json!({"username": ["A user with that username already exists."]}));
    app.log_in("ann.strasse").await;
}

#[tokio::test]
async fn what_nobody_asked_for_is_not_set() {
    let app = TestApp::start().await;
    let body = json!({"username": "ann", "password1": PASSWORD, "password2": PASSWORD, "is_staff": true,
        "is_active": false, "is_superuser": true, "id": "01968c4e-7a00-7000-8000-000000000001", "epoch": 7,
        "revocations": 7, "password_hash": "x"});
    let reply = app.post("/api/sign_up/", &body).await;
    reply.is(201);
    let user = app.service.users().find(reply.field("id").parse().unwrap()).await.unwrap().unwrap();
    assert!(user.is_active && !user.is_staff);
    assert_ne!(reply.field("id"), "01968c4e-7a00-7000-8000-000000000001");
    assert_eq!(user.epochs.revocations, 0);
}

#[tokio::test]
async fn names_that_cannot_be_seen_are_refused() {
    let app = TestApp::start().await;
    for name in ["\u{3164}", "a\u{1160}", "\u{ffa0}b", "a\u{200b}b", "\u{feff}ann", "a\u{e0061}"] {
        let reply = app.sign_up(name).await;
        reply.is(400);
        assert!(reply.text.contains("Enter a valid username."), "{name:?}: {}", reply.text);
    }
}

#[tokio::test]
async fn a_password_over_the_limit_is_refused_before_it_is_hashed() {
    let app = TestApp::start().await;
    let long = "x".repeat(1_000_000);
    let reply = app.post("/api/sign_up/", &json!({"username": "ann", "password1": long, "password2": long})).await;
    let message = "Ensure this field has no more than 16384 bytes.";
    assert_eq!(reply.json, json!({"password1": [message], "password2": [message]}));
    assert_eq!(app.try_log_in("ann", &long).await.json, json!({"password": [message]}));
}

#[tokio::test]
async fn an_answer_with_a_user_is_not_cached_and_has_a_request_id() {
    let app = TestApp::start().await;
    let reply = app.sign_up("ann").await;
    assert_eq!(reply.header("cache-control").unwrap(), "no-store");
    assert_eq!(reply.header("x-content-type-options").unwrap(), "nosniff");
    assert_eq!(reply.header("x-request-id").unwrap().len(), 32);
}

#[tokio::test]
async fn the_password_is_stored_as_an_argon2id_hash_only() {
    let app = TestApp::start().await;
    app.sign_up("ann").await.is(201);
    let scan = app.client.scan().table_name("faregate").send().await.unwrap();
    let stored = format!("{:?}", scan.items());
    assert!(stored.contains("$argon2id$v=19$m=64,t=1,p=1$"));
    assert!(!stored.contains(PASSWORD));
}

#[tokio::test]
async fn a_sign_up_whose_answer_was_lost_is_done_once() {
    let app = TestApp::start().await;
    app.calls.take();
    app.calls.lose_next_answer("TransactWriteItems");
    app.sign_up("ann").await.is(201);
    assert_eq!(app.calls.take(), ["TransactWriteItems", "TransactWriteItems"]);
    assert_eq!(count_items(&app, "PROFILE").await, 1);
}

#[tokio::test]
async fn a_transaction_that_met_another_one_is_tried_again_and_is_no_taken_name() {
    let app = TestApp::start().await;
    let conflict = json!({"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "CancellationReasons": [{"Code": "TransactionConflict"}, {"Code": "None"}]});
    app.calls.replace_next_answer("TransactWriteItems", 400, conflict.clone());
    app.sign_up("ann").await.is(201);
    for _ in 0..5 {
        app.calls.replace_next_answer("TransactWriteItems", 400, conflict.clone());
    }
    let reply = app.sign_up("ben").await;
    reply.is(503);
    assert_eq!(reply.header("retry-after").unwrap(), "1");
}
