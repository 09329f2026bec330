//! The server's side: ways to decide what a refresh token that is shown gets.

mod anchored;
mod model;
mod name;

pub use anchored::{Anchored, Faithful, POLICY, Rules};
pub use model::{Model, ModelKind};
pub use name::Name;

use crate::message::{DAY, HOUR, Milliseconds, Reply, Request, Token};

/// How long an access token lives, with every algorithm.
pub const ACCESS_LIFETIME: Milliseconds = HOUR;
/// How long a refresh token lives, with every algorithm that rotates; each new one anew.
pub const REFRESH_LIFETIME: Milliseconds = DAY;
/// When a session ends whatever happens.
pub const ABSOLUTE_LIFETIME: Milliseconds = 30 * DAY;

/// What can be seen of a session from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct View {
    /// How often its token was rotated, in the longest line of tokens.
    pub counter: u32,
    /// Whether it was ended.
    pub has_ended: bool,
    /// When its newest token expires.
    pub expires_at: Milliseconds,
}

impl View {
    /// Whether somebody can still go on with it at `now`.
    #[must_use]
    pub const fn is_open(&self, now: Milliseconds) -> bool {
        !self.has_ended && now < self.expires_at
    }
}

/// One session on a server under some rules.
pub trait Algorithm: Clone {
    /// The token that log-in gave.
    fn first(&self) -> Token;

    /// Answers a refresh at `now`.
    fn refresh(&mut self, request: &Request, now: Milliseconds) -> Reply;

    /// Answers a log-out with `token` at `now`.
    fn log_out(&mut self, token: &Token, now: Milliseconds) -> Reply;

    /// What can be seen from outside.
    fn view(&self) -> View;

    /// Whether tokens are anchored to rotation ids.
    fn is_anchored(&self) -> bool;

    /// Answers `request` at `now`.
    fn answer(&mut self, request: &Request, now: Milliseconds) -> Reply {
        if request.is_refresh() { self.refresh(request, now) } else { self.log_out(&request.token, now) }
    }
}
