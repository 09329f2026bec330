use faregate::domain::administration::UserChange;
use faregate_tests::{TestApp, claims};
use serde_json::{Value, json};

fn blacklisted() -> Value {
    json!({"detail": "Token is blacklisted", "code": "token_not_valid"})
}

#[tokio::test]
async fn a_lost_answer_can_be_asked_for_again_within_the_grace_window() {
    let app = TestApp::start().await;
    let tokens = app.user("ann").await;
    let first = app.refresh(&tokens.refresh).await.field("refresh");
    app.clock.advance_seconds(29);
    let again = app.refresh(&tokens.refresh).await.field("refresh");
    assert_eq!(first, again, "the same successor, not a second one");
    app.refresh(&again).await.is(200);
}

#[tokio::test]
async fn a_spent_refresh_token_ends_the_session() {
    let app = TestApp::start().await;
    let tokens = app.user("ann").await;
    let successor = app.refresh(&tokens.refresh).await;
    app.clock.advance_seconds(30);
    // A replay: the thief used it first and the owner comes second, or the other way round.
    assert_eq!(app.refresh(&tokens.refresh).await.json, blacklisted());
    assert_eq!(app.refresh(&successor.field("refresh")).await.json, blacklisted());
    app.me(&successor.field("access")).await.is(401);
}

#[tokio::test]
async fn two_rotations_back_is_a_replay_at_once() {
    let app = TestApp::start().await;
    let tokens = app.user("ann").await;
    let second = app.refresh(&tokens.refresh).await.field("refresh");
    let third = app.refresh(&second).await.field("refresh");
    app.refresh(&tokens.refresh).await.is(401);
    app.refresh(&third).await.is(401);
}

#[tokio::test]
async fn another_session_is_not_touched() {
    let app = TestApp::start().await;
    let stolen = app.user("ann").await;
    let other = app.log_in("ann").await;
    let second = app.refresh(&stolen.refresh).await.field("refresh");
    app.refresh(&second).await.is(200);
    app.refresh(&stolen.refresh).await.is(401);
    app.refresh(&other.refresh).await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_cross_all_get_the_same_successor() {
    let app = std::sync::Arc::new(TestApp::start().await);
    let refresh = app.user("ann").await.refresh;
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (app, refresh) = (std::sync::Arc::clone(&app), refresh.clone());
        running.spawn(async move { app.refresh(&refresh).await.field("refresh") });
    }
    let successors: std::collections::BTreeSet<String> = running.join_all().await.into_iter().collect();
    assert_eq!(successors.len(), 1);
    app.refresh(successors.first().unwrap()).await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_grace_window_one_of_many_at_once_wins_and_the_session_ends() {
    let app = std::sync::Arc::new(TestApp::builder().with("FAREGATE_REFRESH_GRACE_SECONDS", "0").start().await);
    let refresh = app.user("ann").await.refresh;
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (app, refresh) = (std::sync::Arc::clone(&app), refresh.clone());
        running.spawn(async move { app.refresh(&refresh).await });
    }
    let replies = running.join_all().await;
    let winners: Vec<_> = replies.iter().filter(|reply| reply.status == 200).collect();
    assert_eq!(winners.len(), 1);
    app.refresh(&winners[0].field("refresh")).await.is(401);
}

#[tokio::test]
async fn a_rotation_whose_answer_was_lost_between_us_and_dynamodb_is_no_replay() {
    let app = TestApp::builder().with("FAREGATE_REFRESH_GRACE_SECONDS", "0").start().await;
    let tokens = app.user("ann").await;
    app.calls.lose_next_answer("UpdateItem");
    let successor = app.refresh(&tokens.refresh).await;
    successor.is(200);
    app.refresh(&successor.field("refresh")).await.is(200);
}

#[tokio::test]
async fn an_answer_that_is_given_again_draws_the_same_jitter() {
    let app = TestApp::start().await;
    let refresh = app.user("ann").await.refresh;
    let mut ends = std::collections::BTreeSet::new();
    for _ in 0..10 {
        ends.insert(claims(&app.refresh(&refresh).await.field("access"))["exp"].as_i64().unwrap());
    }
    assert_eq!(ends.len(), 1);
    let mut lifetimes = std::collections::BTreeSet::new();
    for _ in 0..10 {
        let access = claims(&app.log_in("ann").await.access);
        lifetimes.insert(access["exp"].as_i64().unwrap() - access["iat"].as_i64().unwrap());
    }
    assert!(lifetimes.len() > 5 && lifetimes.iter().all(|seconds| (3420..=3600).contains(seconds)), "{lifetimes:?}");
}

#[tokio::test]
async fn without_rotation_the_token_stays_and_no_new_one_comes() {
    let app = TestApp::builder().with("FAREGATE_ROTATE_REFRESH_TOKENS", "false").start().await;
    let tokens = app.user("ann").await;
    for _ in 0..3 {
        let reply = app.refresh(&tokens.refresh).await;
        reply.is(200);
        assert!(reply.json.get("refresh").is_none());
    }
    app.clock.advance_seconds(86_400);
    assert_eq!(app.refresh(&tokens.refresh).await.json["detail"], "Token is expired");
}

#[tokio::test]
async fn refreshing_slides_the_expiry_up_to_the_absolute_lifetime() {
    let app = TestApp::builder().with("FAREGATE_SESSION_ABSOLUTE_LIFETIME_SECONDS", "200000").start().await;
    let mut refresh = app.user("ann").await.refresh;
    for _ in 0..2 {
        app.clock.advance_seconds(86_000);
        refresh = app.refresh(&refresh).await.field("refresh");
    }
    let (expires_at, now) = (claims(&refresh)["exp"].as_i64().unwrap(), app.clock.now().seconds());
    assert_eq!(expires_at - now, 200_000 - 2 * 86_000);
    app.clock.advance_seconds(27_999);
    let last = app.refresh(&refresh).await;
    assert_eq!(claims(&last.field("access"))["exp"].as_i64().unwrap() - app.clock.now().seconds(), 1);
    app.clock.advance_seconds(1);
    app.refresh(&last.field("refresh")).await.is(401);
}

#[tokio::test]
async fn the_access_token_carries_the_names_of_now() {
    let app = TestApp::start().await;
    let tokens = app.user("ann").await;
    let id = app.service.users().find_id("ann").await.unwrap().unwrap();
    app.set_profile(id, "first_name", "Anna").await;
    let access = app.refresh(&tokens.refresh).await.field("access");
    assert_eq!(claims(&access)["first_name"], "Anna");
}

#[tokio::test]
async fn a_refresh_while_inactive_spends_nothing_where_reactivation_revives() {
    let app = TestApp::builder()
        .with("FAREGATE_HS256_KEY", "0123456789abcdef0123456789abcdef")
        .with("FAREGATE_REFRESH_GRACE_SECONDS", "0")
        .start()
        .await;
    let tokens = app.user("ann").await;
    let id = app.service.users().find_id("ann").await.unwrap().unwrap();
    app.change(id, UserChange::Deactivate).await;
    app.refresh(&tokens.refresh).await.is(401);
    app.change(id, UserChange::Activate).await;
    app.refresh(&tokens.refresh).await.is(200);
}

#[tokio::test]
async fn a_deleted_user_has_no_active_account() {
    let app = TestApp::start().await;
    let tokens = app.user("ann").await;
    let id = app.service.users().find_id("ann").await.unwrap().unwrap();
    app.delete(id).await;
    let reply = app.refresh(&tokens.refresh).await;
    assert_eq!(reply.json, json!({"detail": "No active account found for the given token."}));
    app.log_out(&tokens.refresh).await.is(200);
    app.sign_up("ann").await.is(201);
    app.me(&tokens.access).await.is(401);
}
