use faregate_tests::TestApp;
use serde_json::json;

#[tokio::test]
async fn log_out_shows_at_once_on_our_own_routes() {
    let app = TestApp::start().await;
    let tokens = app.user("ann").await;
    app.me(&tokens.access).await.is(200);
    app.log_out(&tokens.refresh).await.is(200);
    let refused = app.me(&tokens.access).await;
    refused.is(401);
    assert_eq!(refused.json["messages"][0]["message"], "Token is blacklisted");
    app.refresh(&tokens.refresh).await.is(401);
    // Stateless by contract: it says what any verifier without our table would say.
    app.verify(&tokens.access).await.is(200);
}

#[tokio::test]
async fn a_spent_token_ends_its_session() {
    let app = TestApp::start().await;
    let first = app.user("ann").await;
    let second = app.refresh(&first.refresh).await.field("refresh");
    assert_eq!(app.log_out(&first.refresh).await.json, json!({}));
    app.refresh(&second).await.is(401);
}

#[tokio::test]
async fn a_log_out_whose_answer_was_lost_is_no_second_log_out() {
    let app = TestApp::start().await;
    let tokens = app.user("ann").await;
    app.calls.lose_next_answer("UpdateItem");
    app.log_out(&tokens.refresh).await.is(200);
    app.log_out(&tokens.refresh).await.is(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_log_outs_at_once_one_ends_the_session() {
    let app = std::sync::Arc::new(TestApp::start().await);
    let refresh = app.user("ann").await.refresh;
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (app, refresh) = (std::sync::Arc::clone(&app), refresh.clone());
        running.spawn(async move { app.log_out(&refresh).await.status });
    }
    let statuses = running.join_all().await;
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 19, "{statuses:?}");
}
