use aws_sdk_dynamodb::types::AttributeValue;
use faregate_tests::{PASSWORD, TestApp};
use serde_json::json;

#[tokio::test]
async fn an_account_goes_with_everything_that_is_its_own_and_the_name_is_free() {
    let app = TestApp::start().await;
    let (record, access) = app.user_with_ids("ann").await;
    let other = app.log_in("ann").await;
    let id = app.service.users().find_id("ann").await.unwrap();
    app.user("ben").await;
    let reply = app.post_as(&access, "/api/account/delete/", &json!({"password": PASSWORD})).await;
    assert_eq!((reply.status, reply.text.as_str()), (200, "{}"));
    for access in [&access, &other.access] {
        let refused = app.me(access).await;
        assert_eq!((refused.status, &refused.json["code"]), (401, &json!("user_not_found")));
        assert_eq!(refused.header("faregate-action").as_deref(), Some("reauthenticate"));
    }
    for reply in [app.refresh_with(&record).await, app.refresh(&other.refresh).await] {
        assert_eq!(reply.json, json!({"detail": "No active account found for the given token."}));
        assert_eq!(reply.header("faregate-action").as_deref(), Some("reauthenticate"));
    }
    app.try_log_in("ann", PASSWORD).await.is(401);
    let scan = app.client.scan().table_name("faregate").send().await.unwrap();
    let left = scan.items().iter().filter(|item| format!("{item:?}").contains(&id.unwrap().to_string())).count();
    assert_eq!(left, 0, "nothing of the user is stored");
    app.sign_up("ann").await.is(201);
    app.try_log_in("ben", PASSWORD).await.is(200);
}

#[tokio::test]
async fn a_wrong_password_deletes_nothing() {
    let app = TestApp::start().await;
    let access = app.user("ann").await.access;
    let reply = app.post_as(&access, "/api/account/delete/", &json!({"password": "wrong"})).await;
    let message = "Your password was entered incorrectly. Please enter it again.";
    assert_eq!((reply.status, &reply.json), (400, &json!({"password": [message]})));
    app.me(&access).await.is(200);
}

#[tokio::test]
async fn a_deletion_that_failed_in_between_can_be_asked_for_again_from_the_same_session() {
    let app = TestApp::start().await;
    let access = app.user("ann").await.access;
    let other = app.log_in("ann").await;
    // The other session is gone by then, and the one that asks is not.
    app.calls.keep_next_back("TransactWriteItems");
    app.post_as(&access, "/api/account/delete/", &json!({"password": PASSWORD})).await.is(503);
    app.me(&other.access).await.is(401);
    app.me(&access).await.is(200);
    app.post_as(&access, "/api/account/delete/", &json!({"password": PASSWORD})).await.is(200);
    app.me(&access).await.is(401);
}

#[tokio::test]
async fn a_user_who_changed_meanwhile_is_read_again_before_anything_is_deleted() {
    let app = TestApp::start().await;
    let access = app.user("ann").await.access;
    let item = app.profile_item(&access).await;
    // Between the reading of the user and the deletion somebody changed the password: the reading is of before.
    app.change_password(&access, "another-Oak-77").await.is(200);
    app.stale_batch(item, app.session_item(&access).await);
    app.post_as(&access, "/api/account/delete/", &json!({"password": PASSWORD})).await.is(400);
    app.me(&access).await.is(200);
    // A hash that was made anew is of the same password.
    let mut rehashed = app.profile_item(&access).await;
    app.put(rehashed.clone()).await;
    rehashed.insert("revocations".to_owned(), AttributeValue::N("0".to_owned()));
    app.stale_batch(rehashed, app.session_item(&access).await);
    app.post_as(&access, "/api/account/delete/", &json!({"password": "another-Oak-77"})).await.is(200);
    app.me(&access).await.is(401);
}
