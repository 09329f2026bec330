//! Everything over HTTP that is not a recorded case. The folders mirror the URLs.

#![expect(clippy::unwrap_used, reason = "tests: a panic is a failure")]
#![expect(clippy::panic, reason = "tests: a panic is a failure")]
#![expect(clippy::indexing_slicing, reason = "tests: a panic is a failure")]

mod abuse;
mod admin;
mod api;
mod authorizer;
mod browsable;
mod budget;
mod cors;
mod deployment;
mod events;
mod faults;
mod forgeries;
mod gateway;
mod imported;
mod key_rotation;
mod layering;
mod logs;
mod odd_events;
mod openapi;
mod outage;
mod reaper;
mod security;
mod session_model;
mod session_races;
mod settings;
mod signing_keys;
mod sockets;
mod throttles;
mod units;
mod well_known;
