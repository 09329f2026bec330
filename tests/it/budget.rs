//! How many DynamoDB calls each operation makes: never more than its budget (ARCHITECTURE.md).

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use axum::body::Body;
use axum::http::{HeaderValue, Method, Request, header};
use faregate_tests::{PASSWORD, Record, TestApp, basic, claim, fresh_id, hash_of, json_request};
use serde_json::json;

#[tokio::test]
async fn each_operation_keeps_its_budget_of_calls() {
    let app = TestApp::start().await;
    let tokens = app.user("ann").await;
    app.me(&tokens.access).await.is(200);
    app.calls.take();

    // At an address, as API Gateway always tells it: sign-ups and failures are counted there.
    let mut phone = app.phone("203.0.113.7");
    phone.sign_up("ben").await.is(201);
    assert_eq!(app.calls.take(), ["UpdateItem", "TransactWriteItems"], "sign_up");

    phone.sign_up("ben").await.is(400);
    assert_eq!(app.calls.take(), ["UpdateItem", "TransactWriteItems"], "sign_up with a taken name");

    phone.post("/api/sign_up/", &json!({"username": "ben"})).await.is(400);
    assert_eq!(sorted_calls(&app), ["GetItem", "UpdateItem"], "sign_up with another field invalid");

    phone.post("/api/sign_up/", &json!({"username": "not a name", "password1": "x"})).await.is(400);
    assert!(app.calls.take().is_empty(), "sign_up with an invalid name");

    let differing = json!({"username": "new", "password1": faregate_tests::PASSWORD, "password2": "x"});
    phone.post("/api/sign_up/", &differing).await.is(400);
    assert_eq!(sorted_calls(&app), ["GetItem", "UpdateItem"], "sign_up with passwords that differ");

    phone.log_in("ben", PASSWORD).await.is(200);
    assert_eq!(sorted_calls(&app), ["BatchGetItem", "PutItem", "Query", "UpdateItem"], "log_in");
    phone.log_in("ben", PASSWORD).await.is(200);
    assert_eq!(sorted_calls(&app), ["BatchGetItem", "PutItem", "Query", "UpdateItem"], "log_in on a known device");
    let again = ["BatchGetItem", "PutItem", "Query", "UpdateItem", "UpdateItem"];
    phone.log_in("ben", PASSWORD).await.is(200);
    assert_eq!(sorted_calls(&app), again, "log_in that gives attempts back");

    let mut request = faregate_tests::json_request(axum::http::Method::POST, "/api/sign_up/", &json!({}));
    request.headers_mut().insert("authorization", format!("Bearer {}", tokens.access).parse().unwrap());
    app.send(request).await.is(400);
    assert_eq!(app.calls.take(), ["BatchGetItem"], "sign_up with an access token");

    app.phone("203.0.113.7").log_in("ann", "wrong").await.is(401);
    let failed = ["BatchGetItem", "Query", "UpdateItem", "UpdateItem"];
    assert_eq!(sorted_calls(&app), failed, "log_in with a wrong password");

    phone.refresh("garbage").await.is(401);
    assert_eq!(app.calls.take(), ["UpdateItem"], "token/refresh of garbage");

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
    assert_eq!(app.calls.take(), ["BatchGetItem", "UpdateItem", "TransactWriteItems"], "password/change");

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

/// The calls since the last time this was asked, where some are made side by side.
fn sorted_calls(app: &TestApp) -> Vec<String> {
    let mut calls = app.calls.take();
    calls.sort();
    calls
}

#[tokio::test]
async fn the_admin_site_keeps_its_budget() {
    let app = TestApp::start().await;
    let address = format!("/admin/users/{}/", app.sign_up("ben").await.field("id"));
    app.staff("ann").await;
    let mut browser = app.browser();
    let form = browser.get("/admin/login/").await;
    app.calls.take();
    browser.post("/admin/login/", &form, &[("username", "ann"), ("password", PASSWORD)]).await.is(303);
    let log_in = ["BatchGetItem", "GetItem", "PutItem", "TransactWriteItems", "UpdateItem"];
    assert_eq!(sorted_calls(&app), log_in, "admin: log-in");

    // Session and user come first, of any page.
    browser.get("/admin/users/").await.is(200);
    assert_eq!(app.calls.take(), [&["GetItem"; 2][..], &["Query"; 18]].concat(), "admin: a page of the list");
    browser.get("/admin/users/?active=yes&staff=yes").await.is(200);
    assert_eq!(app.calls.take(), ["GetItem", "GetItem", "Query"], "admin: active staff");
    browser.get("/admin/trail/").await.is(200);
    assert_eq!(app.calls.take(), ["GetItem", "GetItem", "Query", "BatchGetItem"], "admin: the trail");
    let page = browser.get(&address).await;
    let user = ["GetItem", "GetItem", "GetItem", "Query", "Query", "BatchGetItem"];
    assert_eq!(app.calls.take(), user, "admin: a user");

    browser.post(&address, &page, &[("action", "names"), ("first_name", "B")]).await.is(303);
    assert_eq!(app.calls.take(), ["GetItem", "GetItem", "GetItem", "TransactWriteItems"], "admin: a change");

    let delete = format!("{address}delete/");
    let page = browser.get(&delete).await;
    app.calls.take();
    browser.post(&delete, &page, &[("username", "ben")]).await.is(303);
    let deletion = ["GetItem", "GetItem", "GetItem", "TransactWriteItems", "Query", "TransactWriteItems"];
    assert_eq!(app.calls.take(), deletion, "admin: a deletion of who has no session");
}

#[tokio::test]
async fn the_other_classes_of_me_keep_their_budget() {
    let app = TestApp::builder().with("FAREGATE_BASIC_AUTH", "on").start().await;
    let mut browser = app.administrator("ann").await;
    let mut me = async || browser.send(Request::get("/api/me/"), Body::empty()).await.is(200);
    app.calls.take();
    me().await;
    assert_eq!(app.calls.take(), ["GetItem", "GetItem"], "me with a session");
    app.clock.advance_seconds(60);
    me().await;
    assert_eq!(app.calls.take(), ["GetItem", "GetItem", "UpdateItem"], "me with a session, once a minute");

    // How names are compared is asked once.
    app.send(basic("nobody", PASSWORD)).await.is(401);
    app.calls.take();
    app.send(basic("ann", PASSWORD)).await.is(200);
    let calls = ["BatchGetItem", "GetItem", "UpdateItem", "UpdateItem"];
    assert_eq!(sorted_calls(&app), calls, "me with HTTP Basic");
}

/// The bytes that DynamoDB counts ("DynamoDB item sizes and formats"): names and values, a number's digits by twos.
fn size_of(item: &HashMap<String, AttributeValue>) -> usize {
    let value = |value: &AttributeValue| match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(digits) => digits.len().div_ceil(2) + 1,
        AttributeValue::Bool(_) => 1,
        AttributeValue::M(members) => 3 + members.len() + size_of(members),
        other => panic!("{other:?}"),
    };
    item.iter().map(|(name, it)| name.len() + value(it)).sum()
}

#[tokio::test]
async fn a_refresh_costs_one_write_unit() {
    let app = TestApp::start().await;
    app.sign_up("ann").await.is(201);
    let id = fresh_id();
    let body = json!({"username": "ann", "password": PASSWORD, "rotation_next": hash_of(&id),
        "device_name": "x".repeat(100)});
    let mut request = json_request(Method::POST, "/api/log_in/", &body);
    let agent = HeaderValue::from_static("Mozilla/5.0 (Linux; Android 16) SamsungBrowser/28.0 Chrome/143.0");
    request.headers_mut().insert(header::USER_AGENT, agent);
    let opened = app.send(request).await;
    let mut record = Record { refresh: opened.field("refresh"), rotation_id: id, next_id: fresh_id() };
    for _ in 0..6 {
        record = record.after(&app.refresh_with(&record).await);
    }
    let size = size_of(&app.session_item(&opened.field("access")).await);
    assert!(size <= 1024, "{size} bytes are more than one unit's");
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
    assert_eq!(calls, ["BatchGetItem", "DeleteItem", "PutItem", "Query", "UpdateItem", "UpdateItem", "UpdateItem"]);
}
