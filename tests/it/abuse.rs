//! What every route answers to what no client should send. A route without a row fails the last test.

use axum::http::{HeaderValue, Method, header};
use faregate_tests::{Reply, TestApp, Tokens, empty_request, json_request, raw_request, with_bearer};
use serde_json::{Value, json};

/// A route and what a good request to it looks like.
pub(crate) struct Route {
    pub(crate) path: &'static str,
    pub(crate) method: Method,
    /// The members that it takes.
    pub(crate) members: &'static [&'static str],
    /// Whether it wants an access token.
    pub(crate) wants_token: bool,
}

const fn post(path: &'static str, members: &'static [&'static str]) -> Route {
    Route { path, method: Method::POST, members, wants_token: false }
}

const fn post_with_token(path: &'static str, members: &'static [&'static str]) -> Route {
    Route { path, method: Method::POST, members, wants_token: true }
}

pub(crate) const ROUTES: &[Route] = &[
    post("/api/sign_up/", &["username", "password1", "password2", "first_name", "last_name"]),
    post("/api/log_in/", &["username", "password"]),
    post("/api/token/refresh/", &["refresh"]),
    post("/api/token/verify/", &["token"]),
    post("/api/log_out/", &["refresh"]),
    Route { path: "/api/me/", method: Method::GET, members: &[], wants_token: true },
    post_with_token("/api/ws_ticket/", &[]),
    Route { path: "/api/sessions/", method: Method::GET, members: &[], wants_token: true },
    Route { path: "/api/sessions/{sid}/", method: Method::DELETE, members: &[], wants_token: true },
    post_with_token("/api/log_out/others/", &[]),
    post_with_token("/api/log_out/all/", &[]),
    post_with_token("/api/password/change/", &["old_password", "new_password1", "new_password2"]),
    post_with_token("/api/account/delete/", &["password"]),
];

/// Documents for anybody: they take nothing, so there is little to abuse.
pub(crate) const DOCUMENTS: [&str; 5] = [
    "/.well-known/openid-configuration/",
    "/.well-known/jwks.json/",
    "/api/schema/",
    "/api/docs/",
    "/api/docs/start.js/",
];

/// The row of each file of a page: all are given in the same way.
const ASSETS: (&str, &str) = ("/api/docs/{asset}/", "/api/docs/start.js/");

fn routes_with_a_body() -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().filter(|route| route.method == Method::POST)
}

/// A refusal in the contract's shape: JSON with a detail or messages by field.
fn is_refused(reply: &Reply, what: &str) {
    assert!((400..500).contains(&reply.status), "{what}: {} {}", reply.status, reply.text);
    let members = reply.json.as_object().unwrap_or_else(|| panic!("{what}: {}", reply.text));
    assert!(!members.is_empty(), "{what}");
    for (name, value) in members {
        assert!(value.is_array() || matches!(name.as_str(), "detail" | "code"), "{what}: {}", reply.text);
    }
}

#[tokio::test]
async fn malformed_bodies() {
    let app = TestApp::start().await;
    let deep = format!("{{\"username\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let bodies: Vec<(&str, Vec<u8>)> = vec![
        ("application/json", b"{".to_vec()),
        ("application/json", b"[]".to_vec()),
        ("application/json", b"null".to_vec()),
        ("application/json", b"\"\"".to_vec()),
        ("application/json", b"{\"username\":\"a\",}".to_vec()),
        ("application/json", b"\xff\xfe".to_vec()),
        ("application/json", b"\xef\xbb\xbf{}".to_vec()),
        ("application/json", b"{\"username\":\"\xed\xa0\x80\"}".to_vec()),
        ("application/json", b"{\"a\\u0000b\":1}".to_vec()),
        ("application/json", format!("{{\"username\":{}}}", "9".repeat(5000)).into_bytes()),
        ("application/json", b"{\"username\":1e999999999999}".to_vec()),
        ("application/json", deep.into_bytes()),
        ("application/json", "{\"a\":".repeat(50_000).into_bytes()),
        ("application/json", format!("{{{}\"z\":1}}", "\"a\":1,".repeat(2000)).into_bytes()),
        ("application/json; charset=utf-16", b"{\"username\":\"a\"}x".to_vec()),
        ("application/x-www-form-urlencoded", b"%".to_vec()),
        ("application/x-www-form-urlencoded", b"=&=&%00=%00".to_vec()),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n".to_vec()),
        ("multipart/form-data; boundary=", b"x".to_vec()),
        ("multipart/form-data", b"--x--".to_vec()),
        ("text/plain", b"{}".to_vec()),
        (";;", b"{}".to_vec()),
        ("\u{e9}", b"{}".to_vec()),
    ];
    let mut tokens = app.user("ann").await;
    for route in routes_with_a_body() {
        for (content_type, body) in &bodies {
            let request = raw_request(Method::POST, route.path, (content_type, body.clone()));
            let reply = app.send(if route.wants_token { with_bearer(request, &tokens.access) } else { request }).await;
            if reply.status == 200 {
                // It may have ended the session.
                tokens = app.log_in("ann").await;
            }
            let shown = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
            // Where no member is asked for, any object will do.
            if !route.members.is_empty() || reply.status >= 300 {
                is_refused(&reply, &format!("{} {content_type} {shown}", route.path));
            }
        }
    }
}

#[tokio::test]
async fn members_of_the_wrong_type_missing_or_hostile() {
    let app = TestApp::start().await;
    let tokens = app.user("ann").await;
    let send = async |route: &Route, body: &Value| {
        let request = json_request(Method::POST, route.path, body);
        app.send(if route.wants_token { with_bearer(request, &tokens.access) } else { request }).await
    };
    let values = [
        json!(null),
        json!([]),
        json!({}),
        json!(true),
        json!(""),
        json!(" \t\u{3000}"),
        json!("a\u{0}b"),
        json!("\u{202e}\u{200b}"),
        json!("x".repeat(100_000)),
        json!("../../etc/passwd"),
        json!("' OR 1=1 --"),
        json!("USER#"),
        json!(-1e308),
    ];
    for route in routes_with_a_body() {
        for member in route.members {
            for value in &values {
                let mut body: Value = route.members.iter().map(|name| ((*name).to_owned(), json!("x"))).collect();
                body[*member] = value.clone();
                let reply = send(route, &body).await;
                is_refused(&reply, &format!("{} {member}={value:.40}", route.path));
                assert!(!route.wants_token || reply.status == 400, "{}: {}", route.path, reply.text);
            }
        }
        if !route.members.is_empty() {
            is_refused(&send(route, &json!({})).await, route.path);
        }
    }
}

#[tokio::test]
async fn wrong_methods_are_405_with_allow_and_a_wrong_accept_is_406() {
    let app = TestApp::start().await;
    let tokens = app.user("ann").await;
    for route in ROUTES {
        let allow = match route.method {
            Method::GET => "GET, HEAD, OPTIONS",
            Method::DELETE => "DELETE, OPTIONS",
            _ => "POST, OPTIONS",
        };
        for method in ["PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "M-SEARCH"] {
            if route.method == *method {
                continue;
            }
            let request = empty_request(Method::from_bytes(method.as_bytes()).unwrap(), route.path);
            let request = if route.wants_token { with_bearer(request, &tokens.access) } else { request };
            let reply = app.send(request).await;
            reply.is(405);
            assert_eq!(reply.header("allow").as_deref(), Some(allow), "{method} {}", route.path);
        }
        let mut request = json_request(route.method.clone(), route.path, &json!({}));
        request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("application/xml"));
        app.send(request).await.is(406);
    }
}

#[tokio::test]
async fn tokens_that_are_none() {
    let app = TestApp::start().await;
    let Tokens { access, .. } = app.user("ann").await;
    let cut = &access[..access.len() - 1];
    let long = "x".repeat(20_000);
    for route in ROUTES.iter().filter(|route| route.wants_token) {
        app.send(empty_request(route.method.clone(), route.path)).await.is(401);
        for token in ["x", "a.b.c", "..", cut, &long, "eyJhbGciOiJub25lIn0.e30."] {
            let reply = app.send(with_bearer(empty_request(route.method.clone(), route.path), token)).await;
            reply.is(401);
            assert!(reply.header("www-authenticate").is_some());
        }
    }
    for route in routes_with_a_body().filter(|route| matches!(route.members, ["refresh" | "token"])) {
        for token in ["x", "a.b.c", "..", cut, &long, "eyJhbGciOiJub25lIn0.e30."] {
            app.post(route.path, &json!({route.members[0]: token})).await.is(401);
        }
    }
}

#[tokio::test]
async fn bodies_over_the_limits() {
    let app = TestApp::start().await;
    let tokens = app.user("ann").await;
    for route in routes_with_a_body() {
        // Over Django's limit: its own page.
        let request = raw_request(Method::POST, route.path, ("application/json", vec![b' '; 2_621_441]));
        let reply = app.send(if route.wants_token { with_bearer(request, &tokens.access) } else { request }).await;
        reply.is(400);
        assert!(reply.text.contains("Bad Request (400)"));
        // Over API Gateway's limit: the gateway's answer.
        let reply = app.send(raw_request(Method::POST, route.path, ("application/json", vec![b' '; 10_485_761]))).await;
        reply.is(413);
        assert_eq!(reply.json, json!({"message": "Request Entity Too Large"}));
    }
}

#[tokio::test]
async fn repeated_and_concurrent_requests_never_fail_on_our_side() {
    let app = std::sync::Arc::new(TestApp::start().await);
    let tokens = app.user("ann").await;
    let mut running = tokio::task::JoinSet::new();
    for round in 0..4 {
        for route in ROUTES {
            let (app, tokens) = (std::sync::Arc::clone(&app), tokens.clone());
            running.spawn(async move {
                let token = if round % 2 == 0 { &tokens.refresh } else { &tokens.access };
                let body: Value = route.members.iter().map(|name| ((*name).to_owned(), json!(token))).collect();
                let request = json_request(route.method.clone(), route.path, &body);
                let request = if route.wants_token { with_bearer(request, &tokens.access) } else { request };
                (route.path, app.send(request).await.status)
            });
        }
    }
    for (path, status) in running.join_all().await {
        assert!(status < 500, "{path}: {status}");
    }
}

#[tokio::test]
async fn paths_that_are_no_route_are_404() {
    let app = TestApp::start().await;
    for path in [
        "/",
        "/api",
        "/api/",
        "/api/sign_up//",
        "//api/sign_up/",
        "/api/sign_up/x",
        "/api/sign_up/..",
        "/API/sign_up/",
        "/api/sign_up%00/",
        "/api/sign_up%3f",
        "/api/sign_up%ff/",
        "/%",
        "/api/me/%2e%2e",
    ] {
        let reply = app.send(empty_request(Method::GET, path)).await;
        assert_eq!(reply.status, 404, "{path}: {}", reply.text);
        assert_eq!(reply.header("x-content-type-options").as_deref(), Some("nosniff"), "{path}");
    }
}

#[tokio::test]
async fn documents_take_nothing_and_give_the_same_to_everybody() {
    let app = TestApp::start().await;
    for path in DOCUMENTS {
        for method in ["POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"] {
            let reply =
                app.send(raw_request(Method::from_bytes(method.as_bytes()).unwrap(), path, ("text/x", "{"))).await;
            reply.is(405);
            assert_eq!(reply.header("allow").as_deref(), Some("GET, HEAD, OPTIONS"), "{method} {path}");
            assert_eq!(reply.json, json!({"detail": format!("Method \"{method}\" not allowed.")}));
        }
        app.send(empty_request(Method::OPTIONS, path)).await.is(204);
        let plain = app.send(empty_request(Method::GET, path)).await;
        let odd = with_bearer(raw_request(Method::GET, &format!("{path}?format=x&a=%ff"), ("a/b", "{")), "garbage");
        let odd = app.send(odd).await;
        odd.is(200);
        assert_eq!((odd.header("etag"), odd.text), (plain.header("etag"), plain.text));
        app.send(empty_request(Method::GET, &format!("{path}x"))).await.is(404);
    }
}

#[tokio::test]
async fn a_head_answer_has_no_body() {
    let app = TestApp::start().await;
    for path in ["/api/me/", "/api/log_in/", "/.well-known/jwks.json", "/nope"] {
        assert_eq!(app.send(empty_request(Method::HEAD, path)).await.text, "", "{path}");
    }
}

#[test]
fn every_route_has_a_row() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("functions");
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path().join("src/lib.rs")).unwrap();
        for rest in text.split("path: \"").skip(1) {
            let path = format!("{}/", rest.split('"').next().unwrap());
            // The pages of the admin site have a suite of their own (tests/it/admin/forgeries.rs), which reads the same list.
            if path.starts_with("/admin") {
                continue;
            }
            let path = if path == ASSETS.0 { ASSETS.1.to_owned() } else { path };
            let has_row = ROUTES.iter().any(|route| route.path == path) || DOCUMENTS.contains(&path.as_str());
            assert!(has_row, "{path} has no row");
        }
    }
}
