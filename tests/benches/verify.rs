//! What verifying an access token costs above its signature check: both in one run, in turn, on one thread. Prints
//! microseconds for each call; the machine's speed drifts, the difference hardly does.
//!
//!     cargo bench --package faregate-tests --bench verify

#![expect(clippy::unwrap_used, reason = "a benchmark: a panic is a failure")]
#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]
#![expect(clippy::indexing_slicing, reason = "a benchmark: a panic is a failure")]

use std::sync::Arc;
use std::time::Instant;

use axum::http::Method;
use faregate::tokens::{KeyAccess, Verifier};
use faregate_tests::{TestApp, empty_request};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey};
use local::functions::EventFunctions;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// Calls in a round.
const CALLS: u32 = 500;
/// Rounds of each kind; the median counts.
const ROUNDS: usize = 15;

/// Everything that is called, with one good token.
struct Subject {
    app: TestApp,
    events: EventFunctions,
    verifier: Verifier,
    token: String,
    key: DecodingKey,
    algorithm: Algorithm,
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    println!("microseconds:      signature | Verifier::access | authorizer (2.0) | token/verify");
    for name in ["RS256", "ES256", "EdDSA"] {
        let subject = runtime.block_on(start(name));
        let mut rounds: Vec<[f64; 4]> = (0..=ROUNDS).map(|_| round(&runtime, &subject)).collect();
        rounds.remove(0); // To warm up.
        let median = |kind: usize| {
            let mut figures: Vec<f64> = rounds.iter().map(|round| round[kind]).collect();
            figures.sort_by(f64::total_cmp);
            figures[ROUNDS / 2]
        };
        let [signature, access, authorizer, route] = [0, 1, 2, 3].map(median);
        println!("{name}: a call         {signature:7.1} | {access:16.1} | {authorizer:16.1} | {route:12.1}");
        println!(
            "{name}: above it               | {:16.1} | {:16.1} | {:12.1}",
            access - signature,
            authorizer - signature,
            route - signature
        );
    }
}

async fn start(algorithm: &str) -> Subject {
    let app = TestApp::builder().with("FAREGATE_ACCESS_TOKEN_ALGORITHM", algorithm).start().await;
    let token = app.user("ann").await.access;
    let set = app.send(empty_request(Method::GET, "/.well-known/jwks.json")).await.json;
    let set: JwkSet = serde_json::from_value(set).unwrap();
    let key = DecodingKey::from_jwk(&set.keys[0]).unwrap();
    let verifier = app.service.verifier(app.service.keyring(KeyAccess::Public));
    Subject { events: app.events().await, verifier, token, key, algorithm: algorithm.parse().unwrap(), app }
}

/// Microseconds a call of each kind.
fn round(runtime: &Runtime, subject: &Subject) -> [f64; 4] {
    let Subject { app, events, verifier, token, key, algorithm } = subject;
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let event = json!({"version": "2.0", "type": "REQUEST", "headers": {"authorization": format!("Bearer {token}")}});
    [
        timed(|| {
            assert!(jsonwebtoken::crypto::verify(signature, signed.as_bytes(), key, *algorithm).unwrap());
        }),
        timed(|| {
            runtime.block_on(verifier.access(token, app.clock.now())).unwrap();
        }),
        timed(|| {
            let answer: Value =
                runtime.block_on(authorizer::handle(Arc::clone(&events.authorizer), event.clone())).unwrap();
            assert_eq!(answer["isAuthorized"], true);
        }),
        timed(|| {
            runtime.block_on(app.verify(token)).is(200);
        }),
    ]
}

fn timed(call: impl Fn()) -> f64 {
    let started = Instant::now();
    for _ in 0..CALLS {
        call();
    }
    started.elapsed().as_secs_f64() * 1e6 / f64::from(CALLS)
}
