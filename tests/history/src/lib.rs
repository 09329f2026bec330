//! Concurrent clients against the whole service under faults, and a checker of what they saw.
//!
//! Clients sign up, log in, refresh, log out and deactivate at random, on a [`ground`] where calls to DynamoDB fail;
//! a [`recorder`] writes down what was asked and answered. [`check`] takes the [`event`]s apart by user and by session and
//! looks for an order in which each could have happened ([`linearize`]) by the rules of [`model_user`] and
//! [`model_session`]; what has none is made short ([`shorten`]) and told in words. [`secrets`] looks through the log.

pub mod check;
mod client;
pub mod door;
mod errand;
pub mod event;
pub mod ground;
pub mod linearize;
pub mod model_session;
pub mod model_user;
pub mod parts;
pub mod recorder;
pub mod run;
pub mod secrets;
pub mod shorten;
mod story;
pub mod summary;
mod wallet;

#[cfg(test)]
mod tests;
