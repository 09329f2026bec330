//! Access tokens under keys of the ring, and what must not pass for one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use faregate::tokens::KeyAccess;
use faregate_tests::{Reply, TestApp};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

pub(crate) fn part(token: &str, index: usize) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(index).unwrap()).unwrap()).unwrap()
}

pub(crate) fn signed(header: &str, claims: &str, key: &[u8]) -> String {
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let key = EncodingKey::from_secret(key);
    format!("{signed}.{}", jsonwebtoken::crypto::sign(signed.as_bytes(), &key, Algorithm::HS256).unwrap())
}

pub(crate) async fn stored_key(app: &TestApp, partition: &str, attribute: &str) -> String {
    let query = app.client.query().table_name("faregate-keys").key_condition_expression("pk = :pk");
    let query =
        query.expression_attribute_values(":pk", aws_sdk_dynamodb::types::AttributeValue::S(partition.to_owned()));
    let items = query.send().await.unwrap();
    items.items().iter().find_map(|item| item.get(attribute)).unwrap().as_s().unwrap().clone()
}

#[tokio::test]
async fn an_access_token_is_rs256_and_says_who_made_it_for_whom() {
    let app = TestApp::start().await;
    let tokens = app.user("ann").await;
    let (header, claims) = (part(&tokens.access, 0), part(&tokens.access, 1));
    assert_eq!((&header["alg"], &header["typ"]), (&json!("RS256"), &json!("JWT")));
    assert_eq!(header["kid"], stored_key(&app, "PUBLIC", "kid").await);
    assert_eq!(claims["iss"], "http://localhost:8000");
    assert_eq!(claims["aud"], "faregate");
    assert_eq!(claims["sub"], claims["id"]);
    assert_eq!(claims["sid"], part(&tokens.refresh, 1)["sid"]);
    let refresh = part(&tokens.refresh, 0);
    assert_eq!(refresh["alg"], "HS256");
    assert_eq!(part(&tokens.refresh, 1)["aud"], "faregate:refresh");
}

#[tokio::test]
async fn other_algorithms_by_choice() {
    for algorithm in ["ES256", "EdDSA"] {
        let app = TestApp::builder().with("FAREGATE_ACCESS_TOKEN_ALGORITHM", algorithm).start().await;
        let tokens = app.user("ann").await;
        assert_eq!(part(&tokens.access, 0)["alg"], algorithm);
        app.me(&tokens.access).await.is(200);
    }
}

#[tokio::test]
async fn jitter_shortens_by_up_to_a_twentieth() {
    let app = TestApp::start().await;
    app.sign_up("ann").await.is(201);
    let mut lifetimes = Vec::new();
    for _ in 0..20 {
        let claims = part(&app.log_in("ann").await.access, 1);
        lifetimes.push(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap());
    }
    assert!(lifetimes.iter().all(|lifetime| (3420..=3600).contains(lifetime)), "{lifetimes:?}");
    lifetimes.dedup();
    assert!(lifetimes.len() > 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn services_that_start_at_once_share_one_first_key() {
    let app = TestApp::start().await;
    app.sign_up("ann").await.is(201);
    for round in 0..3 {
        let table = format!("young-keys-{round}");
        faregate::store::schema::create_missing_key_table(&app.client, &table).await.unwrap();
        let settings = [("FAREGATE_KEYS_TABLE", table.as_str()), ("FAREGATE_ACCESS_TOKEN_ALGORITHM", "ES256")];
        let services: Vec<_> = (0..4).map(|_| app.another_service(&settings)).collect();
        let starting = services.iter().map(local::functions::routes);
        let routers = futures_util::future::try_join_all(starting).await.unwrap();
        let mut kids = std::collections::BTreeSet::new();
        for router in &routers {
            let body = json!({"username": "ann", "password": faregate_tests::PASSWORD});
            let request = faregate_tests::json_request(axum::http::Method::POST, "/api/log_in/", &body);
            let reply = Reply::of(tower::ServiceExt::oneshot(router.clone(), request).await.unwrap()).await;
            kids.insert(part(&reply.field("access"), 0)["kid"].to_string());
        }
        assert_eq!(kids.len(), 1, "{kids:?}");
    }
}

#[tokio::test]
async fn neither_kind_of_token_passes_for_the_other() {
    let app = TestApp::start().await;
    let tokens = app.user("ann").await;
    let wrong_type = json!({"detail": "Token has wrong type", "code": "token_not_valid"});
    assert_eq!(app.refresh(&tokens.access).await.json, wrong_type);
    assert_eq!(app.log_out(&tokens.access).await.json, wrong_type);
    app.me(&tokens.refresh).await.is(401);
}

#[tokio::test]
async fn a_public_key_is_no_secret() {
    let app = TestApp::start().await;
    let tokens = app.user("ann").await;
    // The classic confusion: HS256 with the public key as its secret, under the public key's own name.
    let jwk = stored_key(&app, "PUBLIC", "jwk").await;
    let header = json!({"alg": "HS256", "typ": "JWT", "kid": part(&tokens.access, 0)["kid"]}).to_string();
    let forged = signed(&header, &part(&tokens.access, 1).to_string(), jwk.as_bytes());
    app.me(&forged).await.is(401);
    app.verify(&forged).await.is(401);
}

#[tokio::test]
async fn the_refresh_secret_signs_refresh_tokens_only() {
    let app = TestApp::start().await;
    let tokens = app.user("ann").await;
    let secret = stored_key(&app, "REFRESH", "secret").await;
    let header = part(&tokens.refresh, 0).to_string();
    let forged = signed(&header, &part(&tokens.access, 1).to_string(), secret.as_bytes());
    app.verify(&forged).await.is(401);
    // The same secret and a refresh token's claims: that is how ours are made.
    let made = signed(&header, &part(&tokens.refresh, 1).to_string(), secret.as_bytes());
    app.verify(&made).await.is(200);
}

#[tokio::test]
async fn headers_and_claims_that_say_two_things_are_refused() {
    let app = TestApp::start().await;
    let tokens = app.user("ann").await;
    let secret = stored_key(&app, "REFRESH", "secret").await;
    let (header, claims) = (part(&tokens.refresh, 0).to_string(), part(&tokens.refresh, 1).to_string());
    let other_audience = claims.replace("faregate:refresh", "faregate");
    let twice = claims.replacen('{', r#"{"ctr":0,"#, 1);
    let critical = header.replacen('{', r#"{"crit":["exp"],"#, 1);
    let unknown_kid = header.replacen("\"kid\":\"r", "\"kid\":\"s", 1);
    let no_kid = json!({"alg": "HS256"}).to_string();
    let other_issuer = claims.replace("http://localhost:8000", "http://localhost:8001");
    for (header, claims) in [
        (&header, &other_audience),
        (&header, &twice),
        (&header, &other_issuer),
        (&critical, &claims),
        (&unknown_kid, &claims),
        (&no_kid, &claims),
    ] {
        let reply = app.verify(&signed(header, claims, secret.as_bytes())).await;
        assert_eq!(reply.status, 401, "{header} {claims}: {}", reply.text);
    }
}

#[tokio::test]
async fn an_unknown_kid_reads_the_ring_once_a_minute() {
    let app = TestApp::start().await;
    let tokens = app.user("ann").await;
    let header = json!({"alg": "HS256", "kid": "unknown"}).to_string();
    let garbage = signed(&header, &part(&tokens.access, 1).to_string(), b"0123456789abcdef0123456789abcdef");
    app.calls.take();
    for _ in 0..5 {
        app.me(&garbage).await.is(401);
    }
    assert!(app.calls.take().is_empty(), "the ring was read less than a minute ago");
    app.clock.advance_seconds(60);
    for _ in 0..5 {
        app.me(&garbage).await.is(401);
    }
    assert_eq!(app.calls.take(), ["Query"]);
}

#[tokio::test]
async fn a_ring_that_cannot_be_read_again_goes_on_and_is_not_asked_for_by_everybody() {
    let app = TestApp::builder().with("FAREGATE_TOKEN_JITTER", "off").start().await;
    let tokens = app.user("ann").await;
    app.clock.advance_seconds(300);
    let gone = json!({"__type": "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException"});
    app.calls.replace_next_answer("Query", 400, gone);
    app.me(&tokens.access).await.is(200);
    app.calls.take();
    for _ in 0..5 {
        app.me(&tokens.access).await.is(200);
    }
    assert_eq!(app.calls.take(), ["BatchGetItem"; 5], "a failure is remembered");
    app.clock.advance_seconds(10);
    app.me(&tokens.access).await.is(200);
    assert_eq!(app.calls.take(), ["Query", "BatchGetItem"], "and tried again in a while");
}

#[tokio::test]
async fn a_key_that_nobody_knows_while_the_ring_cannot_be_read_is_our_trouble() {
    let app = TestApp::start().await;
    let other = app.another(&[]).await;
    app.user("ann").await;
    other.me("garbage").await.is(401);
    app.clock.advance_seconds(60);
    let active = app.service.rotation().keys().await.unwrap()[0].kid.clone();
    app.service.rotation().take_out(&active).await.unwrap();
    app.clock.advance_seconds(300);
    let token = app.log_in("ann").await.access;
    let gone = json!({"__type": "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException"});
    // The first failure leaves the ring from before, in which this key is not; the second is remembered.
    other.calls.replace_next_answer("Query", 400, gone);
    other.me(&token).await.is(503);
    other.me(&token).await.is(503);
    other.clock.advance_seconds(10);
    other.me(&token).await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_meets_a_new_key_at_the_same_time_waits_for_the_one_who_reads() {
    let app = TestApp::start().await;
    let other = std::sync::Arc::new(app.another(&[]).await);
    app.user("ann").await;
    other.me("garbage").await.is(401);
    let active = app.service.rotation().keys().await.unwrap()[0].kid.clone();
    app.service.rotation().take_out(&active).await.unwrap();
    app.clock.advance_seconds(300);
    let token = app.log_in("ann").await.access;
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (other, token) = (std::sync::Arc::clone(&other), token.clone());
        running.spawn(async move { other.me(&token).await.status });
    }
    assert_eq!(running.join_all().await, [200; 20]);
}

/// Removes the private keys, as a cleanup gone wrong would; public parts and refresh secrets stay.
async fn lose_private_keys(app: &TestApp) {
    let text = aws_sdk_dynamodb::types::AttributeValue::S;
    let kid = stored_key(app, "PUBLIC", "kid").await;
    let delete = app.client.delete_item().table_name("faregate-keys");
    delete.key("pk", text("PRIVATE".to_owned())).key("sk", text(format!("KEY#{kid}"))).send().await.unwrap();
}

#[tokio::test]
async fn a_refresh_that_cannot_be_signed_is_our_trouble_and_spends_no_token() {
    let app = TestApp::builder().with("FAREGATE_REFRESH_GRACE_SECONDS", "0").start().await;
    let tokens = app.user("ann").await;
    lose_private_keys(&app).await;
    let keyless = app.another(&[("FAREGATE_REFRESH_GRACE_SECONDS", "0")]).await;
    keyless.refresh(&tokens.refresh).await.is(503);
    keyless.try_log_in("ann", faregate_tests::PASSWORD).await.is(503);
    // This service still has its ring: the token that was refused there is good here.
    app.refresh(&tokens.refresh).await.is(200);
}

#[tokio::test]
async fn a_ring_that_lost_its_keys_does_not_replace_one_that_has_them() {
    let app = TestApp::start().await;
    let tokens = app.user("ann").await;
    lose_private_keys(&app).await;
    app.clock.advance_seconds(300);
    app.refresh(&tokens.refresh).await.is(200);
    app.log_in("ann").await;
}

#[tokio::test]
async fn a_verifier_that_started_before_the_first_key_finds_it() {
    let app = TestApp::start().await;
    faregate::store::schema::create_missing_key_table(&app.client, "young-keys").await.unwrap();
    let early = app.another_service(&[("FAREGATE_KEYS_TABLE", "young-keys")]);
    let verifier = early.verifier(early.keyring(KeyAccess::Public));
    let foreign = app.user("ann").await.access;
    verifier.access(&foreign, app.clock.now()).await.unwrap_err();
    let late = app.another(&[("FAREGATE_KEYS_TABLE", "young-keys")]).await;
    let token = late.log_in("ann").await.access;
    app.clock.advance_seconds(1);
    verifier.access(&token, app.clock.now()).await.unwrap();
}
