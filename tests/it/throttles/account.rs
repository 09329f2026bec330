//! Attempts at the password of one name.

use faregate_tests::{PASSWORD, TestApp};
use futures_util::future::join_all;
use serde_json::json;

use super::told_to_wait;

#[tokio::test]
async fn after_five_failures_each_next_one_has_to_wait_for_longer() {
    let app = TestApp::start().await;
    app.sign_up("ann").await.is(201);
    for username in ["ann", "nobody", "not a name!"] {
        for _ in 0..5 {
            app.try_log_in(username, "wrong").await.is(401);
        }
        for seconds in [1, 2, 4, 8, 16, 30, 30] {
            assert_eq!(told_to_wait(&app.try_log_in(username, "wrong").await), seconds, "{username}");
            app.clock.advance_seconds(seconds - 1);
            // The right password opens nothing either: nobody learns by waiting less which one it is.
            assert_eq!(told_to_wait(&app.try_log_in(username, PASSWORD).await), 1, "{username}");
            app.clock.advance_seconds(1);
            app.try_log_in(username, "wrong").await.is(401);
        }
    }
}

#[tokio::test]
async fn a_known_and_an_unknown_name_are_throttled_with_one_and_the_same_answer() {
    let app = TestApp::start().await;
    app.sign_up("ann").await.is(201);
    let mut seen = Vec::new();
    for username in ["ann", "nobody"] {
        for _ in 0..5 {
            app.try_log_in(username, "wrong").await.is(401);
        }
        app.calls.take();
        let reply = app.try_log_in(username, PASSWORD).await;
        let mut calls = app.calls.take();
        calls.sort();
        let mut names: Vec<String> = reply.headers.keys().map(ToString::to_string).collect();
        names.sort();
        seen.push((reply.status, reply.text, names, calls));
    }
    assert_eq!(seen[0], seen[1]);
    // Nothing is hashed, and nothing of the user is read.
    assert_eq!(seen[0].3, ["BatchGetItem", "UpdateItem"]);
}

#[tokio::test]
async fn every_spelling_of_a_name_is_that_name() {
    let app = TestApp::start().await;
    for spelling in ["ann", "ANN", " ann ", "ａｎｎ", "Ann"] {
        app.try_log_in(spelling, "wrong").await.is(401);
    }
    told_to_wait(&app.try_log_in("ann", "wrong").await);
    app.try_log_in("anne", "wrong").await.is(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_at_the_same_time_cannot_outrun_the_count() {
    let app = TestApp::start().await;
    app.sign_up("ann").await.is(201);
    let replies = join_all((0..40).map(|_| app.try_log_in("ann", "wrong"))).await;
    let judged = replies.iter().filter(|reply| reply.status == 401).count();
    assert_eq!(judged, 5);
    assert!(replies.iter().all(|reply| matches!(reply.status, 401 | 429)));
    // Nor after a delay: of all who come when it is over, one is judged.
    app.clock.advance_seconds(1);
    let replies = join_all((0..40).map(|_| app.try_log_in("ann", "wrong"))).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 401).count(), 1);
}

#[tokio::test]
async fn a_success_forgets_the_failures_before_it() {
    let app = TestApp::start().await;
    app.sign_up("ann").await.is(201);
    for _ in 0..3 {
        for _ in 0..4 {
            app.try_log_in("ann", "wrong").await.is(401);
        }
        app.log_in("ann").await;
    }
    for _ in 0..5 {
        app.try_log_in("ann", "wrong").await.is(401);
    }
    told_to_wait(&app.try_log_in("ann", PASSWORD).await);
}

#[tokio::test]
async fn a_success_forgets_nothing_that_began_after_it() {
    let app = TestApp::start().await;
    app.sign_up("ann").await.is(201);
    for _ in 0..3 {
        app.try_log_in("ann", "wrong").await.is(401);
    }
    // The owner's attempt is the fourth; a guess begins and fails before the owner's is over.
    let attempts = app.service.attempts();
    let claimant = faregate::attempts::Claimant { username: "ann", source_ip: None, device: None };
    let owners = attempts.begin(claimant).await.unwrap();
    app.try_log_in("ann", "wrong").await.is(401);
    attempts.succeeded(&owners).await;
    for _ in 0..4 {
        app.try_log_in("ann", "wrong").await.is(401);
    }
    told_to_wait(&app.try_log_in("ann", "wrong").await);
}

#[tokio::test]
async fn a_log_in_without_failures_before_it_costs_no_write_for_them() {
    let app = TestApp::start().await;
    app.sign_up("ann").await.is(201);
    app.calls.take();
    app.log_in("ann").await;
    assert_eq!(app.calls.take().iter().filter(|call| *call == "UpdateItem").count(), 1);
    // Many a day keep nobody waiting.
    for _ in 0..20 {
        app.log_in("ann").await;
    }
}

#[tokio::test]
async fn after_a_hundred_failures_in_a_day_a_name_is_closed_until_it_ends() {
    let app = TestApp::start().await;
    app.sign_up("ann").await.is(201);
    for username in ["ann", "nobody"] {
        for _ in 0..100 {
            app.try_log_in(username, "wrong").await.is(401);
            app.clock.advance_seconds(30);
        }
        let seconds = told_to_wait(&app.try_log_in(username, PASSWORD).await);
        assert!(seconds > 3_600, "{username}: {seconds}");
        let now = app.clock.now().seconds();
        assert_eq!((now + seconds) % 86_400, 0, "{username}: the day ends");
    }
    let seconds = told_to_wait(&app.try_log_in("ann", PASSWORD).await);
    app.clock.advance_seconds(seconds - 1);
    told_to_wait(&app.try_log_in("ann", PASSWORD).await);
    app.clock.advance_seconds(1);
    app.log_in("ann").await;
}

#[tokio::test]
async fn the_limits_are_settings() {
    let app = TestApp::builder()
        .with("FAREGATE_ACCOUNT_FREE_FAILURES", "2")
        .with("FAREGATE_ACCOUNT_MAX_DELAY_SECONDS", "3")
        .with("FAREGATE_ACCOUNT_FAILURE_LIMIT", "0")
        .start()
        .await;
    for _ in 0..2 {
        app.try_log_in("nobody", "wrong").await.is(401);
    }
    for seconds in [1, 2].into_iter().chain([3; 200]) {
        assert_eq!(told_to_wait(&app.try_log_in("nobody", "wrong").await), seconds);
        app.clock.advance_seconds(seconds);
        app.try_log_in("nobody", "wrong").await.is(401);
    }
}

#[tokio::test]
async fn a_success_alone_keeps_nobody_waiting_however_small_the_limits_are() {
    for name in ["FAREGATE_ACCOUNT_FREE_FAILURES", "FAREGATE_ACCOUNT_FAILURE_LIMIT"] {
        let app = TestApp::builder().with(name, "1").start().await;
        app.sign_up("ann").await.is(201);
        for _ in 0..3 {
            app.log_in("ann").await;
        }
        app.try_log_in("ann", "wrong").await.is(401);
        told_to_wait(&app.try_log_in("ann", PASSWORD).await);
    }
}

#[tokio::test]
async fn switched_off_nothing_is_counted_and_no_device_is_told() {
    let app = TestApp::builder().with("FAREGATE_THROTTLE", "off").start().await;
    app.sign_up("ann").await.is(201);
    for _ in 0..10 {
        app.calls.take();
        app.try_log_in("ann", "wrong").await.is(401);
        assert_eq!(app.calls.take(), ["BatchGetItem", "Query"]);
    }
    let reply = app.try_log_in("ann", PASSWORD).await;
    reply.is(200);
    assert_eq!(reply.header("faregate-device"), None);
}

#[tokio::test]
async fn who_is_logged_in_is_held_to_the_same_in_a_lane_of_the_own() {
    let app = TestApp::start().await;
    for path in ["/api/password/change/", "/api/account/delete/"] {
        let access = app.user(&format!("ann{}", path.len())).await.access;
        let wrong = json!({"old_password": "wrong", "new_password1": "another-Oak-77",
            "new_password2": "another-Oak-77", "password": "wrong"});
        let other = app.log_in(&format!("ann{}", path.len())).await.access;
        // A change compares the new password too, in case this is a request that comes again: two attempts each, while there
        // are two.
        let free = if path.contains("change") { 3 } else { 5 };
        for _ in 0..free {
            app.post_as(&access, path, &wrong).await.is(400);
        }
        for seconds in [1, 2, 4] {
            assert_eq!(told_to_wait(&app.post_as(&access, path, &wrong).await), seconds);
            app.clock.advance_seconds(seconds);
            // Who waited is told that it is wrong.
            app.post_as(&access, path, &wrong).await.is(400);
        }
        told_to_wait(&app.post_as(&access, path, &wrong).await);
        // Whoever guesses at the log-in, here, and with another session do not touch each other.
        app.log_in(&format!("ann{}", path.len())).await;
        app.post_as(&other, path, &wrong).await.is(400);
        app.clock.advance_seconds(8);
        let right = json!({"old_password": PASSWORD, "new_password1": "another-Oak-77",
            "new_password2": "another-Oak-77", "password": PASSWORD});
        app.post_as(&access, path, &right).await.is(200);
    }
}
