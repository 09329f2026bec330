//! Everything over HTTP that is not a recorded case. The folders mirror the URLs.

#![expect(clippy::unwrap_used, reason = "tests: a panic is a failure")]
#![expect(clippy::panic, reason = "tests: a panic is a failure")]

mod abuse;
mod api;
mod budget;
mod events;
mod gateway;
mod layering;
mod logs;
mod outage;
mod settings;
mod signing_keys;
