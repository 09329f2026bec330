use faregate::domain::administration::UserChange;
use faregate_tests::{PASSWORD, TestApp};

use super::leads_to;

const SESSION: &str = "__Host-faregate_admin";

#[tokio::test]
async fn staff_come_in_and_are_where_they_wanted_to_be() {
    let app = TestApp::start().await;
    app.staff("ann").await;
    let mut browser = app.browser();
    let sent_away = browser.get("/admin/users/?staff=yes").await;
    leads_to(&sent_away, "/admin/login/?next=%2Fadmin%2Fusers%2F%3Fstaff%3Dyes");
    let entered =
        browser.submit(&sent_away.header("location").unwrap(), &[("username", "ann"), ("password", PASSWORD)]).await;
    leads_to(&entered, "/admin/users/?staff=yes");
    let page = browser.get("/admin/users/").await;
    page.is(200);
    assert!(page.text.contains("<bdi>ann</bdi>"));
    // Who is in already goes on at once: a link from elsewhere comes without the cookie, and leads here.
    leads_to(&browser.get("/admin/login/?next=/admin/trail/").await, "/admin/trail/");
}

#[tokio::test]
async fn the_cookie_is_for_this_host_alone_and_new_at_every_log_in() {
    let app = TestApp::start().await;
    app.staff("ann").await;
    let mut browser = app.browser();
    let first = browser.log_in("ann", PASSWORD).await.header("set-cookie").unwrap();
    let first = first.split(", ").next().unwrap();
    assert!(first.starts_with(&format!("{SESSION}=")), "{first}");
    assert!(first.ends_with("; Path=/; Secure; HttpOnly; SameSite=Strict"), "{first}");
    // A session that somebody planted is not the one that is opened.
    let planted = browser.cookies[SESSION].clone();
    browser.cookies.remove(SESSION);
    let page = browser.get("/admin/login/").await;
    browser.cookies.insert(SESSION.to_owned(), planted.clone());
    browser.post("/admin/login/", &page, &[("username", "ann"), ("password", PASSWORD)]).await.is(303);
    assert_ne!(browser.cookies[SESSION], planted);
    // Nor does it go on beside it.
    let mut thief = app.browser();
    thief.cookies.insert(SESSION.to_owned(), planted.clone());
    thief.get("/admin/users/").await.is(303);
    // The table does not hold what the cookies hold.
    let items = app.items().await;
    assert!(!format!("{items:?}").contains(&planted), "the secret is stored");
}

#[tokio::test]
async fn whoever_may_not_come_in_gets_one_and_the_same_answer() {
    let app = TestApp::start().await;
    app.staff("ann").await;
    app.sign_up("ben").await.is(201);
    let cid = app.staff("cid").await;
    app.change(cid.parse().unwrap(), UserChange::Deactivate).await;
    let mut pages = Vec::new();
    for (username, password) in [
        ("ann", "wrong"),
        ("ben", PASSWORD),
        ("cid", PASSWORD),
        ("nobody", PASSWORD),
        ("not a name", PASSWORD),
        ("ann", ""),
    ] {
        let mut browser = app.browser();
        app.calls.take();
        let reply = browser.log_in(username, password).await;
        reply.is(403);
        assert!(!browser.cookies.contains_key(SESSION));
        let mut calls = app.calls.take();
        calls.sort();
        assert_eq!(calls, ["BatchGetItem", "GetItem", "UpdateItem"], "{username}: two reads, a counted attempt");
        let token = browser.cookies["__Host-faregate_log_in"].clone();
        let form_token =
            reply.text.split("name=\"csrfmiddlewaretoken\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        assert_ne!(form_token, token);
        pages.push(reply.text.replace(form_token, "").replace(&format!("value=\"{username}\""), ""));
    }
    assert!(pages.iter().all(|page| *page == pages[0]), "{pages:#?}");
}

#[tokio::test]
async fn guessing_is_as_slow_here_as_at_the_log_in_of_apps_and_counted_with_it() {
    let app = TestApp::start().await;
    app.staff("ann").await;
    for host in 1..=3 {
        app.browser_at([203, 0, 113, host]).log_in("ANN", "wrong").await.is(403);
    }
    for host in 4..=5 {
        app.phone(&format!("203.0.113.{host}")).log_in("ann", "wrong").await.is(401);
    }
    let mut browser = app.browser_at([203, 0, 113, 6]);
    let refused = browser.log_in("ann", PASSWORD).await;
    assert_eq!((refused.status, refused.header("retry-after").as_deref()), (429, Some("1")));
    assert!(refused.text.contains("Too many attempts. Try again in a second."), "{}", refused.text);
    app.phone("203.0.113.6").log_in("ann", PASSWORD).await.is(429);
    app.clock.advance_seconds(1);
    browser.log_in("ann", PASSWORD).await.is(303);
    // An unknown name is counted the same way.
    for _ in 0..5 {
        app.browser().log_in("nobody", "wrong").await.is(403);
    }
    app.browser().log_in("nobody", "wrong").await.is(429);
}

#[tokio::test]
async fn nobody_who_guesses_keeps_an_administrator_out_of_the_own_browser() {
    const BROWSER: &str = "__Host-faregate_browser";
    let app = TestApp::builder().with("FAREGATE_ACCOUNT_FAILURE_LIMIT", "6").start().await;
    app.staff("ann").await;
    app.staff("ben").await;
    let mut browser = app.browser();
    let entered = browser.log_in("ann", PASSWORD).await;
    let kept = entered.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
    let kept: Vec<_> = kept.filter(|value| value.starts_with(BROWSER)).collect();
    assert!(kept[0].ends_with("; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=7776000"), "{kept:?}");
    for _ in 0..6 {
        app.browser().log_in("ann", "wrong").await;
        app.clock.advance_seconds(30);
    }
    let mut stranger = app.browser();
    let refused = stranger.log_in("ann", PASSWORD).await;
    refused.is(429);
    assert!(refused.text.contains(" hours."), "{}", refused.text);
    let value = browser.cookies[BROWSER].clone();
    browser.cookies.remove(SESSION);
    browser.log_in("ann", PASSWORD).await.is(303);
    assert_eq!(browser.cookies[BROWSER], value);
    // Nor does another's browser help, or one that is not known any more.
    let mut bens = app.browser();
    bens.log_in("ben", PASSWORD).await.is(303);
    bens.cookies.remove(SESSION);
    bens.log_in("ann", PASSWORD).await.is(429);
    let items = app.items().await;
    assert!(!format!("{items:?}").contains(&value), "the secret is stored");
    app.clock.advance_seconds(90 * 86_400);
    for _ in 0..6 {
        app.browser().log_in("ann", "wrong").await;
        app.clock.advance_seconds(30);
    }
    browser.cookies.remove(SESSION);
    browser.log_in("ann", PASSWORD).await.is(429);
}

#[tokio::test]
async fn a_log_in_forgets_what_was_mistyped_before() {
    let app = TestApp::start().await;
    app.staff("ann").await;
    for _ in 0..3 {
        let mut browser = app.browser();
        for _ in 0..4 {
            browser.log_in("ann", "wrong").await.is(403);
        }
        browser.log_in("ann", PASSWORD).await.is(303);
    }
}

#[tokio::test]
async fn guesses_at_the_same_time_cannot_outrun_the_count() {
    let app = TestApp::start().await;
    app.staff("ann").await;
    let guess = async || app.browser().log_in("ann", "wrong").await.status;
    let statuses = futures_util::future::join_all((0..12).map(|_| guess())).await;
    assert_eq!(statuses.iter().filter(|status| **status == 403).count(), 5, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 7, "{statuses:?}");
}

#[tokio::test]
async fn without_the_throttle_nothing_is_counted() {
    let app = TestApp::builder().with("FAREGATE_THROTTLE", "off").start().await;
    app.staff("ann").await;
    let mut browser = app.browser();
    for _ in 0..7 {
        app.calls.take();
        browser.log_in("ann", "wrong").await.is(403);
        assert_eq!(app.calls.take(), ["BatchGetItem", "GetItem"]);
    }
}

#[tokio::test]
async fn leaving_ends_the_session_on_the_server() {
    let app = TestApp::start().await;
    let mut browser = app.administrator("ann").await;
    let kept = browser.cookies.clone();
    let page = browser.get("/admin/users/").await;
    assert_eq!(page.header("cache-control").as_deref(), Some("no-store"));
    leads_to(&browser.post("/admin/logout/", &page, &[]).await, "/admin/login/?done=left");
    assert!(!browser.cookies.contains_key(SESSION));
    let mut thief = app.browser();
    thief.cookies = kept;
    leads_to(&thief.get("/admin/users/").await, "/admin/login/?next=%2Fadmin%2Fusers%2F");
    assert!(browser.get("/admin/login/?done=left").await.text.contains("You are logged out."));
}

#[tokio::test]
async fn a_session_ends_when_nobody_uses_it_and_after_a_working_day() {
    let app = TestApp::start().await;
    let mut browser = app.administrator("ann").await;
    app.clock.advance_seconds(1799);
    browser.get("/admin/users/").await.is(200);
    app.clock.advance_seconds(1799);
    browser.get("/admin/users/").await.is(200);
    app.clock.advance_seconds(1800);
    browser.get("/admin/users/").await.is(303);

    browser.log_in("ann", PASSWORD).await.is(303);
    for _ in 0..18 {
        app.clock.advance_seconds(1590);
        browser.get("/admin/users/").await.is(200);
    }
    app.clock.advance_seconds(180);
    browser.get("/admin/users/").await.is(303);
}

#[tokio::test]
async fn a_click_costs_two_reads_and_once_a_minute_a_write() {
    let app = TestApp::start().await;
    let mut browser = app.administrator("ann").await;
    app.calls.take();
    browser.get("/admin/users/add/").await.is(200);
    assert_eq!(app.calls.take(), ["GetItem", "GetItem"]);
    app.clock.advance_seconds(60);
    browser.get("/admin/users/add/").await.is(200);
    assert_eq!(app.calls.take(), ["GetItem", "GetItem", "UpdateItem"]);
    browser.get("/admin/users/add/").await.is(200);
    assert_eq!(app.calls.take(), ["GetItem", "GetItem"]);
}

#[tokio::test]
async fn who_loses_the_right_to_be_here_is_out_at_the_next_click() {
    let app = TestApp::start().await;
    for (name, change) in
        [("ann", UserChange::Deactivate), ("ben", UserChange::Staff(false)), ("cid", UserChange::EndSessions)]
    {
        let mut browser = app.administrator(name).await;
        let page = browser.get("/admin/users/add/").await;
        let id = app.service.users().find_id(name).await.unwrap().unwrap();
        app.change(id, change).await;
        let fields = [("username", "dora"), ("password1", PASSWORD), ("password2", PASSWORD)];
        leads_to(&browser.post("/admin/users/add/", &page, &fields).await, "/admin/login/?done=over");
        assert_eq!(app.service.users().find_id("dora").await.unwrap(), None, "{name}");
        browser.get("/admin/users/").await.is(303);
    }
    let mut browser = app.administrator("eve").await;
    let id = app.service.users().find_id("eve").await.unwrap().unwrap();
    app.delete(id).await;
    browser.get("/admin/users/").await.is(303);
}

#[tokio::test]
async fn a_site_that_is_switched_off_is_not_there() {
    let app = TestApp::builder().with("FAREGATE_ADMIN_SITE", "off").start().await;
    for path in ["/admin/", "/admin/login/", "/admin/users/"] {
        app.browser().get(path).await.is(404);
    }
}

#[tokio::test]
async fn a_dynamodb_that_fails_is_a_page_that_says_so() {
    let app = TestApp::start().await;
    let mut browser = app.administrator("ann").await;
    app.calls.keep_next_back("GetItem");
    let reply = browser.get("/admin/users/").await;
    reply.is(503);
    assert_eq!(reply.header("retry-after").as_deref(), Some("1"));
    assert!(reply.text.contains("Temporarily unavailable"));
    browser.get("/admin/users/").await.is(200);
}
