//! DynamoDB: the only module that imports `aws_sdk_dynamodb`.
//!
//! A write is one conditional call; nothing is read first to decide whether to write. Reads are strongly consistent, so
//! that log-out holds at once. The SDK repeats a call whose answer was lost, so a conditional write can meet its own
//! first attempt: each update carries a request id, and finding its own id counts as success.

mod admin_browsers;
mod admin_sessions;
mod administration;
mod backoff;
mod bulk;
mod call;
mod carried;
mod case_setting;
mod connect;
mod connections;
mod error;
mod item;
mod key_steps;
pub mod keyring;
pub mod keys;
mod listing;
mod metering;
mod revocation;
pub mod schema;
mod session_item;
mod sessions;
mod table;
mod throttles;
mod tickets;
mod trail;
mod transaction;
mod users;

pub use admin_browsers::AdminBrowsers;
pub use admin_sessions::AdminSessions;
pub use administration::{Administration, Outcome};
pub use backoff::Backoff;
pub use bulk::{Brought, Bulk, MOST_BROUGHT, NotAnItem, OutPage, PageEnd, Segment, exported_user};
pub use carried::{CarriedToken, TokenUse};
pub use case_setting::recorded_case;
pub use connect::connect;
pub use connections::{ConnectionPage, Connections, PageStart};
pub use error::StoreError;
pub use item::Unreadable;
pub use key_steps::{Moved, NewKey};
pub use keyring::KeyStore;
pub use listing::{Filter, ListPage, ListedUser, Listing, Place};
pub use sessions::{Advanced, PrincipalStates, SessionEnd, SessionKey, Sessions};
pub use throttles::{Slot, Throttles, Turn};
pub use tickets::Tickets;
pub use trail::{Excerpt, Trail, TrailPage, month_of};
pub use users::{CreateUserError, IfUnchanged, Users};

/// The client of the SDK, for those who wire things together.
pub use aws_sdk_dynamodb::Client;
/// The SDK's configuration, for those who look at its calls (tests count them).
pub use aws_sdk_dynamodb::config;

/// One table, as its handles share it.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    client: Client,
    name: String,
}
