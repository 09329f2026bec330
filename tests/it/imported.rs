//! Users who were brought in from elsewhere, with the hashes that they had there.

use std::collections::BTreeMap;

use faregate::domain::administration::Action;
use faregate::domain::user::User;
use faregate::domain::username::Username;
use faregate::store::{Brought, Excerpt, MOST_BROUGHT, Segment};
use faregate_tests::{DJANGO_HASH, DJANGO_PASSWORD, TestApp, basic, broken_references, imported};
use serde_json::{Value, json};

/// One hash of each cost that the real packages made, with its password. White space around a password is no part of it, as the
/// contract has it.
fn one_of_each() -> Vec<(String, String)> {
    let vectors: Vec<Value> = serde_json::from_str(include_str!("../legacy-hashes/hashes.json")).unwrap();
    let text = |vector: &Value, member: &str| vector[member].as_str().map(str::to_owned);
    let readable = vectors.iter().filter_map(|vector| {
        let (cost, password, stored) = (text(vector, "cost")?, text(vector, "password")?, text(vector, "stored")?);
        let format = stored.split('$').next()?.to_owned();
        (password.trim() == password).then_some(((cost, format), (stored, password)))
    });
    readable.collect::<BTreeMap<_, _>>().into_values().collect()
}

async fn stored_hash(app: &TestApp, username: &str) -> String {
    let id = app.service.users().find_id(username).await.unwrap().unwrap();
    app.service.users().find(id).await.unwrap().unwrap().password_hash.as_str().to_owned()
}

#[tokio::test]
async fn everybody_logs_in_with_the_old_password_and_has_a_new_hash_then() {
    let app = TestApp::start().await;
    let hashes = one_of_each();
    assert!(hashes.len() > 15, "{}", hashes.len());
    for (number, (hash, password)) in hashes.iter().enumerate() {
        let name = format!("user{number}");
        let brought = app.bring(&[imported(&name, &number.to_string(), hash)]).await;
        assert_eq!(brought, [Brought::Made]);
        app.try_log_in(&name, "wrong").await.is(401);
        assert_eq!(stored_hash(&app, &name).await, *hash);
        app.try_log_in(&name, password).await.is(200);
        assert!(stored_hash(&app, &name).await.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{hash}");
        app.try_log_in(&name, password).await.is(200);
        app.try_log_in(&name, "wrong").await.is(401);
    }
}

#[tokio::test]
async fn a_script_that_uses_http_basic_is_upgraded_too() {
    let app = TestApp::builder().with("FAREGATE_BASIC_AUTH", "on").start().await;
    app.bring(&[imported("ann", "1", DJANGO_HASH)]).await;
    app.send(basic("ann", DJANGO_PASSWORD)).await.is(200);
    assert!(stored_hash(&app, "ann").await.starts_with("$argon2id$"));
}

#[tokio::test]
async fn who_has_no_password_is_there_and_cannot_log_in() {
    let app = TestApp::start().await;
    app.bring(&[imported("ann", "1", "!")]).await;
    app.sign_up("ann").await.is(400);
    app.calls.take();
    for password in ["", "!", "wrong"] {
        let reply = app.try_log_in("ann", password).await;
        assert_eq!(reply.status, if password.is_empty() { 400 } else { 401 }, "{}", reply.text);
    }
}

#[tokio::test]
async fn what_is_there_is_left_as_it_is_and_what_is_taken_is_told() {
    let app = TestApp::start().await;
    app.sign_up("ben").await.is(201);
    let ann = imported("ann", "1", "!");
    assert_eq!(app.bring(std::slice::from_ref(&ann)).await, [Brought::Made]);
    let cem = User { legacy_id: ann.legacy_id.clone(), ..imported("cem", "3", "!") };
    let batch = [ann, imported("Ben", "2", "!"), cem, imported("dan", "4", "!")];
    let outcomes = [Brought::AlreadyThere, Brought::UsernameTaken, Brought::LegacyIdTaken, Brought::Made];
    assert_eq!(app.bring(&batch).await, outcomes);
    let renamed = User { username: Username::parse("anna").unwrap(), ..imported("x", "1", "!") };
    assert_eq!(app.bring(&[renamed]).await, [Brought::OtherName]);
    let taken_by_itself =
        [Brought::AlreadyThere, Brought::UsernameTaken, Brought::LegacyIdTaken, Brought::AlreadyThere];
    assert_eq!(app.bring(&batch).await, taken_by_itself);
    assert_eq!(broken_references(&app.items().await), [""; 0]);
}

#[tokio::test]
async fn the_trail_tells_of_each_who_comes_as_staff() {
    let app = TestApp::start().await;
    // More than one transaction holds.
    let staff = |number: usize| {
        let user = imported(&format!("staff{number}"), &number.to_string(), "!");
        User { is_staff: true, ..user }
    };
    let users: Vec<User> = (0..MOST_BROUGHT).map(staff).chain([imported("rider", "r", "!")]).collect();
    assert_eq!(app.bring(&users).await, vec![Brought::Made; users.len()]);
    let actions = async |user: &User| {
        let page = app
            .service
            .trail()
            .of_user(user.id, Excerpt { before: None, most: 10, now: app.clock.now() })
            .await
            .unwrap();
        let mut actions: Vec<Action> = page.entries.into_iter().map(|entry| entry.action).collect();
        actions.sort_by_key(|action| action.as_str());
        actions
    };
    for user in &users {
        let wanted: &[Action] = if user.is_staff { &[Action::Created, Action::StaffGranted] } else { &[] };
        assert_eq!(actions(user).await, wanted, "{}", user.username);
    }
    assert_eq!(app.bring(&users).await, vec![Brought::AlreadyThere; users.len()]);
    assert_eq!(actions(users.first().unwrap()).await.len(), 2, "a second import is no deed");
}

#[tokio::test]
async fn a_deletion_frees_the_name_here_and_there() {
    let app = TestApp::start().await;
    let [ann, ben] = [imported("ann", "1", DJANGO_HASH), imported("ben", "2", DJANGO_HASH)];
    app.bring(&[ann.clone(), ben.clone()]).await;
    app.delete(ann.id).await;
    let reply = app.try_log_in("ben", DJANGO_PASSWORD).await;
    let body = json!({"password": DJANGO_PASSWORD});
    app.post_as(&reply.field("access"), "/api/account/delete/", &body).await.is(200);
    assert_eq!(broken_references(&app.items().await), [""; 0]);
    assert_eq!(app.bring(&[ann, ben]).await, [Brought::Made; 2]);
}

#[tokio::test]
async fn all_users_are_read_out_once_in_any_number_of_segments() {
    let app = TestApp::start().await;
    let users: Vec<User> =
        (0..100).map(|number| imported(&format!("user{number}"), &number.to_string(), "!")).collect();
    for batch in users.chunks(MOST_BROUGHT) {
        app.bring(batch).await;
    }
    app.user("ann").await;
    for of in [1, 3, 16] {
        let mut found = Vec::new();
        for number in 0..of {
            let (mut from, segment) = (None, Segment { number, of });
            loop {
                let page = app.service.bulk().page(segment, from).await.unwrap();
                found.extend(page.users.into_iter().map(|user| user.username.to_string()));
                from = page.next;
                if from.is_none() {
                    break;
                }
            }
        }
        found.sort();
        let mut wanted: Vec<String> = users.iter().map(|user| user.username.to_string()).collect();
        wanted.push("ann".to_owned());
        wanted.sort();
        assert_eq!(found, wanted);
    }
}
