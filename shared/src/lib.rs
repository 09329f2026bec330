//! What Faregate's Lambda functions share: the HTTP contract, password hashing, token claims and the store.
//!
//! Arrows point down, and nothing here knows a function:
//!
//! ```text
//! function        the life of a Lambda function
//! service         builds everything below once, from the settings
//! events          what API Gateway and schedules send that is no HTTP request
//! http            bytes in, bytes out; the only module that knows status codes
//! administrator   who is on the admin site
//! authentication  who sent this access token
//! credentials     whose username and password these are
//! attempts        attempts at passwords, counted
//! audit           what somebody may have to look into
//! reaper          tells ws-reaper that a session ended
//! tokens          claims, key ring, signing and verifying
//! store           DynamoDB; the only module that imports aws_sdk_dynamodb
//! telemetry       what one invocation did, and what it counts for
//! settings        what can be set; the only reader of the environment
//! passwords       Argon2id
//! domain          the rules: no I/O, no clock, no AWS, no HTTP
//! randomness      ids and secrets
//! aws             how AWS's services are reached
//! clock           the time
//! logging         log lines
//! ```

pub mod administrator;
pub mod attempts;
pub mod audit;
pub mod authentication;
pub mod aws;
pub mod clock;
pub mod credentials;
pub mod domain;
pub mod events;
pub mod function;
pub mod http;
pub mod logging;
pub mod passwords;
pub mod randomness;
pub mod reaper;
pub mod service;
pub mod settings;
pub mod store;
pub mod telemetry;
pub mod tokens;
