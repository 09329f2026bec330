//! What a client keeps of a session, and what it can show of it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use faregate_tests::hash_of;
use serde_json::{Value, json};

use crate::event::Name;

/// The durable record of a session: what a refresh sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    /// The refresh token.
    pub(crate) refresh: String,
    /// The id that it is anchored to, if it is.
    pub(crate) rotation_id: Option<String>,
    /// The id of the next one, of a client that sends ids.
    pub(crate) next_id: Option<String>,
}

/// A session, as one or several clients hold it; clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    /// Which.
    pub(crate) session: Name,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Debug)]
struct Kept {
    record: Record,
    spent: Vec<Record>,
    access: String,
    is_over: bool,
}

impl Record {
    /// The body of the one request that this record makes, however often it is sent.
    pub(crate) fn request(&self) -> Value {
        let mut body = json!({"refresh": self.refresh});
        if let Value::Object(members) = &mut body {
            members.extend(self.rotation_id.iter().map(|id| ("rotation_id".to_owned(), json!(id))));
            members.extend(self.next_id.iter().map(|id| ("rotation_next".to_owned(), json!(hash_of(id)))));
        }
        body
    }
}

impl Held {
    /// A session that was just opened.
    pub(crate) fn new(session: Name, record: Record, access: String) -> Self {
        Self { session, kept: Arc::new(Mutex::new(Kept { record, spent: Vec::new(), access, is_over: false })) }
    }

    /// The record as it stands.
    pub(crate) fn record(&self) -> Record {
        self.kept().record.clone()
    }

    /// One of the records before it.
    pub(crate) fn spent(&self, which: usize) -> Option<Record> {
        let kept = self.kept();
        let count = kept.spent.len().max(1);
        kept.spent.get(which % count).cloned()
    }

    /// The access token as it stands.
    pub(crate) fn access(&self) -> String {
        self.kept().access.clone()
    }

    /// Whether a holder heard that it is over.
    pub(crate) fn is_over(&self) -> bool {
        self.kept().is_over
    }

    /// A holder heard that it is over.
    pub(crate) fn give_up(&self) {
        self.kept().is_over = true;
    }

    /// Makes a client that sends no ids one that does: from its next refresh on.
    pub(crate) fn begin_to_send(&self, next_id: String) {
        let mut kept = self.kept();
        kept.record.next_id.get_or_insert(next_id);
    }

    /// Puts the answer to `sent` in its place, if that is what still stands there.
    pub(crate) fn store(&self, sent: &Record, (refresh, access): (String, String), fresh: Option<String>) {
        let mut kept = self.kept();
        if kept.record == *sent {
            kept.spent.push(sent.clone());
            kept.record = Record { refresh, rotation_id: sent.next_id.clone(), next_id: fresh };
            kept.access = access;
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
