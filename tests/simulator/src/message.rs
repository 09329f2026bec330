//! What is sent: tokens, rotation ids, requests and replies.

use faregate::domain::rotation::{Commitment, RotationId};

/// A time or a span of virtual time. The schedule begins at [`START`].
pub type Milliseconds = i64;

/// When every schedule begins: some whole second after 1970.
pub const START: Milliseconds = 1_000_000_000;
/// One second.
pub const SECOND: Milliseconds = 1000;
/// One minute.
pub const MINUTE: Milliseconds = 60 * SECOND;
/// One hour.
pub const HOUR: Milliseconds = 60 * MINUTE;
/// One day.
pub const DAY: Milliseconds = 24 * HOUR;

/// Who made a rotation id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holder {
    /// The honest client.
    Client,
    /// The thief.
    Thief,
}

/// A rotation id by the occasion that it was made on, which stands for its 128 random bits: two occasions never make
/// the same one, and nobody can tell it from another's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id {
    /// Who made it.
    pub holder: Holder,
    /// The counter of the token whose id it is.
    pub counter: u32,
    /// How often an old copy of the client's storage had been restored by then: what is made anew after that is new.
    pub restored: u16,
}

impl Id {
    /// The hash of the id, as tokens and requests name it.
    #[must_use]
    pub fn commitment(self) -> Option<Commitment> {
        self.spelled().map(|id| id.commitment())
    }

    /// The id as it is sent.
    #[must_use]
    pub fn spelled(self) -> Option<RotationId> {
        let holder = match self.holder {
            Holder::Client => 'c',
            Holder::Thief => 't',
        };
        RotationId::parse(&format!("{holder}{:05}{:016}", self.restored, self.counter)).ok()
    }
}

/// A refresh token: what its claims say. Only servers make them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Token {
    /// How many rotations came before it.
    pub counter: u32,
    /// Which of several tokens of this counter; always 0 where a token has one child.
    pub branch: u32,
    /// What it is anchored to, if it is.
    pub anchor: Option<Commitment>,
    /// `iat`.
    pub issued_at: Milliseconds,
    /// `exp`.
    pub expires_at: Milliseconds,
}

/// Who sent a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sender {
    /// One of the client's workers, in the life that a crash ends.
    Worker {
        /// Which.
        index: u8,
        /// How often it had crashed.
        life: u16,
    },
    /// The thief.
    Thief,
}

/// The ids beside a refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ids {
    /// `rotation_id`.
    pub rotation_id: Id,
    /// The id whose hash is `rotation_next`. The request itself shows the hash alone.
    pub next: Id,
}

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wish {
    /// The next tokens.
    Refresh(Option<Ids>),
    /// The end of the session.
    LogOut,
}

/// A request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Request {
    /// Who sent it.
    pub sender: Sender,
    /// The token that it shows.
    pub token: Token,
    /// What it asks for.
    pub wish: Wish,
}

impl Request {
    /// The ids of a refresh that has any.
    #[must_use]
    pub const fn ids(&self) -> Option<Ids> {
        match self.wish {
            Wish::Refresh(ids) => ids,
            Wish::LogOut => None,
        }
    }

    /// Whether it wants tokens.
    #[must_use]
    pub const fn is_refresh(&self) -> bool {
        matches!(self.wish, Wish::Refresh(_))
    }
}

/// What a server says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reply {
    /// 200: the next tokens.
    Tokens {
        /// The refresh token.
        refresh: Token,
        /// Until when the access token is good.
        access_until: Milliseconds,
    },
    /// 200 for a log-out.
    LoggedOut,
    /// 409, reload: its holder has another token by now.
    Superseded,
    /// 401, reload: this token is no good, whatever its session is.
    Refused(Refusal),
    /// 401, reauthenticate: the session is over.
    Over,
    /// 503, retry.
    Unavailable,
}

/// Why a token is no good by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// It ran out.
    Expired,
    /// It is of a time that this server's clock has not reached.
    NotYet,
    /// Its session has not come to it.
    Behind,
    /// It was spent long ago, and its id is not with it.
    Stale,
}

impl Reply {
    /// Whether it is 401 or 409.
    #[must_use]
    pub const fn is_refusal(&self) -> bool {
        matches!(self, Self::Superseded | Self::Refused(_) | Self::Over)
    }
}
