//! DynamoDB gone or silent: 503 with Retry-After in the contract's shape, soon, and nothing half-written.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::Method;
use axum::response::Response;
use axum::routing::any;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use faregate::clock::Clock;
use faregate::http::{Cors, Edge, app};
use faregate::randomness::Randomness;
use faregate::telemetry::Telemetry;
use faregate_tests::{PASSWORD, Reply, START, TestApp, empty_request, json_request};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tower::ServiceExt as _;

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
    let body = json!({"detail": "Service temporarily unavailable, try again later.", "action": "retry"});
    assert_eq!(reply.json, body, "{route}");
    assert_eq!(reply.header("faregate-action").as_deref(), Some("retry"), "{route}");
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

/// The edge around functions that hang and break at any path.
async fn of_a_broken_function(path: &str) -> [Reply; 2] {
    let telemetry = Telemetry::new(None, Clock::held_at(START));
    let edge = Edge { randomness: Randomness::from_seed(1), telemetry, cors: Cors::default() };
    let hanging = Router::new().route(path, any(std::future::pending::<Response>));
    let breaking = Router::new().route(path, any(async || -> Response { panic!("on purpose") }));
    let ask = async |routes| {
        let response = app(routes, edge.clone()).oneshot(empty_request(Method::GET, path)).await.unwrap();
        Reply::of(response).await
    };
    [ask(hanging).await, ask(breaking).await]
}

#[tokio::test(start_paused = true)]
async fn a_function_that_hangs_or_breaks_is_told_to_browsers_by_a_page_and_to_apps_in_json() {
    for path in ["/admin", "/admin/", "/admin/users/"] {
        for reply in of_a_broken_function(path).await {
            assert_eq!(reply.status, 503, "{path}: {}", reply.text);
            assert_eq!(reply.header("retry-after").as_deref(), Some("1"));
            assert_eq!(reply.header("content-type").as_deref(), Some("text/html; charset=utf-8"));
            assert!(reply.text.contains("<h1>Temporarily unavailable</h1>"), "{}", reply.text);
        }
    }
    for path in ["/api/me/", "/administrators/"] {
        for reply in of_a_broken_function(path).await {
            is_our_trouble(path, &reply);
        }
    }
}

/// A way to DynamoDB that falls silent: what is sent arrives, and nothing comes back.
struct Silenceable {
    endpoint: String,
    silent: Arc<AtomicBool>,
    /// Ends with the test.
    _passing: JoinSet<()>,
}

impl Silenceable {
    async fn before(app: &TestApp) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let (target, silent) = (app.endpoint_url().replace("http://", ""), Arc::new(AtomicBool::new(false)));
        let flag = Arc::clone(&silent);
        let mut passing = JoinSet::new();
        passing.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let server = TcpStream::connect(&target).await.unwrap();
                connections.spawn(pass_on(client, server, Arc::clone(&flag)));
            }
        });
        Self { endpoint, silent, _passing: passing }
    }
}

async fn pass_on(client: TcpStream, server: TcpStream, silent: Arc<AtomicBool>) {
    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
        (client.into_split(), server.into_split());
    let answers = async {
        let mut bytes = [0; 4096];
        while let Ok(count @ 1..) = from_server.read(&mut bytes).await {
            if !silent.load(Ordering::SeqCst) && to_client.write_all(&bytes[..count]).await.is_err() {
                return;
            }
        }
    };
    let (_asked, ()) = tokio::join!(tokio::io::copy(&mut from_client, &mut to_server), answers);
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_costs_no_second_reading_of_a_ring_that_does_not_come() {
    let healthy = TestApp::start().await;
    healthy.user("ann").await;
    let way = Silenceable::before(&healthy).await;
    let app = TestApp::builder().clock(healthy.clock.clone()).endpoint(&way.endpoint).start().await;
    let header = URL_SAFE_NO_PAD.encode(json!({"alg": "RS256", "kid": "unknown"}).to_string());
    let garbage = format!("{header}.e30.AAAA");
    app.me(&garbage).await.is(401);
    healthy.clock.advance_seconds(60);
    way.silent.store(true, Ordering::SeqCst);
    app.me(&garbage).await.is(503);
    app.calls.take();
    for _ in 0..10 {
        app.me(&garbage).await.is(503);
    }
    assert!(app.calls.take().is_empty(), "a reading that took too long is a failure, and remembered");
}
