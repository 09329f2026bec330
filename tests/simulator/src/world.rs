//! The world: one session on a server, its client, a thief and the network between them.

use crate::algorithms::{Algorithm, View};
use crate::client::{Client, Record, Settled};
use crate::ledger::Ledger;
use crate::message::{Milliseconds, Reply, Request, Token};
use crate::properties::{Check, Served, Violation};
use crate::schedule::{Action, ActionName, What};
use crate::thief::{Tactic, Theft, Thief};

/// What an action did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happened {
    /// Nothing: it made no sense.
    Skipped,
    /// What it says.
    Done,
    /// A request is on its way.
    Sent(Request),
    /// A server answered; whether the reply was replaced by 503.
    Served(Request, Reply, bool),
    /// A worker holds an answer.
    Held(u8, Reply),
    /// A worker acted on an answer.
    Settled(u8, Reply, Settled),
    /// A token was stolen, alone or with more.
    Stolen(Token),
    /// An old record is stored.
    Restored(Token),
}

/// The world.
#[derive(Clone, Debug)]
pub struct World<A> {
    server: A,
    client: Client,
    thief: Thief,
    check: Option<Check>,
    ledger: Ledger,
    now: Milliseconds,
    /// By the name of the action that sent it.
    requests: Vec<Option<Request>>,
    /// By the name of the action that served it.
    answers: Vec<Option<(Request, Reply)>>,
    /// Every record that was stored, in order.
    records: Vec<Record>,
    last_request: Option<Request>,
    last_served: Option<(Request, Reply)>,
    last_token: Option<Token>,
    second_holder: bool,
}

impl<A: Algorithm> World<A> {
    /// A client that has just logged in at `server`, which is held to the properties.
    #[must_use]
    pub fn new(server: A) -> Self {
        Self { check: Some(Check::default()), ..Self::unchecked(server) }
    }

    /// A client that has just logged in at `server`, whatever that does.
    #[must_use]
    pub fn unchecked(server: A) -> Self {
        let client = Client::new(server.first());
        let records = client.record().copied().into_iter().collect();
        Self {
            server,
            client,
            thief: Thief::default(),
            check: None,
            ledger: Ledger::default(),
            now: crate::message::START,
            requests: Vec::new(),
            answers: Vec::new(),
            records,
            last_request: None,
            last_served: None,
            last_token: None,
            second_holder: false,
        }
    }

    /// Runs the whole of `actions`.
    ///
    /// # Errors
    ///
    /// At the first property that does not hold.
    pub fn run(&mut self, actions: &[Action]) -> Result<(), Violation> {
        actions.iter().try_for_each(|action| self.step(action).map(|_| ()))
    }

    /// Does `action`.
    ///
    /// # Errors
    ///
    /// When a property does not hold after it.
    pub fn step(&mut self, action: &Action) -> Result<Happened, Violation> {
        self.now = self.now.max(action.at);
        let done = |did: bool| if did { Happened::Done } else { Happened::Skipped };
        Ok(match action.what {
            What::Read { worker } => done(self.client.read(worker)),
            What::Send { worker, retry } => self.send(action.name, worker, retry),
            What::Serve { request, skew, fails } => return self.serve(action.name, request, (skew, fails)),
            What::Receive { answer, holds } => self.receive(answer, holds),
            What::Resume { worker } => self.settle(worker),
            What::Crash { worker } => done(self.client.crash(worker)),
            What::LogOut { worker } => done(self.client.leave(worker)),
            What::Restore { age } => self.restore(age),
            What::Steal { theft, age } => self.steal(theft, age),
            What::Act { tactic, skew } => return self.act(tactic, skew),
        })
    }

    fn send(&mut self, name: ActionName, worker: u8, retry: bool) -> Happened {
        let Some(request) = self.client.send(worker, retry) else { return Happened::Skipped };
        put(&mut self.requests, name, request);
        if request.is_refresh() {
            self.last_request = Some(request);
        }
        Happened::Sent(request)
    }

    fn serve(
        &mut self,
        name: ActionName,
        request: ActionName,
        (skew, fails): (Milliseconds, bool),
    ) -> Result<Happened, Violation> {
        let Some(request) = take(&self.requests, request) else { return Ok(Happened::Skipped) };
        let reply = self.ask(&request, skew)?;
        if let Reply::Tokens { refresh, .. } = reply {
            self.last_token = Some(refresh);
        }
        let told = if fails { Reply::Unavailable } else { reply };
        put(&mut self.answers, name, (request, told));
        Ok(Happened::Served(request, reply, fails))
    }

    fn ask(&mut self, request: &Request, skew: Milliseconds) -> Result<Reply, Violation> {
        let now = self.now + skew;
        let before = self.server.view();
        let reply = self.server.answer(request, now);
        let after = self.server.view();
        self.last_served = Some((*request, reply));
        let (client, second_holder) = (&self.client, self.second_holder);
        let served = Served { request, reply: &reply, now, before, after, client, second_holder };
        self.ledger.served(&served, self.thief.stolen_counter());
        if let Some(check) = &mut self.check {
            check.served(&served)?;
        }
        Ok(reply)
    }

    fn receive(&mut self, answer: ActionName, holds: bool) -> Happened {
        let Some((request, reply)) = take(&self.answers, answer) else { return Happened::Skipped };
        match self.client.receive(request, reply) {
            None => Happened::Skipped,
            Some(worker) if holds => Happened::Held(worker, reply),
            Some(worker) => self.settle(worker),
        }
    }

    fn settle(&mut self, worker: u8) -> Happened {
        let Some((reply, settled)) = self.client.settle(worker) else { return Happened::Skipped };
        if let (Settled::Stored, Some(record)) = (settled, self.client.record()) {
            self.records.push(*record);
        }
        Happened::Settled(worker, reply, settled)
    }

    fn nth_last_record(&self, age: u8) -> Option<Record> {
        self.records.iter().rev().nth(usize::from(age)).copied()
    }

    fn restore(&mut self, age: u8) -> Happened {
        let Some(copy) = self.nth_last_record(age).filter(|_| self.client.record().is_some()) else {
            return Happened::Skipped;
        };
        self.client.restore(copy);
        self.second_holder = true;
        Happened::Restored(copy.token)
    }

    fn steal(&mut self, theft: Theft, age: u8) -> Happened {
        if self.thief.has_stolen() {
            return Happened::Skipped;
        }
        match theft {
            Theft::Token => {
                let Some(record) = self.nth_last_record(age) else { return Happened::Skipped };
                self.thief.take_token(record.token);
            }
            Theft::Request => {
                let Some(request) = self.last_request else { return Happened::Skipped };
                self.thief.take_request(&request);
            }
            Theft::Answer => {
                let Some(token) = self.last_token else { return Happened::Skipped };
                self.thief.take_token(token);
            }
            Theft::Storage => {
                let Some(record) = self.client.record() else { return Happened::Skipped };
                self.thief.take_record(record);
            }
        }
        self.second_holder = true;
        self.thief.request(Tactic::Repeat).map_or(Happened::Done, |request| Happened::Stolen(request.token))
    }

    fn act(&mut self, tactic: Tactic, skew: Milliseconds) -> Result<Happened, Violation> {
        let Some(request) = self.thief.request(tactic) else { return Ok(Happened::Skipped) };
        let reply = self.ask(&request, skew)?;
        self.thief.receive(&request, &reply);
        Ok(Happened::Served(request, reply, false))
    }

    /// What a server answered last, whether or not a property holds after it.
    #[must_use]
    pub fn last_served(&self) -> Option<Happened> {
        self.last_served.map(|(request, reply)| Happened::Served(request, reply, false))
    }

    /// What the schedule came to.
    #[must_use]
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The session.
    #[must_use]
    pub fn view(&self) -> View {
        self.server.view()
    }

    /// The client.
    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// The time.
    #[must_use]
    pub const fn now(&self) -> Milliseconds {
        self.now
    }
}

fn put<T>(list: &mut Vec<Option<T>>, name: ActionName, value: T) {
    let place = name as usize;
    if list.len() <= place {
        list.resize_with(place + 1, || None);
    }
    if let Some(entry) = list.get_mut(place) {
        *entry = Some(value);
    }
}

fn take<T: Copy>(list: &[Option<T>], name: ActionName) -> Option<T> {
    list.get(name as usize).copied().flatten()
}
