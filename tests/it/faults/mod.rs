//! Faults of DynamoDB, and of the way there: every operation, every call that it makes, every fault, met once and from then
//! on. The answer is a success that is there or 503 with `Retry-After`, soon, and the same request again ends well.

mod accounts;
mod administration;
mod cell;
mod events;
mod lane;
mod lines;
mod matrix;
mod proxy;
mod references;
mod row;
mod sessions;
mod start;
