//! The thief: what it took, what it got with that, and how it asks for more.

use crate::client::Record;
use crate::message::{Holder, Id, Ids, Reply, Request, Sender, Token, Wish};

/// What is stolen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Theft {
    /// A refresh token and nothing else, of any age.
    Token,
    /// A request of the client's: a token, its id and the hash of the next one.
    Request,
    /// An answer to the client: a token and nothing else.
    Answer,
    /// A copy of the client's storage: a token, its id and the next one.
    Storage,
}

impl Theft {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Token, Self::Request, Self::Answer, Self::Storage];

    /// What it is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Request => "request",
            Self::Answer => "answer",
            Self::Storage => "storage",
        }
    }
}

/// How the thief asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tactic {
    /// With what it took, as it took it: the captured request unchanged, the storage's next request, the bare token.
    Repeat,
    /// With what it took, but the hash of an id of its own as the next. A bare token has no right id either way.
    Fork,
    /// With the newest token that it got by itself, else as [`Tactic::Fork`].
    GoOn,
    /// With the newest token that it has, without ids.
    WithoutIds,
}

impl Tactic {
    /// What the thief does, in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Repeat => "repeats what it took",
            Self::Fork => "goes its own way with what it took",
            Self::GoOn => "goes on with its newest token",
            Self::WithoutIds => "shows its newest token without ids",
        }
    }
}

/// Something that the thief can ask with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Holding {
    token: Token,
    /// The token's id, if the thief knows it.
    id: Option<Id>,
    /// The next id, or of a captured request the hash of it.
    next: Option<Id>,
    /// Whether the next id itself is known.
    knows_next: bool,
}

/// The thief.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Thief {
    loot: Option<Holding>,
    got: Option<Holding>,
}

impl Thief {
    /// Whether it has stolen already. It steals once.
    #[must_use]
    pub const fn has_stolen(&self) -> bool {
        self.loot.is_some()
    }

    /// The counter of the token that it took.
    #[must_use]
    pub fn stolen_counter(&self) -> Option<u32> {
        self.loot.map(|loot| loot.token.counter)
    }

    /// Takes a token.
    pub const fn take_token(&mut self, token: Token) {
        self.loot = Some(Holding { token, id: None, next: None, knows_next: false });
    }

    /// Takes a request.
    pub fn take_request(&mut self, request: &Request) {
        let (id, next) = (request.ids().map(|ids| ids.rotation_id), request.ids().map(|ids| ids.next));
        self.loot = Some(Holding { token: request.token, id, next, knows_next: false });
    }

    /// Takes a copy of the storage.
    pub const fn take_record(&mut self, record: &Record) {
        let (id, next) = (Some(record.rotation_id), Some(record.next_id));
        self.loot = Some(Holding { token: record.token, id, next, knows_next: true });
    }

    /// What it sends.
    #[must_use]
    pub fn request(&self, tactic: Tactic) -> Option<Request> {
        let loot = self.loot?;
        let (holding, ids) = match tactic {
            Tactic::Repeat => (loot, loot.id.zip(loot.next)),
            Tactic::Fork => (loot, Some(with_own(&loot))),
            Tactic::GoOn => {
                let holding = self.got.unwrap_or(loot);
                (holding, Some(with_own(&holding)))
            }
            Tactic::WithoutIds => (self.got.unwrap_or(loot), None),
        };
        let ids = ids.map(|(rotation_id, next)| Ids { rotation_id, next });
        Some(Request { sender: Sender::Thief, token: holding.token, wish: Wish::Refresh(ids) })
    }

    /// Takes the answer to `request`.
    pub fn receive(&mut self, request: &Request, reply: &Reply) {
        let (Reply::Tokens { refresh, .. }, Some(loot)) = (reply, self.loot) else { return };
        let known = |id: &Id| id.holder == Holder::Thief || (loot.knows_next && loot.next == Some(*id));
        let id = request.ids().map(|ids| ids.next).filter(known);
        if self.got.is_none_or(|got| got.token.counter <= refresh.counter) {
            self.got = Some(Holding { token: *refresh, id, next: None, knows_next: false });
        }
    }
}

/// The ids that the thief shows with `holding` when it wants to go its own way.
fn with_own(holding: &Holding) -> (Id, Id) {
    let own = |counter| Id { holder: Holder::Thief, counter, restored: 0 };
    (holding.id.unwrap_or(own(holding.token.counter)), own(holding.token.counter + 1))
}
