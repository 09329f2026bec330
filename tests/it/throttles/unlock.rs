//! An operator lets unknown devices in again.

use faregate::domain::administration::Deed;
use faregate_tests::{PASSWORD, TestApp};

use super::told_to_wait;

#[tokio::test]
async fn an_operator_opens_a_name_that_was_closed() {
    let app = TestApp::builder().with("FAREGATE_ACCOUNT_FAILURE_LIMIT", "5").start().await;
    app.sign_up("ann").await.is(201);
    for _ in 0..5 {
        app.try_log_in("ann", "wrong").await.is(401);
    }
    assert!(told_to_wait(&app.try_log_in("ann", PASSWORD).await) > 30);
    let users = app.service.users();
    let ann = users.find(users.find_id("ann").await.unwrap().unwrap()).await.unwrap().unwrap();
    let deed = Deed::of_operator(app.clock.now());
    app.service.administration().unlock(&ann, &deed).await.unwrap();
    app.log_in("ann").await;
    // The trail tells of it.
    let mut browser = app.administrator("boss").await;
    assert!(browser.get("/admin/trail/").await.text.contains("Let unknown devices in again"));
}
