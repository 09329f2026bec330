//! `faregate` as an operator meets it.

#![expect(clippy::unwrap_used, reason = "a test: a panic is a failure")]
#![expect(clippy::indexing_slicing, reason = "a test: a panic is a failure")]

mod cost;
mod export;
mod folder;
mod import;
mod import_again;
mod keys;
mod operator;
mod users;
