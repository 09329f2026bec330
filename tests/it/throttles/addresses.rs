//! What is held to an address.

use faregate_tests::{PASSWORD, TestApp};
use serde_json::json;

use super::told_to_wait;

#[tokio::test]
async fn an_address_that_fails_at_many_names_has_to_wait_for_the_next_hour() {
    let app = TestApp::start().await;
    app.sign_up("ann").await.is(201);
    for guess in 0..100 {
        app.phone("203.0.113.7").log_in(&format!("user{guess}"), "wrong").await.is(401);
    }
    for username in ["ann", "nobody"] {
        let seconds = told_to_wait(&app.phone("203.0.113.7").log_in(username, PASSWORD).await);
        assert_eq!((app.clock.now().seconds() + seconds) % 3_600, 0, "{username}");
    }
    app.phone("203.0.113.8").log_in("ann", PASSWORD).await.is(200);
    let seconds = told_to_wait(&app.phone("203.0.113.7").log_in("ann", PASSWORD).await);
    app.clock.advance_seconds(seconds);
    app.phone("203.0.113.7").log_in("ann", PASSWORD).await.is(200);
}

#[tokio::test]
async fn an_address_that_is_full_uses_up_nobodys_attempts() {
    let app = TestApp::builder().with("FAREGATE_ADDRESS_FAILURE_LIMIT", "2").start().await;
    app.sign_up("ann").await.is(201);
    let mut phone = app.phone("203.0.113.7");
    for name in ["a", "b"] {
        phone.log_in(name, "wrong").await.is(401);
    }
    for _ in 0..20 {
        assert!(told_to_wait(&phone.log_in("ann", "wrong").await) > 1);
    }
    for _ in 0..5 {
        app.phone("203.0.113.8").log_in("ann", "wrong").await;
    }
    let attempts = app.items().await;
    let most = attempts.iter().filter_map(|item| item.get("attempts")?.as_n().ok()?.parse::<u32>().ok()).max();
    assert_eq!(most, Some(2), "of an address");
}

#[tokio::test]
async fn log_ins_that_succeed_are_not_held_to_an_address() {
    let app = TestApp::builder().with("FAREGATE_ADDRESS_FAILURE_LIMIT", "2").start().await;
    app.sign_up("ann").await.is(201);
    for _ in 0..5 {
        app.phone("203.0.113.7").log_in("ann", PASSWORD).await.is(200);
    }
}

#[tokio::test]
async fn a_household_is_one_address() {
    let app = TestApp::builder().with("FAREGATE_ADDRESS_FAILURE_LIMIT", "3").start().await;
    for address in ["2001:db8:1:2::1", "2001:db8:1:2:ffff::1", "2001:db8:1:2:3:4:5:6"] {
        app.phone(address).log_in("nobody", "wrong").await.is(401);
    }
    told_to_wait(&app.phone("2001:db8:1:2:abcd::").log_in("ann", "wrong").await);
    app.phone("2001:db8:1:3::1").log_in("ann", "wrong").await.is(401);
    // An IPv4 address is the same one however it is written.
    for address in ["203.0.113.7", "::ffff:203.0.113.7", "203.0.113.7"] {
        app.phone(address).log_in("ben", "wrong").await.is(401);
    }
    told_to_wait(&app.phone("::ffff:203.0.113.7").log_in("cid", "wrong").await);
}

#[tokio::test]
async fn sign_ups_are_held_to_an_address_whatever_comes_of_them() {
    let app = TestApp::builder().with("FAREGATE_ADDRESS_SIGN_UP_LIMIT", "4").start().await;
    let phone = app.phone("203.0.113.7");
    phone.sign_up("ann").await.is(201);
    phone.sign_up("ann").await.is(400);
    // To ask for a name beside a mistake, or with a weak password, asks for a name too.
    phone.post("/api/sign_up/", &json!({"username": "ann"})).await.is(400);
    let weak = json!({"username": "ann", "password1": "12345678", "password2": "12345678"});
    phone.post("/api/sign_up/", &weak).await.is(400);
    app.calls.take();
    for body in [json!({"username": "ann"}), weak] {
        let reply = phone.post("/api/sign_up/", &body).await;
        assert!(told_to_wait(&reply) <= 3_600);
        assert!(!reply.text.contains("exists"));
    }
    told_to_wait(&phone.sign_up("ben").await);
    assert!(!app.calls.take().contains(&"TransactWriteItems".to_owned()));
    // What asks for no name is not counted.
    phone.post("/api/sign_up/", &json!({"password1": "x"})).await.is(400);
    app.phone("203.0.113.8").sign_up("ben").await.is(201);
    app.clock.advance_seconds(3_600);
    phone.sign_up("cid").await.is(201);
}

#[tokio::test]
async fn refresh_tokens_that_are_none_are_held_to_an_address_and_good_ones_are_not() {
    let app = TestApp::builder().with("FAREGATE_ADDRESS_REFRESH_FAILURE_LIMIT", "3").start().await;
    let tokens = app.user("ann").await;
    let phone = app.phone("203.0.113.7");
    for _ in 0..3 {
        phone.refresh("garbage").await.is(401);
    }
    assert!(told_to_wait(&phone.refresh("garbage").await) <= 3_600);
    app.calls.take();
    let refreshed = phone.refresh(&tokens.refresh).await;
    refreshed.is(200);
    let mut calls = app.calls.take();
    calls.sort();
    assert_eq!(calls, ["GetItem", "UpdateItem"], "a good one costs no call more");
    // One that is over is no garbage: an app of before has it.
    app.log_out(&refreshed.field("refresh")).await.is(200);
    phone.refresh(&refreshed.field("refresh")).await.is(401);
}

#[tokio::test]
async fn without_a_limit_nothing_is_counted() {
    let names = ["FAREGATE_ADDRESS_FAILURE_LIMIT", "FAREGATE_ADDRESS_SIGN_UP_LIMIT"];
    let builder = names.into_iter().fold(TestApp::builder(), |builder, name| builder.with(name, "0"));
    let app = builder.with("FAREGATE_ADDRESS_REFRESH_FAILURE_LIMIT", "0").start().await;
    let phone = app.phone("203.0.113.7");
    phone.sign_up("ann").await.is(201);
    phone.refresh("garbage").await.is(401);
    phone.clone().log_in("nobody", "wrong").await.is(401);
    let kept = app.items().await;
    let counted = kept.iter().filter(|item| item["pk"].as_s().unwrap().starts_with("THROTTLE#"));
    let partitions: Vec<_> = counted.map(|item| item["pk"].as_s().unwrap().split('#').nth(1).unwrap()).collect();
    assert_eq!(partitions, ["account"]);
}
