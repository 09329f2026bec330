//! Browsers in which an administrator has logged in before: each has a lane of its own for attempts at the password.
//!
//! What the header `Faregate-Device` is for apps is a cookie here. It is looked up and not signed: the admin site has no key to
//! sign with.

use super::call::Call as _;
use super::error::StoreError;
use super::item::{Attributes, Reader, Unreadable, Writer, number, text};
use super::{Client, Table, keys};
use crate::clock::Timestamp;
use crate::domain::admin_session::{BROWSER_KNOWN_SECONDS, CookieSecret};
use crate::domain::device::KnownDevice;

/// The browsers that are known in one table; clones share the connection.
#[derive(Clone, Debug)]
pub struct AdminBrowsers {
    table: Table,
}

impl AdminBrowsers {
    /// The browsers in the table `name`.
    #[must_use]
    pub const fn new(client: Client, name: String) -> Self {
        Self { table: Table { client, name } }
    }

    /// The browser whose cookie holds `secret`, if it is known at `now`. One read.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn find(&self, secret: &CookieSecret, now: Timestamp) -> Result<Option<KnownDevice>, StoreError> {
        let found = self.table.get(&keys::admin_browser(&secret.hash())).await?;
        let known = found.map(|item| browser_of(&item)).transpose()?;
        Ok(known.filter(|(_, expires_at)| *expires_at > now.seconds()).map(|(browser, _)| browser))
    }

    /// Knows the browser whose cookie holds `secret` from `now` on as `browser`. One write.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn remember(
        &self,
        secret: &CookieSecret,
        browser: &KnownDevice,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let item = Writer::new(&keys::admin_browser(&secret.hash()))
            .with("device_id", text(browser.id.to_string()))
            .with("user_id", text(browser.user_id.to_string()))
            .with("revocations", number(browser.revocations))
            .with(keys::TTL, number(now.plus_seconds(BROWSER_KNOWN_SECONDS).seconds()))
            .finish();
        let put = self.table.client.put_item().table_name(&self.table.name).set_item(Some(item));
        put.call().await.map(|_| ()).map_err(|error| self.table.failed("PutItem", &error))
    }
}

fn browser_of(item: &Attributes) -> Result<(KnownDevice, i64), Unreadable> {
    let read = Reader(item);
    let (id, user_id) = (read.parsed("device_id")?, read.parsed("user_id")?);
    let device = KnownDevice { id, user_id, revocations: read.number("revocations")? };
    Ok((device, read.number(keys::TTL)?))
}
