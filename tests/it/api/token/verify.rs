use faregate_tests::TestApp;
use serde_json::json;

#[tokio::test]
async fn a_spent_refresh_token_is_not_good() {
    let app = TestApp::start().await;
    let tokens = app.user("ann").await;
    assert_eq!(app.verify(&tokens.refresh).await.json, json!({}));
    let successor = app.refresh(&tokens.refresh).await.field("refresh");
    let reply = app.verify(&tokens.refresh).await;
    assert_eq!((reply.status, reply.json), (400, json!({"non_field_errors": ["Token is blacklisted"]})));
    // Asking is not using: it neither spends a token nor ends the session.
    app.verify(&successor).await.is(200);
    app.refresh(&successor).await.is(200);
}
