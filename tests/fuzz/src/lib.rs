//! What is fuzzed: one function for each kind of input that comes from outside, which panics where a property does not hold.
//!
//! `libfuzzer/` runs each of them under libFuzzer (`cargo fuzz`). `tests/replay.rs` gives each of them the inputs that are kept:
//! `corpus/`, a small set that reaches much, and `crashes/`, what once went wrong. A function takes bytes as they come and goes
//! in where a client does: through the routers, `handle` of a function that answers events, or the public types of `faregate`.
//! In an input, `{access}` and other names in braces stand for what was issued to a user; `House::filled` has the list.

#![expect(clippy::expect_used, reason = "a panic is what a fuzzer looks for")]
#![expect(clippy::indexing_slicing, reason = "a panic is what a fuzzer looks for; what JSON lacks is null")]
#![expect(clippy::missing_panics_doc, reason = "each function panics where its property does not hold")]

mod bodies;
mod cookies;
mod events;
mod hashes;
mod house;
mod names;
mod requests;
mod table;
mod tokens;

pub use bodies::{form_body, json_body, multipart_body};
pub use cookies::cookie;
pub use events::authorizer_event;
pub use hashes::password_hash;
use house::House;
pub use names::{device_name, username};
pub use requests::{gateway_event, request};
pub use tokens::{claims, token};

/// A kind of input: its name, which is that of its folders and of its binary, and its function.
pub type Target = (&'static str, fn(&[u8]));

/// Every kind of input.
pub const TARGETS: [Target; 12] = [
    ("authorizer_event", authorizer_event),
    ("claims", claims),
    ("cookie", cookie),
    ("device_name", device_name),
    ("form_body", form_body),
    ("gateway_event", gateway_event),
    ("json_body", json_body),
    ("multipart_body", multipart_body),
    ("password_hash", password_hash),
    ("request", request),
    ("token", token),
    ("username", username),
];
