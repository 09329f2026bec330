//! Guessing is slow, whoever guesses from wherever, and keeps no owner out.

mod account;
mod addresses;
mod devices;
mod equal;
mod failing;
mod unlock;

use faregate_tests::Reply;

/// Seconds until a new try makes sense, of an answer that says so in the contract's shape.
fn told_to_wait(reply: &Reply) -> i64 {
    assert_eq!(reply.status, 429, "{}", reply.text);
    let seconds: i64 = reply.header("retry-after").unwrap().parse().unwrap();
    assert!(seconds >= 1);
    let detail = format!("Request was throttled. Expected available in {seconds} seconds.");
    assert_eq!(reply.json["detail"], detail.as_str());
    assert_eq!(reply.header("faregate-action").as_deref(), Some("retry"));
    assert_eq!(reply.header("faregate-device"), None);
    seconds
}
