//! The service in this process, on answers of DynamoDB that are there already: one request, as often as it is wanted, at the
//! same cost each time.

use axum::Router;
use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{Request, StatusCode};
use faregate::clock::{Clock, Timestamp};
use faregate::logging::json_lines;
use faregate::randomness::Randomness;
use faregate::service::Service;
use faregate::settings::Settings;
use faregate::store::schema::create_missing_tables;
use faregate::store::{Client, connect};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use local::database::{self, Data};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt as _;
use tracing::level_filters::LevelFilter;

use crate::actor::{Actor, Operation, log_in, sign_up};
use crate::replay::Replay;
use crate::routes::behind_the_gateway;

/// Who asks.
const USER: &str = "ann";
/// When the service's clock stands: 2026-01-01T00:00:00Z.
const NOW: Timestamp = Timestamp::from_seconds(1_767_225_600);

/// A service and one request that it is asked.
#[derive(Debug)]
pub struct InProcess {
    runtime: Runtime,
    router: Router,
    request: (Parts, Bytes),
}

impl InProcess {
    /// A service that signs access tokens by `algorithm`, with a user who has logged in and asks for `operation`. Passwords
    /// are hashed at the least cost: the hash is not what is counted here.
    #[must_use]
    pub fn new(operation: Operation, algorithm: &str) -> Self {
        // Only the first one of a process can; the others find it done.
        let _done = tracing::subscriber::set_global_default(json_lines(LevelFilter::INFO, std::io::sink));
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let (router, request) = runtime.block_on(prepared(operation, algorithm));
        Self { runtime, router, request }
    }

    /// Asks once and takes the whole answer.
    pub fn ask(&self) {
        let (parts, body) = self.request.clone();
        let (status, body) = self.runtime.block_on(answer(&self.router, Request::from_parts(parts, body.into())));
        assert!(status.is_success(), "{status} {}", String::from_utf8_lossy(&body));
    }
}

async fn prepared(operation: Operation, algorithm: &str) -> (Router, (Parts, Bytes)) {
    let running = database::start(&Data::Memory, 0).await.expect("a database in memory");
    let replay = Replay::of(running.address);
    let client = connect(Some(&running.endpoint_url())).await;
    let client = Client::from_conf(client.config().to_builder().http_client(replay.clone()).build());
    let settings = [
        ("FAREGATE_ACCESS_TOKEN_ALGORITHM", algorithm),
        ("FAREGATE_ARGON2_MEMORY_KIB", "64"),
        ("FAREGATE_ARGON2_ITERATIONS", "1"),
    ];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let settings = Settings::from_pairs(settings.to_vec()).expect("good settings");
    create_missing_tables(&client, &settings.table, &settings.keys_table).await.expect("tables");
    let randomness = Randomness::from_seed(1);
    let service = Service::new(settings, client, Clock::held_at(NOW), randomness.clone());
    let router = behind_the_gateway(&service, randomness).await;
    let tokens = logged_in(&router).await;
    let mut actor = Actor::new(operation, (0, "new".to_owned()), &tokens, vec![USER.to_owned()]);
    let (parts, body) = actor.request().into_parts();
    let request = (parts, body.collect().await.expect("a body in memory").to_bytes());
    replay.record();
    let (parts, body) = request.clone();
    let (status, _) = answer(&router, Request::from_parts(parts, body.into())).await;
    assert!(status.is_success(), "{}: {status}", operation.name());
    replay.replay();
    running.stop().await;
    (router, request)
}

/// The tokens of [`USER`], who has signed up.
async fn logged_in(router: &Router) -> Value {
    let with_body = |request: Request<Full<Bytes>>| request.map(Body::new);
    let (status, _) = answer(router, with_body(sign_up(USER))).await;
    assert_eq!(status, StatusCode::CREATED);
    let (_, body) = answer(router, with_body(log_in(USER))).await;
    serde_json::from_slice(&body).expect("tokens")
}

async fn answer(router: &Router, request: Request<Body>) -> (StatusCode, Bytes) {
    let answer = router.clone().oneshot(request).await.expect("a router never fails");
    let status = answer.status();
    (status, answer.into_body().collect().await.expect("the whole answer").to_bytes())
}
