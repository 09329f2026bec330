//! A run: clients at work under faults, then a last look at everything, then the check.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::check::{Report, check};
use crate::client::{Client, Common};
use crate::door::Door;
use crate::errand::Board;
use crate::event::Name;
use crate::ground::Ground;
use crate::recorder::{Recorder, Records};

/// What a run is about.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// What the choice of operations and of faults follows from.
    pub seed: u64,
    /// How many clients.
    pub clients: u32,
    /// How long.
    pub length: Length,
    /// How many of a thousand calls to DynamoDB meet a fault.
    pub faults: u32,
}

/// How long clients go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// So long.
    Time(Duration),
    /// Until they have done so many operations together.
    Operations(u64),
}

/// What came of a run.
#[derive(Debug)]
pub struct Outcome {
    /// What was seen.
    pub records: Records,
    /// What the check found.
    pub report: Report,
    /// How many items the table has at the end.
    pub items: usize,
    /// What is wrong between them.
    pub broken: Vec<String>,
    /// How many calls met a fault.
    pub faults: usize,
    /// How long the clients took.
    pub took: Duration,
    /// How long the check took.
    pub checked_in: Duration,
}

impl Outcome {
    /// Whether all is as it must be.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.report.findings.is_empty() && self.records.strange.is_empty() && self.broken.is_empty()
    }
}

impl Run {
    /// Runs it on `ground`, where clients go in by `doors`.
    pub async fn on(&self, ground: &Ground, doors: Vec<Door>) -> Outcome {
        let recorder = Arc::new(Recorder::default());
        let common = Common { doors: doors.into(), recorder: Arc::clone(&recorder), board: Arc::new(Board::default()) };
        let started = Instant::now();
        ground.disturb(self.faults, self.seed);
        let mut working = JoinSet::new();
        for number in 0..self.clients {
            let client = Client::new(number, self.seed, common.clone());
            working.spawn(work(client, self.share(), started));
        }
        let clients = working.join_all().await;
        let faults = ground.faults();
        ground.calm_down().await;
        let users = clients.iter().map(Client::users).max().unwrap_or_default();
        let mut looking = JoinSet::new();
        for client in clients {
            looking.spawn(look_back(client, (self.clients, users)));
        }
        looking.join_all().await;
        let took = started.elapsed();
        let (items, broken) = ground.table().await;
        let records = recorder.take();
        let checking = Instant::now();
        let report = check(&records.events);
        Outcome { records, report, items, broken, faults, took, checked_in: checking.elapsed() }
    }

    /// What each client has to do.
    fn share(&self) -> Length {
        match self.length {
            Length::Operations(all) => Length::Operations(all.div_ceil(u64::from(self.clients.max(1)))),
            time @ Length::Time(_) => time,
        }
    }
}

async fn work(mut client: Client, share: Length, started: Instant) -> Client {
    let mut done = 0;
    let goes_on = |done: u64| match share {
        Length::Time(time) => started.elapsed() < time,
        Length::Operations(most) => done < most,
    };
    while goes_on(done) {
        done += client.step().await;
    }
    client
}

/// Each client looks at some of the users, and at the sessions that it opened.
async fn look_back(mut client: Client, (clients, users): (u32, Name)) {
    let own = client.number();
    client.look_back((0..users).filter(|user| user % clients.max(1) == own)).await;
}
