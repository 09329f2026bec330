//! Refreshing with what belongs to somebody else, over HTTP: a token, a request, a copy of the record.

use faregate_tests::{Record, TestApp, claims, fresh_id, hash_of};
use serde_json::{Value, json};

use super::{is_over, lives, says_over};

#[tokio::test]
async fn a_client_that_was_away_for_longer_than_its_token_lived_still_ends_a_fork() {
    for steps in [1, 3] {
        let app = TestApp::start().await;
        let (record, access) = app.user_with_ids("ann").await;
        let mut thief = Record { next_id: fresh_id(), ..record.clone() };
        for _ in 0..steps {
            app.clock.advance_seconds(40_000);
            thief = lives(&app, &thief).await;
        }
        app.clock.advance_seconds(60_000);
        assert_eq!(app.refresh_with(&record).await.json["detail"], "Token is expired");
        is_over(&app, &thief, &access).await;
    }
}

#[tokio::test]
async fn a_client_that_finds_itself_followed_up_past_its_expiry_can_log_out() {
    let app = TestApp::start().await;
    let (copy, access) = app.user_with_ids("ann").await;
    let mut thief = copy.clone();
    for _ in 0..6 {
        app.clock.advance_seconds(20_000);
        thief = lives(&app, &thief).await;
    }
    assert_eq!(app.refresh_with(&copy).await.json["detail"], "Token is expired");
    let answer = json!({"detail": "Token is expired", "code": "token_not_valid"});
    for _ in 0..2 {
        assert_eq!(app.log_out(&copy.refresh).await.json, answer);
        is_over(&app, &thief, &access).await;
    }
}

#[tokio::test]
async fn an_expired_token_without_an_anchor_ends_nothing() {
    let app = TestApp::start().await;
    let old = app.user("ann").await.refresh;
    app.clock.advance_seconds(50_000);
    let new = app.refresh(&old).await.field("refresh");
    app.clock.advance_seconds(50_000);
    assert_eq!(app.log_out(&old).await.json["detail"], "Token is expired");
    app.refresh(&new).await.is(200);
}

#[tokio::test]
async fn a_stolen_token_alone_gets_nothing_and_ends_the_session() {
    // Before its owner spends it, after, and with ids that do not fit.
    for spend_first in [false, true] {
        let next = hash_of(&fresh_id());
        for ids in
            [json!({}), json!({"rotation_next": next}), json!({"rotation_id": fresh_id(), "rotation_next": next})]
        {
            let app = TestApp::start().await;
            let (mut record, access) = app.user_with_ids("ann").await;
            let mut theft = ids.clone();
            theft["refresh"] = json!(record.refresh);
            if spend_first {
                record = lives(&app, &record).await;
            }
            says_over(&app.post("/api/token/refresh/", &theft).await);
            is_over(&app, &record, &access).await;
        }
    }
}

#[tokio::test]
async fn an_id_without_the_hash_of_the_next_proves_nothing() {
    let app = TestApp::start().await;
    let (record, access) = app.user_with_ids("ann").await;
    let body = json!({"refresh": record.refresh, "rotation_id": record.rotation_id, "rotation_next": null});
    says_over(&app.post("/api/token/refresh/", &body).await);
    is_over(&app, &record, &access).await;
}

#[tokio::test]
async fn an_old_token_alone_gets_nothing_and_ends_nothing() {
    let app = TestApp::start().await;
    let (old, _) = app.user_with_ids("ann").await;
    let mut record = old.clone();
    for _ in 0..2 {
        record = lives(&app, &record).await;
    }
    let reply = app.refresh(&old.refresh).await;
    assert_eq!((reply.status, &reply.json["detail"]), (401, &json!("Token is blacklisted")));
    assert_eq!(reply.header("faregate-action").as_deref(), Some("reload"));
    lives(&app, &record).await;
}

#[tokio::test]
async fn a_captured_request_gains_nothing_by_being_repeated() {
    let app = TestApp::builder().with("FAREGATE_TOKEN_JITTER", "off").start().await;
    let (record, _) = app.user_with_ids("ann").await;
    let next = record.after(&app.refresh_with(&record).await);
    let rotated_at = app.clock.now().seconds();
    app.clock.advance_seconds(1800);
    let thief = app.refresh_with(&record).await;
    assert_eq!(claims(&thief.field("access"))["exp"], rotated_at + 3600);
    // What it got is anchored to an id that it never saw.
    assert_eq!(thief.field("refresh"), next.refresh);
    app.refresh(&thief.field("refresh")).await.is(401);
    says_over(&app.refresh_with(&next).await);
}

#[tokio::test]
async fn a_fork_ends_with_the_clients_next_refresh() {
    for steps in [1, 2, 3, 4] {
        let app = TestApp::start().await;
        let (record, access) = app.user_with_ids("ann").await;
        // The thief comes first and goes on for a while.
        let mut thief = Record { next_id: fresh_id(), ..record.clone() };
        for _ in 0..steps {
            thief = lives(&app, &thief).await;
        }
        says_over(&app.refresh_with(&record).await);
        is_over(&app, &thief, &access).await;
    }
}

#[tokio::test]
async fn a_fork_behind_the_client_ends_the_session_too() {
    let app = TestApp::start().await;
    let (record, access) = app.user_with_ids("ann").await;
    let thief = Record { next_id: fresh_id(), ..record.clone() };
    let record = lives(&app, &record).await;
    says_over(&app.refresh_with(&thief).await);
    is_over(&app, &record, &access).await;
}

#[tokio::test]
async fn a_copy_of_the_record_is_told_to_reload_and_log_out() {
    let app = TestApp::start().await;
    let (copy, access) = app.user_with_ids("ann").await;
    let mut record = copy.clone();
    for _ in 0..6 {
        record = lives(&app, &record).await;
    }
    let reply = app.refresh_with(&copy).await;
    reply.is(409);
    assert_eq!((&reply.json["code"], &reply.json["action"]), (&json!("superseded"), &json!("reload")));
    assert_eq!(reply.header("faregate-action").as_deref(), Some("reload"));
    assert_eq!(reply.json["access"], Value::Null);
    let record = lives(&app, &record).await;
    // Nothing else is stored: whoever has this copy alone logs out with it.
    app.log_out(&copy.refresh).await.is(200);
    is_over(&app, &record, &access).await;
}

#[tokio::test]
async fn a_session_that_was_restored_from_a_copy_is_behind_and_lives() {
    let app = TestApp::start().await;
    let (record, access) = app.user_with_ids("ann").await;
    let saved = app.session_item(&access).await;
    let later = lives(&app, &record).await;
    app.put(saved).await;
    let reply = app.refresh_with(&later).await;
    assert_eq!((reply.status, &reply.json["code"]), (401, &json!("session_behind")));
    assert_eq!(reply.header("faregate-action").as_deref(), Some("reload"));
    lives(&app, &record).await;
}

#[tokio::test]
async fn a_theft_that_cannot_be_written_down_is_our_trouble() {
    let app = TestApp::start().await;
    let (record, _) = app.user_with_ids("ann").await;
    for _ in 0..3 {
        app.calls.replace_next_answer("UpdateItem", 500, json!({"__type": "x#InternalServerError"}));
    }
    app.refresh(&record.refresh).await.is(503);
    says_over(&app.refresh(&record.refresh).await);
}
