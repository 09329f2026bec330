//! Every forgery at every door: `me`, `token/verify`, `token/refresh`, `log_out`, `ws_ticket` and every authorizer, in every
//! shape of event. Each door opens for the good token first, so that it is not simply shut.

mod list;
mod mint;

use std::sync::Arc;

use axum::http::{HeaderValue, Method, Request, header};
use faregate_tests::{TestApp, empty_request};
use futures_util::FutureExt as _;
use jsonwebtoken::{Algorithm, EncodingKey};
use local::functions::EventFunctions;
use serde_json::{Value, json};

use self::list::Forgery;
use self::mint::{Mint, compact};
use crate::signing_keys::stored_key;

const ARN: &str = "arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/prod/GET/rides";

/// What each door says to `token`: true where it opens.
async fn doors_of_access(app: &TestApp, events: &EventFunctions, token: &str) -> Vec<(&'static str, bool)> {
    let mut said = vec![("verify", app.verify(token).await.status == 200)];
    let line = format!("Bearer {token}");
    for (name, method, path) in [("me", Method::GET, "/api/me/"), ("ws_ticket", Method::POST, "/api/ws_ticket/")] {
        // What is no header value cannot be sent.
        if let Ok(value) = HeaderValue::from_str(&line) {
            let mut request: Request<_> = empty_request(method, path);
            request.headers_mut().insert(header::AUTHORIZATION, value);
            said.push((name, app.send(request).await.status < 300));
        }
    }
    let headers = json!({"authorization": line});
    for (name, event) in [
        ("payload 2.0", json!({"version": "2.0", "type": "REQUEST", "routeArn": ARN, "headers": headers})),
        ("payload 1.0", json!({"version": "1.0", "type": "REQUEST", "methodArn": ARN, "headers": headers})),
        ("REST TOKEN", json!({"type": "TOKEN", "methodArn": ARN, "authorizationToken": line})),
        ("REST REQUEST", json!({"type": "REQUEST", "methodArn": ARN, "multiValueHeaders": {"Authorization": [line]}})),
    ] {
        let answer = authorizer::handle(Arc::clone(&events.authorizer), event).await.unwrap();
        said.push((name, allows(&answer)));
    }
    for (name, headers) in [
        ("$connect by header", json!({"Authorization": line})),
        ("$connect by subprotocol", json!({"Sec-WebSocket-Protocol": format!("bearer, {token}")})),
    ] {
        let event = json!({"type": "REQUEST", "methodArn": ARN, "headers": headers, "requestContext": {"routeKey": "$connect"}});
        said.push((name, allows(&ws_authorizer::handle(Arc::clone(&events.ws_authorizer), event).await.unwrap())));
    }
    let query = json!({"ticket": token});
    let event = json!({"type": "REQUEST", "methodArn": ARN, "queryStringParameters": query, "requestContext": {"routeKey": "$connect"}});
    let by_query = ws_authorizer::handle(Arc::clone(&events.ws_authorizer), event).await.unwrap();
    assert!(!allows(&by_query), "no token opens a socket from the query");
    said
}

fn allows(answer: &Value) -> bool {
    match answer.get("isAuthorized") {
        Some(authorized) => authorized.as_bool().unwrap(),
        None => match answer["policyDocument"]["Statement"][0]["Effect"].as_str().unwrap() {
            "Allow" => true,
            "Deny" => false,
            other => panic!("{other}"),
        },
    }
}

async fn all_shut(app: &TestApp, events: &EventFunctions, forgeries: &[Forgery]) {
    for (name, token) in forgeries {
        for (door, opens) in doors_of_access(app, events, token).await {
            // Blank lines are trimmed from a field, so that the same token arrives.
            let is_the_same = name == "a line feed" && door != "me" && door != "ws_ticket";
            assert!(!opens || is_the_same, "{door} opened for {name}: {token:.200}");
        }
        for path in ["/api/token/refresh/", "/api/log_out/"] {
            let reply = app.post(path, &json!({"refresh": token})).await;
            assert!((400..=401).contains(&reply.status), "{path} took {name}: {} {}", reply.status, reply.text);
        }
    }
}

async fn app_of(algorithm: &str) -> (TestApp, EventFunctions, String) {
    let app = TestApp::builder().with("FAREGATE_ACCESS_TOKEN_ALGORITHM", algorithm).start().await;
    let good = app.user("ann").await.access;
    let events = app.events().await;
    for (door, opens) in doors_of_access(&app, &events, &good).await {
        assert!(opens, "{door} is shut for a good token");
    }
    (app, events, good)
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_access_tokens_open_nothing() {
    for algorithm in ["RS256", "ES256", "EdDSA"] {
        let (app, events, good) = app_of(algorithm).await;
        let mint = Mint::access(&app, &good).await;
        let same = mint.sign(&mint.header.to_string(), &mint.claims.to_string());
        assert!(doors_of_access(&app, &events, &same).await.iter().all(|(_, opens)| *opens), "the mint is a good one");
        let forgeries = list::of_any(&mint, &good, app.clock.now().seconds());
        assert!(forgeries.len() > 150, "{}", forgeries.len());
        all_shut(&app, &events, &forgeries).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_key_is_no_secret_in_any_spelling() {
    let (app, events, good) = app_of("RS256").await;
    let mint = Mint::access(&app, &good).await;
    let jwk = stored_key(&app, "PUBLIC", "jwk").await;
    let key: Value = serde_json::from_str(&jwk).unwrap();
    let pem = |label: &str| format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", key["n"].as_str().unwrap());
    let spellings = [jwk.clone(), jwk + "\n", key["n"].as_str().unwrap().to_owned(), pem("PUBLIC KEY"), String::new()];
    let mut forgeries = Vec::new();
    for spelling in &spellings {
        for (alg, algorithm) in [("HS256", Algorithm::HS256), ("HS384", Algorithm::HS384), ("HS512", Algorithm::HS512)]
        {
            let header = mint::changed(&mint.header, "alg", Some(json!(alg)));
            let secret = EncodingKey::from_secret(spelling.as_bytes());
            let token = compact((header.as_bytes(), mint.claims.to_string().as_bytes()), &secret, algorithm);
            forgeries.push((format!("{alg} under {spelling:.30}"), token));
        }
    }
    all_shut(&app, &events, &forgeries).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn es256_takes_no_signature_that_proves_nothing() {
    let (app, events, good) = app_of("ES256").await;
    let (signed, _) = good.rsplit_once('.').unwrap();
    // The order of P-256 (SEC 2, 2.4.2), zero in another coat.
    let order = "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551";
    let order: Vec<u8> = (0..32).map(|i| u8::from_str_radix(&order[2 * i..2 * i + 2], 16).unwrap()).collect();
    let (zero, one) = (vec![0; 32], [vec![0; 31], vec![1]].concat());
    let signatures: [&[&[u8]]; 7] = [
        &[&zero, &zero],
        &[&zero, &one],
        &[&one, &zero],
        &[&order, &order],
        &[&one, &order],
        &[&one, &one],
        &[&[0x30, 6, 2, 1, 0, 2, 1, 0]],
    ];
    let forgeries: Vec<Forgery> = signatures
        .iter()
        .map(|halves| {
            use base64::Engine as _;
            let signature = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(halves.concat());
            (format!("{:x?}", halves[0]), format!("{signed}.{signature}"))
        })
        .collect();
    all_shut(&app, &events, &forgeries).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_token_makes_us_fetch_anything() {
    let (app, events, good) = app_of("RS256").await;
    let mint = Mint::access(&app, &good).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/keys.json", listener.local_addr().unwrap());
    let attacker = EncodingKey::from_secret(b"an attacker's own key, long enough");
    let mut forgeries = Vec::new();
    for name in ["jku", "x5u", "jwks_uri", "iss"] {
        for kid in [mint.header["kid"].clone(), json!(url)] {
            let header: Value = serde_json::from_str(&mint::changed(&mint.header, name, Some(json!(url)))).unwrap();
            let header = mint::changed(&header, "kid", Some(kid));
            let claims = mint::changed(&mint.claims, "iss", Some(json!(url)));
            let token = compact((header.as_bytes(), claims.as_bytes()), &attacker, Algorithm::HS256);
            forgeries.push((format!("{name} {url}"), token));
        }
    }
    all_shut(&app, &events, &forgeries).await;
    assert!(listener.accept().now_or_never().is_none(), "somebody came for the keys");
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_kind_passes_for_the_other_and_forged_refresh_tokens_get_nothing() {
    let app = TestApp::start().await;
    let events = app.events().await;
    let tokens = app.user("ann").await;
    all_shut(&app, &events, &[("access as refresh".to_owned(), String::new())]).await;
    for path in ["/api/token/refresh/", "/api/log_out/"] {
        app.post(path, &json!({"refresh": tokens.access})).await.is(401);
    }
    let mint = Mint::refresh(&app, &tokens.refresh).await;
    for (door, opens) in doors_of_access(&app, &events, &tokens.refresh).await {
        // It says that it is good, not what for.
        assert_eq!(opens, door == "verify", "{door}");
    }
    let mut forgeries = list::of_any(&mint, &tokens.refresh, app.clock.now().seconds());
    for (name, odd) in [("ctr", json!(-1)), ("ctr", json!("0")), ("ctr", json!(0.5)), ("ctr", Value::Null)] {
        forgeries.push((format!("{name} {odd}"), mint.with_claim(name, Some(odd))));
    }
    // An access token's claims under the refresh secret, and the reverse.
    let as_access = mint::changed(&mint.claims, "token_type", Some(json!("access")));
    forgeries.push(("token_type access under the refresh secret".to_owned(), mint.with_claims(&as_access)));
    let as_access: Value = serde_json::from_str(&as_access).unwrap();
    let as_access = mint::changed(&as_access, "aud", Some(json!("faregate")));
    forgeries.push(("an access token under the refresh secret".to_owned(), mint.with_claims(&as_access)));
    let access_mint = Mint::access(&app, &tokens.access).await;
    forgeries
        .push(("a refresh token under the access key".to_owned(), access_mint.with_claims(&mint.claims.to_string())));
    // The line feed is trimmed away by the field, and the token is spent by then.
    forgeries.retain(|(name, _)| name != "a line feed");
    all_shut(&app, &events, &forgeries).await;
    app.refresh(&tokens.refresh).await.is(200);
}
