//! Pieces, by criterion: what verifying an access token costs above its signature, and each request without a network and
//! without DynamoDB's own time.
//!
//!     cargo bench --package bench --bench pieces -- verification/RS256

#![expect(clippy::unwrap_used, reason = "a benchmark: a panic is a failure")]
#![expect(clippy::indexing_slicing, reason = "a benchmark: a panic is a failure")]

use std::sync::Arc;

use axum::http::Method;
use bench::actor::Operation;
use bench::in_process::InProcess;
use criterion::{Criterion, criterion_group, criterion_main};
use faregate::tokens::{KeyAccess, Verifier};
use faregate_tests::{TestApp, empty_request};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::json;
use tokio::runtime::{Builder, Runtime};

/// One good token, and everything that checks it.
struct Subject {
    app: TestApp,
    authorizer: Arc<authorizer::Deps>,
    verifier: Verifier,
    token: String,
    key: DecodingKey,
    algorithm: Algorithm,
}

async fn subject(algorithm: &str) -> Subject {
    let app = TestApp::builder().with("FAREGATE_ACCESS_TOKEN_ALGORITHM", algorithm).start().await;
    let token = app.user("ann").await.access;
    let set = app.send(empty_request(Method::GET, "/.well-known/jwks.json")).await.json;
    let set: JwkSet = serde_json::from_value(set).unwrap();
    let key = DecodingKey::from_jwk(&set.keys[0]).unwrap();
    let verifier = app.service.verifier(app.service.keyring(KeyAccess::Public));
    let authorizer = app.events().await.authorizer;
    Subject { app, authorizer, verifier, token, key, algorithm: algorithm.parse().unwrap() }
}

fn verification(criterion: &mut Criterion) {
    let runtime: Runtime = Builder::new_current_thread().enable_all().build().unwrap();
    for name in ["RS256", "ES256", "EdDSA"] {
        let Subject { app, authorizer, verifier, token, key, algorithm } = runtime.block_on(subject(name));
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let event =
            json!({"version": "2.0", "type": "REQUEST", "headers": {"authorization": format!("Bearer {token}")}});
        let mut group = criterion.benchmark_group(format!("verification/{name}"));
        group.bench_function("signature", |bencher| {
            bencher.iter(|| jsonwebtoken::crypto::verify(signature, signed.as_bytes(), &key, algorithm).unwrap());
        });
        group.bench_function("verifier", |bencher| {
            bencher.iter(|| runtime.block_on(verifier.access(&token, app.clock.now())).unwrap());
        });
        group.bench_function("authorizer", |bencher| {
            let ask = || runtime.block_on(authorizer::handle(Arc::clone(&authorizer), event.clone()));
            bencher.iter(|| assert_eq!(ask().unwrap()["isAuthorized"], true));
        });
        group.finish();
    }
}

fn requests(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("request");
    let operations = [
        Operation::Empty,
        Operation::RoundTrip,
        Operation::Verify,
        Operation::Authorizer,
        Operation::Me,
        Operation::Refresh,
        Operation::LogIn,
        Operation::SignUp,
    ];
    for (operation, algorithm) in operations.into_iter().flat_map(|one| ["RS256", "ES256"].map(|name| (one, name))) {
        let service = InProcess::new(operation, algorithm);
        group.bench_function(format!("{}/{algorithm}", operation.name()), |bencher| bencher.iter(|| service.ask()));
    }
    group.finish();
}

criterion_group!(pieces, verification, requests);
criterion_main!(pieces);
