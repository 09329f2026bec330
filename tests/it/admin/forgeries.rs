use axum::body::Body;
use axum::http::{Method, Request};
use faregate_tests::{PASSWORD, TestApp};

use super::{address_of, leads_to};

/// Every page of the site, with a user's id where the path wants one.
fn pages(address: &str) -> Vec<String> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let text = std::fs::read_to_string(root.join("functions/admin/src/lib.rs")).unwrap();
    let paths = text.split("path: \"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned());
    let filled = paths.map(|path| format!("{}/", path.replace("/admin/users/{id}", address.trim_end_matches('/'))));
    filled.filter(|path| path != "/admin/login/").collect()
}

#[tokio::test]
async fn no_page_is_shown_without_a_session() {
    let app = TestApp::start().await;
    let address = address_of(&mut app.administrator("ann").await, "ann").await;
    let pages = pages(&address);
    assert!(pages.len() >= 8);
    for page in pages {
        for cookie in [None, Some(""), Some("x"), Some("AAAAAAAAAAAAAAAAAAAAAA"), Some("AAAAAAAAAAAAAAAAAAAAA/")] {
            let mut browser = app.browser();
            if let Some(cookie) = cookie {
                browser.cookies.insert("__Host-faregate_admin".to_owned(), cookie.to_owned());
            }
            let reply = browser.get(&page).await;
            reply.is(303);
            assert!(reply.header("location").unwrap().starts_with("/admin/login/?next="), "{page}");
            assert_eq!(reply.text, "");
        }
    }
}

#[tokio::test]
async fn an_access_token_opens_no_page() {
    let app = TestApp::start().await;
    app.staff("ann").await;
    let access = app.log_in("ann").await.access;
    let mut browser = app.browser();
    let request = Request::builder().uri("/admin/users/").header("authorization", format!("Bearer {access}"));
    browser.send(request, Body::empty()).await.is(303);
}

#[tokio::test]
async fn a_form_that_another_site_sends_changes_nothing() {
    let app = TestApp::start().await;
    app.sign_up("ben").await.is(201);
    let mut ann = app.administrator("ann").await;
    let mut cid = app.administrator("cid").await;
    let address = address_of(&mut ann, "ben").await;
    let page = ann.get(&address).await;
    let foreign = cid.get(&address).await;
    let deed = [("action", "deactivate")];

    // Without a token, with one that is made up, and with another administrator's.
    ann.post_alone(&address, &[deed[0], ("version", "0")]).await.is(403);
    ann.post(&address, &page, &[deed[0], ("csrfmiddlewaretoken", "forged")]).await.is(403);
    ann.post(&address, &foreign, &deed).await.is(403);
    // From elsewhere, though the token is right.
    for origin in [None, Some("https://evil.example"), Some("null"), Some("http://localhost:8001")] {
        ann.origin = origin;
        let refused = ann.post(&address, &page, &deed).await;
        refused.is(403);
        assert!(refused.text.contains("Nothing was changed"));
    }
    ann.origin = Some("http://localhost:8000");
    // The token of the session before is no good after the next log-in.
    let old = ann.get(&address).await;
    let log_out = ann.get("/admin/users/").await;
    ann.post("/admin/logout/", &log_out, &[]).await.is(303);
    ann.log_in("ann", PASSWORD).await.is(303);
    ann.post(&address, &old, &deed).await.is(403);

    assert!(app.try_log_in("ben", PASSWORD).await.is(200));
    let page = ann.get(&address).await;
    ann.post(&address, &page, &deed).await.is(303);
    app.try_log_in("ben", PASSWORD).await.is(401);
}

#[tokio::test]
async fn another_site_cannot_log_a_browser_in() {
    let app = TestApp::start().await;
    app.staff("ann").await;
    let mut browser = app.browser();
    let page = browser.get("/admin/login/").await;
    let fields = [("username", "ann"), ("password", PASSWORD)];
    browser.post_alone("/admin/login/", &fields).await.is(403);
    let mut other = app.browser();
    other.post("/admin/login/", &page, &fields).await.is(403);
    browser.origin = Some("https://evil.example");
    browser.post("/admin/login/", &page, &fields).await.is(403);
    browser.origin = Some("http://localhost:8000");
    browser.post("/admin/login/", &page, &fields).await.is(303);
}

#[tokio::test]
async fn a_log_in_never_leads_to_another_site() {
    let app = TestApp::start().await;
    app.staff("ann").await;
    for next in
        ["//evil.example", "https://evil.example/", "/\\evil.example", "/\t/evil.example", "javascript:alert(1)"]
    {
        let mut browser = app.browser();
        let in_link = next.replace('\t', "%09");
        let page = browser.get(&format!("/admin/login/?next={in_link}")).await;
        let fields = [("username", "ann"), ("password", PASSWORD), ("next", next)];
        leads_to(&browser.post("/admin/login/", &page, &fields).await, "/admin/users/");
        leads_to(&browser.get(&format!("/admin/login/?next={in_link}")).await, "/admin/users/");
    }
}

#[tokio::test]
async fn what_no_page_takes_is_refused_on_a_page() {
    let app = TestApp::start().await;
    app.sign_up("ben").await.is(201);
    let mut browser = app.administrator("ann").await;
    let address = address_of(&mut browser, "ben").await;
    for page in pages(&address) {
        for method in ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"] {
            let request = Request::builder().method(Method::from_bytes(method.as_bytes()).unwrap()).uri(&page);
            let reply = browser.send(request, Body::empty()).await;
            reply.is(405);
            assert!(reply.header("allow").unwrap().starts_with("GET, HEAD"), "{page}");
        }
        let large = [("username", "x".repeat(200_000))];
        let large: Vec<(&str, &str)> = large.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let status = browser.post_alone(&page, &large).await.status;
        assert!(matches!(status, 405 | 413), "{page}: {status}");
    }
    for unknown in [
        "/admin/users/7/",
        "/admin/users/01968c4e-7a00-7000-8000-000000000001/",
        "/admin/nothing/",
        "/admin/trail/?month=x",
    ] {
        browser.get(unknown).await.is(404);
    }
    let page = browser.get(&address).await;
    for fields in [
        vec![("action", "explode")],
        vec![("action", "names"), ("version", "x")],
        vec![("action", "end_session"), ("session", "x")],
    ] {
        browser.post(&address, &page, &fields).await.is(404);
    }
}

#[tokio::test]
async fn the_way_out_is_on_every_page_behind_the_log_in() {
    let app = TestApp::start().await;
    let mut browser = app.administrator("ann").await;
    let address = address_of(&mut browser, "ann").await;
    for path in pages(&address).into_iter().filter(|path| path != "/admin/logout/") {
        let page = browser.open(&path).await;
        page.is(200);
        assert!(page.text.contains(" action=\"/admin/logout/\"") && page.text.contains("Log out</button>"), "{path}");
    }
}

#[tokio::test]
async fn a_field_for_a_password_hides_it_and_tells_the_browsers_keeper_what_it_is_for() {
    let app = TestApp::start().await;
    let mut browser = app.administrator("ann").await;
    let address = address_of(&mut browser, "ann").await;
    let mut found = Vec::new();
    for path in pages(&address).into_iter().chain(["/admin/login/".to_owned()]) {
        let page = if path == "/admin/login/" { app.browser().get(&path).await } else { browser.open(&path).await };
        let inputs = page.text.split('<').filter(|tag| tag.starts_with("input ") && tag.contains(" name=\"password"));
        found.extend(inputs.map(str::to_owned));
    }
    assert_eq!(found.len(), 5, "{found:?}");
    for input in found {
        assert!(input.contains(" type=\"password\" value=\"\" autocomplete=\""), "{input}");
        let kept_by_browsers = ["\"current-password\"", "\"new-password\""];
        assert!(kept_by_browsers.iter().any(|purpose| input.contains(purpose)), "{input}");
    }
}

#[tokio::test]
async fn every_page_allows_nothing_but_its_own_stylesheet() {
    let app = TestApp::start().await;
    let mut browser = app.administrator("ann").await;
    let address = address_of(&mut browser, "ann").await;
    for path in pages(&address).into_iter().chain(["/admin/login/".to_owned(), "/admin/users/7/".to_owned()]) {
        // The log-in is for those who are not in.
        let reply = if path == "/admin/login/" { app.browser().get(&path).await } else { browser.open(&path).await };
        let policy = reply.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains("script"), "{policy}");
        assert_eq!(reply.header("x-frame-options").as_deref(), Some("DENY"));
        assert_eq!(reply.header("strict-transport-security").as_deref(), Some("max-age=31536000"));
        assert_eq!(reply.header("cache-control").as_deref(), Some("no-store"));
        for forbidden in ["<script", " style=", " onclick=", "javascript:", "http-equiv"] {
            assert!(!reply.text.contains(forbidden), "{path} has {forbidden}");
        }
    }
}
