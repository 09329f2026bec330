use axum::http::{HeaderValue, Method, header};
use faregate::domain::administration::UserChange;
use faregate_tests::{TestApp, empty_request};
use serde_json::json;

#[tokio::test]
async fn any_case_of_bearer_will_do() {
    let app = TestApp::start().await;
    let tokens = app.user("ann").await;
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let mut request = empty_request(Method::GET, "/api/me");
        let value = HeaderValue::from_str(&format!("{scheme} {}", tokens.access)).unwrap();
        request.headers_mut().insert(header::AUTHORIZATION, value);
        let reply = app.send(request).await;
        reply.is(200);
        assert_eq!(reply.json["username"], "ann");
        assert_eq!(reply.header("cache-control").unwrap(), "no-store");
    }
}

#[tokio::test]
async fn an_access_token_lives_its_hour_and_not_a_second_longer() {
    let app = TestApp::builder().with("FAREGATE_TOKEN_JITTER", "off").start().await;
    let tokens = app.user("ann").await;
    app.clock.advance_seconds(3599);
    app.me(&tokens.access).await.is(200);
    app.clock.advance_seconds(1);
    let expired = app.me(&tokens.access).await;
    assert_eq!(expired.json["messages"][0]["message"], "Token is expired");
}

#[tokio::test]
async fn deactivating_a_user_ends_the_sessions_for_good() {
    let app = TestApp::start().await;
    let tokens = app.user("ann").await;
    let id = app.service.users().find_id("ann").await.unwrap().unwrap();
    app.change(id, UserChange::Deactivate).await;
    assert_eq!(app.me(&tokens.access).await.json, json!({"detail": "User is inactive", "code": "user_inactive"}));
    app.change(id, UserChange::Activate).await;
    app.me(&tokens.access).await.is(401);
    app.refresh(&tokens.refresh).await.is(401);
    app.log_in("ann").await;
}

#[tokio::test]
async fn a_batch_that_comes_in_parts_is_asked_for_again() {
    let app = TestApp::start().await;
    let tokens = app.user("ann").await;
    let id = app.service.users().find_id("ann").await.unwrap().unwrap();
    let partition = format!("USER#{id}");
    let sessions = app.service.sessions().of_user(Some(id), 1).await.unwrap().unwrap().1;
    let keys = [json!("PROFILE"), json!(format!("SESSION#{}", sessions[0].id))]
        .map(|sort| json!({"pk": {"S": partition}, "sk": {"S": sort}}));
    let nothing_yet = |keys: &[serde_json::Value]| json!({"Responses": {"faregate": []}, "UnprocessedKeys": {"faregate": {"Keys": keys}}});
    app.calls.take();
    app.calls.replace_next_answer("BatchGetItem", 200, nothing_yet(&keys));
    app.calls.replace_next_answer("BatchGetItem", 200, nothing_yet(&keys));
    app.me(&tokens.access).await.is(200);
    assert_eq!(app.calls.take().len(), 3);
    for _ in 0..3 {
        app.calls.replace_next_answer("BatchGetItem", 200, nothing_yet(&keys[..1]));
    }
    app.me(&tokens.access).await.is(503);
}
