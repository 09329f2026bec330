//! The local gateway: what it tells functions of a request, and API Gateway's limits in time.

use std::net::SocketAddr;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::http::Method;
use axum::routing::any;
use faregate::clock::Clock;
use faregate::http::{Client, Cors, Edge, app};
use faregate::randomness::Randomness;
use faregate::telemetry::Telemetry;
use faregate_tests::{Reply, START, empty_request};
use local::gateway::gateway;
use tower::ServiceExt as _;

async fn ask(function: Router, headers: &[(&'static str, &'static str)]) -> Reply {
    let router = gateway(function, "localhost:8000", Randomness::from_seed(1));
    let mut request = empty_request(Method::GET, "/");
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([192, 0, 2, 7], 5000))));
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    Reply::of(router.oneshot(request).await.unwrap()).await
}

#[tokio::test]
async fn a_function_sees_the_peers_address_and_no_forwarded_one() {
    let function = Router::new().fallback(any(async |request: Request| {
        let client = Client::of(request.extensions());
        format!("{} {}", client.source_ip.as_deref().unwrap(), client.issuer())
    }));
    let headers = [("x-forwarded-for", "203.0.113.9"), ("host", "evil.example"), ("forwarded", "for=203.0.113.9")];
    assert_eq!(ask(function, &headers).await.text, "192.0.2.7 http://localhost:8000");
}

#[tokio::test(start_paused = true)]
async fn a_function_that_never_answers_is_given_up_after_thirty_seconds() {
    let function = Router::new().fallback(any(std::future::pending::<()>));
    let started = tokio::time::Instant::now();
    let reply = ask(function, &[]).await;
    assert_eq!(started.elapsed().as_secs(), 30);
    assert_eq!((reply.status, reply.text.as_str()), (503, r#"{"message":"Service Unavailable"}"#));
}

#[tokio::test(start_paused = true)]
async fn a_use_case_that_hangs_or_panics_is_our_trouble() {
    faregate_tests::let_log_lines_be_made();
    let routes = Router::new()
        .route("/api/hang", any(std::future::pending::<()>))
        .route("/api/panic", any(async || -> () { panic!("on purpose") }));
    let telemetry = Telemetry::new(None, Clock::held_at(START));
    let app = app(routes, Edge { randomness: Randomness::from_seed(1), telemetry, cors: Cors::default() });
    for path in ["/api/hang", "/api/panic"] {
        let started = tokio::time::Instant::now();
        let reply = Reply::of(app.clone().oneshot(empty_request(Method::GET, path)).await.unwrap()).await;
        reply.is(503);
        assert!(reply.header("retry-after").is_some());
        assert!(started.elapsed().as_secs() < 10, "{path}");
    }
}
