//! Every forgery at every door: `me`, `token/verify`, `token/refresh`, `log_out`, `ws_ticket` and every authorizer, in every
//! shape of event. Each door opens for the good token first, so that it is not simply shut.

mod list;
mod mint;

use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::signature::KeyPair as _;
use axum::http::{HeaderValue, Method, Request, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use faregate_tests::{TestApp, Tokens, empty_request};
use futures_util::FutureExt as _;
use jsonwebtoken::{Algorithm, EncodingKey};
use local::functions::EventFunctions;
use serde_json::{Value, json};

use self::list::Forgery;
use self::mint::{Mint, compact};
use crate::signing_keys::stored_key;

const ARN: &str = "arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/prod/GET/rides";

/// A service with all its doors.
struct House {
    app: TestApp,
    events: EventFunctions,
    /// The authorizer in session mode.
    watchful: Arc<authorizer::Deps>,
}

impl House {
    async fn new(settings: &[(&str, &str)]) -> (Self, Tokens) {
        let builder = settings.iter().fold(TestApp::builder(), |builder, (name, value)| builder.with(name, value));
        let app = builder.start().await;
        let tokens = app.user("ann").await;
        let watching = [settings, &[("FAREGATE_AUTHORIZER_MODE", "session")]].concat();
        let watchful = local::functions::events(&app.another_service(&watching)).await.unwrap().authorizer;
        let house = Self { events: app.events().await, watchful, app };
        for (door, opens) in doors_of_access(&house, &tokens.access).await {
            assert!(opens, "{door} is shut for a good token");
        }
        (house, tokens)
    }

    fn now(&self) -> i64 {
        self.app.clock.now().seconds()
    }
}

/// What each door says to `token`: true where it opens.
async fn doors_of_access(house: &House, token: &str) -> Vec<(&'static str, bool)> {
    let House { app, events, watchful } = house;
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
        let answer = authorizer::handle(Arc::clone(&events.authorizer), event.clone()).await.unwrap();
        said.push((name, allows(&answer)));
        let answer = authorizer::handle(Arc::clone(watchful), event).await.unwrap();
        said.push(("an authorizer in session mode", allows(&answer)));
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

async fn all_shut(house: &House, forgeries: &[Forgery]) {
    for (name, token) in forgeries {
        for (door, opens) in doors_of_access(house, token).await {
            // Blank lines are trimmed from a field, so that the same token arrives.
            let is_the_same = name == "a line feed" && door != "me" && door != "ws_ticket";
            assert!(!opens || is_the_same, "{door} opened for {name}: {token:.200}");
        }
        for path in ["/api/token/refresh/", "/api/log_out/"] {
            let reply = house.app.post(path, &json!({"refresh": token})).await;
            assert!((400..=401).contains(&reply.status), "{path} took {name}: {} {}", reply.status, reply.text);
        }
    }
}

async fn house_of(algorithm: &str) -> (House, Mint, String) {
    let (house, Tokens { access, .. }) = House::new(&[("FAREGATE_ACCESS_TOKEN_ALGORITHM", algorithm)]).await;
    let mint = Mint::access(&house.app, &access).await;
    (house, mint, access)
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_access_tokens_open_nothing() {
    for algorithm in ["RS256", "ES256", "EdDSA"] {
        let (house, mint, good) = house_of(algorithm).await;
        let same = mint.sign(&mint.header.to_string(), &mint.claims.to_string());
        assert!(doors_of_access(&house, &same).await.iter().all(|(_, opens)| *opens), "the mint is a good one");
        let forgeries = list::of_any(&mint, &good, house.now());
        assert!(forgeries.len() > 150, "{}", forgeries.len());
        all_shut(&house, &forgeries).await;
    }
}

/// One key for everything, whatever `kid` says; `iss`, `aud`, `sid` and `iat` may be missing, as in a Django's tokens. All
/// else is refused as ever.
#[tokio::test(flavor = "multi_thread")]
async fn forged_tokens_open_nothing_under_a_key_shared_with_a_django() {
    const KEY: &str = "0123456789abcdef0123456789abcdef";
    let (house, tokens) = House::new(&[("FAREGATE_HS256_KEY", KEY)]).await;
    // These tokens name no key: a header with one `kid` more has one.
    let may_be_missing = ["no iss", "no aud", "no sid", "no iat", "no kid", "kid twice"];
    let is_forged = |(name, _): &Forgery| {
        // A text is a name of a key, and an id is whatever the Django calls its users: `me` finds nobody under it.
        !may_be_missing.contains(&name.as_str()) && !name.starts_with("kid \"") && !name.starts_with("id ")
    };
    for good in [&tokens.access, &tokens.refresh] {
        let mint = Mint::shared(good, KEY);
        let mut forgeries = list::of_any(&mint, good, house.now());
        forgeries.retain(is_forged);
        // Spent or not, the same refresh token arrives where blanks are trimmed.
        forgeries.retain(|(name, _)| name != "a line feed");
        assert!(forgeries.len() > 120, "{}", forgeries.len());
        all_shut(&house, &forgeries).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_key_is_no_secret_in_any_spelling() {
    let (house, mint, _) = house_of("RS256").await;
    let private = pem::parse(stored_key(&house.app, "PRIVATE", "pem").await).unwrap();
    let pair = aws_lc_rs::rsa::KeyPair::from_pkcs8(private.contents()).unwrap();
    let spki: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
    let (spki, pkcs1) = (spki.as_ref().to_vec(), pair.public_key().as_ref().to_vec());
    let in_pem = |label: &str, der: &[u8]| pem::encode(&pem::Pem::new(label, der)).replace('\r', "");
    let jwk = stored_key(&house.app, "PUBLIC", "jwk").await;
    let modulus = serde_json::from_str::<Value>(&jwk).unwrap()["n"].as_str().unwrap().to_owned();
    let mut spellings = vec![spki.clone(), pkcs1.clone(), jwk.into_bytes(), modulus.into_bytes(), Vec::new()];
    for text in [in_pem("PUBLIC KEY", &spki), in_pem("RSA PUBLIC KEY", &pkcs1)] {
        let other_system = text.replace('\n', "\r\n");
        spellings.extend([text.trim_end().to_owned(), text, other_system].map(String::into_bytes));
    }
    let mut forgeries = Vec::new();
    for (number, spelling) in spellings.iter().enumerate() {
        for (alg, algorithm) in [("HS256", Algorithm::HS256), ("HS384", Algorithm::HS384), ("HS512", Algorithm::HS512)]
        {
            let header = mint::changed(&mint.header, "alg", Some(json!(alg)));
            let secret = EncodingKey::from_secret(spelling);
            let token = compact((header.as_bytes(), mint.claims.to_string().as_bytes()), &secret, algorithm);
            forgeries.push((format!("{alg} under spelling {number} of the public key"), token));
        }
    }
    all_shut(&house, &forgeries).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn es256_takes_no_signature_that_proves_nothing() {
    let (house, _, good) = house_of("ES256").await;
    let (signed, _) = good.rsplit_once('.').unwrap();
    // The order of P-256 (SEC 2, 2.4.2), zero in another coat.
    let order = "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551";
    let order: Vec<u8> = (0..32).map(|i| u8::from_str_radix(&order[2 * i..2 * i + 2], 16).unwrap()).collect();
    let (zero, one) = (vec![0; 32], [vec![0; 31], vec![1]].concat());
    let der = [0x30, 6, 2, 1, 0, 2, 1, 0];
    let signatures: [&[&[u8]]; 7] =
        [&[&zero, &zero], &[&zero, &one], &[&one, &zero], &[&order, &order], &[&one, &order], &[&one, &one], &[&der]];
    let forged = |halves: &&[&[u8]]| {
        let signature = URL_SAFE_NO_PAD.encode(halves.concat());
        (format!("{:x?}", halves[0]), format!("{signed}.{signature}"))
    };
    all_shut(&house, &signatures.iter().map(forged).collect::<Vec<_>>()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_token_makes_us_fetch_anything() {
    let (house, mint, _) = house_of("RS256").await;
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
    all_shut(&house, &forgeries).await;
    assert!(listener.accept().now_or_never().is_none(), "somebody came for the keys");
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_kind_passes_for_the_other_and_forged_refresh_tokens_get_nothing() {
    let (house, tokens) = House::new(&[]).await;
    for path in ["/api/token/refresh/", "/api/log_out/"] {
        house.app.post(path, &json!({"refresh": tokens.access})).await.is(401);
    }
    for (door, opens) in doors_of_access(&house, &tokens.refresh).await {
        // It says that it is good, not what for.
        assert_eq!(opens, door == "verify", "{door}");
    }
    let mint = Mint::refresh(&house.app, &tokens.refresh).await;
    let mut forgeries = list::of_any(&mint, &tokens.refresh, house.now());
    for (name, odd) in [("ctr", json!(-1)), ("ctr", json!("0")), ("ctr", json!(0.5)), ("ctr", Value::Null)] {
        forgeries.push((format!("{name} {odd}"), mint.with_claim(name, Some(odd))));
    }
    // An access token's claims under the refresh secret, and the reverse.
    let as_access = mint::changed(&mint.claims, "token_type", Some(json!("access")));
    forgeries.push(("token_type access under the refresh secret".to_owned(), mint.with_claims(&as_access)));
    let as_access: Value = serde_json::from_str(&as_access).unwrap();
    let as_access = mint::changed(&as_access, "aud", Some(json!("faregate")));
    forgeries.push(("an access token under the refresh secret".to_owned(), mint.with_claims(&as_access)));
    let access_mint = Mint::access(&house.app, &tokens.access).await;
    forgeries
        .push(("a refresh token under the access key".to_owned(), access_mint.with_claims(&mint.claims.to_string())));
    // The line feed is trimmed away by the field: it is the good token.
    forgeries.retain(|(name, _)| name != "a line feed");
    all_shut(&house, &forgeries).await;
    house.app.refresh(&tokens.refresh).await.is(200);
}
