//! Lanes: a bounded number of threads that hash, one password after the other.
//!
//! The next password waits in the lane's own queue: a lane that has finished one takes it at once, without asking the
//! async threads, which may be busy signing or talking to DynamoDB.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::engine::{Engine, EngineError, Flavour, Hasher};
use super::phc::Argon2Parameters;
use super::recipe::Recipe;
use super::{PasswordError, TAG_BYTES};
use crate::domain::password::Password;

/// How many passwords wait for each lane, at most: about 2 s of hashes at the default parameters, many times that of hashes
/// from elsewhere. Whoever comes later would wait for an answer that comes too late, so is told at once to try again. On Lambda
/// one request comes at a time, and nothing waits.
const MAX_WAITING_PER_LANE: usize = 256;

/// One password to be hashed.
pub(super) struct Work {
    pub(super) password: Password,
    pub(super) recipe: Recipe,
}

type Answer = oneshot::Sender<Result<Vec<u8>, EngineError>>;

/// The threads that hash.
#[derive(Debug)]
pub(super) struct Lanes {
    engine: Engine,
    /// The parameters of today: a hasher for them keeps its memory.
    parameters: Argon2Parameters,
    most: usize,
    state: Mutex<State>,
    #[cfg(test)]
    pub(super) computed: std::sync::atomic::AtomicUsize,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<(Work, Answer)>,
    running: usize,
    /// The memory of hashes that ran before, wiped: mapping and faulting it in anew costs a quarter of a hash.
    idle: Vec<Hasher>,
}

impl Lanes {
    /// At most `most` hashes at a time.
    pub(super) fn new(engine: Engine, parameters: Argon2Parameters, most: usize) -> Self {
        Self {
            engine,
            parameters,
            most,
            state: Mutex::default(),
            #[cfg(test)]
            computed: std::sync::atomic::AtomicUsize::default(),
        }
    }

    /// The tag of `work`, when its turn has come.
    pub(super) async fn tag(self: &Arc<Self>, work: Work) -> Result<Vec<u8>, PasswordError> {
        let (answer, answered) = oneshot::channel();
        if self.enqueue(work, answer)? {
            let lanes = Arc::clone(self);
            // A lane ends when nothing waits; nobody needs to know when.
            drop(tokio::task::spawn_blocking(move || lanes.run_lane()));
        }
        Ok(answered.await.map_err(|_panicked| PasswordError::Interrupted)??)
    }

    /// Puts `work` in the queue; whether one more lane is to be started for it.
    fn enqueue(&self, work: Work, answer: Answer) -> Result<bool, PasswordError> {
        let mut state = self.state();
        let most_waiting = MAX_WAITING_PER_LANE * self.most;
        if state.waiting.len() >= most_waiting {
            state.waiting.retain(|(_, answer)| !answer.is_closed());
        }
        if state.waiting.len() >= most_waiting {
            return Err(PasswordError::Overloaded);
        }
        state.waiting.push_back((work, answer));
        let start = state.running < self.most;
        state.running += usize::from(start);
        Ok(start)
    }

    fn run_lane(&self) {
        while let Some((work, answer)) = self.next() {
            // A request that was given up does not hash; a panic costs its own request, not the lane.
            if !answer.is_closed()
                && let Ok(outcome) = std::panic::catch_unwind(AssertUnwindSafe(|| self.compute(&work)))
            {
                let _given_up_meanwhile = answer.send(outcome);
            }
        }
    }

    /// The next in the queue; with nothing there the lane is counted out in the same breath.
    fn next(&self) -> Option<(Work, Answer)> {
        let mut state = self.state();
        let next = state.waiting.pop_front();
        state.running -= usize::from(next.is_none());
        next
    }

    fn compute(&self, work: &Work) -> Result<Vec<u8>, EngineError> {
        #[cfg(test)]
        self.computed.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let Work { password, recipe } = work;
        let password = password.expose().as_bytes();
        if !recipe.is_of(self.parameters) {
            return recipe.tag(password, self.engine);
        }
        let idle = self.state().idle.pop();
        let mut hasher = match idle {
            Some(hasher) => hasher,
            None => self.engine.hasher(Flavour::TODAY, self.parameters, TAG_BYTES)?,
        };
        let mut tag = vec![0; TAG_BYTES];
        hasher.hash_into(password, &recipe.salt, &mut tag)?;
        self.state().idle.push(hasher);
        Ok(tag)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("State").field("running", &self.running).finish_non_exhaustive()
    }
}
