//! Rotation: keys come and go, and no good token is ever refused.

use std::collections::HashMap;
use std::sync::Arc;

use axum::http::Method;
use faregate::domain::signing_key::{KeyState, KeyUse, Occasion, PUBLICATION_SECONDS, Step};
use faregate::randomness::Randomness;
use faregate::store::keyring::RefreshSecretItem;
use faregate::store::{KeyStore, Moved, NewKey};
use faregate::tokens::{Outcome, RotationError};
use faregate_tests::{PASSWORD, TestApp, empty_request};
use futures_util::future::join_all;
use local::functions::EventFunctions;
use serde_json::{Value, json};

use crate::signing_keys::part;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

fn kid(token: &str) -> String {
    part(token, 0)["kid"].as_str().unwrap().to_owned()
}

/// What the schedule does.
async fn scheduled(app: &TestApp) -> Value {
    let events = app.events().await;
    rotate_keys::handle(events.rotate_keys, json!({"source": "aws.events"})).await.unwrap()["steps"].clone()
}

async fn published(app: &TestApp) -> Vec<String> {
    let reply = app.send(empty_request(Method::GET, "/.well-known/jwks.json")).await;
    reply.is(200);
    reply.json["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

/// The one key of `key_use` in `state`.
async fn key_in(app: &TestApp, key_use: KeyUse, state: KeyState) -> String {
    let keys = app.service.rotation().keys().await.unwrap();
    let found: Vec<_> = keys.iter().filter(|key| key.key_use == key_use && key.state == state).collect();
    assert_eq!(found.len(), 1, "{keys:?}");
    found[0].kid.clone()
}

/// A whole rotation by hand: published, then active.
async fn rotate(app: &TestApp) {
    let taken = app.service.rotation().step(Occasion::Operator).await.unwrap();
    assert!(taken.iter().all(|taken| matches!(taken.step, Step::Publish { .. })), "{taken:?}");
    app.clock.advance_seconds(PUBLICATION_SECONDS);
    let taken = app.service.rotation().step(Occasion::Operator).await.unwrap();
    assert!(taken.iter().all(|taken| matches!(taken.step, Step::Activate { .. })), "{taken:?}");
    app.clock.advance_seconds(300);
}

/// An API Gateway somewhere: it keeps the key set that it read for two hours.
#[derive(Default)]
struct Gateway {
    known: Vec<String>,
    read_at: Option<i64>,
}

impl Gateway {
    async fn takes(&mut self, app: &TestApp, token: &str) -> bool {
        let now = app.clock.now().seconds();
        if self.read_at.is_none_or(|at| at + 2 * HOUR <= now) {
            (self.known, self.read_at) = (published(app).await, Some(now));
        }
        self.known.contains(&kid(token))
    }
}

/// Whether both authorizers take `token`.
async fn authorized(events: &EventFunctions, token: &str) -> bool {
    let headers = json!({"authorization": format!("Bearer {token}")});
    let event = json!({"version": "2.0", "type": "REQUEST", "headers": headers});
    let simple = authorizer::handle(Arc::clone(&events.authorizer), event).await.unwrap();
    let arn = "arn:aws:execute-api:local:000000000000:local/local/$connect";
    let context = json!({"routeKey": "$connect"});
    let event = json!({"type": "REQUEST", "methodArn": arn, "headers": headers, "requestContext": context});
    let policy = ws_authorizer::handle(Arc::clone(&events.ws_authorizer), event).await.unwrap();
    simple["isAuthorized"] == true && policy["policyDocument"]["Statement"][0]["Effect"] == "Allow"
}

#[tokio::test(flavor = "multi_thread")]
async fn through_a_whole_rotation_no_request_is_lost_and_no_good_token_is_refused() {
    let settings = [
        ("FAREGATE_KEY_ROTATION_DAYS", "1"),
        ("FAREGATE_ACCESS_TOKEN_LIFETIME_SECONDS", "86400"),
        ("FAREGATE_SESSION_ABSOLUTE_LIFETIME_SECONDS", "31536000"),
    ];
    let start = settings.iter().fold(TestApp::builder(), |builder, (name, value)| builder.with(name, value));
    let app = Arc::new(start.start().await);
    // Another environment of the same functions, which reads the ring at other times.
    let other = Arc::new(app.another(&[&settings[..], &[("FAREGATE_ACCESS_TOKEN_ALGORITHM", "EdDSA")]].concat()).await);
    let events = other.events().await;
    let (mut gateway, mut tokens) = (Gateway::default(), app.user("ann").await);
    let mut issued: Vec<(i64, String)> = Vec::new();
    let mut signers: HashMap<String, i64> = HashMap::new();
    let (mut retired, mut algorithms) = (0, std::collections::BTreeSet::new());
    for minute in (0..4 * 24 * 60).step_by(20) {
        let environment = if minute % 40 == 0 { &app } else { &other };
        let now = app.clock.now().seconds();
        // The ring moves while requests run.
        let mover = if minute / 60 % 2 == 0 { &app } else { &other };
        let moving = async { if minute % 60 == 0 { scheduled(mover).await } else { json!([]) } };
        let crowd = join_all((0..3).map(|_| environment.try_log_in("ann", PASSWORD)));
        let (steps, crowd, logged_in, refreshed) =
            tokio::join!(moving, crowd, environment.try_log_in("ann", PASSWORD), environment.refresh(&tokens.refresh));
        assert!(crowd.iter().all(|reply| reply.status == 200), "minute {minute}");
        retired += steps.as_array().unwrap().iter().filter(|step| **step == json!("retire")).count();
        logged_in.is(200);
        refreshed.is(200);
        tokens.refresh = refreshed.field("refresh");
        for access in [logged_in.field("access"), refreshed.field("access")] {
            signers.entry(kid(&access)).or_insert(now);
            algorithms.insert(part(&access, 0)["alg"].to_string());
            issued.push((part(&access, 1)["exp"].as_i64().unwrap(), access));
        }
        issued.retain(|(expires_at, _)| *expires_at > now);
        // The oldest and the newest of every key, at both environments and at the gateway.
        let mut ends: HashMap<String, Vec<&String>> = HashMap::new();
        for (_, token) in &issued {
            ends.entry(kid(token)).or_default().push(token);
        }
        for tokens in ends.values() {
            for token in [tokens[0], tokens[tokens.len() - 1]] {
                let (here, there) = tokio::join!(app.verify(token), other.verify(token));
                assert_eq!((here.status, there.status), (200, 200), "minute {minute}: {}", here.text);
                assert!(authorized(&events, token).await, "minute {minute}: the authorizers refuse {}", kid(token));
                assert!(gateway.takes(&app, token).await, "minute {minute}: the gateway does not know {}", kid(token));
            }
        }
        app.clock.advance_seconds(20 * 60);
    }
    assert!(signers.len() >= 3, "{signers:?}");
    assert!(algorithms.len() >= 2, "{algorithms:?}");
    assert!(retired >= 1);
    assert!(published(&app).await.len() <= 3);
}

#[tokio::test]
async fn nobody_can_make_a_key_sign_that_was_published_just_now() {
    let app = TestApp::start().await;
    let access = app.user("ann").await.access;
    app.clock.advance_seconds(1);
    app.service.rotation().step(Occasion::Operator).await.unwrap();
    let next = key_in(&app, KeyUse::Access, KeyState::Next).await;
    app.clock.advance_seconds(300);
    assert_eq!(published(&app).await, [kid(&access), next.clone()]);
    for taken in app.service.rotation().step(Occasion::Operator).await.unwrap() {
        assert!(matches!(taken.step, Step::Wait { .. }), "{taken:?}");
    }
    assert_eq!(kid(&app.log_in("ann").await.access), kid(&access));
    app.clock.advance_seconds(PUBLICATION_SECONDS - 300);
    assert_eq!(scheduled(&app).await, json!(["activate", "activate"]));
    app.clock.advance_seconds(300);
    assert_eq!(kid(&app.log_in("ann").await.access), next);
    app.me(&access).await.is(401); // Its hour is over.
}

#[tokio::test]
async fn a_refresh_token_outlives_the_rotation_of_its_secret() {
    let app = TestApp::builder().with("FAREGATE_REFRESH_TOKEN_LIFETIME_SECONDS", "864000").start().await;
    let tokens = app.user("ann").await;
    rotate(&app).await;
    app.clock.advance_seconds(2 * DAY);
    let successor = app.refresh(&tokens.refresh).await.field("refresh");
    assert_ne!(kid(&successor), kid(&tokens.refresh));
    app.refresh(&successor).await.is(200);
}

#[tokio::test]
async fn an_answer_that_is_given_again_is_the_same_one_though_its_secret_signs_no_more() {
    let app = TestApp::builder().with("FAREGATE_REFRESH_TOKEN_LIFETIME_SECONDS", "864000").start().await;
    let (record, _) = app.user_with_ids("ann").await;
    let lost = app.refresh_with(&record).await.field("refresh");
    // An environment that read the ring before gives what one gives that reads it later.
    let behind = app.another(&[("FAREGATE_REFRESH_TOKEN_LIFETIME_SECONDS", "864000")]).await;
    rotate(&app).await;
    assert_eq!(app.refresh_with(&record).await.field("refresh"), lost, "byte for byte");
    let next = record.after(&app.refresh_with(&record).await);
    let new = app.refresh_with(&next).await.field("refresh");
    assert_ne!(kid(&new), kid(&lost));
    assert_eq!(behind.refresh_with(&next).await.field("refresh"), new);
    app.service.rotation().take_out(&kid(&new)).await.unwrap();
    app.clock.advance_seconds(300);
    let instead = app.refresh_with(&next).await.field("refresh");
    assert_eq!((part(&instead, 1), part(&instead, 0) == part(&new, 0)), (part(&new, 1), false), "the same claims");
    app.log_in_with_ids("ann").await;
}

#[tokio::test]
async fn a_new_algorithm_comes_with_the_next_key() {
    let app = TestApp::start().await;
    let old = app.user("ann").await.access;
    let changed = app.another(&[("FAREGATE_ACCESS_TOKEN_ALGORITHM", "EdDSA")]).await;
    rotate(&changed).await;
    let new = app.log_in("ann").await.access;
    assert_eq!((part(&old, 0)["alg"].clone(), part(&new, 0)["alg"].clone()), (json!("RS256"), json!("EdDSA")));
    app.me(&new).await.is(200);
}

#[tokio::test]
async fn an_emergency_refuses_the_key_within_five_minutes_and_another_signs() {
    let app = TestApp::start().await;
    let events = app.events().await;
    let tokens = app.user("ann").await;
    let taken = app.service.rotation().take_out(&kid(&tokens.access)).await.unwrap();
    app.clock.advance_seconds(300);
    app.me(&tokens.access).await.is(401);
    app.verify(&tokens.access).await.is(401);
    let headers = json!({"authorization": format!("Bearer {}", tokens.access)});
    let event = json!({"version": "2.0", "type": "REQUEST", "headers": headers});
    assert_eq!(authorizer::handle(events.authorizer, event).await.unwrap(), json!({"isAuthorized": false}));
    let event = json!({"type": "REQUEST", "headers": headers, "requestContext": {"routeKey": "$connect"}});
    let policy = ws_authorizer::handle(events.ws_authorizer, event).await.unwrap();
    assert_eq!(policy["policyDocument"]["Statement"][0]["Effect"], "Deny");
    let fresh = app.refresh(&tokens.refresh).await.field("access");
    assert_eq!(Some(kid(&fresh)), taken.signs_instead);
    app.me(&fresh).await.is(200);
    assert_eq!(published(&app).await, [kid(&fresh)]);
}

/// The other way round, the key that was published would come after one that is gone, and could not be taken out.
#[tokio::test]
async fn an_emergency_that_crosses_a_publication_gives_way_to_it() {
    let app = TestApp::start().await;
    let refresh = app.user("ann").await.refresh;
    app.service.rotation().step(Occasion::Operator).await.unwrap();
    let next = key_in(&app, KeyUse::Refresh, KeyState::Next).await;
    // An emergency that read the ring before the publication would put this one in place of the active one.
    let store = KeyStore::new(app.client.clone(), "faregate-keys", Randomness::from_seed(99));
    let new = RefreshSecretItem { kid: "rnew".to_owned(), state: KeyState::Next, secret: "x".repeat(64).into() };
    let (active, new) = (kid(&refresh), NewKey::Refresh(new));
    assert_eq!(store.replace_by_new(&active, &new, app.clock.now()).await.unwrap(), Moved::No);
    let taken = app.service.rotation().take_out(&kid(&refresh)).await.unwrap();
    assert_eq!(taken.signs_instead, Some(next));
}

#[tokio::test]
async fn a_refresh_token_under_a_secret_that_is_newer_than_the_ring_is_our_trouble() {
    let app = TestApp::start().await;
    let tokens = app.user("ann").await;
    let other = app.another(&[]).await;
    app.clock.advance_seconds(300);
    app.refresh(&tokens.refresh).await.is(200);
    app.service.rotation().take_out(&kid(&tokens.refresh)).await.unwrap();
    // This environment reads the ring before the secret is made, the other one after it.
    other.refresh(&tokens.refresh).await.is(401);
    app.clock.advance_seconds(1);
    let fresh = app.another(&[]).await.log_in("ann").await;
    assert_ne!(kid(&fresh.refresh), kid(&tokens.refresh));
    app.refresh(&fresh.refresh).await.is(503);
    app.clock.advance_seconds(60);
    app.refresh(&fresh.refresh).await.is(200);
}

#[tokio::test]
async fn in_an_emergency_the_next_key_signs_at_once() {
    let app = TestApp::start().await;
    let access = app.user("ann").await.access;
    app.service.rotation().step(Occasion::Operator).await.unwrap();
    let next = key_in(&app, KeyUse::Access, KeyState::Next).await;
    let taken = app.service.rotation().take_out(&kid(&access)).await.unwrap();
    assert_eq!(taken.signs_instead.as_deref(), Some(next.as_str()));
    app.clock.advance_seconds(300);
    assert_eq!(kid(&app.log_in("ann").await.access), next);
}

#[tokio::test]
async fn a_next_key_that_is_taken_out_leaves_room_for_another() {
    let app = TestApp::start().await;
    app.user("ann").await;
    app.service.rotation().step(Occasion::Operator).await.unwrap();
    let next = key_in(&app, KeyUse::Access, KeyState::Next).await;
    app.service.rotation().take_out(&next).await.unwrap();
    let taken = app.service.rotation().step(Occasion::Operator).await.unwrap();
    assert!(matches!(taken[0].step, Step::Publish { .. }), "{taken:?}");
    assert_ne!(key_in(&app, KeyUse::Access, KeyState::Next).await, next);
    assert!(matches!(app.service.rotation().take_out(&next).await, Err(RotationError::Emergency(_))));
    assert!(matches!(app.service.rotation().take_out("nonsense").await, Err(RotationError::Emergency(_))));
}

#[tokio::test]
async fn nothing_of_a_retired_key_that_could_sign_is_kept() {
    let app = TestApp::start().await;
    let tokens = app.user("ann").await;
    for kid in [kid(&tokens.access), kid(&tokens.refresh)] {
        app.service.rotation().take_out(&kid).await.unwrap();
        let items = app.client.scan().table_name("faregate-keys").send().await.unwrap();
        let left: Vec<_> = items.items().iter().filter(|item| item["sk"].as_s().unwrap().ends_with(&kid)).collect();
        assert_eq!(left.len(), 1, "{left:?}");
        assert!(["pem", "secret", "jwk"].iter().all(|part| !left[0].contains_key(*part)), "{left:?}");
    }
    app.clock.advance_seconds(300);
    app.refresh(&tokens.refresh).await.is(401);
    app.log_in("ann").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_steps_at_once_one_is_taken() {
    let app = TestApp::start().await;
    app.user("ann").await;
    // By the schedule, whoever comes after the activation has nothing to do; an operator would publish the next key.
    let schedule = Occasion::Schedule { period_seconds: 90 * DAY };
    for (occasion, wanted) in [(Occasion::Operator, KeyState::Next), (schedule, KeyState::Retiring)] {
        let mut running = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let rotation = app.service.rotation();
            running.spawn(async move { rotation.step(occasion).await });
        }
        let steps: Vec<_> = running.join_all().await.into_iter().flat_map(Result::unwrap).collect();
        for key_use in KeyUse::ALL {
            let of_use = steps.iter().filter(|taken| taken.key_use == key_use);
            let moved =
                of_use.filter(|taken| taken.outcome != Outcome::Crossed && !matches!(taken.step, Step::Wait { .. }));
            assert_eq!(moved.count(), 1, "{steps:?}");
        }
        for key_use in KeyUse::ALL {
            key_in(&app, key_use, wanted).await;
            key_in(&app, key_use, KeyState::Active).await;
        }
        app.clock.advance_seconds(PUBLICATION_SECONDS);
    }
}

#[tokio::test]
async fn a_step_whose_answer_was_lost_is_done_once() {
    let app = TestApp::start().await;
    app.user("ann").await;
    app.calls.lose_next_answer("TransactWriteItems");
    app.service.rotation().step(Occasion::Operator).await.unwrap();
    key_in(&app, KeyUse::Access, KeyState::Next).await;
    key_in(&app, KeyUse::Refresh, KeyState::Next).await;
}

#[tokio::test]
async fn a_ring_that_could_not_be_read_for_an_hour_verifies_and_does_not_sign() {
    let app = TestApp::builder().with("FAREGATE_ACCESS_TOKEN_LIFETIME_SECONDS", "86400").start().await;
    let tokens = app.user("ann").await;
    let gone = json!({"__type": "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException"});
    let fail = || app.calls.replace_next_answer("Query", 400, gone.clone());
    app.clock.advance_seconds(HOUR - 1);
    fail();
    let tokens_then = app.refresh(&tokens.refresh).await;
    tokens_then.is(200);
    app.clock.advance_seconds(10);
    fail();
    app.refresh(&tokens_then.field("refresh")).await.is(503);
    fail();
    app.me(&tokens.access).await.is(200);
}

#[tokio::test]
async fn under_a_key_shared_with_a_django_there_is_no_ring_to_move() {
    let app = TestApp::builder().with("FAREGATE_HS256_KEY", "0123456789abcdef0123456789abcdef").start().await;
    assert_eq!(scheduled(&app).await, json!([]));
    assert!(app.service.rotation().keys().await.unwrap().is_empty());
}
