use faregate::domain::administration::UserChange;
use faregate_tests::{PASSWORD, Reply, TestApp};

use super::address_of;

/// What each row of the trail says was done.
fn deeds(page: &Reply) -> Vec<String> {
    page.is(200);
    let cells = page.text.split("data-label=\"What\">").skip(1);
    cells.map(|rest| rest.split('<').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn every_deed_is_told_with_who_did_it() {
    let app = TestApp::start().await;
    app.sign_up("ben").await.is(201);
    let mut browser = app.administrator("ann").await;
    let address = address_of(&mut browser, "ben").await;
    let sid = faregate_tests::claim(&app.log_in("ben").await.refresh, "sid");
    for fields in [
        vec![("action", "names"), ("first_name", "B")],
        vec![("action", "deactivate")],
        vec![("action", "activate")],
        vec![("action", "grant_staff")],
        vec![("action", "revoke_staff")],
        vec![("action", "end_session"), ("session", &sid)],
        vec![("action", "end_sessions")],
    ] {
        app.clock.advance_seconds(1);
        let page = browser.get(&address).await;
        browser.post(&address, &page, &fields).await.is(303);
    }
    app.clock.advance_seconds(1);
    let new = [("password1", "another-Oak-77"), ("password2", "another-Oak-77")];
    browser.submit(&format!("{address}password/"), &new).await.is(303);
    app.clock.advance_seconds(1);
    // An operator, by the command.
    let id = app.service.users().find_id("ben").await.unwrap().unwrap();
    app.change(id, UserChange::EndSessions).await;

    let page = browser.get(&address).await;
    let wanted = [
        "Ended all sessions",
        "Set a password",
        "Ended all sessions",
        "Ended a session",
        "Took staff away",
        "Made staff",
        "Activated",
        "Deactivated",
        "Changed the names",
    ];
    assert_eq!(deeds(&page), wanted);
    assert!(page.text.contains("Operator") && page.text.contains("2026-01-01 00:00 UTC"), "{}", page.text);

    app.clock.advance_seconds(1);
    browser.submit(&format!("{address}delete/"), &[("username", "ben")]).await.is(303);
    let month = browser.get("/admin/trail/").await;
    let mut last = deeds(&month)[..2].to_vec();
    last.sort();
    assert_eq!(last, ["Deactivated", "Deleted the user"]);
    // Who is gone is an id and no name.
    assert!(month.text.contains(&format!("{id}</code> (deleted)")) && !month.text.contains("<bdi>ben</bdi>"));
    assert!(deeds(&month).contains(&"Logged in here".to_owned()));
}

#[tokio::test]
async fn the_trail_goes_back_page_by_page_and_month_by_month() {
    let app = TestApp::start().await;
    app.sign_up("ben").await.is(201);
    let id = app.service.users().find_id("ben").await.unwrap().unwrap();
    for _ in 0..60 {
        app.clock.advance_seconds(1);
        app.change(id, UserChange::EndSessions).await;
    }
    app.clock.advance_seconds(31 * 86_400);
    let mut browser = app.administrator("ann").await;
    let now = browser.get("/admin/trail/").await;
    assert_eq!(deeds(&now), ["Logged in here", "Made staff"]);
    assert!(now.text.contains("href=\"/admin/trail/?month=2026-01\""), "{}", now.text);
    app.calls.take();
    let before = browser.get("/admin/trail/?month=2026-01").await;
    // Session and user, the entries, the names.
    assert_eq!(app.calls.take(), ["GetItem", "GetItem", "Query", "BatchGetItem"]);
    assert_eq!(deeds(&before).len(), 50);
    let older = before.text.split("rel=\"next\"").next().unwrap().rsplit("href=\"").next().unwrap();
    let older = browser.get(&older.split('"').next().unwrap().replace("&amp;", "&")).await;
    assert_eq!(deeds(&older).len(), 10);
    assert!(browser.get("/admin/trail/?month=2020-02").await.text.contains("Nothing was done"));
}

#[tokio::test]
async fn a_log_in_and_a_log_out_are_told_with_the_address() {
    let app = TestApp::start().await;
    app.staff("ann").await;
    app.clock.advance_seconds(1);
    let mut browser = app.browser();
    browser.log_in("ann", PASSWORD).await.is(303);
    let page = browser.get("/admin/users/").await;
    app.clock.advance_seconds(1);
    browser.post("/admin/logout/", &page, &[]).await.is(303);
    app.clock.advance_seconds(1);
    browser.log_in("ann", PASSWORD).await.is(303);
    assert_eq!(
        deeds(&browser.get("/admin/trail/").await)[..3],
        ["Logged in here", "Logged out here", "Logged in here"]
    );
}
