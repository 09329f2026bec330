//! Requests of one session that cross, in process and through the embedded DynamoDB: one family, no 5xx, nothing usable
//! after a log-out.

use std::collections::BTreeSet;
use std::sync::Arc;

use faregate_tests::{Record, Reply, TestApp, fresh_id};
use serde_json::{Value, json};
use tokio::task::JoinSet;

const CROWDS: [usize; 4] = [1, 2, 32, 200];

/// Sends each of `bodies` at once, as refreshes.
async fn refresh_all(app: &Arc<TestApp>, bodies: Vec<Value>) -> Vec<Reply> {
    let mut running = JoinSet::new();
    for body in bodies {
        let app = Arc::clone(app);
        running.spawn(async move { app.post("/api/token/refresh/", &body).await });
    }
    running.join_all().await
}

fn successors(replies: &[Reply]) -> BTreeSet<String> {
    replies.iter().map(|reply| reply.field("refresh")).collect()
}

fn writes(app: &TestApp) -> usize {
    app.calls.take_first_attempts("UpdateItem")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_with_one_record_gets_one_successor_with_one_write_each() {
    let app = Arc::new(TestApp::builder().with("FAREGATE_REFRESH_GRACE_SECONDS", "0").start().await);
    let (mut record, _) = app.user_with_ids("ann").await;
    for crowd in CROWDS {
        app.calls.take();
        let replies = refresh_all(&app, vec![record.request(); crowd]).await;
        assert_eq!(successors(&replies).len(), 1, "{crowd}");
        assert_eq!(writes(&app), crowd);
        record = record.after(&replies[0]);
    }
    app.refresh_with(&record).await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_without_ids_gets_one_successor_within_the_grace_window() {
    let app = Arc::new(TestApp::start().await);
    let mut refresh = app.user("ann").await.refresh;
    for crowd in CROWDS {
        app.calls.take();
        let replies = refresh_all(&app, vec![json!({"refresh": refresh}); crowd]).await;
        assert_eq!(successors(&replies).len(), 1, "{crowd}");
        assert_eq!(writes(&app), crowd);
        refresh = replies[0].field("refresh");
    }
    app.refresh(&refresh).await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_crowd_of_two_holders_nobody_keeps_anything() {
    let app = Arc::new(TestApp::start().await);
    app.sign_up("ann").await.is(201);
    for _ in 0..8 {
        let (record, _) = app.log_in_with_ids("ann").await;
        let copy = Record { next_id: fresh_id(), ..record.clone() };
        let bodies = (0..16).map(|nth| if nth % 2 == 0 { record.request() } else { copy.request() }).collect();
        let replies = refresh_all(&app, bodies).await;
        assert!(replies.iter().all(|reply| matches!(reply.status, 200 | 401)));
        let good: Vec<Reply> = replies.into_iter().filter(|reply| reply.status == 200).collect();
        assert_eq!(successors(&good).len(), 1, "of two holders one was first");
        for reply in &good {
            app.me(&reply.field("access")).await.is(401);
            for holder in [&record, &copy] {
                app.refresh_with(&holder.after(reply)).await.is(401);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_out_that_crosses_refreshes_leaves_nothing_usable() {
    let app = Arc::new(TestApp::start().await);
    app.sign_up("ann").await.is(201);
    for round in 0..24 {
        let (record, first) = app.log_in_with_ids("ann").await;
        let mut running = JoinSet::new();
        for nth in 0..6 {
            let (app, record) = (Arc::clone(&app), record.clone());
            running.spawn(async move {
                if nth == round % 6 { app.log_out(&record.refresh).await } else { app.refresh_with(&record).await }
            });
        }
        let replies = running.join_all().await;
        assert!(replies.iter().all(|reply| matches!(reply.status, 200 | 401)));
        app.me(&first).await.is(401);
        app.refresh_with(&record).await.is(401);
        for reply in replies.iter().filter(|reply| reply.json.get("access").is_some()) {
            app.me(&reply.field("access")).await.is(401);
            app.refresh_with(&record.after(reply)).await.is(401);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_are_lost_behind_the_write_lose_no_session() {
    let app = Arc::new(TestApp::builder().with("FAREGATE_REFRESH_GRACE_SECONDS", "0").start().await);
    let (mut record, _) = app.user_with_ids("ann").await;
    for _ in 0..6 {
        // The SDK gives up after three attempts, each of which was done.
        for _ in 0..3 {
            app.calls.lose_next_answer("UpdateItem");
        }
        let replies = refresh_all(&app, vec![record.request(); 8]).await;
        assert!(replies.iter().all(|reply| matches!(reply.status, 200 | 503)));
        app.clock.advance_seconds(3_600);
        record = record.after(&app.refresh_with(&record).await);
        assert!(!app.calls.is_waiting());
    }
}
