use faregate::domain::administration::UserChange;
use faregate::domain::password::PasswordHash;
use faregate::domain::user::{NewUser, User, UserId};
use faregate::domain::username::Username;
use faregate_tests::{Reply, TestApp};

/// Makes users without hashing, one second apart: `rider0000` and on.
async fn make_users(app: &TestApp, count: usize) {
    for start in (0..count).step_by(50) {
        let making = (start..count.min(start + 50)).map(|number| make_user(app, number));
        futures_util::future::join_all(making).await;
    }
}

async fn make_user(app: &TestApp, number: usize) {
    let new = NewUser {
        username: Username::parse(&format!("rider{number:04}")).unwrap(),
        first_name: String::new(),
        last_name: String::new(),
        password_hash: PasswordHash::from_stored("-".to_owned()),
    };
    let at = app.clock.now().plus_seconds(i64::try_from(number).unwrap());
    let id = UserId::new(app.service.randomness.uuid_v7(at));
    app.service.users().create(&User::new(id, new, at)).await.unwrap();
}

/// The names on a page of the list, in order.
fn names(page: &Reply) -> Vec<String> {
    page.is(200);
    let body = page.text.split("<tbody>").nth(1).unwrap_or_default();
    body.split("<bdi>")
        .skip(1)
        .map(|rest| rest.split("</bdi>").next().unwrap().to_owned())
        .filter(|name| name.starts_with("rider"))
        .collect()
}

/// Where the link `rel` leads.
fn link(page: &Reply, rel: &str) -> Option<String> {
    let before =
        page.text.split(&format!("\" rel=\"{rel}\"")).next().filter(|before| before.len() < page.text.len())?;
    before.rsplit("href=\"").next().map(|address| address.replace("&amp;", "&"))
}

#[tokio::test]
async fn pages_go_through_all_users_the_newest_first_and_back_again() {
    let app = TestApp::start().await;
    make_users(&app, 120).await;
    let mut browser = app.administrator("ann").await;
    let wanted: Vec<String> = (0..120).rev().map(|number| format!("rider{number:04}")).collect();
    let (mut seen, mut pages) = (Vec::new(), vec![browser.get("/admin/users/?active=yes&staff=no").await]);
    while let Some(next) = link(pages.last().unwrap(), "next") {
        assert!(pages.len() < 5, "pages without end");
        pages.push(browser.get(&next).await);
    }
    for page in &pages {
        seen.extend(names(page));
    }
    assert_eq!(seen, wanted);
    assert_eq!(link(&pages[0], "prev"), None);
    // And backwards, to the same pages.
    let mut page = pages.last().unwrap().clone();
    for earlier in pages.iter().rev().skip(1) {
        page = browser.get(&link(&page, "prev").unwrap()).await;
        assert_eq!(names(&page), names(earlier));
    }
    assert_eq!(link(&page, "prev"), None);
}

#[tokio::test]
async fn a_page_costs_the_same_reads_however_many_users_there_are() {
    let app = TestApp::start().await;
    let mut browser = app.administrator("ann").await;
    let addresses =
        ["/admin/users/", "/admin/users/?q=rider", "/admin/users/?staff=yes", "/admin/users/?active=no&q=r"];
    let mut counted = Vec::new();
    for more in [100, 900] {
        make_users(&app, more).await;
        let mut calls = Vec::new();
        for address in addresses {
            app.calls.take();
            browser.get(address).await.is(200);
            calls.push(app.calls.take());
        }
        counted.push(calls);
        app.clock.advance_seconds(10);
        // The second thousand has other names.
        for number in 0..100 {
            let id = app.service.users().find_id(&format!("rider{number:04}")).await.unwrap().unwrap();
            if more == 100 {
                app.delete(id).await;
            }
        }
    }
    assert_eq!(counted[0], counted[1]);
    let reads: Vec<usize> = counted[0].iter().map(Vec::len).collect();
    // Session and user, then one query for each partition.
    assert_eq!(reads, [2 + 18, 2 + 18, 2 + 2, 2 + 9]);
    assert!(counted[0].iter().flatten().all(|call| call == "GetItem" || call == "Query"), "{counted:?}");
}

#[tokio::test]
async fn a_name_is_found_by_its_beginning_as_it_is_found_at_log_in() {
    let app = TestApp::start().await;
    for name in ["maria", "Mario", "marion@example.com", "martha", "Ｍａｒｋ", "zoe"] {
        app.sign_up(name).await.is(201);
    }
    let mut browser = app.administrator("ann").await;
    let found = async |browser: &mut faregate_tests::Browser<'_>, query: &str| {
        let page = browser.get(&format!("/admin/users/?{query}")).await;
        page.is(200);
        let body = page.text.split("<tbody>").nth(1).unwrap_or_default().to_owned();
        let rows = body
            .split("<tr>")
            .skip(1)
            .map(|row| row.split("<bdi>").nth(1).unwrap().split("</bdi>").next().unwrap().to_owned());
        rows.collect::<Vec<_>>()
    };
    assert_eq!(found(&mut browser, "q=mari").await, ["maria", "Mario", "marion@example.com"]);
    assert_eq!(found(&mut browser, "q=+MARIO+").await, ["Mario", "marion@example.com"]);
    assert_eq!(found(&mut browser, "q=mark").await, ["Mark"]);
    assert_eq!(found(&mut browser, "q=nobody").await, [""; 0]);
    assert_eq!(found(&mut browser, "q=%F0%9F%98%80").await, [""; 0]);
    assert_eq!(found(&mut browser, &format!("q={}", "m".repeat(5000))).await, [""; 0]);
    assert_eq!(found(&mut browser, &format!("q=m&after={}", "m".repeat(5000))).await, [""; 0]);
    assert_eq!(found(&mut browser, "after=zzz&q=mari").await, [""; 0]);
    assert!(browser.get("/admin/users/?q=nobody").await.text.contains("Nobody is like this"));
    // A whole id leads to its user.
    let id = app.service.users().find_id("zoe").await.unwrap().unwrap();
    super::leads_to(&browser.get(&format!("/admin/users/?q={id}")).await, &format!("/admin/users/{id}/"));
}

#[tokio::test]
async fn users_are_found_by_what_they_may_do() {
    let app = TestApp::start().await;
    make_users(&app, 6).await;
    let id = async |number: usize| app.service.users().find_id(&format!("rider{number:04}")).await.unwrap().unwrap();
    app.change(id(1).await, UserChange::Staff(true)).await;
    app.change(id(2).await, UserChange::Deactivate).await;
    app.change(id(3).await, UserChange::Staff(true)).await;
    app.change(id(3).await, UserChange::Deactivate).await;
    app.change(id(4).await, UserChange::Deactivate).await;
    app.change(id(4).await, UserChange::Activate).await;
    let mut browser = app.administrator("ann").await;
    for (query, wanted) in [
        ("", vec![5, 4, 3, 2, 1, 0]),
        ("active=yes", vec![5, 4, 1, 0]),
        ("active=no", vec![3, 2]),
        ("staff=yes", vec![3, 1]),
        ("staff=no", vec![5, 4, 2, 0]),
        ("active=yes&staff=yes", vec![1]),
        ("active=no&staff=yes", vec![3]),
        ("active=no&staff=no&q=rider", vec![2]),
    ] {
        let page = browser.get(&format!("/admin/users/?{query}")).await;
        let wanted: Vec<String> = wanted.iter().map(|number| format!("rider{number:04}")).collect();
        assert_eq!(names(&page), wanted, "{query}");
    }
}

#[tokio::test]
async fn a_local_table_from_before_the_list_is_refused_with_what_to_do() {
    let app = TestApp::start().await;
    faregate::store::schema::create_missing_key_table(&app.client, "old-users").await.unwrap();
    let made = faregate::store::schema::create_missing_tables(&app.client, "old-users", "old-keys").await;
    let error = made.unwrap_err().to_string();
    assert!(error.contains("old-users") && error.contains("--data PATH"), "{error}");
}
