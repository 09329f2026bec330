//! One state of the exhaustive search: as little as decides what can happen from there on.
//!
//! Every request that the client may have sent is on its way for ever: as soon as a record is stored, its request may
//! arrive, now, later, never, or again. That is a worker that sends at once, one that is suspended first, one that
//! tries again, and one that was started in between; so there are as many workers as it takes. A worker has nothing in
//! memory but such a request or an answer, and loses it in a crash; an answer that nobody gets is the same as one that
//! a worker received before it crashed. An answer about another record than the one stored can change nothing any more,
//! and is forgotten.

use std::hash::{Hash, Hasher};

use crate::algorithms::{Algorithm as _, Anchored, Rules};
use crate::client::{Client, Record, Settled};
use crate::message::{Milliseconds, Reply, Request, START, Sender, Token, Wish};
use crate::properties::{Check, Served, Violation};
use crate::search::{Bounds, LEAP, Step};
use crate::thief::{Tactic, Theft, Thief};

const TACTICS: [Tactic; 4] = [Tactic::Repeat, Tactic::Fork, Tactic::GoOn, Tactic::WithoutIds];
/// The worker that does what a worker does next.
const WORKER: u8 = 0;

/// Everything that decides what can happen from here on.
#[derive(Clone, Debug)]
pub struct State<R> {
    server: Anchored<R>,
    client: Client,
    thief: Thief,
    check: Check,
    requests: Vec<Request>,
    answers: Vec<(Request, Reply)>,
    last_token: Option<Token>,
    now: Milliseconds,
    acts: u8,
    leaps: u8,
    second_holder: bool,
    /// What a server said last; for the story alone.
    said: Option<Reply>,
}

impl<R: Rules> Hash for State<R> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        let session = self.server.session();
        (session.counter, session.anchor, session.ended_at.is_some()).hash(hasher);
        (session.rotated_at.milliseconds(), session.expires_at.milliseconds()).hash(hasher);
        for spent in session.spent.iter().flatten() {
            (spent.counter, spent.next).hash(hasher);
        }
        (self.client.record(), self.client.user_left(), &self.thief, &self.check).hash(hasher);
        (&self.requests, &self.answers, &self.last_token).hash(hasher);
        (self.now, self.acts, self.leaps, self.second_holder).hash(hasher);
    }
}

impl<R: Rules> State<R> {
    /// A client that has just logged in at `server`.
    #[must_use]
    pub fn new(server: Anchored<R>, bounds: &Bounds) -> Self {
        let client = Client::new(server.first());
        let requests = client.record().map(request_of).into_iter().collect();
        Self {
            server,
            client,
            thief: Thief::default(),
            check: Check::of(bounds.only),
            requests,
            answers: Vec::new(),
            last_token: None,
            now: START,
            acts: bounds.acts,
            leaps: bounds.leaps,
            second_holder: false,
            said: None,
        }
    }

    /// What a server said last.
    #[must_use]
    pub const fn said(&self) -> Option<&Reply> {
        self.said.as_ref()
    }

    /// What may happen next; some of it may turn out to make no sense.
    #[must_use]
    pub fn steps(&self, bounds: &Bounds) -> Vec<Step> {
        let mut steps: Vec<Step> = self.requests.iter().copied().map(Step::Serve).collect();
        steps.extend(self.answers.iter().copied().map(|(request, reply)| Step::Receive(request, reply)));
        if self.leaps > 0 {
            steps.push(Step::Leap);
        }
        if bounds.log_out && self.client.record().is_some() {
            steps.push(Step::LogOut);
        }
        match bounds.theft {
            Some(_) if self.thief.has_stolen() && self.acts > 0 => steps.extend(TACTICS.map(Step::Act)),
            Some(_) if self.thief.has_stolen() => {}
            // A request of any age can be captured; of the rest the old was new once, and the thief can wait.
            Some(Theft::Request) => {
                let refreshes = self.requests.iter().filter(|request| request.is_refresh());
                steps.extend(refreshes.map(|request| Step::StealRequest(*request)));
            }
            Some(theft) => steps.push(Step::Steal(theft)),
            None => {}
        }
        steps
    }

    /// Does `step`; whether it made sense within `bounds`.
    ///
    /// # Errors
    ///
    /// When a property does not hold after it.
    pub fn step(&mut self, step: Step, bounds: &Bounds) -> Result<bool, Violation> {
        Ok(match step {
            Step::Serve(request) => {
                self.serve(&request)?;
                self.server.view().counter <= bounds.rotations
            }
            Step::Receive(request, reply) => self.receive(request, reply),
            Step::LogOut => self.log_out(),
            Step::Leap => {
                self.leaps -= 1;
                self.now += LEAP;
                true
            }
            Step::Steal(theft) => self.steal(theft),
            Step::StealRequest(request) => {
                self.thief.take_request(&request);
                self.second_holder = true;
                true
            }
            Step::Act(tactic) => {
                let Some(request) = self.thief.request(tactic) else { return Ok(false) };
                self.acts -= 1;
                let reply = self.ask(&request)?;
                self.thief.receive(&request, &reply);
                self.server.view().counter <= bounds.rotations
            }
        })
    }

    fn serve(&mut self, request: &Request) -> Result<(), Violation> {
        let reply = self.ask(request)?;
        if let Reply::Tokens { refresh, .. } = reply {
            self.last_token = Some(refresh);
        }
        let answer = (*request, untimed(reply));
        if self.concerns_record(request) && !self.answers.contains(&answer) {
            self.answers.push(answer);
        }
        Ok(())
    }

    fn concerns_record(&self, request: &Request) -> bool {
        self.client.record().is_some_and(|record| record.token == request.token)
    }

    fn ask(&mut self, request: &Request) -> Result<Reply, Violation> {
        let (now, before) = (self.now, self.server.view());
        let reply = self.server.answer(request, now);
        self.said = Some(reply);
        let (after, client, second_holder) = (self.server.view(), &self.client, self.second_holder);
        self.check.served(&Served { request, reply: &reply, now, before, after, client, second_holder })?;
        Ok(reply)
    }

    /// A worker that has nothing else in memory gets the answer and acts on it.
    fn receive(&mut self, request: Request, reply: Reply) -> bool {
        self.client.crash(WORKER);
        let life = self.client.worker(WORKER).map_or(0, |worker| worker.life);
        let sender = Sender::Worker { index: WORKER, life };
        if self.client.receive(Request { sender, ..request }, reply).is_none() {
            return false;
        }
        let settled = self.client.settle(WORKER);
        match settled.map(|(_, settled)| settled) {
            Some(Settled::Stored) => self.requests.extend(self.client.record().map(request_of)),
            Some(Settled::LogsOut) => self.will_log_out(request.token),
            _ => {}
        }
        self.client.crash(WORKER);
        let record = self.client.record().copied();
        self.answers.retain(|(request, _)| record.is_some_and(|record| record.token == request.token));
        true
    }

    fn will_log_out(&mut self, token: Token) {
        let request = Request { sender: anybody(), token, wish: Wish::LogOut };
        if !self.requests.contains(&request) {
            self.requests.push(request);
        }
    }

    fn log_out(&mut self) -> bool {
        let Some(record) = self.client.record().copied() else { return false };
        self.client.leave(WORKER);
        self.will_log_out(record.token);
        self.answers.clear();
        true
    }

    fn steal(&mut self, theft: Theft) -> bool {
        match (theft, self.client.record(), self.last_token) {
            (Theft::Token, Some(record), _) => self.thief.take_token(record.token),
            (Theft::Storage, Some(record), _) => self.thief.take_record(record),
            (Theft::Answer, _, Some(token)) => self.thief.take_token(token),
            _ => return false,
        }
        self.second_holder = true;
        true
    }
}

const fn anybody() -> Sender {
    Sender::Worker { index: WORKER, life: 0 }
}

const fn request_of(record: &Record) -> Request {
    record.request(anybody())
}

/// The client does not look at how long its access token lives.
const fn untimed(reply: Reply) -> Reply {
    match reply {
        Reply::Tokens { refresh, .. } => Reply::Tokens { refresh, access_until: 0 },
        other => other,
    }
}
