use faregate::domain::administration::UserChange;
use faregate_tests::{PASSWORD, Reply, TestApp};

use super::address_of;

/// What each row of the trail says was done.
fn deeds(page: &Reply) -> Vec<String> {
    page.is(200);
    let cells = page.text.split("data-label=\"What\">").skip(1);
    cells.map(|rest| rest.split('<').next().unwrap().to_owned()).collect()
}

/// Where the link "Older" of `page` leads.
fn older(page: &Reply) -> String {
    let link = page.text.split("rel=\"next\"").next().unwrap().rsplit("href=\"").next().unwrap();
    link.split('"').next().unwrap().replace("&amp;", "&")
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
    app.staff("ann").await;
    // Deeds of one millisecond have no order.
    app.clock.advance_seconds(1);
    let mut browser = app.browser();
    browser.log_in("ann", PASSWORD).await.is(303);
    let now = browser.get("/admin/trail/").await;
    assert_eq!(deeds(&now), ["Logged in here", "Made staff"]);
    assert!(now.text.contains("href=\"/admin/trail/?month=2026-01\""), "{}", now.text);
    app.calls.take();
    let before = browser.get("/admin/trail/?month=2026-01").await;
    // Session and user, the entries, the names.
    assert_eq!(app.calls.take(), ["GetItem", "GetItem", "Query", "BatchGetItem"]);
    assert_eq!(deeds(&before).len(), 50);
    let older = browser.get(&older(&before)).await;
    assert_eq!(deeds(&older).len(), 10);
    // Forward again, but not into the future.
    assert!(before.text.contains("href=\"/admin/trail/?month=2026-02\">The month after"), "{}", before.text);
    assert!(!now.text.contains("The month after"));
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

#[tokio::test]
async fn the_whole_trail_of_a_user_is_told_also_of_one_who_is_deleted() {
    let app = TestApp::start().await;
    app.sign_up("ben").await.is(201);
    let id = app.service.users().find_id("ben").await.unwrap().unwrap();
    for _ in 0..55 {
        app.clock.advance_seconds(1);
        app.change(id, UserChange::EndSessions).await;
    }
    let mut browser = app.administrator("ann").await;
    let whole = format!("/admin/trail/?user={id}");
    let page = browser.get(&format!("/admin/users/{id}/")).await;
    assert_eq!(deeds(&page).len(), 10);
    assert!(page.text.contains(&format!("<a href=\"{whole}\">All of it")), "{}", page.text);

    let first = browser.get(&whole).await;
    assert_eq!(deeds(&first).len(), 50);
    assert!(first.text.contains("<bdi>ben</bdi>") && !first.text.contains("The month"));
    let last = browser.get(&older(&first)).await;
    assert_eq!(deeds(&last).len(), 5);
    assert!(!last.text.contains("rel=\"next\""));

    app.clock.advance_seconds(1);
    app.delete(id).await;
    assert!(
        browser.get("/admin/trail/").await.text.contains(&format!("<a class=\"soft\" href=\"{whole}\"><code>{id}"))
    );
    let gone = browser.get(&whole).await;
    assert!(deeds(&gone).contains(&"Deleted the user".to_owned()));
    assert!(!gone.text.contains("<bdi>ben</bdi>"));
}

#[tokio::test]
async fn who_has_few_entries_has_them_all_on_the_own_page() {
    let app = TestApp::start().await;
    app.sign_up("ben").await.is(201);
    let id = app.service.users().find_id("ben").await.unwrap().unwrap();
    let mut browser = app.administrator("ann").await;
    for _ in 0..10 {
        app.clock.advance_seconds(1);
        app.change(id, UserChange::EndSessions).await;
    }
    let page = browser.get(&format!("/admin/users/{id}/")).await;
    assert_eq!(deeds(&page).len(), 10);
    assert!(!page.text.contains("All of it"));
}

#[tokio::test]
async fn what_no_link_of_ours_asks_is_not_there() {
    let app = TestApp::start().await;
    let mut browser = app.administrator("ann").await;
    let long = "0".repeat(2000);
    for query in [
        "month=2026-%2B1",
        "month=2026-13",
        "user=ann",
        "before=g",
        "before=01968C4E-7A00-7000-8000-000000000001",
        "month=2026-01&before=1",
        "user=01968c4e-7a00-7000-8000-000000000001&before=x",
        &format!("before={long}"),
    ] {
        browser.get(&format!("/admin/trail/?{query}")).await.is(404);
    }
    browser.get("/admin/trail/?before=01968c4e-7a00-7000-8000-000000000001").await.is(200);
}

#[tokio::test]
async fn what_was_kept_for_its_time_is_not_told_even_if_it_is_still_there() {
    let app = TestApp::start().await;
    app.sign_up("ben").await.is(201);
    let id = app.service.users().find_id("ben").await.unwrap().unwrap();
    app.change(id, UserChange::Deactivate).await;
    let told = async || {
        let mut browser = app.browser();
        browser.log_in("ann", PASSWORD).await.is(303);
        let month = browser.get("/admin/trail/?month=2026-01").await;
        let user = browser.get(&format!("/admin/trail/?user={id}")).await;
        [month, user].map(|page| deeds(&page).contains(&"Deactivated".to_owned()))
    };
    app.staff("ann").await;
    app.clock.advance_seconds(400 * 86_400 - 1);
    assert_eq!(told().await, [true, true]);
    app.clock.advance_seconds(1);
    assert_eq!(told().await, [false, false]);
}
