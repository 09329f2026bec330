//! Browsers elsewhere: pages of listed origins may call every route of the API and read every answer; others, and the admin
//! site, are as if there were no list.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Method, Request, header};
use axum::response::Response;
use axum::routing::any;
use faregate::clock::Clock;
use faregate::http::{Cors, Edge, app};
use faregate::randomness::Randomness;
use faregate::settings::Origin;
use faregate::telemetry::Telemetry;
use faregate_tests::{
    PASSWORD, Reply, START, TestApp, basic, empty_request, json_request, let_log_lines_be_made, raw_request,
    with_bearer,
};
use serde_json::json;
use tower::ServiceExt as _;

use crate::abuse::DOCUMENTS;

const LISTED: &str = "https://app.example.com";
const ALSO_LISTED: &str = "http://localhost:5173";
const UNLISTED: &str = "https://app.example.com.evil.example";
const CREDENTIALS: &str = "access-control-allow-credentials";

async fn listing_app() -> TestApp {
    let app = TestApp::builder().with("FAREGATE_CORS_ORIGINS", &format!("{LISTED},{ALSO_LISTED}"));
    app.with("FAREGATE_BASIC_AUTH", "on").start().await
}

fn from(origin: impl AsRef<[u8]>, mut request: Request<Body>) -> Request<Body> {
    request.headers_mut().append(header::ORIGIN, HeaderValue::from_bytes(origin.as_ref()).unwrap());
    request
}

fn asking_first(origin: &str, method: &Method, path: &str) -> Request<Body> {
    let request = Request::builder().method(Method::OPTIONS).uri(path);
    let request = request.header(header::ACCESS_CONTROL_REQUEST_METHOD, method.as_str());
    let request = request.header(header::ACCESS_CONTROL_REQUEST_HEADERS, "authorization,content-type");
    from(origin, request.body(Body::empty()).unwrap())
}

/// Every route that pages elsewhere may call, with its method: with and without the last slash.
fn routes() -> Vec<(String, Method, &'static str)> {
    let views = openapi::views().map(|view| {
        let method = Method::from_bytes(format!("{:?}", view.method).to_uppercase().as_bytes()).unwrap();
        (view.path.replace("{sid}", "01968c4e-7a00-7000-8000-000000000001"), method, view.allow())
    });
    let documents =
        DOCUMENTS.iter().map(|path| (path.trim_end_matches('/').to_owned(), Method::GET, "GET, HEAD, OPTIONS"));
    views
        .chain(documents)
        .flat_map(|(path, method, allow)| [(format!("{path}/"), method.clone(), allow), (path, method, allow)])
        .collect()
}

/// The headers of `reply` that are about pages elsewhere.
fn spoken(reply: &Reply) -> Vec<&str> {
    reply.headers.keys().map(header::HeaderName::as_str).filter(|name| name.starts_with("access-control-")).collect()
}

fn varies_by_origin(reply: &Reply) -> bool {
    let lines: Vec<_> = reply.headers.get_all(header::VARY).iter().map(|line| line.to_str().unwrap()).collect();
    assert!(lines.len() <= 1, "{lines:?}");
    lines.first().is_some_and(|line| line.split(", ").any(|name| name == "Origin"))
}

/// Pages of `origin`, and no others, may read `reply`.
fn is_for(origin: &str, reply: &Reply, what: &str) {
    assert_eq!(reply.header("access-control-allow-origin").as_deref(), Some(origin), "{what}: {}", reply.text);
    let readable = reply.header("access-control-expose-headers").unwrap();
    let names =
        ["Allow", "ETag", "Faregate-Action", "Faregate-Device", "Retry-After", "WWW-Authenticate", "X-Request-Id"];
    for name in names {
        assert!(readable.split(", ").any(|known| known == name), "{what}: {readable}");
    }
    assert!(varies_by_origin(reply), "{what}");
    assert!(!spoken(reply).contains(&CREDENTIALS), "{what}");
}

fn is_for_nobody_elsewhere(reply: &Reply, what: &str) {
    assert_eq!(spoken(reply), [""; 0], "{what}");
    assert!(varies_by_origin(reply), "{what}");
}

#[tokio::test]
async fn every_route_answers_pages_of_listed_origins_and_tells_caches_that_it_does() {
    let app = listing_app().await;
    for (path, method, _) in routes() {
        for method in [method, Method::PUT, Method::OPTIONS] {
            let what = format!("{method} {path}");
            let ask = || empty_request(method.clone(), &path);
            is_for(LISTED, &app.send(from(LISTED, ask())).await, &what);
            is_for(ALSO_LISTED, &app.send(from(ALSO_LISTED, ask())).await, &what);
            is_for_nobody_elsewhere(&app.send(from(UNLISTED, ask())).await, &what);
            is_for_nobody_elsewhere(&app.send(ask()).await, &what);
        }
    }
}

#[tokio::test]
async fn an_origin_is_listed_if_its_bytes_are() {
    let app = listing_app().await;
    let others: [&[u8]; 22] = [
        b"",
        b"*",
        b"null",
        b"https://app.example.com/",
        b"https://app.example.com:443",
        b"https://app.example.com:8443",
        b"https://app.example.co",
        b"https://app.example.com.evil.example",
        b"https://app.example.comevil.example",
        b"https://evil.app.example.com",
        b"https://evil-app.example.com",
        b"https://evil.example?https://app.example.com",
        b"https://App.example.com",
        b"HTTPS://app.example.com",
        b"http://app.example.com",
        b"app.example.com",
        b"https://app.example.com, https://app.example.com",
        b"https://app.example.com,http://localhost:5173",
        b"https://app.example.com http://localhost:5173",
        b"https://app.example.com\xff",
        b"http://localhost",
        b"http://localhost:51730",
    ];
    for origin in others {
        let what = String::from_utf8_lossy(origin);
        is_for_nobody_elsewhere(&app.send(from(origin, empty_request(Method::GET, "/api/me/"))).await, &what);
        let asking = from(origin, asking_first(LISTED, &Method::GET, "/api/me/"));
        is_for_nobody_elsewhere(&app.send(asking).await, &format!("{LISTED} and then {what}"));
    }
    let twice = from(LISTED, from(LISTED, empty_request(Method::GET, "/api/me/")));
    is_for_nobody_elsewhere(&app.send(twice).await, "two lines");
}

#[tokio::test]
async fn a_preflight_of_a_listed_origin_is_answered_before_anything_is_looked_at() {
    let app = listing_app().await;
    app.calls.take();
    for (path, method, allow) in routes() {
        for request in [
            asking_first(LISTED, &method, &path),
            with_bearer(asking_first(LISTED, &Method::PUT, &path), "garbage"),
            asking_first(LISTED, &method, &format!("{path}?format=nonsense")),
        ] {
            let reply = app.send(request).await;
            assert_eq!((reply.status, reply.text.as_str()), (204, ""), "{path}");
            assert_eq!(reply.header("access-control-allow-origin").as_deref(), Some(LISTED), "{path}");
            assert_eq!(reply.header("access-control-allow-methods").as_deref(), Some(allow), "{path}");
            assert_eq!(reply.header("access-control-max-age").as_deref(), Some("7200"), "{path}");
            let headers = reply.header("access-control-allow-headers").unwrap();
            for name in ["Accept", "Authorization", "Content-Type", "Faregate-Device", "If-None-Match"] {
                assert!(headers.split(", ").any(|known| known == name), "{headers}");
            }
            assert!(varies_by_origin(&reply) && !spoken(&reply).contains(&CREDENTIALS), "{path}");
        }
    }
    assert_eq!(app.calls.take(), [""; 0]);
}

/// `reply` as far as it must be the same whatever the list: with neither the id of its request nor its `Vary`.
fn told(reply: &Reply) -> (u16, &str, Vec<(&str, &[u8])>) {
    let names = reply.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    (reply.status, &reply.text, names.filter(|(name, _)| !["x-request-id", "vary"].contains(name)).collect())
}

#[tokio::test]
async fn to_others_a_preflight_is_options_as_without_a_list() {
    let (app, without) = (listing_app().await, TestApp::builder().with("FAREGATE_BASIC_AUTH", "on").start().await);
    for (path, method, _) in routes() {
        let [reply, as_ever] = [&app, &without].map(|app| app.send(asking_first(UNLISTED, &method, &path)));
        let (reply, as_ever) = (reply.await, as_ever.await);
        assert_eq!(told(&reply), told(&as_ever), "{path}");
        assert!(varies_by_origin(&reply) && !varies_by_origin(&as_ever), "{path}");
    }
}

#[tokio::test]
async fn without_a_list_nothing_is_said_to_anybody() {
    let app = TestApp::start().await;
    for (path, method, _) in routes() {
        let plain = app.send(empty_request(method.clone(), &path)).await;
        for origin in [LISTED, "null", ""] {
            let reply = app.send(from(origin, empty_request(method.clone(), &path))).await;
            assert_eq!((told(&reply), reply.header("vary")), (told(&plain), plain.header("vary")), "{method} {path}");
            let reply = app.send(asking_first(origin, &method, &path)).await;
            assert!(spoken(&reply).is_empty() && !varies_by_origin(&reply), "OPTIONS {path}");
        }
    }
}

#[tokio::test]
async fn a_path_that_is_no_route_is_404_to_a_preflight_too() {
    let app = listing_app().await;
    for path in ["/", "/api/nope/", "/api/sign_up/x", "/administrators/", "/api/sign_up%3f", "/%ff"] {
        let reply = app.send(asking_first(LISTED, &Method::POST, path)).await;
        reply.is(404);
        assert!(reply.header("access-control-allow-methods").is_none(), "{path}");
        is_for(LISTED, &app.send(from(LISTED, empty_request(Method::GET, path))).await, path);
    }
    // Another spelling of a route is that route.
    app.send(asking_first(LISTED, &Method::POST, "/api/log%5Fin/")).await.is(204);
}

#[tokio::test]
async fn a_page_elsewhere_can_read_every_refusal() {
    let app = listing_app().await;
    let tokens = app.user("ann").await;
    let post = |path: &str, body: &str| raw_request(Method::POST, path, ("application/json", body.to_owned()));
    let mut not_acceptable = post("/api/log_in/", "{}");
    not_acceptable.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("application/xml"));
    let log_in = json_request(Method::POST, "/api/log_in/", &json!({"username": "ann", "password": "wrong"}));
    for (status, request) in [
        (400, post("/api/log_in/", "{")),
        (400, post("/api/log_in/", &" ".repeat(2_621_441))),
        (401, log_in),
        (401, empty_request(Method::GET, "/api/me/")),
        (401, with_bearer(empty_request(Method::GET, "/api/sessions/"), "garbage")),
        (404, with_bearer(empty_request(Method::DELETE, "/api/sessions/x/"), &tokens.access)),
        (404, empty_request(Method::GET, "/nope")),
        (405, empty_request(Method::PUT, "/api/log_in/")),
        (406, not_acceptable),
        (415, raw_request(Method::POST, "/api/log_in/", ("text/plain", "{}"))),
    ] {
        let what = format!("{status} of {}", request.uri());
        let reply = app.send(from(LISTED, request)).await;
        assert_eq!(reply.status, status, "{what}: {}", reply.text);
        is_for(LISTED, &reply, &what);
    }
    for _ in 0..3 {
        app.calls.lose_next_answer("BatchGetItem");
    }
    let unavailable = app.send(from(LISTED, with_bearer(empty_request(Method::GET, "/api/me/"), &tokens.access))).await;
    unavailable.is(503);
    is_for(LISTED, &unavailable, "503");
}

#[tokio::test]
async fn who_is_slowed_down_can_read_for_how_long() {
    let app = listing_app().await;
    app.user("ann").await;
    let mut reply = app.send(from(LISTED, basic("ann", "wrong"))).await;
    while reply.status == 401 {
        is_for(LISTED, &reply, "401");
        reply = app.send(from(LISTED, basic("ann", "wrong"))).await;
    }
    reply.is(429);
    assert!(reply.header("retry-after").is_some());
    is_for(LISTED, &reply, "429");
}

#[tokio::test(start_paused = true)]
async fn a_page_elsewhere_can_read_that_a_function_hangs_or_breaks() {
    let_log_lines_be_made();
    let hanging = any(std::future::pending::<Response>);
    let breaking = any(async || -> Response { panic!("on purpose") });
    let telemetry = Telemetry::new(None, Clock::held_at(START));
    let cors = Cors::new(&[Origin::parse(LISTED).unwrap()]);
    for function in [hanging, breaking] {
        for path in ["/api/me/", "/admin/users/"] {
            let edge = Edge { randomness: Randomness::from_seed(1), telemetry: telemetry.clone(), cors: cors.clone() };
            let routes = Router::new().route(path, function.clone());
            let asked = app(routes, edge).oneshot(from(LISTED, empty_request(Method::GET, path)));
            let reply = Reply::of(asked.await.unwrap()).await;
            reply.is(503);
            if path.starts_with("/admin") {
                assert!(spoken(&reply).is_empty() && !varies_by_origin(&reply));
            } else {
                is_for(LISTED, &reply, path);
            }
        }
    }
}

#[tokio::test]
async fn no_page_elsewhere_reads_what_a_cookie_opened() {
    let app = listing_app().await;
    let mut browser = app.administrator("ann").await;
    let ask = || Request::builder().method(Method::GET).uri("/api/me/").header(header::ORIGIN, LISTED);
    let reply = browser.send(ask(), Body::empty()).await;
    // The browser was told to send cookies, so it gives the answer to no page that `Allow-Credentials` does not stand for.
    assert_eq!((reply.status, &reply.json["username"]), (200, &json!("ann")));
    is_for(LISTED, &reply, "a session");
    // What a page says itself is its own.
    is_for(LISTED, &app.send(from(LISTED, basic("ann", PASSWORD))).await, "HTTP Basic");
    let tokens = app.user("ben").await;
    let reply = app.send(from(LISTED, with_bearer(empty_request(Method::GET, "/api/me/"), &tokens.access))).await;
    assert_eq!(reply.header("vary").as_deref(), Some("Accept, Origin"));
    is_for(LISTED, &reply, "a token");
}

#[tokio::test]
async fn pages_of_the_api_are_answers_like_others() {
    let app = listing_app().await;
    for path in ["/api/log_in/", "/api/me/", "/api/docs/"] {
        let mut request = from(LISTED, empty_request(Method::GET, path));
        request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("text/html"));
        let reply = app.send(request).await;
        assert!(reply.text.starts_with("<!"), "{path}");
        is_for(LISTED, &reply, path);
    }
}

#[tokio::test]
async fn the_admin_site_is_not_for_pages_elsewhere() {
    let app = listing_app().await;
    let mut browser = app.administrator("ann").await;
    for path in
        ["/admin", "/admin/", "/admin/login/", "/admin/users/", "/admin/trail/", "/admin/nope", "/%61dmin/users/"]
    {
        for method in [Method::GET, Method::POST, Method::OPTIONS] {
            let request = Request::builder().method(method.clone()).uri(path).header(header::ORIGIN, LISTED);
            let request = request.header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST");
            let reply = browser.send(request, Body::empty()).await;
            assert!(spoken(&reply).is_empty() && !varies_by_origin(&reply), "{method} {path}");
            assert!(method != Method::OPTIONS || reply.status >= 400, "{path}: {}", reply.status);
        }
    }
}
