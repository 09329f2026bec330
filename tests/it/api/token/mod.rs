mod carried;
mod refresh;
mod rotation;
mod theft;
mod verify;

use faregate_tests::{Record, Reply, TestApp};
use serde_json::json;

/// 401, the session is over, and the app is told so.
pub(crate) fn says_over(reply: &Reply) {
    assert_eq!((reply.status, &reply.json["detail"]), (401, &json!("Token is blacklisted")), "{}", reply.text);
    assert_eq!(reply.header("faregate-action").as_deref(), Some("reauthenticate"));
}

/// The session still gives tokens to the holder of `record`.
pub(crate) async fn lives(app: &TestApp, record: &Record) -> Record {
    record.after(&app.refresh_with(record).await)
}

/// Nobody gets anything of the session any more, `record` included.
pub(crate) async fn is_over(app: &TestApp, record: &Record, access: &str) {
    says_over(&app.refresh_with(record).await);
    app.me(access).await.is(401);
}
