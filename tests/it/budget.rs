//! How many DynamoDB calls each operation makes: never more than its budget (ARCHITECTURE.md).

use faregate_tests::{PASSWORD, TestApp, claim};
use serde_json::json;

#[tokio::test]
async fn each_operation_keeps_its_budget_of_calls() {
    let app = TestApp::start().await;
    let tokens = app.user("ann").await;
    app.me(&tokens.access).await.is(200);
    app.calls.take();

    app.sign_up("ben").await.is(201);
    assert_eq!(app.calls.take(), ["TransactWriteItems"], "sign_up");

    app.sign_up("ben").await.is(400);
    assert_eq!(app.calls.take(), ["TransactWriteItems"], "sign_up with a taken name");

    app.post("/api/sign_up/", &json!({"username": "ben"})).await.is(400);
    assert_eq!(app.calls.take(), ["GetItem"], "sign_up with another field invalid");

    app.post("/api/sign_up/", &json!({"username": "not a name", "password1": "x"})).await.is(400);
    assert!(app.calls.take().is_empty(), "sign_up with an invalid name");

    let differing = json!({"username": "new", "password1": faregate_tests::PASSWORD, "password2": "x"});
    app.post("/api/sign_up/", &differing).await.is(400);
    assert_eq!(app.calls.take(), ["GetItem"], "sign_up with passwords that differ");

    let tokens = app.log_in("ann").await;
    assert_eq!(app.calls.take(), ["GetItem", "Query", "PutItem"], "log_in");

    let mut request = faregate_tests::json_request(axum::http::Method::POST, "/api/sign_up/", &json!({}));
    request.headers_mut().insert("authorization", format!("Bearer {}", tokens.access).parse().unwrap());
    app.send(request).await.is(400);
    assert_eq!(app.calls.take(), ["BatchGetItem"], "sign_up with an access token");

    app.try_log_in("ann", "wrong").await.is(401);
    assert_eq!(app.calls.take(), ["GetItem", "Query"], "log_in with a wrong password");

    let refreshed = app.refresh(&tokens.refresh).await;
    let mut calls = app.calls.take();
    calls.sort();
    assert_eq!(calls, ["GetItem", "UpdateItem"], "token/refresh");

    app.me(&refreshed.field("access")).await.is(200);
    assert_eq!(app.calls.take(), ["BatchGetItem"], "me");

    let stolen = app.log_in("ann").await;
    app.refresh(&stolen.refresh).await.is(200);
    app.clock.advance_seconds(60);
    app.calls.take();
    app.refresh(&stolen.refresh).await.is(401);
    let mut calls = app.calls.take();
    calls.sort();
    assert_eq!(calls, ["GetItem", "UpdateItem", "UpdateItem"], "token/refresh of a spent token");

    app.verify(&refreshed.field("access")).await.is(200);
    assert!(app.calls.take().is_empty(), "token/verify of an access token");

    app.verify(&refreshed.field("refresh")).await.is(200);
    assert_eq!(app.calls.take(), ["BatchGetItem"], "token/verify of a refresh token");

    app.log_out(&refreshed.field("refresh")).await.is(200);
    assert_eq!(app.calls.take(), ["UpdateItem"], "log_out");
}

#[tokio::test]
async fn what_a_user_does_about_sessions_and_account_keeps_its_budget() {
    let app = TestApp::start().await;
    let access = app.user("ann").await.access;
    let other = app.log_in("ann").await;
    app.calls.take();

    app.sessions(&access).await.is(200);
    assert_eq!(app.calls.take(), ["BatchGetItem", "Query"], "sessions");

    app.end_session(&access, &claim(&other.access, "sid")).await.is(204);
    assert_eq!(app.calls.take(), ["BatchGetItem", "UpdateItem"], "one session");

    app.post_as(&access, "/api/log_out/others/", &json!({})).await.is(200);
    assert_eq!(app.calls.take(), ["BatchGetItem", "TransactWriteItems"], "log_out/others");

    app.change_password(&access, "another-Oak-77").await.is(200);
    assert_eq!(app.calls.take(), ["BatchGetItem", "TransactWriteItems"], "password/change");

    app.post_as(&access, "/api/log_out/all/", &json!({})).await.is(200);
    assert_eq!(app.calls.take(), ["BatchGetItem", "UpdateItem"], "log_out/all");

    let body = json!({"username": "ann", "password": "another-Oak-77"});
    let access = app.post("/api/log_in/", &body).await.field("access");
    app.calls.take();
    app.post_as(&access, "/api/account/delete/", &json!({"password": "another-Oak-77"})).await.is(200);
    let calls = app.calls.take();
    assert_eq!(calls.first().map(String::as_str), Some("BatchGetItem"));
    assert_eq!(calls.last().map(String::as_str), Some("TransactWriteItems"));
    assert_eq!(
        calls.iter().filter(|call| *call == "DeleteItem").count(),
        2,
        "account/delete: one for each other session"
    );
}

#[tokio::test]
async fn rehash_and_eviction_cost_one_call_each() {
    let app = TestApp::start().await;
    app.sign_up("ann").await.is(201);
    let settings = [("FAREGATE_ARGON2_ITERATIONS", "2"), ("FAREGATE_SESSIONS_PER_USER", "1")];
    app.log_in("ann").await;
    let other = app.another(&settings).await;
    other.try_log_in("nobody", PASSWORD).await.is(401);
    other.calls.take();
    other.log_in("ann").await;
    let mut calls = other.calls.take();
    calls.sort();
    assert_eq!(calls, ["DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"]);
}
