//! What the service costs, measured: beside what bounds it in the same run, never alone.
//!
//! `cargo bench --package bench` runs everything and prints it; with `WRITE_DOCS=1` the tables and plots go to
//! docs/performance.md and docs/images too. Linux only: processor time and memory are read from `/proc`.

#![expect(clippy::expect_used, reason = "a benchmark: a panic is a failure")]
#![expect(clippy::panic, reason = "a benchmark: a panic is a failure")]
#![expect(clippy::missing_panics_doc, reason = "a benchmark: a panic is a failure")]

pub mod actor;
pub mod bootstrap;
pub mod budget;
pub mod figures;
pub mod house;
pub mod in_process;
pub mod load;
pub mod process;
pub mod replay;
pub mod report;
pub mod routes;
pub mod runtime_api;
pub mod server;
pub mod signature;
pub mod sizes;
pub mod subject;
