//! DynamoDB gone or silent: 503 with Retry-After in the contract's shape, soon, and nothing half-written.

use std::time::{Duration, Instant};

use axum::http::Method;
use faregate_tests::{PASSWORD, Reply, TestApp, json_request};
use serde_json::json;
use tokio::net::TcpListener;

/// Asks every route that needs DynamoDB, at once.
async fn ask_all(app: &TestApp, tokens: &faregate_tests::Tokens) -> Vec<(&'static str, Reply)> {
    let name_alone = json!({"username": "ben"});
    let (sign_up, bad_sign_up, log_in, refresh, log_out, me, verify) = tokio::join!(
        app.sign_up("ben"),
        app.post("/api/sign_up/", &name_alone),
        app.try_log_in("ann", PASSWORD),
        app.refresh(&tokens.refresh),
        app.log_out(&tokens.refresh),
        app.me(&tokens.access),
        app.verify(&tokens.refresh),
    );
    vec![
        ("sign_up", sign_up),
        ("sign_up with a field missing", bad_sign_up),
        ("log_in", log_in),
        ("refresh", refresh),
        ("log_out", log_out),
        ("me", me),
        ("verify", verify),
    ]
}

fn is_our_trouble(route: &str, reply: &Reply) {
    assert_eq!(reply.status, 503, "{route}: {}", reply.text);
    assert_eq!(reply.json, json!({"detail": "Service temporarily unavailable, try again later."}), "{route}");
    assert_eq!(reply.header("retry-after").as_deref(), Some("1"), "{route}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dynamodb_that_is_gone_is_our_trouble() {
    let healthy = TestApp::start().await;
    let tokens = healthy.user("ann").await;
    let free_port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let app = TestApp::builder().endpoint(&format!("http://{free_port}")).start().await;
    let started = Instant::now();
    for (route, reply) in ask_all(&app, &tokens).await {
        is_our_trouble(route, &reply);
    }
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dynamodb_that_is_silent_is_our_trouble_within_ten_seconds() {
    let healthy = TestApp::start().await;
    let tokens = healthy.user("ann").await;
    // Connections wait in the backlog: they open, and nobody ever answers.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let app = TestApp::builder().endpoint(&endpoint).start().await;
    let started = Instant::now();
    for (route, reply) in ask_all(&app, &tokens).await {
        is_our_trouble(route, &reply);
    }
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}

#[tokio::test]
async fn what_needs_no_dynamodb_goes_on() {
    let free_port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let app = TestApp::builder().endpoint(&format!("http://{free_port}")).start().await;
    app.post("/api/log_in/", &json!({})).await.is(400);
    app.send(json_request(Method::GET, "/api/log_in/", &json!({}))).await.is(405);
    app.send(json_request(Method::GET, "/nope", &json!({}))).await.is(404);
}

#[tokio::test]
async fn a_fault_of_dynamodb_leaves_all_or_nothing_and_the_same_request_ends_well() {
    let app = TestApp::start().await;
    for _ in 0..3 {
        app.calls.lose_next_answer("TransactWriteItems");
    }
    is_our_trouble("sign_up", &app.sign_up("ann").await);
    let reply = app.sign_up("ann").await;
    // The lost answers hid a success: the name is taken, by the user who asked, with that password.
    assert!(reply.text.contains("already exists"), "{}", reply.text);
    app.log_in("ann").await;
}
