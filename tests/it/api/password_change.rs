use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use faregate::domain::administration::UserChange;
use faregate_tests::{PASSWORD, TestApp, dynamodb_json};
use serde_json::json;

const NEW: &str = "another-Oak-77";

#[tokio::test]
async fn other_sessions_end_and_this_one_goes_on() {
    let app = TestApp::start().await;
    let (record, access) = app.user_with_ids("ann").await;
    let other = app.log_in("ann").await;
    app.calls.take();
    let reply = app.change_password(&access, NEW).await;
    assert_eq!((reply.status, reply.text.as_str()), (200, "{}"));
    assert_eq!(app.calls.take(), ["BatchGetItem", "UpdateItem", "TransactWriteItems"]);
    app.me(&access).await.is(200);
    let next = record.after(&app.refresh_with(&record).await);
    app.refresh_with(&record).await.is(200);
    app.refresh_with(&next).await.is(200);
    app.me(&other.access).await.is(401);
    app.refresh(&other.refresh).await.is(401);
    app.try_log_in("ann", PASSWORD).await.is(401);
    app.try_log_in("ann", NEW).await.is(200);
}

#[tokio::test]
async fn a_wrong_old_password_changes_nothing() {
    let app = TestApp::start().await;
    let access = app.user("ann").await.access;
    let other = app.log_in("ann").await;
    let body = json!({"old_password": "wrong", "new_password1": NEW, "new_password2": NEW});
    let reply = app.post_as(&access, "/api/password/change/", &body).await;
    let message = "Your old password was entered incorrectly. Please enter it again.";
    assert_eq!((reply.status, &reply.json), (400, &json!({"old_password": [message]})));
    app.me(&other.access).await.is(200);
    app.try_log_in("ann", PASSWORD).await.is(200);
}

#[tokio::test]
async fn a_new_password_is_checked_before_anything_is_hashed_or_written() {
    let app = TestApp::start().await;
    let access = app.user("annabella").await.access;
    app.calls.take();
    for (new, repeated, answer) in [
        (NEW, "other", json!({"non_field_errors": ["Passwords must match."]})),
        (
            "12345678",
            "12345678",
            json!({"new_password1": ["This password is too common.", "This password is entirely numeric."]}),
        ),
        ("annabella1", "annabella1", json!({"new_password1": ["The password is too similar to the username."]})),
        (
            "",
            "",
            json!({"new_password1": ["This field may not be blank."], "new_password2": ["This field may not be blank."]}),
        ),
    ] {
        let body = json!({"old_password": PASSWORD, "new_password1": new, "new_password2": repeated});
        let reply = app.post_as(&access, "/api/password/change/", &body).await;
        assert_eq!((reply.status, reply.json), (400, answer));
    }
    assert!(app.calls.take().iter().all(|call| call == "BatchGetItem"));
}

#[tokio::test]
async fn a_change_whose_answer_was_lost_can_be_asked_for_again() {
    let app = TestApp::start().await;
    let access = app.user("ann").await.access;
    for _ in 0..3 {
        app.calls.lose_next_answer("TransactWriteItems");
    }
    app.change_password(&access, NEW).await.is(503);
    app.change_password(&access, NEW).await.is(200);
    app.try_log_in("ann", NEW).await.is(200);
}

#[tokio::test]
async fn a_password_that_was_hashed_anew_meanwhile_is_still_the_old_one() {
    let app = TestApp::start().await;
    let access = app.user("ann").await.access;
    let dearer = app.another(&[("FAREGATE_ARGON2_ITERATIONS", "2")]).await;
    let changed = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "CancellationReasons": [{"Code": "ConditionalCheckFailed"}, {"Code": "None"}],
    });
    dearer.log_in("ann").await;
    app.calls.replace_next_answer("TransactWriteItems", 400, changed);
    app.change_password(&access, NEW).await.is(200);
    app.try_log_in("ann", NEW).await.is(200);
}

#[tokio::test]
async fn a_password_that_somebody_else_changed_meanwhile_ends_the_request() {
    let app = TestApp::start().await;
    let access = app.user("ann").await.access;
    let id = app.service.users().find_id("ann").await.unwrap().unwrap();
    app.change(id, UserChange::EndSessions).await;
    app.change_password(&access, NEW).await.is(401);
    app.try_log_in("ann", PASSWORD).await.is(200);
}

type Item = HashMap<String, AttributeValue>;

/// User and session before and after the password was changed from it.
async fn both_before_and_after(app: &TestApp, access: &str) -> [(Item, Item); 2] {
    let before = (app.profile_item(access).await, app.session_item(access).await);
    app.change_password(access, NEW).await.is(200);
    [before, (app.profile_item(access).await, app.session_item(access).await)]
}

#[tokio::test]
async fn a_reading_that_falls_into_the_change_finds_the_session_open_whichever_came_first() {
    let app = TestApp::start().await;
    let (record, access) = app.user_with_ids("ann").await;
    let [before, after] = both_before_and_after(&app, &access).await;
    for (profile, session) in [(&before.0, &after.1), (&after.0, &before.1)] {
        app.stale_batch(profile.clone(), session.clone());
        app.me(&access).await.is(200);
    }
    app.calls.replace_next_answer("GetItem", 200, json!({"Item": dynamodb_json(&before.0)}));
    app.calls.take();
    let next = record.after(&app.refresh_with(&record).await);
    let mut calls = app.calls.take();
    calls.sort();
    assert_eq!(calls, ["GetItem", "UpdateItem"]);
    // One that was really ended is not saved by it.
    let other = app.post("/api/log_in/", &json!({"username": "ann", "password": NEW})).await;
    app.post_as(&other.field("access"), "/api/log_out/others/", &json!({})).await.is(200);
    app.refresh_with(&next).await.is(401);
    app.me(&access).await.is(401);
}

#[tokio::test]
async fn a_user_who_was_read_long_before_is_read_again() {
    let app = TestApp::start().await;
    let (record, access) = app.user_with_ids("ann").await;
    let [_, (mut later, _)] = both_before_and_after(&app, &access).await;
    // A reading that says that all sessions are over, and is not what stands.
    later.insert("revocations".to_owned(), AttributeValue::N("7".to_owned()));
    app.calls.replace_next_answer("GetItem", 200, json!({"Item": dynamodb_json(&later)}));
    app.calls.take();
    app.refresh_with(&record).await.is(200);
    let mut calls = app.calls.take();
    calls.sort();
    assert_eq!(calls, ["BatchGetItem", "GetItem", "UpdateItem"]);
}

#[tokio::test]
async fn a_change_that_is_asked_for_again_ends_other_sessions_again() {
    let app = TestApp::start().await;
    let access = app.user("ann").await.access;
    app.change_password(&access, NEW).await.is(200);
    let other = app.post("/api/log_in/", &json!({"username": "ann", "password": NEW})).await.field("access");
    app.change_password(&access, NEW).await.is(200);
    app.me(&other).await.is(401);
    app.me(&access).await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_that_crosses_the_users_own_change_loses_nothing() {
    let app = std::sync::Arc::new(TestApp::start().await);
    app.sign_up("ann").await.is(201);
    let passwords = [PASSWORD, NEW];
    for round in 0..20 {
        let (old, new) = (passwords[round % 2], passwords[(round + 1) % 2]);
        let first = faregate_tests::fresh_id();
        let body = json!({"username": "ann", "password": old, "rotation_next": faregate_tests::hash_of(&first)});
        let opened = app.post("/api/log_in/", &body).await;
        let (refresh, access) = (opened.field("refresh"), opened.field("access"));
        let mut record = faregate_tests::Record { refresh, rotation_id: first, next_id: faregate_tests::fresh_id() };
        let change = json!({"old_password": old, "new_password1": new, "new_password2": new});
        let changing = {
            let app = std::sync::Arc::clone(&app);
            tokio::task::JoinSet::from_iter([async move {
                app.post_as(&access, "/api/password/change/", &change).await.status
            }])
        };
        for _ in 0..6 {
            record = record.after(&app.refresh_with(&record).await);
        }
        assert_eq!(changing.join_all().await, [200]);
        app.refresh_with(&record).await.is(200);
    }
}
