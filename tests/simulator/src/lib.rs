//! A deterministic simulator of refresh-token rotation.
//!
//! One session on a server, a client of several workers, a network that loses and repeats, and thieves: [`world`]. What
//! happens is a [`schedule`], made from a seed ([`generator`]). The service's own rules and models of what others do
//! are [`algorithms`]; what must hold of ours is in [`properties`]. [`campaign`] runs many schedules, [`search`] all
//! short ones, and [`shrink`] makes one that violates a property short enough to read.

pub mod algorithms;
pub mod campaign;
pub mod case;
pub mod client;
pub mod generator;
pub mod ledger;
pub mod message;
mod plan;
pub mod play;
pub mod properties;
pub mod schedule;
pub mod search;
pub mod shrink;
mod state;
pub mod story;
pub mod table;
pub mod tally;
pub mod thief;
pub mod weather;
pub mod world;

#[cfg(test)]
mod tests;
