//! What other services do, each as a model of a few lines. Clients have no ids here; what ids a request brings is
//! ignored.

use super::{ABSOLUTE_LIFETIME, ACCESS_LIFETIME, Algorithm, REFRESH_LIFETIME, View};
use crate::message::{Milliseconds, Refusal, Reply, Request, START, Token};

/// Which model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ModelKind {
    /// The refresh token of the log-in is good for the whole life of the session, as often as it is shown.
    NoRotation,
    /// A refresh token is good once. One that comes back ends the session.
    SingleUse,
    /// The token before the good one gets the good one again within so many milliseconds of the rotation. Any other
    /// that comes back ends the session.
    ReEmit(Milliseconds),
    /// Within so many milliseconds of its first use a token gets a new child at each use, and every child is good. One
    /// that comes back later ends the session.
    ReRotate(Milliseconds),
    /// The token before the good one gets the good one again, at any time. An older one ends the session.
    ParentHonoured,
}

/// A session under a model.
#[derive(Clone, Debug)]
pub struct Model {
    kind: ModelKind,
    /// The token that was made last.
    newest: Token,
    /// When it was made, for models that have one good token.
    rotated_at: Milliseconds,
    /// The tokens that were used, with the time of the first use, for the model that has several good ones.
    used: Vec<(Token, Milliseconds)>,
    /// How many tokens were made.
    made: u32,
    has_ended: bool,
}

impl Model {
    /// The session that a log-in opened.
    #[must_use]
    pub fn open(kind: ModelKind) -> Self {
        let life = if kind == ModelKind::NoRotation { ABSOLUTE_LIFETIME } else { REFRESH_LIFETIME };
        let newest = Token { counter: 0, branch: 0, anchor: None, issued_at: START, expires_at: START + life };
        Self { kind, newest, rotated_at: START, used: Vec::new(), made: 0, has_ended: false }
    }

    fn child_of(&mut self, token: &Token, now: Milliseconds) -> Reply {
        self.made += 1;
        let branch = if matches!(self.kind, ModelKind::ReRotate(_)) { self.made } else { 0 };
        let expires_at = (now + REFRESH_LIFETIME).min(START + ABSOLUTE_LIFETIME);
        let child = Token { counter: token.counter + 1, branch, anchor: None, issued_at: now, expires_at };
        if child.counter >= self.newest.counter {
            self.newest = child;
        }
        self.rotated_at = now;
        Self::give(child, now)
    }

    const fn give(refresh: Token, now: Milliseconds) -> Reply {
        Reply::Tokens { refresh, access_until: now + ACCESS_LIFETIME }
    }

    const fn end(&mut self) -> Reply {
        self.has_ended = true;
        Reply::Over
    }

    /// A token of a model in which any number may be good.
    fn refresh_one_of_several(&mut self, token: &Token, now: Milliseconds, window: Milliseconds) -> Reply {
        match self.used.iter().find(|(used, _)| used == token) {
            Some((_, first)) if now >= first + window => self.end(),
            Some(_) => self.child_of(token, now),
            None => {
                self.used.push((*token, now));
                self.child_of(token, now)
            }
        }
    }
}

impl Algorithm for Model {
    fn first(&self) -> Token {
        let life = if self.kind == ModelKind::NoRotation { ABSOLUTE_LIFETIME } else { REFRESH_LIFETIME };
        Token { counter: 0, branch: 0, anchor: None, issued_at: START, expires_at: START + life }
    }

    fn refresh(&mut self, request: &Request, now: Milliseconds) -> Reply {
        let token = request.token;
        if self.has_ended {
            return Reply::Over;
        }
        if token.expires_at <= now {
            return Reply::Refused(Refusal::Expired);
        }
        if let ModelKind::ReRotate(window) = self.kind {
            return self.refresh_one_of_several(&token, now, window);
        }
        let is_parent = token.counter + 1 == self.newest.counter;
        match self.kind {
            ModelKind::NoRotation => Self::give(self.newest, now),
            _ if token.counter == self.newest.counter => self.child_of(&token, now),
            ModelKind::ReEmit(window) if is_parent && now < self.rotated_at + window => Self::give(self.newest, now),
            ModelKind::ParentHonoured if is_parent => Self::give(self.newest, now),
            _ => self.end(),
        }
    }

    fn log_out(&mut self, token: &Token, now: Milliseconds) -> Reply {
        if self.has_ended {
            return Reply::Over;
        }
        if token.expires_at <= now {
            return Reply::Refused(Refusal::Expired);
        }
        self.has_ended = true;
        Reply::LoggedOut
    }

    fn view(&self) -> View {
        View { counter: self.newest.counter, has_ended: self.has_ended, expires_at: self.newest.expires_at }
    }

    fn is_anchored(&self) -> bool {
        false
    }
}
