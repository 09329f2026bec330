use axum::body::Body;
use axum::http::{HeaderValue, Method, Request, header};
use faregate::domain::administration::UserChange;
use faregate_tests::{PASSWORD, Reply, TestApp, basic, empty_request, with_bearer};
use lambda_http::aws_lambda_events::apigw::{
    ApiGatewayRequestAuthorizer, ApiGatewayRequestAuthorizerJwtDescription, ApiGatewayV2httpRequestContext,
};
use lambda_http::request::RequestContext;
use serde_json::json;
use tower::ServiceExt as _;

fn ask(path: &str) -> axum::http::request::Builder {
    Request::builder().method(Method::GET).uri(path)
}

#[tokio::test]
async fn a_session_of_the_admin_site_opens_me() {
    let app = TestApp::start().await;
    let mut browser = app.administrator("ann").await;
    app.calls.take();
    let reply = browser.send(ask("/api/me/"), Body::empty()).await;
    reply.is(200);
    assert_eq!(reply.json["username"], "ann");
    assert_eq!(reply.header("vary").as_deref(), Some("Accept, Cookie"));
    assert_eq!(app.calls.take(), ["GetItem", "GetItem"]);
    let page = browser.send(ask("/api/me/").header("accept", "text/html"), Body::empty()).await;
    assert!(page.text.contains("Logged in as"), "{}", page.text);
    // And nothing else: other routes want a token.
    browser.send(ask("/api/sessions/"), Body::empty()).await.is(401);
}

#[tokio::test]
async fn a_token_comes_before_a_session() {
    let app = TestApp::start().await;
    let mut browser = app.administrator("ann").await;
    let access = app.user("ben").await.access;
    let asked = |token: &str| ask("/api/me/").header("authorization", format!("Bearer {token}"));
    assert_eq!(browser.send(asked(&access), Body::empty()).await.json["username"], "ben");
    browser.send(asked("garbage"), Body::empty()).await.is(401);
}

#[tokio::test]
async fn a_session_that_is_over_opens_nothing() {
    let app = TestApp::start().await;
    let mut browser = app.administrator("ann").await;
    app.clock.advance_seconds(1800);
    let reply = browser.send(ask("/api/me/"), Body::empty()).await;
    assert_eq!((reply.status, &reply.json["detail"]), (401, &json!("Authentication credentials were not provided.")));
    let off = app.another(&[("FAREGATE_ADMIN_SITE", "off")]).await;
    let mut elsewhere = off.browser();
    browser.log_in("ann", PASSWORD).await.is(303);
    elsewhere.cookies = browser.cookies.clone();
    elsewhere.send(ask("/api/me/"), Body::empty()).await.is(401);
}

#[tokio::test]
async fn with_a_session_what_changes_something_must_come_from_our_own_page() {
    let app = TestApp::start().await;
    let mut browser = app.administrator("ann").await;
    let page = browser.get("/admin/users/").await;
    let token = page.text.split("name=\"csrfmiddlewaretoken\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let post = || Request::builder().method(Method::POST).uri("/api/me/");
    for (request, reason) in [
        (post(), "CSRF Failed: Origin checking failed - no Origin."),
        (
            post().header("origin", "https://evil.example").header("x-csrftoken", token),
            "CSRF Failed: Origin checking failed - https://evil.example does not match any trusted origins.",
        ),
        (post().header("origin", "http://localhost:8000"), "CSRF Failed: CSRF token missing."),
        (
            post().header("origin", "http://localhost:8000").header("x-csrftoken", "forged"),
            "CSRF Failed: CSRF token incorrect.",
        ),
    ] {
        let reply = browser.send(request, Body::empty()).await;
        assert_eq!((reply.status, &reply.json["detail"]), (403, &json!(reason)));
    }
    // Only then the method is looked at, as the reference does.
    let genuine = post().header("origin", "http://localhost:8000").header("x-csrftoken", token);
    browser.send(genuine, Body::empty()).await.is(405);
    // Without a session there is nothing to abuse.
    let nobody = app.browser().send(post(), Body::empty()).await;
    nobody.is(401);
}

#[tokio::test]
async fn basic_is_off_until_it_is_switched_on() {
    let app = TestApp::start().await;
    app.sign_up("ann").await.is(201);
    let reply = app.send(basic("ann", PASSWORD)).await;
    assert_eq!((reply.status, &reply.json["detail"]), (401, &json!("Authentication credentials were not provided.")));
}

async fn with_basic() -> TestApp {
    let app = TestApp::builder().with("FAREGATE_BASIC_AUTH", "on").start().await;
    app.sign_up("ann").await.is(201);
    app
}

#[tokio::test]
async fn basic_opens_me_for_scripts() {
    let app = with_basic().await;
    let reply = app.send(basic("ann", PASSWORD)).await;
    reply.is(200);
    assert_eq!(reply.json["username"], "ann");
    let mut elsewhere = basic("ann", PASSWORD);
    *elsewhere.uri_mut() = "/api/sessions/".parse().unwrap();
    app.send(elsewhere).await.is(401);
}

#[tokio::test]
async fn wrong_basic_credentials_get_one_and_the_same_answer_and_are_counted() {
    let app = with_basic().await;
    let ben = app.sign_up("ben").await.field("id");
    app.change(ben.parse().unwrap(), UserChange::Deactivate).await;
    let wrong = |reply: &Reply| {
        assert_eq!((reply.status, &reply.json), (401, &json!({"detail": "Invalid username/password."})));
        assert_eq!(reply.header("www-authenticate").as_deref(), Some("Bearer realm=\"api\""));
    };
    // How names are compared is asked once.
    app.send(basic("ann", PASSWORD)).await.is(200);
    for (username, password) in [("ann", "x"), ("ben", PASSWORD), ("nobody", "x"), ("not a name", "x"), ("", "")] {
        app.calls.take();
        wrong(&app.send(basic(username, password)).await);
        let mut calls = app.calls.take();
        calls.sort();
        assert_eq!(calls, ["BatchGetItem", "GetItem", "UpdateItem"], "{username}");
    }
    wrong(&app.send(basic("ann", &"x".repeat(20_000))).await);
    for _ in 0..3 {
        wrong(&app.send(basic("ann", "x")).await);
    }
    let refused = app.send(basic("ann", PASSWORD)).await;
    refused.is(429);
    let seconds: i64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert_eq!(seconds, 1);
    assert_eq!(refused.header("faregate-action").as_deref(), Some("retry"));
    assert!(refused.field("detail").starts_with("Request was throttled. Expected available in "));
    app.clock.advance_seconds(seconds);
    for _ in 0..7 {
        app.send(basic("ann", PASSWORD)).await.is(200);
    }
}

#[tokio::test]
async fn malformed_basic_is_told_in_the_references_words() {
    let app = with_basic().await;
    for (value, reason) in [
        ("Basic", "Invalid basic header. No credentials provided."),
        ("Basic a b", "Invalid basic header. Credentials string should not contain spaces."),
        ("Basic %", "Invalid basic header. Credentials not correctly base64 encoded."),
    ] {
        let mut request = empty_request(Method::GET, "/api/me/");
        request.headers_mut().insert(header::AUTHORIZATION, HeaderValue::from_static(value));
        let reply = app.send(request).await;
        assert_eq!((reply.status, &reply.json), (401, &json!({"detail": reason})));
    }
}

/// A request as API Gateway passes it on whose JWT authorizer has verified a token with these claims.
fn verified(claims: &[(&str, &str)]) -> Request<Body> {
    let mut jwt = ApiGatewayRequestAuthorizerJwtDescription::default();
    jwt.claims = claims.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let mut authorizer = ApiGatewayRequestAuthorizer::default();
    authorizer.jwt = Some(jwt);
    let mut context = ApiGatewayV2httpRequestContext::default();
    context.authorizer = Some(authorizer);
    let mut request = empty_request(Method::GET, "/api/me/");
    request.extensions_mut().insert(RequestContext::ApiGatewayV2(context));
    request
}

/// The function `me` without the local gateway, which has no authorizer.
async fn me(app: &TestApp, request: Request<Body>) -> Reply {
    let deps = me::Deps::start(&app.function("me")).await.unwrap();
    Reply::of(me::router(deps).oneshot(request).await.unwrap()).await
}

const ISSUER: &str = "https://login.example.org/tenant";

async fn with_remote_users() -> TestApp {
    let app = TestApp::builder().with("FAREGATE_REMOTE_USER_ISSUER", ISSUER);
    let app = app.with("FAREGATE_REMOTE_USER_CLAIM", "email").start().await;
    app.sign_up("ann@example.com").await.is(201);
    app
}

#[tokio::test]
async fn a_user_whom_the_gateways_authorizer_names_is_that_user() {
    let app = with_remote_users().await;
    // The token that the gateway has verified stands in the header where ours would.
    let foreign = with_bearer(verified(&[("iss", ISSUER), ("email", "ann@example.com")]), "e30.e30.x");
    let reply = me(&app, foreign).await;
    reply.is(200);
    assert_eq!(reply.json["username"], "ann@example.com");
    let unknown = me(&app, verified(&[("iss", ISSUER), ("email", "nobody@example.com")])).await;
    assert_eq!((unknown.status, &unknown.json["code"]), (401, &json!("user_not_found")));
    let id = app.service.users().find_id("ann@example.com").await.unwrap().unwrap();
    app.change(id, UserChange::Deactivate).await;
    let inactive = me(&app, verified(&[("iss", ISSUER), ("email", "ann@example.com")])).await;
    assert_eq!((inactive.status, &inactive.json["code"]), (401, &json!("user_inactive")));
}

#[tokio::test]
async fn a_verified_token_of_another_issuer_names_nobody() {
    let app = with_remote_users().await;
    for claims in [
        &[("iss", "https://elsewhere.example.org"), ("email", "ann@example.com")][..],
        &[("email", "ann@example.com")],
        &[("iss", ISSUER), ("sub", "ann@example.com")],
        &[],
    ] {
        me(&app, verified(claims)).await.is(401);
    }
}

#[tokio::test]
async fn the_other_issuer_is_another_one_than_ours() {
    for (own, refused) in
        [(ISSUER, "FAREGATE_REMOTE_USER_ISSUER must be another issuer"), ("", "FAREGATE_ISSUER must be set")]
    {
        let builder = TestApp::builder().with("FAREGATE_ISSUER", own).with("FAREGATE_REMOTE_USER_ISSUER", ISSUER);
        let error = builder.with("FAREGATE_REMOTE_USER_CLAIM", "email").try_start().await.unwrap_err().to_string();
        assert!(error.starts_with(refused), "{error}");
    }
}

#[tokio::test]
async fn nothing_that_a_client_says_makes_it_a_remote_user() {
    let app = with_remote_users().await;
    for name in ["remote-user", "remote_user", "x-remote-user", "email", "x-amzn-request-context", "x-forwarded-user"] {
        app.send(ask("/api/me/").header(name, "ann@example.com").body(Body::empty()).unwrap()).await.is(401);
    }
    // A token that only says so.
    app.send(with_bearer(empty_request(Method::GET, "/api/me/"), "e30.eyJlbWFpbCI6ImFubiJ9.x")).await.is(401);
    let off = TestApp::start().await;
    off.sign_up("ann@example.com").await.is(201);
    me(&off, verified(&[("iss", ISSUER), ("email", "ann@example.com")])).await.is(401);
}
