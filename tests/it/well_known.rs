//! What the issuer tells verifiers.

use axum::http::{Method, header};
use faregate_tests::{Reply, TestApp, empty_request};
use serde_json::{Value, json};

const CONFIGURATION: &str = "/.well-known/openid-configuration";
const KEY_SET: &str = "/.well-known/jwks.json";

async fn get(app: &TestApp, path: &str) -> Reply {
    let reply = app.send(empty_request(Method::GET, path)).await;
    reply.is(200);
    reply
}

async fn get_if_none_match(app: &TestApp, known: &str) -> Reply {
    let mut request = empty_request(Method::GET, KEY_SET);
    request.headers_mut().insert(header::IF_NONE_MATCH, known.parse().unwrap());
    app.send(request).await
}

#[tokio::test]
async fn the_configuration_names_the_issuer_and_its_keys() {
    let app = TestApp::start().await;
    let reply = get(&app, CONFIGURATION).await;
    assert_eq!(reply.header("content-type").as_deref(), Some("application/json"));
    assert_eq!(reply.header("cache-control").as_deref(), Some("public, max-age=300"));
    assert_eq!(reply.json["issuer"], "http://localhost:8000");
    assert_eq!(reply.json["jwks_uri"], "http://localhost:8000/.well-known/jwks.json");
    assert_eq!(reply.json["id_token_signing_alg_values_supported"], json!(["RS256"]));
    assert_eq!(get(&app, &format!("{CONFIGURATION}/")).await.text, reply.text);
}

#[tokio::test]
async fn without_a_setting_the_issuer_is_the_domain_that_tokens_name() {
    let app = TestApp::builder().with("FAREGATE_ISSUER", "").start().await;
    let issuer = get(&app, CONFIGURATION).await.json["issuer"].clone();
    let access = app.user("ann").await.access;
    assert_eq!(crate::signing_keys::part(&access, 1)["iss"], issuer);
}

#[tokio::test]
async fn the_key_set_has_public_parts_only() {
    for (algorithm, bits, members) in [
        ("RS256", "2048", vec!["alg", "e", "kid", "kty", "n", "use"]),
        ("RS256", "3072", vec!["alg", "e", "kid", "kty", "n", "use"]),
        ("ES256", "2048", vec!["alg", "crv", "kid", "kty", "use", "x", "y"]),
        ("EdDSA", "2048", vec!["alg", "crv", "kid", "kty", "use", "x"]),
    ] {
        let settings = [("FAREGATE_ACCESS_TOKEN_ALGORITHM", algorithm), ("FAREGATE_RSA_KEY_BITS", bits)];
        let builder = settings.iter().fold(TestApp::builder(), |builder, (name, value)| builder.with(name, value));
        let app = builder.start().await;
        let reply = get(&app, KEY_SET).await;
        assert_eq!(reply.header("content-type").as_deref(), Some("application/jwk-set+json"));
        let keys = reply.json["keys"].as_array().unwrap();
        assert_eq!(keys.len(), 1);
        let mut names: Vec<&str> = keys[0].as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!((names, &keys[0]["alg"]), (members, &json!(algorithm)));
        if let Some(modulus) = keys[0]["n"].as_str() {
            assert_eq!(modulus.len() * 6 / 8 * 8, bits.parse::<usize>().unwrap());
        }
        let access = app.user("ann").await.access;
        assert_eq!(crate::signing_keys::part(&access, 0)["kid"], keys[0]["kid"]);
    }
}

#[tokio::test]
async fn what_a_client_has_is_not_sent_again() {
    let app = TestApp::start().await;
    let tag = get(&app, KEY_SET).await.header("etag").unwrap();
    for known in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
        let reply = get_if_none_match(&app, &known).await;
        assert_eq!((reply.status, reply.text.as_str()), (304, ""), "{known}");
        assert_eq!(reply.header("etag"), Some(tag.clone()));
        assert_eq!(reply.header("cache-control").as_deref(), Some("public, max-age=300"));
    }
    for other in ["\"x\"", "", "nonsense", &tag[1..]] {
        assert_eq!(get_if_none_match(&app, other).await.status, 200, "{other}");
    }
}

#[tokio::test]
async fn under_a_key_shared_with_a_django_no_key_is_published() {
    let app = TestApp::builder().with("FAREGATE_HS256_KEY", "0123456789abcdef0123456789abcdef").start().await;
    assert_eq!(get(&app, KEY_SET).await.json, json!({"keys": []}));
    let configuration: Value = get(&app, CONFIGURATION).await.json;
    assert_eq!(configuration["id_token_signing_alg_values_supported"], json!([]));
}

#[tokio::test]
async fn a_verifier_elsewhere_takes_a_token_by_these_documents_alone() {
    let app = TestApp::start().await;
    let access = app.user("ann").await.access;
    let configuration = get(&app, CONFIGURATION).await.json;
    let path = configuration["jwks_uri"].as_str().unwrap().strip_prefix("http://localhost:8000").unwrap().to_owned();
    let set: jsonwebtoken::jwk::JwkSet = serde_json::from_value(get(&app, &path).await.json).unwrap();
    let kid = jsonwebtoken::decode_header(&access).unwrap().kid.unwrap();
    let key = jsonwebtoken::DecodingKey::from_jwk(set.find(&kid).unwrap()).unwrap();
    let mut wanted = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::RS256);
    wanted.set_audience(&["faregate"]);
    wanted.set_issuer(&[configuration["issuer"].as_str().unwrap()]);
    wanted.validate_exp = false; // The test's clock stands; this one runs.
    let claims = jsonwebtoken::decode::<Value>(&access, &key, &wanted).unwrap().claims;
    assert_eq!(claims["username"], "ann");
}

#[tokio::test]
async fn a_keys_table_that_is_away_is_our_trouble() {
    let free_port = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let app = TestApp::builder().endpoint(&format!("http://{free_port}")).start().await;
    for path in [CONFIGURATION, KEY_SET] {
        let reply = app.send(empty_request(Method::GET, path)).await;
        reply.is(503);
        assert!(reply.header("retry-after").is_some());
    }
}
