use axum::http::{HeaderValue, Method, header};
use faregate::domain::administration::UserChange;
use faregate_tests::{PASSWORD, Reply, TestApp, json_request};
use serde_json::json;

#[tokio::test]
async fn unknown_wrong_and_inactive_have_equal_answers_and_equal_calls() {
    let app = TestApp::start().await;
    app.sign_up("ann").await.is(201);
    app.sign_up("ben").await.is(201);
    let ben = app.service.users().find_id("ben").await.unwrap().unwrap();
    app.change(ben, UserChange::Deactivate).await;
    app.calls.take();
    let long = "x".repeat(5000);
    let attempts =
        [("nobody", PASSWORD), ("ann", "wrong"), ("ben", PASSWORD), ("not a name!", PASSWORD), (&long, PASSWORD)];
    let mut seen: Vec<(Reply, Vec<String>)> = Vec::new();
    for (username, password) in attempts {
        let reply = app.try_log_in(username, password).await;
        let mut calls = app.calls.take();
        calls.sort();
        seen.push((reply, calls));
    }
    for (reply, calls) in &seen {
        assert_eq!((reply.status, &reply.text), (401, &seen[0].0.text));
        assert_eq!(*calls, ["BatchGetItem", "Query", "UpdateItem"]);
        let mut names: Vec<_> = reply.headers.keys().map(ToString::to_string).collect();
        names.sort();
        assert_eq!(names, {
            let mut first: Vec<_> = seen[0].0.headers.keys().map(ToString::to_string).collect();
            first.sort();
            first
        });
    }
}

#[tokio::test]
async fn a_hash_of_other_parameters_is_made_anew_once() {
    let app = TestApp::start().await;
    app.sign_up("ann").await.is(201);
    let dearer = app.another(&[("FAREGATE_ARGON2_ITERATIONS", "2")]).await;
    dearer.calls.take();
    dearer.log_in("ann").await;
    assert!(dearer.calls.take().contains(&"UpdateItem".to_owned()));
    let id = app.service.users().find_id("ann").await.unwrap().unwrap();
    let user = app.service.users().find(id).await.unwrap().unwrap();
    assert!(user.password_hash.as_str().starts_with("$argon2id$v=19$m=64,t=2,p=1$"));
    let before = app.service.users().find(id).await.unwrap().unwrap();
    dearer.log_in("ann").await;
    assert_eq!(app.service.users().find(id).await.unwrap().unwrap().password_hash, before.password_hash);
}

#[tokio::test]
async fn the_other_engine_takes_the_same_passwords() {
    let app = TestApp::start().await;
    app.sign_up("ann").await.is(201);
    let other = app.another(&[("FAREGATE_ARGON2_ENGINE", "argon2")]).await;
    other.log_in("ann").await;
    other.sign_up("ben").await.is(201);
    app.log_in("ben").await;
}

#[tokio::test]
async fn one_session_too_many_ends_the_least_recently_used() {
    let app = TestApp::builder().with("FAREGATE_SESSIONS_PER_USER", "2").start().await;
    let first = app.user("ann").await;
    app.clock.advance_seconds(10);
    let second = app.log_in("ann").await;
    app.clock.advance_seconds(10);
    let first = app.refresh(&first.refresh).await.field("refresh");
    app.clock.advance_seconds(10);
    let third = app.log_in("ann").await;
    app.refresh(&first).await.is(200);
    app.refresh(&third.refresh).await.is(200);
    let refused = app.refresh(&second.refresh).await;
    assert_eq!(refused.json, json!({"detail": "Token is blacklisted", "code": "token_not_valid"}));
}

#[tokio::test]
async fn what_a_user_piled_up_does_not_make_a_log_in_dearer() {
    let app = TestApp::builder().with("FAREGATE_SESSIONS_PER_USER", "2").start().await;
    app.sign_up("ann").await.is(201);
    let mut open = Vec::new();
    for _ in 0..12 {
        app.clock.advance_seconds(1);
        open.push(app.log_in("ann").await);
    }
    let mut good = 0;
    for tokens in &open {
        good += usize::from(app.me(&tokens.access).await.status == 200);
    }
    assert_eq!(good, 2, "the cap holds however often a user logs in");
    let id = app.service.users().find_id("ann").await.unwrap();
    let (_, seen) = app.service.sessions().of_user(id, 1).await.unwrap().unwrap();
    assert_eq!(seen.len(), 1, "no more is read than was asked for");
}

#[tokio::test]
async fn what_can_wait_never_fails_a_log_in() {
    let app = TestApp::start().await;
    app.user("ann").await;
    let other = app.another(&[("FAREGATE_ARGON2_ITERATIONS", "2"), ("FAREGATE_SESSIONS_PER_USER", "1")]).await;
    // The attempt itself must be counted; nothing else has to be.
    other.calls.lose_answers_after("UpdateItem", 1);
    for _ in 0..3 {
        other.calls.lose_next_answer("DeleteItem");
    }
    other.log_in("ann").await;
}

#[tokio::test]
async fn log_outs_that_piled_up_hide_no_session_from_the_cap() {
    let app = TestApp::builder().with("FAREGATE_SESSIONS_PER_USER", "2").start().await;
    let mut tokens = app.user("ann").await;
    for _ in 0..10 {
        app.log_out(&tokens.refresh).await.is(200);
        app.clock.advance_seconds(1);
        tokens = app.log_in("ann").await;
    }
    let first = tokens;
    app.clock.advance_seconds(1);
    let second = app.log_in("ann").await;
    app.clock.advance_seconds(1);
    app.calls.take();
    let third = app.log_in("ann").await;
    let mut calls = app.calls.take();
    calls.sort();
    calls.retain(|call| call != "UpdateItem");
    assert_eq!(calls, ["BatchGetItem", "DeleteItem", "PutItem", "Query", "Query"]);
    app.me(&first.access).await.is(401);
    app.me(&second.access).await.is(200);
    app.me(&third.access).await.is(200);
}

#[tokio::test]
async fn a_session_remembers_what_the_app_calls_the_device_and_what_kind_it_is() {
    let app = TestApp::start().await;
    app.sign_up("ann").await.is(201);
    let body = json!({"username": "ann", "password": PASSWORD, "device_name": " Ann's phone "});
    let mut request = json_request(Method::POST, "/api/log_in/", &body);
    let agent = HeaderValue::from_static("Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Safari/604.1");
    request.headers_mut().insert(header::USER_AGENT, agent);
    app.send(request).await.is(200);
    let id = app.service.users().find_id("ann").await.unwrap();
    let (_, sessions) = app.service.sessions().of_user(id, 20).await.unwrap().unwrap();
    assert_eq!(sessions[0].device.name.as_ref().unwrap().as_str(), "Ann's phone");
    assert_eq!(sessions[0].device.client.as_ref().unwrap().as_str(), "Safari on iOS");
}

#[tokio::test]
async fn a_devices_name_is_checked() {
    let app = TestApp::start().await;
    app.sign_up("ann").await.is(201);
    for (name, status) in [
        (json!(null), 200),
        (json!("x".repeat(100)), 200),
        (json!(""), 400),
        (json!("x".repeat(101)), 400),
        (json!("Ann\nMy other phone"), 400),
        (json!("\u{202e}enohp"), 400),
        (json!({}), 400),
    ] {
        let body = json!({"username": "ann", "password": PASSWORD, "device_name": name});
        let reply = app.post("/api/log_in/", &body).await;
        assert_eq!(reply.status, status, "{name}: {}", reply.text);
        assert!(status == 200 || reply.json["device_name"].is_array(), "{}", reply.text);
    }
}

#[tokio::test]
async fn a_new_password_ends_every_session() {
    let app = TestApp::start().await;
    let tokens = app.user("ann").await;
    let id = app.service.users().find_id("ann").await.unwrap().unwrap();
    let password = faregate::domain::password::Password::parse("another-Oak-77".to_owned()).unwrap();
    let hash = app.service.passwords().unwrap().hash(password, [1; 16]).await.unwrap();
    app.change(id, UserChange::Password(hash)).await;
    app.me(&tokens.access).await.is(401);
    app.refresh(&tokens.refresh).await.is(401);
    app.try_log_in("ann", PASSWORD).await.is(401);
    app.try_log_in("ann", "another-Oak-77").await.is(200);
}

#[tokio::test]
async fn the_table_remembers_how_it_compares_names() {
    let app = TestApp::start().await;
    let other = TestApp::builder().endpoint(&app.endpoint_url()).with("FAREGATE_USERNAME_CASE_SENSITIVE", "true");
    let error = other.try_start().await.unwrap_err().to_string();
    assert!(error.contains("FAREGATE_USERNAME_CASE_SENSITIVE is true"), "{error}");
    assert!(error.contains("started with false"), "{error}");
}
