//! What a schedule came to: whether the honest client lost its session, and what the thief got.

use crate::algorithms::ACCESS_LIFETIME;
use crate::message::{Holder, Milliseconds, Reply, Sender, Token};
use crate::properties::Served;

/// How far a theft has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Progress {
    /// The thief has not asked for anything while the session was open.
    #[default]
    Idle,
    /// It has.
    Acted,
    /// The theft has succeeded with the first access that is more than what was stolen is itself worth, which is the
    /// access token of the one refresh that the client makes with it: the thief used a newer token than the stolen one,
    /// went its own way with the stolen one (where ids tell), or had access one lifetime after the stolen one's first
    /// use.
    Succeeded,
    /// After that the client's token was refused.
    Noticed,
}

/// What is counted while a schedule runs.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// Whether the session was ended; one that had run out before was not.
    pub was_ended: bool,
    /// Whether the token that the client had stored was refused though its session had not run out.
    pub was_refused: bool,
    /// How far the theft has come.
    pub theft: Progress,
    /// How many refreshes with the token stored a server has processed since the theft succeeded, up to the first refused.
    pub refreshes_since: u32,
    /// How much access the thief had in all.
    pub gained: Milliseconds,
    covered_until: Milliseconds,
    /// When each token was first good for a 200.
    first: Vec<(Token, Milliseconds)>,
}

impl Ledger {
    /// Counts what was served.
    pub fn served(&mut self, served: &Served<'_>, stolen: Option<u32>) {
        let Served { request, reply, now, before, after, .. } = *served;
        self.was_ended |= before.is_open(now) && after.has_ended;
        if !request.is_refresh() {
            return;
        }
        if matches!(request.sender, Sender::Thief) {
            if before.is_open(now) {
                self.theft = self.theft.max(Progress::Acted);
            }
            self.thief(served, stolen.unwrap_or(0));
        } else if served.is_with_stored() {
            self.was_refused |= reply.is_refusal() && now < before.expires_at;
            if self.theft == Progress::Succeeded && !before.has_ended {
                self.refreshes_since += 1;
                if reply.is_refusal() {
                    self.theft = Progress::Noticed;
                }
            }
        }
        if let Reply::Tokens { .. } = reply
            && self.first_use(&request.token).is_none()
        {
            self.first.push((request.token, now));
        }
    }

    fn first_use(&self, token: &Token) -> Option<Milliseconds> {
        self.first.iter().rev().find(|(known, _)| known == token).map(|(_, first)| *first)
    }

    fn thief(&mut self, served: &Served<'_>, stolen: u32) {
        let Reply::Tokens { access_until, .. } = *served.reply else { return };
        let (now, request) = (served.now, served.request);
        let first = self.first_use(&request.token).unwrap_or(now);
        let forks = request.token.anchor.is_some() && request.ids().is_some_and(|ids| ids.next.holder == Holder::Thief);
        let is_more = access_until > now.max(first + ACCESS_LIFETIME);
        if request.token.counter > stolen || forks || is_more {
            self.theft = self.theft.max(Progress::Succeeded);
        }
        self.gained += (access_until - now.max(self.covered_until)).max(0);
        self.covered_until = self.covered_until.max(access_until);
    }
}
