//! The whole service in one process, for a laptop: every function's router, a gateway in API Gateway's place, and an
//! embedded DynamoDB.

pub mod database;
pub mod functions;
pub mod gateway;
pub mod schedules;
pub mod shutdown;
pub mod websocket;
