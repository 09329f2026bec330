//! Refreshing with rotation ids: what is lost, repeated or crosses, over HTTP.

use std::collections::BTreeSet;

use axum::http::Method;
use faregate::domain::administration::UserChange;
use faregate_tests::{PASSWORD, Record, TestApp, Tokens, claim, claims, fresh_id, hash_of, json_request};
use serde_json::{Value, json};

use super::{is_over, lives, says_over};

#[tokio::test]
async fn a_token_says_what_it_is_anchored_to_in_the_claims_order() {
    let app = TestApp::start().await;
    let (record, _) = app.user_with_ids("ann").await;
    let first = claims(&record.refresh);
    assert_eq!(first["cnf"], hash_of(&record.rotation_id));
    let next = lives(&app, &record).await;
    let second = claims(&next.refresh);
    assert_eq!((&second["cnf"], &second["ctr"]), (&json!(hash_of(&record.next_id)), &json!(1)));
    assert_eq!(second["jti"], format!("{}.1", second["sid"].as_str().unwrap()));
    let names = |claims: &Value| claims.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let order = "token_type exp iat jti id username first_name last_name sub iss aud sid ctr cnf";
    assert_eq!(names(&second).join(" "), order);
}

#[tokio::test]
async fn a_lost_answer_can_be_asked_for_again_as_long_as_the_next_token_is_good() {
    let app = TestApp::builder().with("FAREGATE_REFRESH_GRACE_SECONDS", "0").start().await;
    let (record, _) = app.user_with_ids("ann").await;
    let lost = app.refresh_with(&record).await;
    for seconds in [1, 60, 3600, 80_000] {
        app.clock.advance_seconds(seconds);
        app.calls.take();
        let again = app.refresh_with(&record).await;
        assert_eq!(again.field("refresh"), lost.field("refresh"), "byte for byte");
        assert_eq!(app.calls.take().iter().filter(|call| *call == "UpdateItem").count(), 1);
    }
    lives(&app, &record.after(&lost)).await;
}

#[tokio::test]
async fn an_answer_that_is_given_again_prolongs_nothing() {
    let app = TestApp::builder().with("FAREGATE_TOKEN_JITTER", "off").start().await;
    let (record, _) = app.user_with_ids("ann").await;
    let first = app.refresh_with(&record).await;
    let rotated_at = app.clock.now().seconds();
    for (seconds, left) in [(600, 3000), (3000, 0), (4000, 0)] {
        app.clock.advance_seconds(seconds);
        let again = app.refresh_with(&record).await;
        let (access, now) = (claims(&again.field("access")), app.clock.now().seconds());
        assert_eq!((&access["iat"], &access["exp"]), (&json!(now), &json!(now + left)), "{seconds}");
        assert_eq!(claims(&again.field("refresh"))["exp"], rotated_at + 86_400);
        assert_eq!(again.field("refresh"), first.field("refresh"));
    }
}

#[tokio::test]
async fn the_user_may_have_another_name_by_then() {
    let app = TestApp::start().await;
    let (record, _) = app.user_with_ids("ann").await;
    let lost = app.refresh_with(&record).await;
    let id = app.service.users().find_id("ann").await.unwrap().unwrap();
    app.set_profile(id, "first_name", "Anna").await;
    let again = app.refresh_with(&record).await;
    assert_eq!(again.field("refresh"), lost.field("refresh"));
    assert_eq!(claims(&again.field("access"))["first_name"], "Anna");
    assert_eq!(claims(&lives(&app, &record.after(&again)).await.refresh)["first_name"], "Test");
}

#[tokio::test]
async fn an_answer_that_was_lost_before_the_token_expired_can_be_asked_for_after() {
    let app = TestApp::start().await;
    let (record, _) = app.user_with_ids("ann").await;
    app.clock.advance_seconds(86_399);
    let lost = app.refresh_with(&record).await;
    app.clock.advance_seconds(86_399);
    app.calls.take();
    let again = app.refresh_with(&record).await;
    assert_eq!(again.field("refresh"), lost.field("refresh"));
    let mut calls = app.calls.take();
    // The key ring, which is a day old by now, is read with queries.
    calls.retain(|call| call != "Query");
    assert_eq!(calls, ["BatchGetItem"], "one read and no write");
    // Everything else that is expired is expired, and nothing is ended by it.
    let without_id = app.refresh(&record.refresh).await;
    assert_eq!(without_id.json, json!({"detail": "Token is expired", "code": "token_not_valid"}));
    lives(&app, &record.after(&again)).await;
    assert_eq!(app.refresh_with(&record).await.json["detail"], "Token is expired", "followed up");
}

#[tokio::test]
async fn a_log_in_whose_first_attempt_comes_late_changes_nothing() {
    let app = TestApp::start().await;
    let (record, access) = app.user_with_ids("ann").await;
    let (user, session) = (claim(&access, "id").parse().unwrap(), claim(&access, "sid").parse().unwrap());
    let (_, opened) = app.service.sessions().with_user(user, Some(session)).await.unwrap();
    let next = lives(&app, &record).await;
    app.service.sessions().open(opened.as_ref().unwrap()).await.unwrap();
    let next = lives(&app, &next).await;
    app.log_out(&next.refresh).await.is(200);
    app.service.sessions().open(opened.as_ref().unwrap()).await.unwrap();
    is_over(&app, &record, &access).await;
}

#[tokio::test]
async fn an_expired_token_that_was_not_spent_is_expired() {
    let app = TestApp::start().await;
    let (record, _) = app.user_with_ids("ann").await;
    app.clock.advance_seconds(86_400);
    let reply = app.refresh_with(&record).await;
    assert_eq!(reply.json, json!({"detail": "Token is expired", "code": "token_not_valid"}));
    assert_eq!(reply.header("faregate-action").as_deref(), Some("reload"));
}

#[tokio::test]
async fn a_client_of_before_takes_part_from_its_next_refresh_on() {
    let app = TestApp::builder().with("FAREGATE_REFRESH_GRACE_SECONDS", "0").start().await;
    let Tokens { refresh, access } = app.user("ann").await;
    let (first, second) = (fresh_id(), fresh_id());
    let body = json!({"refresh": refresh, "rotation_next": hash_of(&first)});
    let lost = app.post("/api/token/refresh/", &body).await;
    app.clock.advance_seconds(40_000);
    let reply = app.post("/api/token/refresh/", &body).await;
    assert_eq!(reply.field("refresh"), lost.field("refresh"), "the same hash, at any later time");
    let record = Record { refresh: reply.field("refresh"), rotation_id: first, next_id: second };
    let record = lives(&app, &record).await;
    says_over(&app.refresh(&refresh).await);
    is_over(&app, &record, &access).await;
}

#[tokio::test]
async fn another_that_takes_part_later_is_told_so_for_a_while() {
    let app = TestApp::start().await;
    let Tokens { refresh, .. } = app.user("ann").await;
    app.post("/api/token/refresh/", &json!({"refresh": refresh, "rotation_next": hash_of(&fresh_id())})).await.is(200);
    app.refresh(&refresh).await.is(409);
    app.clock.advance_seconds(30);
    says_over(&app.refresh(&refresh).await);
}

#[tokio::test]
async fn ids_that_are_none_are_refused_and_end_nothing() {
    let app = TestApp::start().await;
    let (record, _) = app.user_with_ids("ann").await;
    let good = record.request();
    for (name, value) in [
        ("rotation_id", json!("")),
        ("rotation_id", json!("short")),
        ("rotation_id", json!("x".repeat(129))),
        ("rotation_id", json!("spaces are not allowed here")),
        ("rotation_id", json!(["x"])),
        ("rotation_next", json!("")),
        ("rotation_next", json!(true)),
        ("rotation_next", json!(format!("{}=", hash_of(&record.next_id)))),
        ("rotation_next", json!(record.next_id)),
        ("rotation_next", json!(hash_of(&record.rotation_id))),
    ] {
        let mut body = good.clone();
        body[name] = value.clone();
        let reply = app.post("/api/token/refresh/", &body).await;
        assert_eq!(reply.status, 400, "{name} {value}");
        assert!(reply.json[name].is_array(), "{}", reply.text);
        if name == "rotation_next" && value != json!(hash_of(&record.rotation_id)) {
            let log_in = json!({"username": "ann", "password": PASSWORD, "rotation_next": value});
            app.post("/api/log_in/", &log_in).await.is(400);
        }
    }
    lives(&app, &record).await;
}

#[tokio::test]
async fn without_rotation_an_anchored_token_still_wants_its_id() {
    let app = TestApp::builder().with("FAREGATE_ROTATE_REFRESH_TOKENS", "false").start().await;
    let (record, _) = app.user_with_ids("ann").await;
    for _ in 0..3 {
        app.clock.advance_seconds(60);
        let reply = app.refresh_with(&record).await;
        reply.is(200);
        assert_eq!(reply.json.get("refresh"), None);
    }
    says_over(&app.refresh(&record.refresh).await);
}

#[tokio::test]
async fn an_answer_lost_between_us_and_dynamodb_is_given_again() {
    let app = TestApp::builder().with("FAREGATE_REFRESH_GRACE_SECONDS", "0").start().await;
    let (record, _) = app.user_with_ids("ann").await;
    for _ in 0..3 {
        app.calls.lose_next_answer("UpdateItem");
    }
    // Three attempts are all that the SDK makes: the write is done, and nobody knows.
    app.refresh_with(&record).await.is(503);
    lives(&app, &lives(&app, &record).await).await;
}

#[tokio::test]
async fn a_refresh_whose_user_cannot_be_read_is_our_trouble_and_loses_nothing() {
    let app = TestApp::start().await;
    let (record, _) = app.user_with_ids("ann").await;
    for _ in 0..3 {
        app.calls.lose_next_answer("GetItem");
    }
    app.refresh_with(&record).await.is(503);
    lives(&app, &record).await;
}

#[tokio::test]
async fn a_write_that_meets_a_transaction_is_tried_again() {
    let app = TestApp::start().await;
    let (record, _) = app.user_with_ids("ann").await;
    let conflict = json!({"__type": "com.amazonaws.dynamodb.v20120810#TransactionConflictException"});
    app.calls.replace_next_answer("UpdateItem", 400, conflict);
    lives(&app, &record).await;
}

#[tokio::test]
async fn a_deactivated_or_deleted_user_refreshes_no_more() {
    let app = TestApp::start().await;
    let (record, _) = app.user_with_ids("ann").await;
    let id = app.service.users().find_id("ann").await.unwrap().unwrap();
    app.change(id, UserChange::Deactivate).await;
    let reply = app.refresh_with(&record).await;
    assert_eq!(reply.json, json!({"detail": "No active account found for the given token."}));
    assert_eq!(reply.header("faregate-action").as_deref(), Some("reauthenticate"));
    app.change(id, UserChange::Activate).await;
    says_over(&app.refresh_with(&record).await);
}

#[tokio::test]
async fn an_environment_whose_clock_is_behind_takes_what_another_has_just_made() {
    let app = TestApp::start().await;
    let (record, _) = app.user_with_ids("ann").await;
    let ahead = lives(&app, &record).await;
    app.clock.advance_seconds(-5);
    lives(&app, &ahead).await;
    app.clock.advance_seconds(-1);
    let reply = app.refresh_with(&record).await;
    assert_eq!((reply.status, reply.header("faregate-action").as_deref()), (401, Some("reload")));
}

#[tokio::test]
async fn a_form_may_bring_the_ids_as_well() {
    let app = TestApp::start().await;
    let (record, _) = app.user_with_ids("ann").await;
    let hash = hash_of(&record.next_id);
    let form = format!("refresh={}&rotation_id={}&rotation_next={hash}", record.refresh, record.rotation_id);
    let request =
        faregate_tests::raw_request(Method::POST, "/api/token/refresh/", ("application/x-www-form-urlencoded", form));
    app.send(request).await.is(200);
}

#[tokio::test]
async fn what_options_says_is_what_was_recorded() {
    let app = TestApp::start().await;
    let options = app.send(json_request(Method::OPTIONS, "/api/token/refresh/", &json!({}))).await;
    let fields: BTreeSet<String> = options.json["actions"]["POST"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(fields, BTreeSet::from(["refresh".to_owned(), "access".to_owned()]));
}
