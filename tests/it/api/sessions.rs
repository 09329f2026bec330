//! A user's sessions: looked at and ended, one by one and together.

use axum::http::{HeaderValue, Method, header};
use faregate::domain::administration::UserChange;
use faregate_tests::{PASSWORD, TestApp, claim, fresh_id, json_request};
use serde_json::{Value, json};

fn id_of(access: &str) -> String {
    claim(access, "sid")
}

#[tokio::test]
async fn the_list_tells_open_sessions_apart() {
    let app = TestApp::start().await;
    let first = app.user("ann").await;
    app.clock.advance_seconds(60);
    let body = json!({"username": "ann", "password": PASSWORD, "device_name": "Ann's tablet"});
    let mut request = json_request(Method::POST, "/api/log_in/", &body);
    let agent = HeaderValue::from_static("Mozilla/5.0 (Linux; Android 16) Chrome/143.0 Mobile Safari/537.36");
    request.headers_mut().insert(header::USER_AGENT, agent);
    let second = app.send(request).await;
    let ended = app.log_in("ann").await;
    app.log_out(&ended.refresh).await.is(200);
    app.clock.advance_seconds(60);
    let first_access = app.refresh(&first.refresh).await.field("access");
    app.user("ben").await;

    let list = app.sessions(&first_access).await;
    list.is(200);
    assert_eq!(
        list.json,
        json!([
            {
                "id": id_of(&first.access), "current": true, "device_name": null, "client": null,
                "created_at": "2026-01-01T00:00:00Z", "last_used_at": "2026-01-01T00:02:00Z",
                "expires_at": "2026-01-02T00:02:00Z",
            },
            {
                "id": id_of(&second.field("access")), "current": false, "device_name": "Ann's tablet",
                "client": "Chrome on Android", "created_at": "2026-01-01T00:01:00Z",
                "last_used_at": "2026-01-01T00:01:00Z", "expires_at": "2026-01-02T00:01:00Z",
            },
        ])
    );
    app.clock.advance_seconds(86_390);
    let access = app.log_in("ann").await.access;
    let left = app.sessions(&access).await;
    assert_eq!(left.json.as_array().unwrap().len(), 2, "the second one ran out");
}

#[tokio::test]
async fn one_session_can_be_ended_from_another_and_again() {
    let app = TestApp::start().await;
    let (here, there) = (app.user("ann").await, app.log_in("ann").await);
    for _ in 0..2 {
        let reply = app.end_session(&here.access, &id_of(&there.access)).await;
        reply.is(204);
        assert_eq!((reply.text.as_str(), reply.header("content-type")), ("", None));
    }
    app.me(&there.access).await.is(401);
    let refused = app.refresh(&there.refresh).await;
    assert_eq!(refused.header("faregate-action").as_deref(), Some("reauthenticate"));
    app.me(&here.access).await.is(200);
    // This one too.
    app.end_session(&here.access, &id_of(&here.access)).await.is(204);
    app.me(&here.access).await.is(401);
    app.refresh(&here.refresh).await.is(401);
}

#[tokio::test]
async fn nobody_ends_what_is_not_theirs() {
    let app = TestApp::start().await;
    let (ann, ben) = (app.user("ann").await, app.user("ben").await);
    let theirs = id_of(&ben.access);
    for id in [theirs.as_str(), "01968c4e-7a00-7000-8000-000000000001", "x", "..", "%00", &theirs.to_uppercase()] {
        let reply = app.end_session(&ann.access, id).await;
        assert_eq!(reply.status, 404, "{id}: {}", reply.text);
    }
    app.me(&ben.access).await.is(200);
    app.end_session("x", &theirs).await.is(401);
}

#[tokio::test]
async fn the_others_end_and_this_one_goes_on() {
    let app = TestApp::start().await;
    let (record, access) = app.user_with_ids("ann").await;
    let (other, third) = (app.log_in("ann").await, app.log_in("ann").await);
    app.calls.take();
    let reply = app.post_as(&access, "/api/log_out/others/", &json!({})).await;
    assert_eq!((reply.status, reply.text.as_str()), (200, "{}"));
    assert_eq!(app.calls.take(), ["BatchGetItem", "TransactWriteItems"]);
    for tokens in [&other, &third] {
        app.me(&tokens.access).await.is(401);
        app.refresh(&tokens.refresh).await.is(401);
        app.verify(&tokens.refresh).await.is(400);
    }
    app.me(&access).await.is(200);
    let again = app.post_as(&access, "/api/log_out/others/", &json!({})).await;
    again.is(200);
    let record = record.after(&app.refresh_with(&record).await);
    app.log_in("ann").await;
    app.refresh_with(&record).await.is(200);
    assert_eq!(app.sessions(&access).await.json.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn all_end_with_one_write() {
    let app = TestApp::start().await;
    let (here, there) = (app.user("ann").await, app.log_in("ann").await);
    app.calls.take();
    app.post_as(&here.access, "/api/log_out/all/", &json!({})).await.is(200);
    assert_eq!(app.calls.take(), ["BatchGetItem", "UpdateItem"]);
    for tokens in [&here, &there] {
        let refused = app.me(&tokens.access).await;
        assert_eq!(refused.header("faregate-action").as_deref(), Some("reauthenticate"));
        app.refresh(&tokens.refresh).await.is(401);
    }
    app.log_in("ann").await;
}

#[tokio::test]
async fn ending_the_others_gives_way_to_another_change_and_comes_after_it() {
    let app = TestApp::start().await;
    let access = app.user("ann").await.access;
    let changed = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "CancellationReasons": [{"Code": "ConditionalCheckFailed"}, {"Code": "None"}],
    });
    app.calls.replace_next_answer("TransactWriteItems", 400, changed.clone());
    app.post_as(&access, "/api/log_out/others/", &json!({})).await.is(200);
    app.me(&access).await.is(200);
    // One that changes each time that it was read is our trouble, and the session that asks goes on.
    for _ in 0..4 {
        app.calls.replace_next_answer("TransactWriteItems", 400, changed.clone());
    }
    let reply = app.post_as(&access, "/api/log_out/others/", &json!({})).await;
    assert_eq!((reply.status, reply.header("faregate-action").as_deref()), (503, Some("retry")));
    app.me(&access).await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_that_end_each_other_at_once_leave_one() {
    let app = std::sync::Arc::new(TestApp::start().await);
    app.sign_up("ann").await.is(201);
    for _ in 0..10 {
        let sessions = [app.log_in("ann").await, app.log_in("ann").await];
        let mut running = tokio::task::JoinSet::new();
        for access in sessions.iter().map(|tokens| tokens.access.clone()) {
            let app = std::sync::Arc::clone(&app);
            running.spawn(async move { app.post_as(&access, "/api/log_out/others/", &json!({})).await.status });
        }
        let mut statuses = running.join_all().await;
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 401]);
        let mut left = 0;
        for tokens in &sessions {
            left += usize::from(app.me(&tokens.access).await.status == 200);
        }
        assert_eq!(left, 1);
    }
}

#[tokio::test]
async fn all_of_it_is_seen_at_refresh_whatever_the_client_sends() {
    let app = TestApp::start().await;
    let (record, access) = app.user_with_ids("ann").await;
    let here = app.log_in("ann").await;
    app.post_as(&here.access, "/api/log_out/others/", &json!({})).await.is(200);
    for body in
        [record.request(), json!({"refresh": record.refresh, "rotation_next": faregate_tests::hash_of(&fresh_id())})]
    {
        let refused = app.post("/api/token/refresh/", &body).await;
        assert_eq!((refused.status, &refused.json["code"]), (401, &Value::from("token_not_valid")));
        assert_eq!(refused.header("faregate-action").as_deref(), Some("reauthenticate"));
    }
    app.me(&access).await.is(401);
}

#[tokio::test]
async fn who_was_deactivated_meanwhile_ends_nothing() {
    let app = TestApp::start().await;
    let access = app.user("ann").await.access;
    let id = app.service.users().find_id("ann").await.unwrap().unwrap();
    app.change(id, UserChange::Deactivate).await;
    app.post_as(&access, "/api/log_out/others/", &json!({})).await.is(401);
    app.sessions(&access).await.is(401);
}
