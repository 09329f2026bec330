//! WebSockets, through the local gateway: the same functions and the same events as on AWS, over a real connection.

use std::sync::Arc;

use axum::http::{Method, StatusCode};
use faregate::domain::administration::UserChange;
use faregate::tokens::Ticket;
use faregate_tests::{Reply, Socket, TestApp, bearer, empty_request, protocols};
use serde_json::{Value, json};

use crate::signing_keys::part;

pub(crate) async fn app() -> TestApp {
    TestApp::builder().listening().start().await
}

async fn ticket(app: &TestApp, access: &str) -> Reply {
    let mut request = empty_request(Method::POST, "/api/ws_ticket/");
    request.headers_mut().insert("authorization", format!("Bearer {access}").parse().unwrap());
    app.send(request).await
}

pub(crate) async fn open(app: &TestApp, access: &str) -> Socket {
    app.connect("", &[bearer(access)]).await.unwrap()
}

/// What the schedule does.
pub(crate) async fn scheduled(app: &TestApp) -> Value {
    let events = app.events().await;
    ws_reaper::handle(events.ws_reaper, json!({"source": "aws.events"})).await.unwrap()
}

async fn until_forgotten(app: &TestApp) {
    let forgetting = async {
        while app.has_open_sockets().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), forgetting).await.unwrap();
}

pub(crate) async fn change(app: &TestApp, username: &str, change: UserChange) {
    let id = app.service.users().find_id(username).await.unwrap().unwrap();
    app.change(id, change).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_opens_in_three_ways_and_says_who_is_connected() {
    let app = app().await;
    let tokens = app.user("ann").await;
    let claims = part(&tokens.access, 1);
    let given = ticket(&app, &tokens.access).await;
    given.is(201);
    assert_eq!(given.json["expires_in"], 30);
    let by_ticket = format!("?ticket={}", given.field("ticket"));
    for (query, headers, protocol) in [
        ("", vec![bearer(&tokens.access)], None),
        ("", vec![protocols(&["bearer", &tokens.access])], Some("bearer")),
        ("", vec![protocols(&["taxi.v1", "bearer", &tokens.access])], Some("taxi.v1")),
        ("", vec![bearer(&tokens.access), protocols(&["taxi.v1"])], Some("taxi.v1")),
        (by_ticket.as_str(), vec![], None),
    ] {
        let mut socket = app.connect(query, &headers).await.unwrap();
        assert_eq!(socket.protocol.as_deref(), protocol);
        let who = socket.who().await;
        let wanted = ("ann", &claims["id"], &claims["sid"], &claims["exp"]);
        assert_eq!((who["username"].as_str().unwrap(), &who["id"], &who["sid"], &who["expires_at"]), wanted);
        assert_eq!(who["connection_id"].as_str().unwrap().len(), 16);
        socket.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_comes_in_without_a_good_token() {
    let app = app().await;
    let tokens = app.user("ann").await;
    let in_the_query = format!("?token={0}&access_token={0}&ticket={0}", tokens.access);
    for (query, headers) in [
        ("", vec![]),
        ("", vec![bearer("x")]),
        ("", vec![bearer(&tokens.refresh)]),
        ("", vec![bearer(&tokens.access), bearer(&tokens.access)]),
        ("", vec![bearer("x"), protocols(&["bearer", &tokens.access])]),
        ("", vec![("authorization", "Basic eDp5".to_owned()), protocols(&["bearer", &tokens.access])]),
        ("", vec![protocols(&["bearer"])]),
        ("", vec![protocols(&[&tokens.access])]),
        (in_the_query.as_str(), vec![]),
        ("?ticket=", vec![]),
        ("?ticket=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", vec![]),
    ] {
        assert_eq!(app.connect(query, &headers).await.unwrap_err(), 403, "{query} {headers:?}");
    }
    assert!(!app.has_open_sockets().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_works_once_and_for_thirty_seconds() {
    let app = app().await;
    let tokens = app.user("ann").await;
    let given = ticket(&app, &tokens.access).await.field("ticket");
    let query = format!("?ticket={given}");
    let (first, second) = tokio::join!(app.connect(&query, &[]), app.connect(&query, &[]));
    assert_eq!([first.is_ok(), second.is_ok()].iter().filter(|opened| **opened).count(), 1);
    assert_eq!(app.connect(&query, &[]).await.unwrap_err(), 403);
    for (seconds, opens) in [(29, true), (30, false)] {
        let query = format!("?ticket={}", ticket(&app, &tokens.access).await.field("ticket"));
        app.clock.advance_seconds(seconds);
        assert_eq!(app.connect(&query, &[]).await.is_ok(), opens, "after {seconds} s");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_keeps_no_ticket_that_anybody_could_use() {
    let app = app().await;
    let tokens = app.user("ann").await;
    let given = ticket(&app, &tokens.access).await.field("ticket");
    let items = app.client.scan().table_name("faregate").send().await.unwrap();
    assert!(items.items().iter().any(|item| item["pk"].as_s().unwrap().starts_with("TICKET#")));
    assert!(!format!("{items:?}").contains(&given));
}

#[tokio::test(flavor = "multi_thread")]
async fn log_out_closes_the_sockets_of_its_session_and_no_other() {
    let app = app().await;
    let (tokens, other_device) = (app.user("ann").await, app.log_in("ann").await);
    let other_user = app.user("ben").await;
    let (first, second) = (open(&app, &tokens.access).await, open(&app, &tokens.access).await);
    let mut others = [open(&app, &other_device.access).await, open(&app, &other_user.access).await];
    app.log_out(&tokens.refresh).await.is(200);
    assert_eq!((first.closed().await, second.closed().await), (Some(1000), Some(1000)));
    for other in &mut others {
        assert!(other.who().await.get("id").is_some());
    }
    assert_eq!(app.connect("", &[bearer(&tokens.access)]).await.unwrap_err(), 401, "its session is over");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_closes_the_sockets_of_its_session() {
    let app = app().await;
    let tokens = app.user("ann").await;
    let socket = open(&app, &tokens.access).await;
    app.refresh(&tokens.refresh).await.is(200);
    app.clock.advance_seconds(60);
    app.refresh(&tokens.refresh).await.is(401);
    assert_eq!(socket.closed().await, Some(1000));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_gives_way_takes_its_sockets_with_it() {
    let app = TestApp::builder().with("FAREGATE_SESSIONS_PER_USER", "1").listening().start().await;
    let tokens = app.user("ann").await;
    let socket = open(&app, &tokens.access).await;
    app.log_in("ann").await;
    assert_eq!(socket.closed().await, Some(1000));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_that_closes_is_forgotten() {
    let app = app().await;
    let tokens = app.user("ann").await;
    let socket = open(&app, &tokens.access).await;
    assert!(app.has_open_sockets().await);
    app.calls.take();
    socket.close().await;
    until_forgotten(&app).await;
}

/// API Gateway opens a socket once `$connect` was answered. Until then it says 410 of it, as of one that is gone.
/// Opens a socket and logs out at once: whichever comes first, no socket stays.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_out_while_a_socket_opens_never_leaves_it_open() {
    let app = Arc::new(app().await);
    app.sign_up("ann").await.is(201);
    for _ in 0..30 {
        let tokens = app.log_in("ann").await;
        let headers = [bearer(&tokens.access)];
        let (socket, out) = tokio::join!(app.connect("", &headers), app.log_out(&tokens.refresh));
        out.is(200);
        match socket {
            Ok(socket) => assert_eq!(socket.closed().await, Some(1000)),
            Err(status) => assert_eq!(status, 401),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn trouble_of_our_own_is_503_and_a_new_try_opens() {
    let app = app().await;
    let tokens = app.user("ann").await;
    for _ in 0..3 {
        app.calls.lose_next_answer("BatchGetItem");
    }
    assert_eq!(app.connect("", &[bearer(&tokens.access)]).await.unwrap_err(), 503);
    let mut socket = open(&app, &tokens.access).await;
    socket.who().await;
    let given = ticket(&app, &tokens.access).await.field("ticket");
    for _ in 0..3 {
        app.calls.lose_next_answer("UpdateItem");
    }
    assert_eq!(app.connect(&format!("?ticket={given}"), &[]).await.unwrap_err(), 500, "as API Gateway says it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_whose_use_lost_its_answer_opens_its_socket_and_no_other() {
    let app = app().await;
    let tokens = app.user("ann").await;
    let given = ticket(&app, &tokens.access).await.field("ticket");
    app.calls.lose_next_answer("UpdateItem");
    app.connect(&format!("?ticket={given}"), &[]).await.unwrap().who().await;
    assert_eq!(app.connect(&format!("?ticket={given}"), &[]).await.unwrap_err(), 403);
}

#[tokio::test]
async fn a_ticket_that_is_stored_once_more_after_its_use_stays_used_up() {
    let app = TestApp::start().await;
    let tokens = app.user("ann").await;
    let (given, now) = (ticket(&app, &tokens.access).await.field("ticket"), app.clock.now());
    let (tickets, hash) = (app.service.tickets(), Ticket::parse(&given).unwrap().hash());
    let owner = tickets.take(&hash, now).await.unwrap().unwrap();
    // The first attempt of the call that stored it, late: the SDK gave it up and sent another.
    tickets.put(&hash, &owner, now.plus_seconds(30)).await.unwrap();
    assert!(tickets.take(&hash, now).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_counted() {
    let app = app().await;
    let tokens = app.user("ann").await;
    app.calls.take();
    ticket(&app, &tokens.access).await.is(201);
    assert_eq!(app.calls.take(), ["BatchGetItem", "PutItem"], "ws_ticket");
    let mut socket = open(&app, &tokens.access).await;
    assert_eq!(app.calls.take(), ["PutItem", "BatchGetItem"], "$connect by token");
    socket.who().await;
    assert!(app.calls.take().is_empty(), "$default");
    let given = ticket(&app, &tokens.access).await.field("ticket");
    app.calls.take();
    let _second = app.connect(&format!("?ticket={given}"), &[]).await.unwrap();
    assert_eq!(app.calls.take(), ["UpdateItem", "PutItem", "BatchGetItem"], "$connect by ticket");
    let events = app.events().await;
    app.calls.take();
    ws_reaper::handle(events.ws_reaper, json!({"source": "aws.events"})).await.unwrap();
    let calls = app.calls.take();
    assert_eq!(calls.iter().filter(|call| *call == "Query").count(), 16, "one for each shard");
    assert_eq!(calls.iter().filter(|call| *call == "BatchGetItem").count(), 1, "one for both sockets");
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_no_gateway_sends_change_nothing() {
    let app = app().await;
    let tokens = app.user("ann").await;
    let mut socket = open(&app, &tokens.access).await;
    let events = app.events().await;
    for odd in [json!(null), json!([]), json!({}), json!({"requestContext": {"routeKey": "$connect"}})] {
        let answer = ws_connect::handle(Arc::clone(&events.ws_connect), odd.clone()).await.unwrap();
        assert_eq!(answer, json!({"statusCode": 403}), "{odd}");
        let policy = ws_authorizer::handle(Arc::clone(&events.ws_authorizer), odd).await.unwrap();
        assert_eq!(policy["policyDocument"]["Statement"][0]["Effect"], "Deny");
    }
    // A good token on another route than $connect, or of another type.
    for (kind, route) in [("REQUEST", "$default"), ("TOKEN", "$connect")] {
        let headers = json!({"Authorization": format!("Bearer {}", tokens.access)});
        let arn = "arn:aws:execute-api:local:000000000000:local/local/$connect";
        let event = json!({"type": kind, "methodArn": arn, "headers": headers, "requestContext": {"routeKey": route}});
        let policy = ws_authorizer::handle(Arc::clone(&events.ws_authorizer), event).await.unwrap();
        assert_eq!(policy["policyDocument"]["Statement"][0]["Effect"], "Deny");
    }
    for odd in [json!({"user_id": "nonsense"}), json!({"user_id": "01968c4e-7a00-7000-8000-000000000001"})] {
        let reaped = ws_reaper::handle(Arc::clone(&events.ws_reaper), odd).await.unwrap();
        assert_eq!(reaped, json!({"closed": 0, "failed": 0}));
    }
    socket.who().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_over_the_gateways_quota_ends_the_socket() {
    let app = app().await;
    let tokens = app.user("ann").await;
    let mut socket = open(&app, &tokens.access).await;
    socket.send_bytes(200_000).await;
    // The line may be cut before the goodbye is read: what was sent was not taken.
    assert!(matches!(socket.closed().await, Some(1009) | None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_no_handshake_is_refused() {
    let app = app().await;
    let sockets = local::websocket::Sockets::new(
        app.events().await,
        "localhost",
        (app.clock.clone(), faregate::randomness::Randomness::from_seed(1)),
    );
    for (method, path, status) in [
        (Method::GET, "/ws/", StatusCode::BAD_REQUEST),
        (Method::POST, "/ws/", StatusCode::METHOD_NOT_ALLOWED),
        (Method::DELETE, "/@connections/none", StatusCode::GONE),
        (Method::GET, "/@connections/none", StatusCode::METHOD_NOT_ALLOWED),
    ] {
        let answer = tower::ServiceExt::oneshot(sockets.router(), empty_request(method, path)).await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
    }
}
