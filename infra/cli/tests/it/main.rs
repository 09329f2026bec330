//! `faregate` as an operator meets it.

#![expect(clippy::unwrap_used, reason = "a test: a panic is a failure")]

mod keys;
mod operator;
mod users;
