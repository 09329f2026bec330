//! What a client keeps that sends rotation ids (docs/sessions.md), as a value: a test decides what is lost and repeated.

use std::sync::atomic::{AtomicU64, Ordering};

use faregate::domain::rotation::RotationId;
use serde_json::{Value, json};

use super::{Reply, TestApp};

/// The one durable record of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The refresh token.
    pub refresh: String,
    /// The id that the token is anchored to.
    pub rotation_id: String,
    /// The id that the next token will be anchored to.
    pub next_id: String,
}

/// A rotation id that no other call in this process has given.
pub fn fresh_id() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("{:032x}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The `rotation_next` for `id`.
pub fn hash_of(id: &str) -> String {
    RotationId::parse(id).expect("an id").commitment().to_string()
}

impl Record {
    /// The body of the one request that this record makes, however often it is sent.
    pub fn request(&self) -> Value {
        let Self { refresh, rotation_id, next_id } = self;
        json!({"refresh": refresh, "rotation_id": rotation_id, "rotation_next": hash_of(next_id)})
    }

    /// The record once `reply` has come.
    #[must_use]
    pub fn after(&self, reply: &Reply) -> Self {
        assert_eq!(reply.status, 200, "{}", reply.text);
        Self { refresh: reply.field("refresh"), rotation_id: self.next_id.clone(), next_id: fresh_id() }
    }
}

impl TestApp {
    /// Logs in as a client that sends rotation ids; its record and its first access token.
    pub async fn log_in_with_ids(&self, username: &str) -> (Record, String) {
        let first = fresh_id();
        let body = json!({"username": username, "password": super::PASSWORD, "rotation_next": hash_of(&first)});
        let reply = self.post("/api/log_in/", &body).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let record = Record { refresh: reply.field("refresh"), rotation_id: first, next_id: fresh_id() };
        (record, reply.field("access"))
    }

    /// A new user, logged in as a client that sends rotation ids.
    pub async fn user_with_ids(&self, username: &str) -> (Record, String) {
        let reply = self.sign_up(username).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        self.log_in_with_ids(username).await
    }

    /// Sends what `record` sends.
    pub async fn refresh_with(&self, record: &Record) -> Reply {
        self.post("/api/token/refresh/", &record.request()).await
    }
}
