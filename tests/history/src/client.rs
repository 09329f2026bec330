//! A client: does one errand after the other and writes down what it asked and heard.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request};
use faregate_tests::{Reply, empty_request, json_request, with_bearer};
use futures_util::future::join_all;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::json;

use crate::door::{Door, answer_of};
use crate::errand::{Board, Errand, Itinerary, Manner};
use crate::event::{Answer, Asked, Event, Name};
use crate::recorder::Recorder;
use crate::wallet::{Held, Record};

/// What all passwords have in them, and no other text.
pub(crate) const PASSWORD_MARK: &str = "tramline";

/// What all clients of a run share.
#[derive(Clone, Debug)]
pub(crate) struct Common {
    pub(crate) doors: Arc<[Door]>,
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) board: Arc<Board>,
}

/// A client.
#[derive(Debug)]
pub(crate) struct Client {
    number: u32,
    common: Common,
    itinerary: Itinerary,
}

/// What came of a request.
struct Heard {
    answer: Answer,
    reply: Option<Reply>,
}

impl Client {
    /// The client `number` of the run with `seed`.
    pub(crate) fn new(number: u32, seed: u64, common: Common) -> Self {
        let random = StdRng::seed_from_u64(seed.wrapping_mul(1_000_003).wrapping_add(u64::from(number)));
        Self { number, common, itinerary: Itinerary::new(number, random) }
    }

    /// Which one.
    pub(crate) const fn number(&self) -> u32 {
        self.number
    }

    /// How many users there may be by now.
    pub(crate) fn users(&self) -> Name {
        self.itinerary.users()
    }

    /// Does what is next; how many operations that was.
    pub(crate) async fn step(&mut self) -> u64 {
        let errands = self.itinerary.next(&self.common.board);
        let count = errands.len();
        let mut prepared = Vec::with_capacity(count);
        for errand in errands {
            prepared.push((errand, self.itinerary.manner(self.common.doors.len()), self.itinerary.fresh_id()));
        }
        let both = prepared.into_iter().map(|(errand, manner, fresh)| self.run(errand, manner, fresh));
        for held in join_all(both).await.into_iter().flatten() {
            self.itinerary.keep(held, &self.common.board);
        }
        count as u64
    }

    /// Looks, once all is calm, at what became of every session that this client opened and of some of the `users`.
    pub(crate) async fn look_back(&mut self, users: impl Iterator<Item = Name>) {
        let calm = Manner { door: 0, patience: None, in_capitals: false };
        for held in std::mem::take(&mut self.itinerary.opened) {
            let record = held.record();
            let refresh = Errand::Refresh { held: held.clone(), record, stores: true };
            for errand in [Errand::Look { held }, refresh] {
                let fresh = self.itinerary.fresh_id();
                self.run(errand, calm, fresh).await;
            }
        }
        for user in users {
            let fresh = self.itinerary.fresh_id();
            self.run(Errand::LogIn { user, is_right: true, with_ids: true }, calm, fresh).await;
        }
    }

    /// Does `errand`; the session that it opened, if it did. `fresh` is the id that the client makes for what comes next.
    async fn run(&self, errand: Errand, manner: Manner, fresh: String) -> Option<Held> {
        match errand {
            Errand::SignUp { user } => self.sign_up(user, manner).await,
            Errand::LogIn { user, is_right, with_ids } => {
                return self.log_in((user, is_right), manner, with_ids.then_some(fresh)).await;
            }
            Errand::Refresh { held, record, stores } => {
                self.refresh((&held, &record), manner, stores.then_some(fresh)).await;
            }
            Errand::LogOut { record } => self.log_out(&record, manner).await,
            Errand::Look { held } => {
                let request = with_bearer(empty_request(Method::GET, "/api/me/"), &held.access());
                self.ask(Asked::Look { session: held.session }, request, manner).await;
            }
            Errand::EndAll { held } => {
                let request = json_request(Method::POST, "/api/log_out/all/", &json!({}));
                let request = with_bearer(request, &held.access());
                self.ask(Asked::EndAll { session: held.session }, request, manner).await;
            }
            Errand::Operate { user, is_active } => self.operate(user, is_active, manner).await,
        }
        None
    }

    async fn sign_up(&self, user: Name, manner: Manner) {
        let password = password(user);
        let body = json!({"username": username(user, manner), "password1": password, "password2": password});
        self.ask(Asked::SignUp { user }, json_request(Method::POST, "/api/sign_up/", &body), manner).await;
    }

    async fn log_in(&self, (user, is_right): (Name, bool), manner: Manner, id: Option<String>) -> Option<Held> {
        let password = if is_right { password(user) } else { format!("wrong-{PASSWORD_MARK}") };
        let mut body = json!({"username": username(user, manner), "password": password});
        if let (Some(id), Some(members)) = (&id, body.as_object_mut()) {
            members.insert("rotation_next".to_owned(), json!(faregate_tests::hash_of(id)));
        }
        let next = id.as_deref().map(|id| self.common.recorder.id(id));
        let request = json_request(Method::POST, "/api/log_in/", &body);
        let heard = self.ask(Asked::LogIn { user, is_right, next }, request, manner).await;
        let (Answer::Opened(token), Some(reply)) = (heard.answer, heard.reply) else { return None };
        let next_id = id.as_ref().map(|id| format!("{id}-next"));
        let record = Record { refresh: reply.field("refresh"), rotation_id: id, next_id };
        Some(Held::new(token.session, record, reply.field("access")))
    }

    async fn refresh(&self, (held, record): (&Held, &Record), manner: Manner, fresh: Option<String>) {
        let recorder = &self.common.recorder;
        let Some(token) = recorder.token(&record.refresh) else { return };
        let id = record.rotation_id.as_deref().map(|id| recorder.id(id));
        let next = record.next_id.as_deref().map(|id| recorder.id(id));
        let request = json_request(Method::POST, "/api/token/refresh/", &record.request());
        let heard = self.ask(Asked::Refresh { token, id, next }, request, manner).await;
        if heard.answer == Answer::Over {
            held.give_up();
        }
        let (Answer::Given(_), Some(reply), Some(fresh)) = (heard.answer, heard.reply, fresh) else { return };
        let fresh = record.next_id.is_some().then_some(fresh);
        held.store(record, (reply.field("refresh"), reply.field("access")), fresh);
    }

    async fn log_out(&self, record: &Record, manner: Manner) {
        let Some(token) = self.common.recorder.token(&record.refresh) else { return };
        let request = json_request(Method::POST, "/api/log_out/", &json!({"refresh": record.refresh}));
        self.ask(Asked::LogOut { token }, request, manner).await;
    }

    async fn operate(&self, user: Name, is_active: bool, manner: Manner) {
        let Some(door) = self.common.doors.get(manner.door) else { return };
        let asked = if is_active { Asked::Activate { user } } else { Asked::Deactivate { user } };
        let invoked = self.common.recorder.now();
        let changed = patient(manner.patience, door.operate(&username(user, manner), is_active)).await;
        self.record(invoked, asked, changed.unwrap_or(Answer::Unknown));
    }

    /// Sends `request`, waits as long as the client has patience, and writes down what came of it.
    async fn ask(&self, asked: Asked, request: Request<Body>, manner: Manner) -> Heard {
        let unheard = Heard { answer: Answer::Unknown, reply: None };
        let Some(door) = self.common.doors.get(manner.door) else { return unheard };
        let recorder = &self.common.recorder;
        let invoked = recorder.now();
        let Some((reply, difference)) = patient(manner.patience, door.send(request)).await else {
            self.record(invoked, asked, Answer::Unknown);
            return unheard;
        };
        let answer = answer_of(&asked, &reply, recorder);
        if let Some(access) = reply.json.get("access").and_then(|access| access.as_str()) {
            recorder.keep(access);
        }
        if answer.is_none() || difference.is_some() {
            recorder.wonder(format!("client {} {asked}: {} {difference:?}", self.number, reply.status));
        }
        let answer = answer.unwrap_or(Answer::Unknown);
        self.record(invoked, asked, answer);
        Heard { answer, reply: Some(reply) }
    }

    fn record(&self, invoked: u64, asked: Asked, answer: Answer) {
        let returned = self.common.recorder.now();
        self.common.recorder.record(Event { client: self.number, invoked, returned, asked, answer });
    }
}

/// What comes of `work` in time.
async fn patient<T>(patience: Option<Duration>, work: impl Future<Output = T>) -> Option<T> {
    match patience {
        Some(patience) => tokio::time::timeout(patience, work).await.ok(),
        None => Some(work.await),
    }
}

fn username(user: Name, manner: Manner) -> String {
    if manner.in_capitals { format!("RIDER-{user:06}") } else { format!("rider-{user:06}") }
}

fn password(user: Name) -> String {
    format!("Vq7!{PASSWORD_MARK}-{user:06}")
}
