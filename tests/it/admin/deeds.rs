use faregate::domain::administration::UserChange;
use faregate_tests::{Browser, PASSWORD, Reply, TestApp};

use super::{address_of, leads_to};

async fn act(browser: &mut Browser<'_>, address: &str, fields: &[(&str, &str)]) -> Reply {
    let page = browser.get(address).await;
    page.is(200);
    browser.post(address, &page, fields).await
}

#[tokio::test]
async fn an_administrator_adds_a_user_who_can_log_in() {
    let app = TestApp::start().await;
    let mut browser = app.administrator("ann").await;
    let fields = [
        ("username", "ben"),
        ("first_name", " Ben "),
        ("password1", "another-Oak-77"),
        ("password2", "another-Oak-77"),
        ("is_staff", "yes"),
    ];
    let added = browser.submit("/admin/users/add/", &fields).await;
    let page = browser.get(&added.header("location").unwrap()).await;
    assert!(
        page.text.contains("The user is added.") && page.text.contains("value=\"Ben\"") && page.text.contains("Staff")
    );
    assert!(page.text.contains(">Added the user<") && page.text.contains(">Made staff<"), "{}", page.text);
    app.try_log_in("ben", "another-Oak-77").await.is(200);
    app.browser().log_in("ben", "another-Oak-77").await.is(303);
}

#[tokio::test]
async fn what_is_wrong_with_a_new_user_is_said_beside_the_field() {
    let app = TestApp::start().await;
    let mut browser = app.administrator("ann").await;
    let long = "x".repeat(151);
    for (fields, message) in [
        (vec![("username", ""), ("password1", PASSWORD), ("password2", PASSWORD)], "This field is required."),
        (vec![("username", "a b"), ("password1", PASSWORD), ("password2", PASSWORD)], "Enter a valid username."),
        (
            vec![("username", long.as_str()), ("password1", PASSWORD), ("password2", PASSWORD)],
            "no more than 150 characters",
        ),
        (vec![("username", "ANN"), ("password1", PASSWORD), ("password2", PASSWORD)], "already exists"),
        (vec![("username", "ben"), ("password1", PASSWORD), ("password2", "x")], "Passwords must match."),
        (vec![("username", "ben"), ("password1", "12345678"), ("password2", "12345678")], "entirely numeric"),
        (
            vec![("username", "ben"), ("first_name", &long), ("password1", PASSWORD), ("password2", PASSWORD)],
            "no more than 150",
        ),
        (
            vec![("username", "ben"), ("last_name", "a\0b"), ("password1", PASSWORD), ("password2", PASSWORD)],
            "Null characters",
        ),
        (vec![("username", "ben")], "This field is required."),
    ] {
        let reply = browser.submit("/admin/users/add/", &fields).await;
        reply.is(400);
        assert!(
            reply.text.contains(message) && reply.text.contains("aria-invalid=\"true\""),
            "{message}: {}",
            reply.text
        );
        assert!(!reply.text.contains(PASSWORD), "a password is shown");
        assert_eq!(app.service.users().find_id("ben").await.unwrap(), None);
    }
}

#[tokio::test]
async fn names_with_markup_marks_and_emoji_are_text() {
    let app = TestApp::start().await;
    let mut browser = app.administrator("ann").await;
    app.sign_up("ben").await.is(201);
    let address = address_of(&mut browser, "ben").await;
    let wide = "\u{1f695}".repeat(150);
    for (name, shown) in [
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("\"><img src=x onerror=alert(1)>", "&quot;&gt;&lt;img src=x onerror=alert(1)&gt;"),
        ("a\u{202e}b", "a\u{202e}b"),
        ("{{7*7}} & 'x'", "{{7*7}} &amp; 'x'"),
        (wide.as_str(), wide.as_str()),
    ] {
        leads_to(
            &act(&mut browser, &address, &[("action", "names"), ("first_name", name), ("last_name", name)]).await,
            &format!("{address}?done=names"),
        );
        for page in [address.as_str(), "/admin/users/?q=ben"] {
            let page = browser.get(page).await;
            page.is(200);
            assert!(page.text.contains(shown), "{name}: {}", page.text);
            assert!(!page.text.contains("<script") && !page.text.contains("<img"));
        }
    }
    // A mark that turns the writing around stays inside its own element.
    assert!(browser.get("/admin/users/").await.text.contains("<bdi>"));
    let odd = "/admin/users/?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&after=%3Cscript%3E&active=%3Cscript%3E";
    assert!(!browser.get(odd).await.text.contains("<script"));
}

#[tokio::test]
async fn deactivating_ends_what_runs_and_activating_lets_in_again() {
    let app = TestApp::start().await;
    let tokens = app.user("ben").await;
    let mut browser = app.administrator("ann").await;
    let address = address_of(&mut browser, "ben").await;
    leads_to(&act(&mut browser, &address, &[("action", "deactivate")]).await, &format!("{address}?done=deactivated"));
    app.refresh(&tokens.refresh).await.is(401);
    app.try_log_in("ben", PASSWORD).await.is(401);
    assert!(browser.get(&address).await.text.contains("Inactive"));
    leads_to(&act(&mut browser, &address, &[("action", "activate")]).await, &format!("{address}?done=activated"));
    app.try_log_in("ben", PASSWORD).await.is(200);
    app.refresh(&tokens.refresh).await.is(401);
}

#[tokio::test]
async fn staff_is_given_and_taken_away() {
    let app = TestApp::start().await;
    app.sign_up("ben").await.is(201);
    let mut browser = app.administrator("ann").await;
    let address = address_of(&mut browser, "ben").await;
    act(&mut browser, &address, &[("action", "grant_staff")]).await.is(303);
    let mut ben = app.browser();
    ben.log_in("ben", PASSWORD).await.is(303);
    act(&mut browser, &address, &[("action", "revoke_staff")]).await.is(303);
    ben.get("/admin/users/").await.is(303);
    app.browser().log_in("ben", PASSWORD).await.is(403);
}

#[tokio::test]
async fn sessions_are_shown_and_ended_one_by_one_or_all() {
    let app = TestApp::start().await;
    app.sign_up("ben").await.is(201);
    let log_in = serde_json::json!({"username": "ben", "password": PASSWORD, "device_name": "Ben's <phone>"});
    let phone = app.post("/api/log_in/", &log_in).await.field("refresh");
    let other = app.log_in("ben").await;
    let last = app.log_in("ben").await;
    let mut browser = app.administrator("ann").await;
    let address = address_of(&mut browser, "ben").await;
    let page = browser.get(&address).await;
    assert!(page.text.contains("Ben's &lt;phone&gt;"), "{}", page.text);
    assert_eq!(page.text.matches("value=\"end_session\"").count(), 3);
    let sid = faregate_tests::claim(&other.refresh, "sid");
    let fields = [("action", "end_session"), ("session", sid.as_str())];
    browser.post(&address, &page, &fields).await.is(303);
    app.refresh(&other.refresh).await.is(401);
    app.refresh(&phone).await.is(200);
    // What is over is over.
    leads_to(&browser.post(&address, &page, &fields).await, &format!("{address}?done=session"));
    act(&mut browser, &address, &[("action", "end_sessions")]).await.is(303);
    app.refresh(&last.refresh).await.is(401);
    assert!(browser.get(&address).await.text.contains("logged in nowhere"));
}

#[tokio::test]
async fn a_new_password_ends_every_session_and_must_be_good() {
    let app = TestApp::start().await;
    let tokens = app.user("ben").await;
    let mut browser = app.administrator("ann").await;
    let address = address_of(&mut browser, "ben").await;
    let form = format!("{address}password/");
    for (first, second, message) in
        [("short", "short", "too short"), ("another-Oak-77", "x", "must match"), ("", "", "required")]
    {
        let reply = browser.submit(&form, &[("password1", first), ("password2", second)]).await;
        reply.is(400);
        assert!(reply.text.contains(message), "{}", reply.text);
    }
    app.refresh(&tokens.refresh).await.is(200);
    let new = [("password1", "another-Oak-77"), ("password2", "another-Oak-77")];
    leads_to(&browser.submit(&form, &new).await, &format!("{address}?done=password"));
    app.try_log_in("ben", PASSWORD).await.is(401);
    app.try_log_in("ben", "another-Oak-77").await.is(200);
    // The own password: the session goes on as another one.
    let own = address_of(&mut browser, "ann").await;
    let before = browser.cookies.clone();
    leads_to(&browser.submit(&format!("{own}password/"), &new).await, &format!("{own}?done=password"));
    browser.get("/admin/users/").await.is(200);
    let mut thief = app.browser();
    thief.cookies = before;
    thief.get("/admin/users/").await.is(303);
}

#[tokio::test]
async fn a_deletion_names_what_goes_and_wants_the_name() {
    let app = TestApp::start().await;
    let tokens = app.user("ben").await;
    let mut browser = app.administrator("ann").await;
    let address = address_of(&mut browser, "ben").await;
    let question = browser.get(&format!("{address}delete/")).await;
    assert!(
        question.text.contains("<bdi>ben</bdi>") && question.text.contains("one open session"),
        "{}",
        question.text
    );
    let form = format!("{address}delete/");
    browser.post(&form, &question, &[("username", "")]).await.is(400);
    browser.post(&form, &question, &[("username", "ann")]).await.is(400);
    app.me(&tokens.access).await.is(200);
    leads_to(&browser.post(&form, &question, &[("username", " ben ")]).await, "/admin/users/?done=deleted");
    app.me(&tokens.access).await.is(401);
    browser.get(&address).await.is(404);
    browser.post(&form, &question, &[("username", "ben")]).await.is(404);
    app.sign_up("ben").await.is(201);
}

#[tokio::test]
async fn nobody_takes_the_own_access_away() {
    let app = TestApp::start().await;
    let mut browser = app.administrator("ann").await;
    let own = address_of(&mut browser, "ann").await;
    for action in ["deactivate", "revoke_staff"] {
        let reply = act(&mut browser, &own, &[("action", action)]).await;
        reply.is(400);
        assert!(reply.text.contains("another administrator"));
    }
    browser.submit(&format!("{own}delete/"), &[("username", "ann")]).await.is(400);
    browser.get("/admin/users/").await.is(200);
}

#[tokio::test]
async fn the_later_of_two_administrators_is_told_and_nothing_is_lost() {
    let app = TestApp::start().await;
    app.sign_up("ben").await.is(201);
    let (mut ann, mut cid) = (app.administrator("ann").await, app.administrator("cid").await);
    let address = address_of(&mut ann, "ben").await;
    let (anns, cids) = (ann.get(&address).await, cid.get(&address).await);
    let password = cid.get(&format!("{address}password/")).await;
    let question = cid.get(&format!("{address}delete/")).await;
    ann.post(&address, &anns, &[("action", "names"), ("first_name", "Benjamin"), ("last_name", "Ferry")]).await.is(303);

    let told = cid.post(&address, &cids, &[("action", "names"), ("first_name", "Benno"), ("last_name", "Fähre")]).await;
    told.is(409);
    // What is stored, what was typed, and that nothing was saved.
    for text in ["Somebody else changed this user", "Benjamin", "value=\"Benno\"", "value=\"Fähre\""] {
        assert!(told.text.contains(text), "{text}: {}", told.text);
    }
    assert_eq!(stored_names(&app, "ben").await, ("Benjamin".to_owned(), "Ferry".to_owned()));
    cid.post(&address, &cids, &[("action", "deactivate")]).await.is(409);
    let new = [("password1", "another-Oak-77"), ("password2", "another-Oak-77")];
    cid.post(&format!("{address}password/"), &password, &new).await.is(409);
    cid.post(&format!("{address}delete/"), &question, &[("username", "ben")]).await.is(409);
    app.try_log_in("ben", PASSWORD).await.is(200);
    // From the page that told them it can be done.
    cid.post(&address, &told, &[("action", "names"), ("first_name", "Benno"), ("last_name", "Fähre")]).await.is(303);
    assert_eq!(stored_names(&app, "ben").await, ("Benno".to_owned(), "Fähre".to_owned()));
}

#[tokio::test]
async fn of_changes_that_cross_one_is_made_and_the_others_are_told() {
    let app = TestApp::start().await;
    app.sign_up("ben").await.is(201);
    let mut ann = app.administrator("ann").await;
    let address = address_of(&mut ann, "ben").await;
    let page = ann.get(&address).await;
    let change = async |number: usize| {
        let mut browser = app.browser();
        browser.cookies = ann.cookies.clone();
        let name = format!("Ben{number}");
        browser.post(&address, &page, &[("action", "names"), ("first_name", &name)]).await.status
    };
    let statuses = futures_util::future::join_all((0..8).map(change)).await;
    assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 7, "{statuses:?}");
}

#[tokio::test]
async fn a_deletion_that_failed_in_between_leaves_an_inactive_user_who_can_be_deleted() {
    let app = TestApp::start().await;
    let tokens = app.user("ben").await;
    let mut browser = app.administrator("ann").await;
    let address = address_of(&mut browser, "ben").await;
    let form = format!("{address}delete/");
    let question = browser.get(&form).await;
    app.calls.keep_next_back("DeleteItem");
    browser.post(&form, &question, &[("username", "ben")]).await.is(503);
    app.refresh(&tokens.refresh).await.is(401);
    app.try_log_in("ben", PASSWORD).await.is(401);
    let page = browser.get(&address).await;
    assert!(page.text.contains("data-label=\"What\">Deactivated"), "the trail says so: {}", page.text);
    leads_to(&browser.submit(&form, &[("username", "ben")]).await, "/admin/users/?done=deleted");
    app.sign_up("ben").await.is(201);
}

#[tokio::test]
async fn a_change_whose_answer_was_lost_is_made_once() {
    let app = TestApp::start().await;
    app.sign_up("ben").await.is(201);
    let mut browser = app.administrator("ann").await;
    let address = address_of(&mut browser, "ben").await;
    let page = browser.get(&address).await;
    app.calls.lose_next_answer("TransactWriteItems");
    browser.post(&address, &page, &[("action", "names"), ("first_name", "Once")]).await.is(303);
    let id = app.service.users().find_id("ben").await.unwrap().unwrap();
    let user = app.service.users().find(id).await.unwrap().unwrap();
    assert_eq!((user.first_name.as_str(), user.version), ("Once", 1));
    app.change(id, UserChange::Activate).await;
}

async fn stored_names(app: &TestApp, username: &str) -> (String, String) {
    let id = app.service.users().find_id(username).await.unwrap().unwrap();
    let user = app.service.users().find(id).await.unwrap().unwrap();
    (user.first_name, user.last_name)
}

#[tokio::test]
async fn of_two_administrators_who_act_on_each_other_one_is_too_late() {
    let app = TestApp::start().await;
    for (form, fields, own) in [
        ("", vec![("action", "deactivate")], "a"),
        ("", vec![("action", "revoke_staff")], "b"),
        ("delete/", vec![("username", "THE OTHER")], "c"),
    ] {
        let names = [format!("ann-{own}"), format!("ben-{own}")];
        let (mut ann, mut ben) = (app.administrator(&names[0]).await, app.administrator(&names[1]).await);
        let at_ben = format!("{}{form}", address_of(&mut ann, &names[1]).await);
        let at_ann = format!("{}{form}", address_of(&mut ben, &names[0]).await);
        let (anns, bens) = (ann.get(&at_ben).await, ben.get(&at_ann).await);
        let filled = |name: &'static str, value: &'static str, other: &str| (name, value.replace("THE OTHER", other));
        let (field, value) = fields[0];
        let (to_ben, to_ann) = (filled(field, value, &names[1]), filled(field, value, &names[0]));
        let (to_ben, to_ann) = ([(to_ben.0, to_ben.1.as_str())], [(to_ann.0, to_ann.1.as_str())]);
        let (first, second) = tokio::join!(ann.post(&at_ben, &anns, &to_ben), ben.post(&at_ann, &bens, &to_ann));
        // Both are sent somewhere: who was too late to the log-in, or told that the other changed the user.
        assert!([303, 409].contains(&first.status) && [303, 409].contains(&second.status));
        let still_in = [ann.get("/admin/users/").await.status, ben.get("/admin/users/").await.status];
        assert_eq!(still_in.iter().filter(|status| **status == 200).count(), 1, "{form}: {still_in:?}");
    }
}

#[tokio::test]
async fn what_an_administrator_does_after_losing_the_right_is_not_done() {
    let app = TestApp::start().await;
    let tokens = app.user("ben").await;
    let mut ann = app.administrator("ann").await;
    let address = address_of(&mut ann, "ben").await;
    let (administration, users) = (app.service.administration(), app.service.users());
    let find = async |name: &str| users.find(users.find_id(name).await.unwrap().unwrap()).await.unwrap().unwrap();
    // The request was let in, and then ann was deactivated.
    let (ann_then, ben) = (find("ann").await, find("ben").await);
    let deed = faregate::domain::administration::Deed {
        actor: faregate::domain::administration::Actor::Administrator(ann_then.id),
        at: app.clock.now(),
        source_ip: None,
        epochs: Some(ann_then.epochs),
    };
    app.change(ann_then.id, UserChange::Deactivate).await;
    let no_right = faregate::store::Outcome::NoRight;
    assert_eq!(administration.change(&ben, &UserChange::Deactivate, &deed).await.unwrap(), no_right);
    assert_eq!(administration.delete(&ben, &deed).await.unwrap(), no_right);
    let sid = faregate_tests::claim(&tokens.refresh, "sid").parse().unwrap();
    assert_eq!(administration.end_session(ben.id, sid, &deed).await.unwrap(), no_right);
    app.refresh(&tokens.refresh).await.is(200);
    leads_to(&ann.get(&address).await, &format!("/admin/login/?next={}", address.replace('/', "%2F")));
}
