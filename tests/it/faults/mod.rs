//! Faults of DynamoDB, and of the way there.

mod proxy;
