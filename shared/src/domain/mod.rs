//! The rules: what a username is, which password is good enough, how a session lives.
//!
//! No I/O, no clock, no AWS, no HTTP: time and randomness come in as arguments.

pub mod admin_session;
pub mod administration;
pub mod common_passwords;
pub mod device;
pub mod id;
pub mod lane;
pub mod legacy;
pub mod password;
pub mod password_policy;
pub mod principal;
pub mod rotation;
pub mod session;
pub mod signing_key;
pub mod similarity;
pub mod socket;
pub mod text;
pub mod throttle;
pub mod user;
pub mod username;
