//! What clients do next, at random.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rand::RngExt as _;
use rand::rngs::StdRng;

use crate::event::Name;
use crate::wallet::{Held, Record};

/// How many users are in play at a time.
const USERS_IN_PLAY: u32 = 6;
/// After how many steps of a client another user takes the place of the oldest in play.
const STEPS_PER_USER: u64 = 5;
/// How many sessions a client goes back to.
const OWN_SESSIONS: usize = 4;
/// How many sessions clients share.
const SHARED_SESSIONS: usize = 8;
/// How long a client that loses its patience waits at most.
const MOST_PATIENCE_MICROSECONDS: u64 = 20_000;

/// Something to ask for.
#[derive(Clone, Debug)]
pub(crate) enum Errand {
    SignUp { user: Name },
    LogIn { user: Name, is_right: bool, with_ids: bool },
    Refresh { held: Held, record: Record, stores: bool },
    LogOut { record: Record },
    Look { held: Held },
    EndAll { held: Held },
    Operate { user: Name, is_active: bool },
}

/// How it is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    /// At which of the environments of the service.
    pub(crate) door: usize,
    /// How long the client waits; until there is an answer, if it says nothing.
    pub(crate) patience: Option<Duration>,
    /// Whether the name is written in capitals.
    pub(crate) in_capitals: bool,
}

/// The kinds of steps.
#[derive(Clone, Copy)]
enum Step {
    SignUp,
    LogIn,
    LogInWrongly,
    Refresh,
    /// Two workers of one client at once.
    RefreshTwice,
    RefreshAndLogOut,
    /// A second holder goes on from the same record with an id of its own.
    Fork,
    /// A record from before comes back.
    ShowSpent,
    /// A token without its id.
    ShowTokenAlone,
    BeginToSendIds,
    LogOut,
    Look,
    EndAll,
    Deactivate,
    Activate,
}

/// How often each is taken, of the sum of all.
const STEPS: [(Step, u32); 15] = [
    (Step::SignUp, 10),
    (Step::LogIn, 16),
    (Step::LogInWrongly, 2),
    (Step::Refresh, 24),
    (Step::RefreshTwice, 6),
    (Step::RefreshAndLogOut, 3),
    (Step::Fork, 2),
    (Step::ShowSpent, 4),
    (Step::ShowTokenAlone, 1),
    (Step::BeginToSendIds, 2),
    (Step::LogOut, 4),
    (Step::Look, 10),
    (Step::EndAll, 1),
    (Step::Deactivate, 2),
    (Step::Activate, 3),
];

/// The sessions that several clients hold.
#[derive(Debug, Default)]
pub(crate) struct Board(Mutex<VecDeque<Held>>);

impl Board {
    fn put(&self, held: Held) {
        let mut shared = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        shared.push_back(held);
        if shared.len() > SHARED_SESSIONS {
            shared.pop_front();
        }
    }

    fn pick(&self, random: &mut StdRng) -> Option<Held> {
        let shared = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = random.random_range(0..shared.len().max(1));
        shared.get(place).cloned()
    }
}

/// Where a client's next steps come from.
#[derive(Debug)]
pub(crate) struct Itinerary {
    random: StdRng,
    client: u32,
    steps: u64,
    ids: u64,
    /// The sessions that the client opened.
    pub(crate) opened: Vec<Held>,
}

impl Itinerary {
    /// That of `client`, which follows from `random` and from what it hears.
    pub(crate) const fn new(client: u32, random: StdRng) -> Self {
        Self { random, client, steps: 0, ids: 0, opened: Vec::new() }
    }

    /// How many users there may be by now.
    pub(crate) fn users(&self) -> Name {
        Name::try_from(self.steps / STEPS_PER_USER).unwrap_or(Name::MAX).saturating_add(USERS_IN_PLAY)
    }

    /// A rotation id that nobody else makes.
    pub(crate) fn fresh_id(&mut self) -> String {
        self.ids += 1;
        format!("rotation-id-{:04}-{:012}", self.client, self.ids)
    }

    /// How the next errand is done. In one of fifty the client hangs up before the answer, if it does not come at once.
    pub(crate) fn manner(&mut self, doors: usize) -> Manner {
        let hangs_up = self.random.random_ratio(1, 50);
        let patience = Duration::from_micros(self.random.random_range(0..MOST_PATIENCE_MICROSECONDS));
        Manner {
            door: self.random.random_range(0..doors.max(1)),
            patience: hangs_up.then_some(patience),
            in_capitals: self.random.random_ratio(1, 4),
        }
    }

    /// Takes note of a session that was opened; some are shared.
    pub(crate) fn keep(&mut self, held: Held, board: &Board) {
        if self.random.random_ratio(1, 2) {
            board.put(held.clone());
        }
        self.opened.push(held);
    }

    /// What to do next: one errand, or two at once.
    pub(crate) fn next(&mut self, board: &Board) -> Vec<Errand> {
        self.steps += 1;
        let user = self.user();
        let with_ids = self.random.random_ratio(2, 3);
        let step = self.step();
        match step {
            Step::SignUp => return vec![Errand::SignUp { user }],
            Step::LogInWrongly => return vec![Errand::LogIn { user, is_right: false, with_ids }],
            Step::Deactivate => return vec![Errand::Operate { user, is_active: false }],
            Step::Activate => return vec![Errand::Operate { user, is_active: true }],
            _ => {}
        }
        match self.session(board) {
            Some(held) if !matches!(step, Step::LogIn) => self.with_session(step, held),
            _ => vec![Errand::LogIn { user, is_right: true, with_ids }],
        }
    }

    fn with_session(&mut self, step: Step, held: Held) -> Vec<Errand> {
        let record = held.record();
        let refresh = |record: Record, stores| Errand::Refresh { held: held.clone(), record, stores };
        match step {
            Step::RefreshTwice => vec![refresh(record.clone(), true), refresh(record, true)],
            Step::RefreshAndLogOut => vec![refresh(record.clone(), true), Errand::LogOut { record }],
            Step::Fork => vec![refresh(Record { next_id: Some(self.fresh_id()), ..record }, false)],
            Step::ShowSpent => vec![refresh(self.spent(&held).unwrap_or(record), false)],
            Step::ShowTokenAlone => {
                let spent = if self.random.random_ratio(2, 3) { self.spent(&held) } else { None };
                let shown = spent.unwrap_or(record);
                vec![refresh(Record { rotation_id: None, next_id: None, ..shown }, false)]
            }
            Step::BeginToSendIds => {
                held.begin_to_send(self.fresh_id());
                vec![refresh(held.record(), true)]
            }
            Step::LogOut => vec![Errand::LogOut { record }],
            Step::Look => vec![Errand::Look { held }],
            Step::EndAll => vec![Errand::EndAll { held }],
            _ => vec![refresh(record, true)],
        }
    }

    /// One of the records before the one that stands.
    fn spent(&mut self, held: &Held) -> Option<Record> {
        held.spent(self.random.random_range(0..64))
    }

    fn step(&mut self) -> Step {
        let sum = STEPS.iter().map(|(_, weight)| weight).sum();
        let mut drawn: u32 = self.random.random_range(0..sum);
        for (step, weight) in STEPS {
            match drawn.checked_sub(weight) {
                Some(rest) => drawn = rest,
                None => return step,
            }
        }
        Step::Look
    }

    fn user(&mut self) -> Name {
        let newest = self.users().saturating_sub(1);
        newest.saturating_sub(self.random.random_range(0..USERS_IN_PLAY))
    }

    /// A session to go on with: seldom one that is known to be over.
    fn session(&mut self, board: &Board) -> Option<Held> {
        let mut picked = self.any_session(board);
        for _again in 0..3 {
            if picked.as_ref().is_some_and(|held| !held.is_over()) {
                break;
            }
            picked = self.any_session(board);
        }
        picked
    }

    fn any_session(&mut self, board: &Board) -> Option<Held> {
        if self.random.random_ratio(1, 3) {
            return board.pick(&mut self.random);
        }
        let back = self.random.random_range(0..OWN_SESSIONS);
        let place = self.opened.len().checked_sub(back + 1)?;
        self.opened.get(place).cloned()
    }
}
