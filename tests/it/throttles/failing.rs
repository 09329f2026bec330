//! Counting when DynamoDB fails, and what the table holds of it.

use faregate_tests::{PASSWORD, TestApp};

use super::told_to_wait;

#[tokio::test]
async fn an_attempt_whose_answer_was_lost_is_counted_once() {
    let app = TestApp::start().await;
    for _ in 0..5 {
        app.calls.lose_next_answer("UpdateItem");
        app.try_log_in("nobody", "wrong").await.is(401);
    }
    told_to_wait(&app.try_log_in("nobody", "wrong").await);
}

#[tokio::test]
async fn an_attempt_that_cannot_be_counted_is_not_made() {
    let app = TestApp::start().await;
    app.sign_up("ann").await.is(201);
    app.calls.replace_next_answer("UpdateItem", 400, serde_json::json!({"__type": "x#AccessDeniedException"}));
    app.calls.take();
    app.try_log_in("ann", PASSWORD).await.is(503);
    assert!(!app.calls.take().contains(&"Query".to_owned()));
    app.log_in("ann").await;
}

#[tokio::test]
async fn attempts_that_cannot_be_given_back_fail_no_log_in_and_are_given_back_once() {
    let app = TestApp::start().await;
    app.sign_up("ann").await.is(201);
    for _ in 0..4 {
        app.try_log_in("ann", "wrong").await.is(401);
    }
    // The slot is taken; then the giving back is done, its answer is lost, and the call is repeated.
    let attempts = app.service.attempts();
    let claimant = faregate::attempts::Claimant { username: "ann", source_ip: None, device: None };
    let attempt = attempts.begin(claimant).await.unwrap();
    app.calls.lose_next_answer("UpdateItem");
    attempts.succeeded(&attempt).await;
    let counts: Vec<_> = app.items().await.iter().filter_map(|item| item.get("attempts").cloned()).collect();
    assert_eq!(counts.len(), 1);
    assert_eq!(counts[0].as_n().unwrap(), "0");
}

#[tokio::test]
async fn what_was_typed_is_not_kept() {
    let app = TestApp::start().await;
    let phone = &mut app.phone("203.0.113.7");
    phone.log_in("my-Secret-typed-in-the-wrong-field", "wrong").await.is(401);
    let items = format!("{:?}", app.items().await);
    assert!(!items.to_lowercase().contains("my-secret"), "{items}");
    // Each goes by itself: the day's end, the hour's.
    let now = app.clock.now().seconds();
    let expiries: Vec<i64> = (app.items().await.iter())
        .filter(|item| item.contains_key("attempts"))
        .map(|item| item["expires_at"].as_n().unwrap().parse().unwrap())
        .collect();
    assert_eq!(expiries.len(), 2);
    assert!(expiries.iter().all(|at| *at > now && *at <= now + 86_400), "{expiries:?}");
}
