//! Everything over HTTP that is not a recorded case. The folders mirror the URLs.

mod abuse;
mod api;
mod budget;
mod events;
mod layering;
mod outage;
mod settings;
mod signing_keys;
