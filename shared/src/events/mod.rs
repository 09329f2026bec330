//! Events that API Gateway and schedules send to functions which answer no HTTP request: authorizers, WebSocket routes,
//! timers.
//!
//! An event is read as it came, with suspicion: whatever it holds, reading it never fails, and what is not there is not
//! there. A function answers every event; only trouble of our own is an error, which API Gateway answers with 500 and
//! never keeps.

mod context;
mod event;
mod policy;
mod runtime;

pub use context::{context_of, owner_of};
pub use event::{Authorization, Event};
pub use policy::{Scope, allow, deny};
pub use runtime::run;
