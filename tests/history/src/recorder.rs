//! Writes down what happens, and gives names to what must not be written down.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use faregate_tests::{claims, hash_of};
use serde_json::Value;

use crate::event::{Event, Moment, Name, Token};

/// What was seen so far.
#[derive(Debug)]
pub struct Recorder {
    started: Instant,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    last: Moment,
    events: Vec<Event>,
    sessions: HashMap<String, Name>,
    /// By the hash that tokens and requests name.
    ids: HashMap<String, Name>,
    /// The different texts of tokens for each place in a session.
    texts: HashMap<(Name, u32), Vec<String>>,
    secrets: HashSet<String>,
    strange: Vec<String>,
}

/// What a run leaves behind.
#[derive(Debug)]
pub struct Records {
    /// The history, in the order of its answers.
    pub events: Vec<Event>,
    /// Every token, and every rotation id and hash of one, that was sent or given out.
    pub secrets: HashSet<String>,
    /// Answers that no client expects.
    pub strange: Vec<String>,
}

impl Default for Recorder {
    fn default() -> Self {
        Self { started: Instant::now(), seen: Mutex::default() }
    }
}

impl Recorder {
    /// The time, later than whenever this was asked before.
    pub fn now(&self) -> Moment {
        let elapsed = Moment::try_from(self.started.elapsed().as_micros()).unwrap_or(Moment::MAX);
        let mut seen = self.seen();
        seen.last = elapsed.max(seen.last + 1);
        seen.last
    }

    /// Writes `event` down.
    pub fn record(&self, event: Event) {
        self.seen().events.push(event);
    }

    /// Writes down that an answer is none that a client expects.
    pub fn wonder(&self, what: String) {
        self.seen().strange.push(what);
    }

    /// The name of a rotation id.
    pub fn id(&self, id: &str) -> Name {
        let hash = hash_of(id);
        let mut seen = self.seen();
        seen.secrets.extend([id.to_owned(), hash.clone()]);
        named(&mut seen.ids, &hash)
    }

    /// What the refresh token `text` says of itself; none when it says nothing.
    pub fn token(&self, text: &str) -> Option<Token> {
        let claims = claims(text);
        let counter = claims.get("ctr").and_then(Value::as_u64).and_then(|counter| u32::try_from(counter).ok())?;
        let session = claims.get("sid").and_then(Value::as_str)?;
        let anchor = claims.get("cnf").and_then(Value::as_str);
        let mut seen = self.seen();
        seen.secrets.insert(text.to_owned());
        let session = named(&mut seen.sessions, session);
        let anchor = anchor.map(|hash| named(&mut seen.ids, hash));
        let texts = seen.texts.entry((session, counter)).or_default();
        let place = texts.iter().position(|known| known == text).unwrap_or_else(|| {
            texts.push(text.to_owned());
            texts.len() - 1
        });
        Some(Token { session, counter, anchor, text: u32::try_from(place).unwrap_or(u32::MAX) })
    }

    /// Remembers `secret`, which no line of a log may tell.
    pub fn keep(&self, secret: &str) {
        self.seen().secrets.insert(secret.to_owned());
    }

    /// What was written down.
    pub fn take(&self) -> Records {
        let Seen { events, secrets, strange, .. } = std::mem::take(&mut *self.seen());
        Records { events, secrets, strange }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The name of `text`, a new one for what was not met before.
fn named(known: &mut HashMap<String, Name>, text: &str) -> Name {
    let next = Name::try_from(known.len()).unwrap_or(Name::MAX);
    *known.entry(text.to_owned()).or_insert(next)
}
