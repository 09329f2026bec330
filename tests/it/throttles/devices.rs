//! A device on which its user has logged in before has a lane of its own.

use faregate_tests::{PASSWORD, TestApp};

use super::told_to_wait;

/// Guesses at `username` from many addresses until the name is closed.
async fn close(app: &TestApp, username: &str) {
    // The owner's own log-in may be one of the hundred.
    for guess in 0..100_u8 {
        let reply = app.phone(&format!("198.51.100.{guess}")).log_in(username, "wrong").await;
        assert!(reply.status == 401 || guess == 99);
        app.clock.advance_seconds(30);
    }
    let seconds = told_to_wait(&app.phone("198.51.100.200").log_in(username, PASSWORD).await);
    assert!(seconds > 30, "{seconds}");
}

#[tokio::test]
async fn nobody_can_lock_the_owner_out() {
    let app = TestApp::start().await;
    let mut phone = app.owners_phone("ann", "203.0.113.7").await;
    let before = phone.device.clone().unwrap();
    close(&app, "ann").await;
    phone.log_in("ANN ", PASSWORD).await.is(200);
    assert_eq!(phone.device.as_ref(), Some(&before), "a device stays the one it is");
    // Nor does the success let those in who guess.
    told_to_wait(&app.phone("198.51.100.1").log_in("ann", "wrong").await);
}

#[tokio::test]
async fn an_address_that_is_full_of_others_failures_keeps_no_known_device_out() {
    let app = TestApp::builder().with("FAREGATE_ADDRESS_FAILURE_LIMIT", "3").start().await;
    let mut phone = app.owners_phone("ann", "203.0.113.7").await;
    for name in ["a", "b", "c"] {
        app.phone("203.0.113.7").log_in(name, "wrong").await.is(401);
    }
    told_to_wait(&app.phone("203.0.113.7").log_in("ann", PASSWORD).await);
    phone.log_in("ann", PASSWORD).await.is(200);
}

#[tokio::test]
async fn a_lane_of_the_own_is_as_slow_as_any() {
    let app = TestApp::start().await;
    let mut phone = app.owners_phone("ann", "203.0.113.7").await;
    phone.log_in("ann", PASSWORD).await.is(200);
    phone.log_in("ann", PASSWORD).await.is(200);
    let mut thief = phone.clone();
    thief.address = "198.51.100.1".parse().unwrap();
    for _ in 0..5 {
        thief.log_in("ann", "wrong").await.is(401);
    }
    assert_eq!(told_to_wait(&thief.log_in("ann", PASSWORD).await), 1);
    // Others are not kept waiting by it.
    app.phone("203.0.113.8").log_in("ann", PASSWORD).await.is(200);
}

#[tokio::test]
async fn a_device_that_failed_all_day_is_as_unknown_as_any() {
    let app = TestApp::builder().with("FAREGATE_ACCOUNT_FAILURE_LIMIT", "6").start().await;
    let mut phone = app.owners_phone("ann", "203.0.113.7").await;
    phone.log_in("ann", PASSWORD).await.is(200);
    phone.log_in("ann", PASSWORD).await.is(200);
    let mut thief = phone.clone();
    for _ in 0..6 {
        thief.log_in("ann", "wrong").await.is(401);
        app.clock.advance_seconds(30);
    }
    // The lane is closed; that of the name is not. Who succeeds there gets a lane anew.
    let before = phone.device.clone();
    phone.log_in("ann", PASSWORD).await.is(200);
    assert_ne!(phone.device, before);
    for _ in 0..6 {
        thief.log_in("ann", "wrong").await.is(401);
        app.clock.advance_seconds(30);
    }
    assert!(told_to_wait(&thief.log_in("ann", PASSWORD).await) > 30);
    phone.log_in("ann", PASSWORD).await.is(200);
}

#[tokio::test]
async fn devices_that_were_made_with_an_old_password_are_unknown() {
    let app = TestApp::builder().with("FAREGATE_ADDRESS_FAILURE_LIMIT", "8").start().await;
    let owners = app.owners_phone("ann", "203.0.113.7").await;
    let mut thieves = Vec::new();
    for _ in 0..6 {
        let mut phone = app.phone("198.51.100.1");
        phone.log_in("ann", PASSWORD).await.is(200);
        thieves.push(phone);
    }
    let access = app.log_in("ann").await.access;
    app.change_password(&access, "another-Oak-77").await.is(200);
    // All of them together have what one unknown device has.
    let mut judged = 0;
    for _ in 0..4 {
        for thief in &mut thieves {
            judged += usize::from(thief.log_in("ann", PASSWORD).await.status == 401);
        }
    }
    assert!(judged <= 5, "{judged}");
    // The owner's is known again with the first log-in.
    app.clock.advance_seconds(30);
    let mut owners = owners;
    let before = owners.device.clone();
    owners.log_in("ann", "another-Oak-77").await.is(200);
    assert_ne!(owners.device, before);
}

#[tokio::test]
async fn a_value_that_is_none_of_ours_is_as_good_as_none() {
    let app = TestApp::start().await;
    let bens = app.owners_phone("ben", "203.0.113.8").await;
    let anns = app.owners_phone("ann", "203.0.113.7").await;
    let value = anns.device.clone().unwrap();
    let other = TestApp::start().await.owners_phone("ann", "203.0.113.7").await.device.clone().unwrap();
    let forged = format!("{}A", &value[..value.len() - 1]);
    let forged = if forged == value { format!("{}B", &value[..value.len() - 1]) } else { forged };
    close(&app, "ann").await;
    for device in [bens.device.clone().unwrap(), other, forged, "x".repeat(9_000), "...".to_owned(), String::new()] {
        let mut phone = app.phone("203.0.113.9");
        phone.device = Some(device);
        told_to_wait(&phone.log_in("ann", PASSWORD).await);
    }
}

#[tokio::test]
async fn the_devices_of_who_had_a_name_before_are_not_the_next_ones() {
    let app = TestApp::start().await;
    let mut before = app.owners_phone("ann", "203.0.113.7").await;
    app.delete(app.service.users().find_id("ann").await.unwrap().unwrap()).await;
    let _owner = app.owners_phone("ann", "203.0.113.8").await;
    close(&app, "ann").await;
    assert!(told_to_wait(&before.log_in("ann", "wrong").await) > 30);
}

#[tokio::test]
async fn a_device_opens_nothing_and_costs_no_call() {
    let app = TestApp::start().await;
    let mut phone = app.owners_phone("ann", "203.0.113.7").await;
    app.calls.take();
    phone.log_in("ann", PASSWORD).await.is(200);
    let mut calls = app.calls.take();
    calls.sort();
    assert_eq!(calls, ["BatchGetItem", "PutItem", "Query", "UpdateItem"]);
    let value = phone.device.clone().unwrap();
    app.refresh(&value).await.is(401);
    app.me(&value).await.is(401);
    app.verify(&value).await.is(401);
    assert!(value.len() < 256);
}
