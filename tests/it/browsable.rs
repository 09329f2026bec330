//! The pages for browsers: what is on them, what their forms can do, and that nothing of it counts anywhere else.

use aws_lc_rs::digest::{SHA256, digest};
use axum::body::Body;
use axum::http::{HeaderValue, Method, Request, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use faregate_tests::{PASSWORD, Reply, TestApp, empty_request, json_request, raw_request, with_bearer};
use serde_json::json;

use crate::abuse::ROUTES;

const FORM: &str = "application/x-www-form-urlencoded";
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/// `request` from a browser.
fn browsing(mut request: Request<Body>) -> Request<Body> {
    request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static(BROWSER));
    request
}

async fn open(app: &TestApp, path: &str) -> Reply {
    app.send(browsing(empty_request(Method::GET, path))).await
}

fn form_request(path: &str, fields: &[(&str, &str)]) -> Request<Body> {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    raw_request(Method::POST, path, (FORM, body))
}

/// Sends a form as a page's button does.
async fn submit(app: &TestApp, path: &str, fields: &[(&str, &str)]) -> Reply {
    app.send(browsing(form_request(path, fields))).await
}

fn is_page(reply: &Reply) -> bool {
    reply.header("content-type").as_deref() == Some("text/html; charset=utf-8")
}

/// The elements `name` of a page, each with its attributes.
fn elements<'a>(page: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    page.split('<').filter_map(|part| part.split('>').next()).filter(move |tag| tag.split(' ').next() == Some(name))
}

/// A page whose answer says this status.
fn shows(reply: &Reply, status: &str) {
    assert!(is_page(reply), "{:?}", reply.headers);
    assert!(reply.text.contains(&format!(">HTTP {status}</strong>")), "{status}: {}", reply.text);
}

#[tokio::test]
async fn a_browser_gets_a_page_from_every_route_with_every_field_of_it() {
    let app = TestApp::start().await;
    for route in ROUTES {
        let reply = open(&app, route.path).await;
        assert!(is_page(&reply), "{}", route.path);
        let names: Vec<_> = elements(&reply.text, "input").filter_map(|tag| tag.split(" name=\"").nth(1)).collect();
        let has = |name: &str| names.iter().any(|found| found.split('"').next() == Some(name));
        for member in route.members {
            assert!(has(member), "{} {member}", route.path);
            assert!(reply.text.contains(&format!("&quot;{member}&quot;: &quot;&quot;")), "{} {member}", route.path);
        }
        assert_eq!(has("access_token"), route.wants_token && route.path != "/api/me/", "{}", route.path);
        assert_eq!(elements(&reply.text, "textarea").count(), usize::from(route.method == Method::POST));
        for form in elements(&reply.text, "form") {
            assert!(form.contains(" action=\"?"), "{}: {form}", route.path);
        }
        assert!(reply.text.contains("OPTIONS</button>"), "{}", route.path);
        assert_eq!(reply.text.contains("DELETE</button>"), route.method == Method::DELETE, "{}", route.path);
    }
}

#[tokio::test]
async fn a_field_for_a_password_hides_it_where_the_contract_does_not_show_it() {
    let app = TestApp::start().await;
    let mut passwords = 0;
    // The form of the sign-up is recorded, in clear.
    for route in ROUTES.iter().filter(|route| route.path != "/api/sign_up/") {
        let reply = open(&app, route.path).await;
        for input in elements(&reply.text, "input").filter(|tag| tag.contains("name=\"") && tag.contains("password")) {
            assert!(input.contains(" type=\"password\""), "{}: {input}", route.path);
            passwords += 1;
        }
    }
    assert_eq!(passwords, 5);
}

#[tokio::test]
async fn a_page_runs_and_loads_nothing_and_its_policy_allows_its_stylesheet_alone() {
    let app = TestApp::start().await;
    for route in ROUTES {
        let reply = open(&app, route.path).await;
        let style = reply.text.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
        let hash = STANDARD.encode(digest(&SHA256, style.as_bytes()));
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{hash}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        );
        assert_eq!(reply.header("content-security-policy"), Some(policy));
        assert_eq!(reply.header("cache-control").as_deref(), Some("no-store"));
        assert_eq!(reply.header("vary").as_deref(), Some("Accept, Cookie"));
        let rest = reply.text.replace(style, "");
        for tag in rest.split('<').filter_map(|part| part.split('>').next()) {
            for forbidden in ["script", "link", "img", "iframe"] {
                assert!(!tag.starts_with(forbidden), "{tag}");
            }
            for forbidden in [" on", " style=", " src=", "javascript:", "//"] {
                assert!(!tag.contains(forbidden), "{tag}");
            }
        }
    }
}

#[tokio::test]
async fn the_page_shows_the_answer_as_an_app_gets_it() {
    let app = TestApp::start().await;
    let reply = open(&app, "/api/sign_up/").await;
    assert!(reply.is(405));
    shows(&reply, "405 Method Not Allowed");
    for part in [
        "<b>GET</b> <bdi>/api/sign_up/</bdi>",
        "<b>Allow:</b> POST, OPTIONS\n",
        "<b>Content-Type:</b> application/json\n",
        "&quot;detail&quot;: &quot;Method \\&quot;GET\\&quot; not allowed.&quot;",
        "Makes a user.",
        "Not logged in",
    ] {
        assert!(reply.text.contains(part), "{part}: {}", reply.text);
    }
    let json = app.send(browsing(empty_request(Method::GET, "/api/sign_up/?format=json"))).await;
    assert_eq!(json.json, json!({"detail": "Method \"GET\" not allowed."}));
}

#[tokio::test]
async fn who_asks_stands_on_top_and_a_way_to_log_in_where_that_helps() {
    let app = TestApp::start().await;
    for (path, text) in [
        ("/api/log_in/", "No log-in is needed here"),
        ("/api/sign_up/", "Not logged in"),
        ("/api/sessions/", "No access token yet"),
        ("/api/me/", "href=\"/admin/login/?next=%2Fapi%2Fme%2F\""),
    ] {
        let page = open(&app, path).await;
        assert!(page.text.contains(text), "{path}: {}", page.text);
        assert_eq!(page.text.contains("/admin/login/"), path == "/api/me/", "{path}");
    }
    let without = TestApp::builder().with("FAREGATE_ADMIN_SITE", "off").start().await;
    assert!(!open(&without, "/api/me/").await.text.contains("/admin/login/"));
}

#[tokio::test]
async fn what_is_wrong_stands_beside_its_field_and_only_what_is_no_secret_stays() {
    let app = TestApp::start().await;
    let fields = [("username", "a b"), ("password1", "s3cret-one"), ("password2", "s3cret-two"), ("first_name", "Ann")];
    let reply = submit(&app, "/api/sign_up/", &fields).await;
    assert!(reply.is(400));
    let username = elements(&reply.text, "input").find(|tag| tag.contains(" name=\"username\"")).unwrap();
    for part in
        [" value=\"a b\"", " aria-invalid=\"true\"", " aria-describedby=\"field-username-wrong field-username-help\""]
    {
        assert!(username.contains(part), "{username}");
    }
    assert!(reply.text.contains("id=\"field-username-wrong\"><li>Enter a valid username."), "{}", reply.text);
    assert!(reply.text.contains(" value=\"Ann\""));
    assert!(!reply.text.contains("s3cret"), "{}", reply.text);

    let differing = [("username", "ann"), ("password1", "s3cret-one"), ("password2", "s3cret-two")];
    let reply = submit(&app, "/api/sign_up/", &differing).await;
    assert!(reply.text.contains("role=\"alert\"><p>Passwords must match.</p>"), "{}", reply.text);

    let unnamed = [("username", "ann"), ("password", PASSWORD), ("rotation_next", "x")];
    let reply = submit(&app, "/api/log_in/", &unnamed).await;
    assert!(reply.text.contains("role=\"alert\"><p>rotation_next: Enter the SHA-256"), "{}", reply.text);
}

#[tokio::test]
async fn no_secret_that_is_refused_comes_back() {
    let app = TestApp::start().await;
    for route in ROUTES.iter().filter(|route| route.method == Method::POST) {
        let secrets = route.members.iter().filter(|name| !matches!(**name, "username" | "first_name" | "last_name"));
        let fields: Vec<_> = secrets.map(|name| (*name, "s3cret")).chain([("access_token", "s3cret")]).collect();
        let raw = json!(fields.iter().copied().collect::<std::collections::BTreeMap<_, _>>()).to_string();
        let reply = submit(&app, route.path, &fields).await;
        assert!(reply.status >= 400 && !reply.text.contains("s3cret"), "{}: {}", route.path, reply.text);
        let raw = [("_content_type", "application/json"), ("_content", &raw), ("access_token", "s3cret")];
        let reply = submit(&app, route.path, &raw).await;
        assert!(reply.status >= 400 && !reply.text.contains("s3cret"), "{}: {}", route.path, reply.text);
    }
}

#[tokio::test]
async fn what_came_with_the_request_is_shown_as_text() {
    let app = TestApp::start().await;
    let markup = "</pre><script>alert(1)</script><b x=\"y\" 'z'>&amp;\u{202e}evil\u{2066}";
    let wide = "\u{1f695}界".repeat(75);
    for name in [markup, &wide] {
        let raw = json!({"username": "no body", "first_name": name, "last_name": name}).to_string();
        let as_json = [("_content_type", "application/json"), ("_content", raw.as_str())];
        let as_fields = [("username", "no body"), ("first_name", name)];
        for fields in [&as_json[..], &as_fields[..]] {
            let reply = submit(&app, "/api/sign_up/", fields).await;
            assert!(reply.is(400) && !reply.text.contains("<script") && !reply.text.contains("<b x"), "{}", reply.text);
        }
    }
    let user = [("username", "ann"), ("password1", PASSWORD), ("password2", PASSWORD), ("first_name", markup)];
    let reply = submit(&app, "/api/sign_up/", &user).await;
    shows(&reply, "201 Created");
    assert!(reply.text.contains("&lt;/pre&gt;&lt;script&gt;alert(1)"), "{}", reply.text);
    assert!(reply.text.contains("&amp;amp;\\u202eevil\\u2066&quot;"), "{}", reply.text);
    let reply = open(&app, "/api/sessions/&lt;b&gt;%26quot;/").await;
    assert!(reply.is(401) && reply.text.contains("/api/sessions/&amp;lt;b&amp;gt;&amp;quot;/</bdi>"), "{}", reply.text);
}

#[tokio::test]
async fn forms_list_end_and_open_what_an_access_token_opens() {
    let app = TestApp::start().await;
    let tokens = app.user("ann").await;
    let other = app.log_in("ann").await;
    let token = ("access_token", format!(" {}\n", tokens.access));
    let token = (token.0, token.1.as_str());
    let listed = submit(&app, "/api/sessions/?_method=GET", &[token]).await;
    shows(&listed, "200 OK");
    let sid = faregate_tests::claim(&other.access, "sid");
    assert!(listed.text.contains(&sid) && listed.text.contains("<b>ann</b>"), "{}", listed.text);
    assert!(!listed.text.contains(&tokens.access));
    let ended = submit(&app, &format!("/api/sessions/{sid}/?format=api&_method=DELETE"), &[token]).await;
    assert!(ended.is(200));
    shows(&ended, "204 No Content");
    assert!(app.me(&other.access).await.is(401));
    shows(&submit(&app, "/api/ws_ticket/", &[token]).await, "201 Created");
    let options = submit(&app, "/api/ws_ticket/?_method=OPTIONS", &[token]).await;
    assert!(options.text.contains("&quot;WebSocket Ticket&quot;"), "{}", options.text);
    let raw =
        json!({"old_password": PASSWORD, "new_password1": "An0ther-tramline", "new_password2": "An0ther-tramline"});
    let raw = raw.to_string();
    let change = [token, ("_content_type", "application/json"), ("_content", &raw)];
    shows(&submit(&app, "/api/password/change/", &change).await, "200 OK");
    assert!(app.try_log_in("ann", "An0ther-tramline").await.is(200));
}

#[tokio::test]
async fn a_method_in_the_query_counts_in_a_form_of_a_page_alone() {
    let app = TestApp::start().await;
    let path = "/api/sign_up/?_method=OPTIONS";
    shows(&submit(&app, path, &[]).await, "200 OK");
    assert!(app.send(form_request(path, &[])).await.is(400));
    assert!(app.send(browsing(json_request(Method::POST, path, &json!({})))).await.is(400));
    let multipart = ("multipart/form-data; boundary=x", "--x--\r\n");
    assert!(app.send(browsing(raw_request(Method::POST, path, multipart))).await.is(400));
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let other = raw_request(method, path, (FORM, ""));
        assert!(app.send(browsing(other)).await.is(405));
    }
    for unknown in ["options", "POST", "PUT", "HEAD", ""] {
        assert!(submit(&app, &format!("/api/sign_up/?_method={unknown}"), &[]).await.is(400), "{unknown}");
    }
    let off = app.another(&[("FAREGATE_BROWSABLE_API", "off")]).await;
    let reply = submit(&off, path, &[]).await;
    assert!(reply.is(400) && !is_page(&reply), "{}", reply.text);
}

#[tokio::test]
async fn an_access_token_in_a_form_counts_on_a_page_alone() {
    let app = TestApp::start().await;
    let tokens = app.user("ann").await;
    let token = [("access_token", tokens.access.as_str())];
    let path = "/api/ws_ticket/";
    assert!(submit(&app, path, &token).await.is(201));
    assert!(app.send(form_request(path, &token)).await.is(401));
    assert!(submit(&app, "/api/ws_ticket/?format=json", &token).await.is(401));
    let as_json = json_request(Method::POST, path, &json!({"access_token": tokens.access}));
    assert!(app.send(browsing(as_json)).await.is(401));
    let in_query = format!("{path}?access_token={}", tokens.access);
    assert!(submit(&app, &in_query, &[]).await.is(401));
    assert!(open(&app, &in_query).await.is(401));
    assert!(submit(&app, "/api/me/?_method=GET", &token).await.is(401));
    let off = app.another(&[("FAREGATE_BROWSABLE_API", "off")]).await;
    assert!(submit(&off, path, &token).await.is(401));
}

#[tokio::test]
async fn an_access_token_that_is_sent_twice_is_refused() {
    let app = TestApp::start().await;
    let tokens = app.user("ann").await;
    let token = ("access_token", tokens.access.as_str());
    let both = with_bearer(browsing(form_request("/api/ws_ticket/", &[token])), &tokens.access);
    for reply in [app.send(both).await, submit(&app, "/api/ws_ticket/", &[token, token]).await] {
        assert!(reply.is(400));
        assert!(reply.text.contains("&quot;code&quot;: &quot;invalid_request&quot;"), "{}", reply.text);
    }
    // The field that a form leaves empty is no second way.
    let header_alone = browsing(form_request("/api/ws_ticket/", &[("access_token", "")]));
    assert!(app.send(with_bearer(header_alone, &tokens.access)).await.is(201));
}

#[tokio::test]
async fn a_head_of_a_page_has_no_body() {
    let app = TestApp::start().await;
    let reply = app.send(browsing(empty_request(Method::HEAD, "/api/me/"))).await;
    assert!(is_page(&reply) && reply.is(401) && reply.text.is_empty());
}
