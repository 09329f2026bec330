//! A schedule: what happens, in order. An action that makes no sense when its turn comes is skipped, so that any part
//! of a schedule is a schedule.

use crate::message::Milliseconds;
use crate::thief::{Tactic, Theft};

/// The name of an action. Messages go by the name of the action that made them, so that they keep it when other actions
/// are taken out.
pub type ActionName = u32;

/// What happens at some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Action {
    /// When.
    pub at: Milliseconds,
    /// Its name, unique in its schedule.
    pub name: ActionName,
    /// What.
    pub what: What,
}

/// What happens. A message that no action delivers is lost, one that two actions deliver is duplicated, and one that is
/// delivered after a later one is reordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum What {
    /// A worker reads the record and is suspended before it sends anything.
    Read {
        /// Which.
        worker: u8,
    },
    /// A worker sends a request.
    Send {
        /// Which.
        worker: u8,
        /// Whether only if it still waits for an access token.
        retry: bool,
    },
    /// A server gets the request and answers it.
    Serve {
        /// The action that sent it.
        request: ActionName,
        /// How far the server's clock is ahead.
        skew: Milliseconds,
        /// Whether the server cannot tell what its database did: the answer is 503.
        fails: bool,
    },
    /// A worker gets the answer.
    Receive {
        /// The action that served it.
        answer: ActionName,
        /// Whether the worker is suspended before it acts on it.
        holds: bool,
    },
    /// A suspended worker acts on the answer that it holds.
    Resume {
        /// Which.
        worker: u8,
    },
    /// A worker crashes: only what is stored stays.
    Crash {
        /// Which.
        worker: u8,
    },
    /// The user logs out.
    LogOut {
        /// At which worker.
        worker: u8,
    },
    /// The client's storage is replaced by an old copy.
    Restore {
        /// How many records ago it was the newest.
        age: u8,
    },
    /// The thief steals.
    Steal {
        /// What.
        theft: Theft,
        /// Of a token, how many tokens ago it was the newest.
        age: u8,
    },
    /// The thief asks a server.
    Act {
        /// With what.
        tactic: Tactic,
        /// How far the server's clock is ahead.
        skew: Milliseconds,
    },
}
