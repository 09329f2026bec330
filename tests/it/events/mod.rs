//! Events as API Gateway sends them (payload format 2.0), through the routers that Lambda runs.

use axum::body::Body;
use axum::http::Request;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use faregate::http::{convertible, lambda_service};
use faregate_tests::{PASSWORD, Reply, TestApp};
use lambda_http::LambdaEvent;
use serde_json::{Value, json};
use tower::ServiceExt as _;

/// The service without the local gateway, which API Gateway takes the place of.
async fn service(app: &TestApp) -> axum::Router {
    local::functions::routes(&app.service).await.unwrap()
}

async fn send(router: &axum::Router, event: &Value) -> Reply {
    let event = serde_json::from_value(event.clone()).unwrap();
    let request = Request::<lambda_http::Body>::from(convertible(event));
    Reply::of(router.clone().oneshot(request.map(Body::new)).await.unwrap()).await
}

/// The answer that Lambda gives to API Gateway.
async fn as_lambda_does(app: &TestApp, event: &Value) -> Value {
    let event = LambdaEvent::new(serde_json::from_value(event.clone()).unwrap(), lambda_http::Context::default());
    serde_json::to_value(lambda_service(service(app).await).oneshot(event).await.unwrap()).unwrap()
}

fn recorded(name: &str) -> Value {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("it/events").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

async fn app() -> TestApp {
    TestApp::builder().with("FAREGATE_ISSUER", "").start().await
}

#[tokio::test]
async fn a_sign_up_with_a_text_body() {
    let app = app().await;
    let reply = send(&service(&app).await, &recorded("sign_up.json")).await;
    reply.is(201);
    assert_eq!(reply.json["username"], "ann@example.com");
    assert_eq!(reply.header("x-request-id").as_deref(), Some("JKJaXmPLvHcESHA="));
}

#[tokio::test]
async fn a_body_in_base64_is_the_same_body() {
    let app = app().await;
    let mut event = recorded("sign_up.json");
    event["body"] = json!(STANDARD.encode(event["body"].as_str().unwrap()));
    event["isBase64Encoded"] = json!(true);
    send(&service(&app).await, &event).await.is(201);
}

#[tokio::test]
async fn the_issuer_is_the_domain_of_the_api_and_never_the_host_header() {
    let app = app().await;
    let router = service(&app).await;
    send(&router, &recorded("sign_up.json")).await.is(201);
    let mut event = recorded("log_in.json");
    event["headers"]["host"] = json!("evil.example");
    event["headers"]["x-forwarded-host"] = json!("evil.example");
    let reply = send(&router, &event).await;
    reply.is(200);
    let access = reply.field("access");
    let claims: Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(access.split('.').nth(1).unwrap()).unwrap()).unwrap();
    assert_eq!(claims["iss"], "https://abcdef1234.execute-api.eu-central-1.amazonaws.com");

    let mut event = recorded("me.json");
    event["headers"]["authorization"] = json!(format!("Bearer {access}"));
    let reply = send(&router, &event).await;
    reply.is(200);
    assert_eq!(reply.json["username"], "ann@example.com");
}

#[tokio::test]
async fn repeated_headers_arrive_joined_by_commas() {
    let app = app().await;
    let mut event = recorded("me.json");
    event["headers"]["authorization"] = json!("Bearer a,Bearer b");
    let reply = send(&service(&app).await, &event).await;
    assert_eq!(reply.json["code"], "bad_authorization_header");
}

#[tokio::test]
async fn a_path_below_a_route_and_an_unknown_path_are_404() {
    let app = app().await;
    let router = service(&app).await;
    for path in ["/api/me/x", "/api/me//", "/"] {
        let mut event = recorded("me.json");
        event["rawPath"] = json!(path);
        event["requestContext"]["http"]["path"] = json!(path);
        send(&router, &event).await.is(404);
    }
}

#[tokio::test]
async fn the_same_events_are_what_the_client_sees_in_both_spellings_of_the_path() {
    let app = app().await;
    let router = service(&app).await;
    for path in ["/api/log_in", "/api/log_in/"] {
        let mut event = recorded("log_in.json");
        event["rawPath"] = json!(path);
        event["body"] = json!(json!({"username": "nobody", "password": PASSWORD}).to_string());
        send(&router, &event).await.is(401);
    }
}

#[tokio::test]
async fn of_cookies_that_arrive_apart_the_right_one_is_found() {
    let app = app().await;
    let browser = app.administrator("ann").await;
    let router = service(&app).await;
    let mut event = recorded("admin_users.json");
    // As recorded, of nobody.
    send(&router, &event).await.is(303);
    let cookies: Vec<String> = browser.cookies.iter().rev().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(cookies.len(), 3, "{cookies:?}");
    event["cookies"] = json!(cookies);
    let reply = send(&router, &event).await;
    reply.is(200);
    assert!(reply.text.contains("<bdi>ann</bdi>"));
}

#[tokio::test]
async fn cookies_go_out_apart_from_the_headers() {
    let app = app().await;
    let mut event = recorded("admin_users.json");
    event["rawPath"] = json!("/admin/login/");
    event["requestContext"]["http"]["path"] = json!("/admin/login/");
    let answer = as_lambda_does(&app, &event).await;
    assert_eq!(answer["statusCode"], 200);
    let cookies = answer["cookies"].as_array().unwrap();
    assert_eq!(cookies.len(), 1, "{cookies:?}");
    assert!(cookies[0].as_str().unwrap().starts_with("__Host-faregate_log_in="), "{cookies:?}");
    assert!(answer["headers"]["set-cookie"].is_null(), "{}", answer["headers"]);
}

#[tokio::test]
async fn what_lambda_http_cannot_read_is_answered_by_the_contract() {
    let app = app().await;
    app.sign_up("ann").await;
    let mut event = recorded("log_in.json");
    event["rawQueryString"] = json!("next=\"<a> b\"");
    event["headers"]["host"] = json!("a b");
    event["headers"]["x-forwarded-proto"] = json!("a, b");
    event["body"] = json!(json!({"username": "ann", "password": PASSWORD}).to_string());
    event["isBase64Encoded"] = json!(false);
    let answer = as_lambda_does(&app, &event).await;
    assert_eq!(answer["statusCode"], 200, "{answer}");
    // As it stands: no JSON.
    event["isBase64Encoded"] = json!(true);
    event["body"] = json!("e30!");
    let answer = as_lambda_does(&app, &event).await;
    assert_eq!(answer["statusCode"], 400, "{answer}");
    assert!(answer["body"].as_str().unwrap().contains("JSON parse error"), "{answer}");
}
