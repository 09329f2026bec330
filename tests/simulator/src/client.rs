//! The honest client: workers that share one durable record and obey the client's rules.

use crate::message::{Holder, Id, Ids, Reply, Request, Sender, Token, Wish};

/// The most workers that a client has.
pub const WORKERS: usize = 3;

/// What the client keeps. Without ids only the token matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Record {
    /// `refresh`.
    pub token: Token,
    /// `rotation_id`.
    pub rotation_id: Id,
    /// `next_id`.
    pub next_id: Id,
}

impl Record {
    /// The refresh that this record makes; every time the same.
    #[must_use]
    pub const fn request(&self, sender: Sender) -> Request {
        let ids = Ids { rotation_id: self.rotation_id, next: self.next_id };
        Request { sender, token: self.token, wish: Wish::Refresh(Some(ids)) }
    }
}

/// One worker: what it has in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Worker {
    /// How often it crashed: an answer to a request from before reaches nobody.
    pub life: u16,
    /// The record that it read and has not sent yet.
    read: Option<Record>,
    /// The answer that it received and has not acted on yet.
    held: Option<(Request, Reply)>,
    /// The token that it logs out with.
    leaving: Option<Token>,
    /// Whether it waits for an access token.
    wants: bool,
}

/// The client.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Client {
    durable: Option<Record>,
    workers: [Worker; WORKERS],
    /// How often an old copy of the storage was restored.
    restored: u16,
    /// Whether the user logged out.
    user_left: bool,
}

/// What an answer came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Settled {
    /// The next record is stored.
    Stored,
    /// Another record was stored by then: the answer is discarded.
    Discarded,
    /// The record stored is another one than that of the refused request: it is used next.
    Changed,
    /// The record stored is that of the refused request: the worker logs out with it.
    LogsOut,
    /// The record is forgotten.
    Cleared,
    /// The same goes out again later.
    Again,
}

impl Client {
    /// A client that has just logged in and got `first`.
    #[must_use]
    pub fn new(first: Token) -> Self {
        let durable = Record { token: first, rotation_id: Self::first_id(), next_id: own_id(1, 0) };
        Self { durable: Some(durable), workers: [Worker::default(); WORKERS], restored: 0, user_left: false }
    }

    /// The id that log-in anchors the first token to.
    #[must_use]
    pub const fn first_id() -> Id {
        own_id(0, 0)
    }

    /// The record stored.
    #[must_use]
    pub const fn record(&self) -> Option<&Record> {
        self.durable.as_ref()
    }

    /// Whether the user logged out.
    #[must_use]
    pub const fn user_left(&self) -> bool {
        self.user_left
    }

    /// Whether the session is over for the client: nothing is stored, or a worker logs out.
    #[must_use]
    pub fn is_out(&self) -> bool {
        self.durable.is_none() || self.workers.iter().any(|worker| worker.leaving.is_some())
    }

    /// The worker `index`.
    #[must_use]
    pub fn worker(&self, index: u8) -> Option<&Worker> {
        self.workers.get(usize::from(index))
    }

    fn worker_mut(&mut self, index: u8) -> Option<&mut Worker> {
        self.workers.get_mut(usize::from(index))
    }

    /// The worker reads the record and is stopped before it sends anything: what it sends later may be old.
    pub fn read(&mut self, index: u8) -> bool {
        let durable = self.durable;
        let Some(worker) = self.worker_mut(index) else { return false };
        let reads = durable.is_some() && worker.read.is_none() && worker.leaving.is_none();
        if reads {
            worker.read = durable;
            worker.wants = true;
        }
        reads
    }

    /// The worker sends a request: a log-out if it is about one, else a refresh with what it has read, else with what
    /// is stored. One that holds an answer is suspended and sends nothing. A `retry` is for a worker that waits for an
    /// access token; any other time the worker begins to want one.
    pub fn send(&mut self, index: u8, retry: bool) -> Option<Request> {
        let durable = self.durable;
        let worker = self.worker_mut(index)?;
        if worker.held.is_some() {
            return None;
        }
        let sender = Sender::Worker { index, life: worker.life };
        if let Some(token) = worker.leaving {
            return Some(Request { sender, token, wish: Wish::LogOut });
        }
        if retry && !worker.wants {
            return None;
        }
        let record = worker.read.take().or(durable)?;
        worker.wants = true;
        Some(record.request(sender))
    }

    /// The user logs out: the record is forgotten at once, and the worker tells the server.
    pub fn leave(&mut self, index: u8) -> bool {
        let Some(record) = self.durable else { return false };
        let Some(worker) = self.worker_mut(index) else { return false };
        worker.leaving = Some(record.token);
        self.durable = None;
        self.user_left = true;
        true
    }

    /// The worker gets `reply` to its `request`, and keeps it in memory. An answer that comes after a crash, or while
    /// another is held, gets lost.
    pub fn receive(&mut self, request: Request, reply: Reply) -> Option<u8> {
        let Sender::Worker { index, life } = request.sender else { return None };
        let worker = self.worker_mut(index)?;
        if worker.life != life || worker.held.is_some() {
            return None;
        }
        worker.held = Some((request, reply));
        Some(index)
    }

    /// The worker forgets all that it has in memory.
    pub fn crash(&mut self, index: u8) -> bool {
        let Some(worker) = self.worker_mut(index) else { return false };
        *worker = Worker { life: worker.life.saturating_add(1), ..Worker::default() };
        true
    }

    /// The worker acts on the answer that it holds.
    pub fn settle(&mut self, index: u8) -> Option<(Reply, Settled)> {
        let (request, reply) = self.worker_mut(index)?.held.take()?;
        let unchanged = self.durable.is_some_and(|record| record.token == request.token);
        let settled = match (reply, request.ids()) {
            (Reply::Tokens { refresh, .. }, Some(ids)) => self.store(index, (refresh, ids), unchanged),
            (Reply::Unavailable, _) => Settled::Again,
            (Reply::Over, _) | (_, None) => self.clear(index, unchanged),
            (_, Some(_)) if unchanged => {
                self.worker_mut(index)?.leaving = Some(request.token);
                Settled::LogsOut
            }
            (_, Some(_)) => {
                self.worker_mut(index)?.wants = self.durable.is_some();
                Settled::Changed
            }
        };
        Some((reply, settled))
    }

    fn store(&mut self, index: u8, (token, ids): (Token, Ids), unchanged: bool) -> Settled {
        if unchanged {
            let next_id = own_id(token.counter + 1, self.restored);
            self.durable = Some(Record { token, rotation_id: ids.next, next_id });
        }
        // Another worker that got the same answer has an access token as good as its own.
        let same = self.durable.is_some_and(|record| record.token == token);
        let has_record = self.durable.is_some();
        if let Some(worker) = self.worker_mut(index) {
            worker.wants = !same && has_record;
        }
        if unchanged { Settled::Stored } else { Settled::Discarded }
    }

    fn clear(&mut self, index: u8, unchanged: bool) -> Settled {
        if unchanged {
            self.durable = None;
        }
        let has_record = self.durable.is_some();
        if let Some(worker) = self.worker_mut(index) {
            worker.leaving = None;
            worker.wants = has_record;
        }
        if unchanged || !has_record { Settled::Cleared } else { Settled::Changed }
    }

    /// An old copy of the storage comes back; what workers have in memory stays. What is made anew after it is new.
    pub fn restore(&mut self, copy: Record) {
        self.durable = Some(copy);
        self.restored = self.restored.saturating_add(1);
    }
}

const fn own_id(counter: u32, restored: u16) -> Id {
    Id { holder: Holder::Client, counter, restored }
}
