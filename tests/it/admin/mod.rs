//! The admin site, as an administrator's browser meets it.

mod deeds;
mod forgeries;
mod list;
mod log_in;
mod trail;

use faregate_tests::{Browser, Reply};

/// The address of the user `username`, as the list links it.
async fn address_of(browser: &mut Browser<'_>, username: &str) -> String {
    let page = browser.get(&format!("/admin/users/?q={username}")).await;
    page.is(200);
    let link = page.text.split("<a href=\"/admin/users/").find(|part| part.contains(&format!("<bdi>{username}</bdi>")));
    let id = link.unwrap_or_else(|| panic!("no {username} in {}", page.text)).split('/').next().unwrap();
    format!("/admin/users/{id}/")
}

/// Whether `reply` leads to `path`.
fn leads_to(reply: &Reply, path: &str) {
    assert_eq!(reply.status, 303, "{}", reply.text);
    assert_eq!(reply.header("location").as_deref(), Some(path));
    assert_eq!(reply.header("cache-control").as_deref(), Some("no-store"));
}
