//! What a session is, one operation after the other: the rows of docs/sessions.md, written down a second time and without
//! the service's own code. Every refresh of a run falls into the grace window, and nothing runs out.

use crate::event::{Answer, Asked, Event, Name, Token};
use crate::linearize::Model;

/// How many spent tokens the service remembers. What it has forgotten it may take for spent by its holder.
const REMEMBERED: usize = 4;

/// A session at some time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Session {
    /// Whether its log-in has happened.
    is_open: bool,
    /// What the good token is anchored to.
    anchor: Option<Name>,
    /// Which text the good token has, if anybody has seen it.
    text: Option<u32>,
    /// What each spent token was spent with: its number is its place.
    spent: Vec<Option<Name>>,
    /// Whether it was ended by itself.
    has_ended: bool,
    /// Whether it was ended with all others of its user.
    is_revoked: bool,
}

/// The rules for one session: one good token; who shows the one before again gets the same answer again; two holders end it;
/// what is over stays over.
#[derive(Clone, Copy, Debug)]
pub struct SessionModel {
    /// Which session.
    pub session: Name,
}

/// What a refresh token is to a session that is not over.
enum Judgement {
    Current,
    Repeated,
    Superseded,
    Behind,
    Stale,
    Stolen,
    /// Stolen, if anybody remembered.
    Forgotten,
}

impl Session {
    const fn is_over(&self) -> bool {
        self.has_ended || self.is_revoked
    }

    fn judge(&self, token: Token, id: Option<Name>, next: Option<Name>) -> Judgement {
        let Some(rotations) = self.spent.len().checked_sub(token.counter as usize) else {
            return match (token.anchor, id) {
                (Some(anchor), shown) if shown != Some(anchor) || next.is_none() => Judgement::Stolen,
                _ => Judgement::Behind,
            };
        };
        let spent_with = self.spent.get(token.counter as usize).copied().flatten();
        let is_proved = token.anchor.is_none() || (id == token.anchor && next.is_some());
        match (rotations, token.anchor) {
            (0 | 1, _) if !is_proved => Judgement::Stolen,
            _ if !is_proved => Judgement::Stale,
            (0, anchor) if anchor == self.anchor => Judgement::Current,
            (1, _) if next.is_some() && next == self.anchor => Judgement::Repeated,
            (1, None) if self.anchor.is_none() => Judgement::Repeated,
            (1, None) => Judgement::Superseded,
            (0 | 1, _) => Judgement::Stolen,
            // Without ids, what comes back so late has a second holder.
            (_, None) if next.is_none() => Judgement::Stolen,
            _ if next == spent_with => Judgement::Superseded,
            (rotations, _) if rotations > REMEMBERED => Judgement::Forgotten,
            _ => Judgement::Stolen,
        }
    }

    fn rotated(&self, next: Option<Name>, text: Option<u32>) -> Self {
        let mut spent = self.spent.clone();
        spent.push(next);
        Self { anchor: next, text, spent, ..self.clone() }
    }

    fn ended(&self) -> Self {
        Self { has_ended: true, ..self.clone() }
    }

    /// Whether `given` is the token that follows the one with `counter`.
    fn is_good(&self, given: Token, session: Name, counter: u32) -> bool {
        let is_next = given.session == session && given.counter == counter.saturating_add(1);
        is_next && given.anchor == self.anchor && self.text.is_none_or(|text| text == given.text)
    }

    fn refresh(&self, (token, id, next): (Token, Option<Name>, Option<Name>), answer: Answer) -> Option<Self> {
        if self.is_over() {
            // Of one that was ended with all others, a refusal may still say how it stood before.
            let crossed = self.is_revoked && matches!(answer, Answer::Superseded | Answer::Stale);
            return (crossed || matches!(answer, Answer::Over | Answer::Unknown)).then(|| self.clone());
        }
        let judgement = self.judge(token, id, next);
        match (judgement, answer) {
            (Judgement::Current, Answer::Unknown) => Some(self.rotated(next, None)),
            (Judgement::Current, Answer::Given(given)) => {
                let rotated = self.rotated(next, Some(given.text));
                rotated.is_good(given, token.session, token.counter).then_some(rotated)
            }
            (Judgement::Repeated, Answer::Given(given)) if self.is_good(given, token.session, token.counter) => {
                Some(Self { text: Some(given.text), ..self.clone() })
            }
            (Judgement::Stolen | Judgement::Forgotten, Answer::Over | Answer::Unknown) => Some(self.ended()),
            (Judgement::Superseded | Judgement::Forgotten, Answer::Superseded)
            | (Judgement::Stale, Answer::Stale)
            | (Judgement::Behind, Answer::Behind)
            | (_, Answer::Unknown) => Some(self.clone()),
            _ => None,
        }
    }

    fn log_out(&self, answer: Answer) -> Option<Self> {
        let fits = match answer {
            Answer::Unknown => true,
            Answer::Done => !self.has_ended,
            Answer::Over => self.is_over(),
            _ => false,
        };
        fits.then(|| self.ended())
    }

    /// What somebody hears who asks with an access token of the session.
    fn admits(&self, answer: Answer) -> Option<Self> {
        let fits = match answer {
            Answer::Unknown => true,
            Answer::Done => !self.is_over(),
            Answer::Over => self.is_over(),
            _ => false,
        };
        fits.then(|| self.clone())
    }
}

impl Model for SessionModel {
    type State = Session;

    fn first(&self) -> Session {
        Session::default()
    }

    fn step(&self, session: &Session, event: &Event) -> Option<Session> {
        let revoked = || Some(Session { is_revoked: session.is_open, ..session.clone() });
        match (event.asked, event.answer) {
            (Asked::LogIn { next, .. }, Answer::Opened(token)) => {
                let is_first = !session.is_open && token.counter == 0 && token.anchor == next;
                let opened = || Session { is_open: true, anchor: next, text: Some(token.text), ..Session::default() };
                is_first.then(opened)
            }
            (Asked::Deactivate { .. } | Asked::EndAll { .. }, Answer::Done | Answer::Unknown) => revoked(),
            // Nobody has a token of it before it is there.
            (_, answer) if !session.is_open => (answer == Answer::Unknown).then(|| session.clone()),
            (Asked::Refresh { token, id, next }, answer) => session.refresh((token, id, next), answer),
            (Asked::LogOut { .. }, answer) => session.log_out(answer),
            (Asked::Look { .. } | Asked::EndAll { .. }, answer) => session.admits(answer),
            _ => None,
        }
    }

    fn begins_with(&self, event: &Event) -> bool {
        matches!(event.asked, Asked::LogIn { .. })
    }
}
