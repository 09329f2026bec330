//! `ws-reaper`: what the schedule finds, what cannot be closed, and what cannot be read.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::http::StatusCode;
use faregate::domain::administration::UserChange;
use faregate::store::keys;
use faregate_tests::TestApp;
use serde_json::{Value, json};

use crate::signing_keys::part;
use crate::sockets::{app, change, open, scheduled};

/// The event of a socket that opens, as the authorizer leaves it for the holder of `access`.
fn connecting(access: &str) -> Value {
    let claims = part(access, 1);
    let expires_at = claims["exp"].to_string();
    let authorizer = json!({"id": claims["id"], "username": "ann", "sid": claims["sid"], "expires_at": expires_at});
    json!({"requestContext": {"routeKey": "$connect", "connectionId": "L0SM9cOFvHcCIhw=", "authorizer": authorizer}})
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schedule_closes_what_nobody_was_told_of() {
    let app = app().await;
    let (ann, ben, cid) = (app.user("ann").await, app.user("ben").await, app.user("cid").await);
    let sockets = [open(&app, &ann.access).await, open(&app, &ben.access).await];
    let mut stays = open(&app, &cid.access).await;
    change(&app, "ann", UserChange::Deactivate).await;
    change(&app, "ben", UserChange::EndSessions).await;
    assert_eq!(scheduled(&app).await, json!({"closed": 2, "failed": 0}));
    for socket in sockets {
        assert_eq!(socket.closed().await, Some(1000));
    }
    stays.who().await;
    let id = app.service.users().find_id("cid").await.unwrap().unwrap();
    app.delete(id).await;
    assert_eq!(scheduled(&app).await, json!({"closed": 1, "failed": 0}));
    stays.closed().await;
    assert_eq!(scheduled(&app).await, json!({"closed": 0, "failed": 0}));
    assert!(!app.has_open_sockets().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_ends_with_the_token_that_opened_it() {
    let app = TestApp::builder().with("FAREGATE_TOKEN_JITTER", "off").listening().start().await;
    let tokens = app.user("ann").await;
    let mut socket = open(&app, &tokens.access).await;
    app.clock.advance_seconds(3599);
    assert_eq!(scheduled(&app).await["closed"], 0);
    socket.who().await;
    app.clock.advance_seconds(1);
    assert_eq!(socket.who().await, json!({"detail": "Token is expired", "code": "token_not_valid"}));
    assert_eq!(scheduled(&app).await["closed"], 1);
    assert_eq!(socket.closed().await, Some(1000));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_whose_end_nobody_saw_is_forgotten_by_the_schedule() {
    let app = app().await;
    let tokens = app.user("ann").await;
    // It was opened by a gateway that is gone.
    let events = app.events().await;
    let opened = ws_connect::handle(Arc::clone(&events.ws_connect), connecting(&tokens.access)).await.unwrap();
    assert_eq!(opened, json!({"statusCode": 200}));
    change(&app, "ann", UserChange::EndSessions).await;
    // For a minute it may as well be about to open.
    assert_eq!(scheduled(&app).await, json!({"closed": 0, "failed": 1}));
    app.clock.advance_seconds(60);
    assert_eq!(scheduled(&app).await, json!({"closed": 1, "failed": 0}));
    assert!(!app.has_open_sockets().await);
}

/// A management API that answers each call with the next of `statuses`.
async fn management(statuses: &'static [u16]) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    let answer = axum::routing::any(move || {
        let number = asked.fetch_add(1, Ordering::SeqCst);
        async move { StatusCode::from_u16(statuses[number]).unwrap() }
    });
    let router = axum::Router::new().route("/@connections/{id}", answer);
    #[expect(clippy::disallowed_methods, reason = "a server of a test, which ends with it")]
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_out_that_comes_before_the_socket_is_open_closes_it_later() {
    let app = TestApp::start().await;
    let tokens = app.user("ann").await;
    let endpoint = management(&[410, 204]).await;
    let service = app.another_service(&[("FAREGATE_WS_ENDPOINT", &endpoint)]);
    let events = local::functions::events(&service).await.unwrap();
    let opened = ws_connect::handle(Arc::clone(&events.ws_connect), connecting(&tokens.access)).await.unwrap();
    assert_eq!(opened, json!({"statusCode": 200}));
    app.log_out(&tokens.refresh).await.is(200);
    let user_id = part(&tokens.access, 1)["id"].clone();
    let told = ws_reaper::handle(Arc::clone(&events.ws_reaper), json!({"user_id": user_id})).await.unwrap();
    assert_eq!(told, json!({"closed": 0, "failed": 1}), "it stays on record");
    let scheduled = ws_reaper::handle(events.ws_reaper, json!({"source": "aws.events"})).await.unwrap();
    assert_eq!(scheduled, json!({"closed": 1, "failed": 0}));
    assert!(!app.has_open_sockets().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_cannot_be_read_keeps_no_other_open() {
    let app = app().await;
    let tokens = app.user("ann").await;
    let socket = open(&app, &tokens.access).await;
    let text = aws_sdk_dynamodb::types::AttributeValue::S;
    for shard in keys::CONNECTION_SHARDS {
        let put = app.client.put_item().table_name("faregate").item("pk", text(keys::connection_shard(shard)));
        put.item("sk", text(" nonsense".to_owned())).send().await.unwrap();
    }
    change(&app, "ann", UserChange::EndSessions).await;
    assert_eq!(scheduled(&app).await, json!({"closed": 1, "failed": 0}));
    socket.closed().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shard_that_cannot_be_read_keeps_no_other_open() {
    let app = app().await;
    let tokens = app.user("ann").await;
    let socket = open(&app, &tokens.access).await;
    change(&app, "ann", UserChange::EndSessions).await;
    let events = app.events().await;
    // The first shard that is looked at fails; the user's is another one.
    let first = || keys::CONNECTION_SHARDS[usize::try_from(app.clock.now().seconds() / 60).unwrap() % 16];
    if first() == shard_of(&tokens.access) {
        app.clock.advance_seconds(60);
    }
    let refused = json!({"__type": "com.amazonaws.dynamodb.v20120810#ValidationException"});
    app.calls.replace_next_answer("Query", 400, refused);
    ws_reaper::handle(events.ws_reaper, json!({"source": "aws.events"})).await.unwrap_err();
    assert_eq!(socket.closed().await, Some(1000));
}

fn shard_of(access: &str) -> char {
    part(access, 1)["id"].as_str().unwrap().chars().next_back().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_that_cannot_be_closed_is_tried_again_by_its_own_api_alone() {
    let app = app().await;
    let tokens = app.user("ann").await;
    let elsewhere = app.another_service(&[("FAREGATE_WS_ENDPOINT", "http://127.0.0.1:9")]);
    let unreachable = local::functions::events(&elsewhere).await.unwrap();
    ws_connect::handle(Arc::clone(&unreachable.ws_connect), connecting(&tokens.access)).await.unwrap();
    let socket = open(&app, &tokens.access).await;
    change(&app, "ann", UserChange::EndSessions).await;
    let again = || ws_reaper::handle(Arc::clone(&unreachable.ws_reaper), json!({"source": "aws.events"}));
    assert_eq!(scheduled(&app).await, json!({"closed": 1, "failed": 0}), "its own");
    socket.closed().await;
    for _ in 0..2 {
        assert_eq!(again().await.unwrap(), json!({"closed": 0, "failed": 1}));
    }
}
