//! A history: what clients asked, when, and what they heard.

/// A time in microseconds since the run began. No two moments of a run are alike, so that it is always clear what came
/// first.
pub type Moment = u64;

/// Stands for a user, a session or a rotation id, in the order in which they were met.
pub type Name = u32;

/// A refresh token, by what its claims say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Token {
    /// `sid`.
    pub session: Name,
    /// `ctr`: how many rotations came before it.
    pub counter: u32,
    /// `cnf`: the id that it is anchored to, if it is.
    pub anchor: Option<Name>,
    /// Which of the texts that were given out for this place in the session; 0 as long as it is always the same.
    pub text: u32,
}

/// What a client asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Asked {
    /// A user of this name.
    SignUp {
        /// Who.
        user: Name,
    },
    /// A session.
    LogIn {
        /// Whose.
        user: Name,
        /// Whether the password is the user's.
        is_right: bool,
        /// The id whose hash is sent as `rotation_next`.
        next: Option<Name>,
    },
    /// The next tokens.
    Refresh {
        /// The token that is shown.
        token: Token,
        /// `rotation_id`.
        id: Option<Name>,
        /// The id whose hash is sent as `rotation_next`.
        next: Option<Name>,
    },
    /// The end of a session.
    LogOut {
        /// A token of it.
        token: Token,
    },
    /// Who the holder of an access token is.
    Look {
        /// The session of the access token.
        session: Name,
    },
    /// The end of all sessions, with an access token.
    EndAll {
        /// The session of the access token.
        session: Name,
    },
    /// An operator keeps the user out.
    Deactivate {
        /// Whom.
        user: Name,
    },
    /// An operator lets the user in again.
    Activate {
        /// Whom.
        user: Name,
    },
}

/// What a client hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// 503, or nothing: it may happen at any time from then on, or never.
    Unknown,
    /// 201.
    Created,
    /// 400: somebody has the name.
    Taken,
    /// 200 to a log-in.
    Opened(Token),
    /// 401 to a log-in.
    Refused,
    /// 200 to a refresh.
    Given(Token),
    /// 409.
    Superseded,
    /// 401, `reload`: spent long ago, and the id is not with it.
    Stale,
    /// 401 `session_behind`.
    Behind,
    /// 401, `reauthenticate`: the session is over.
    Over,
    /// 200 to a log-out, to whoever looks, to an operator's deed.
    Done,
    /// The operator finds no such user.
    Nobody,
}

/// One line of a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Event {
    /// Who asked.
    pub client: u32,
    /// When.
    pub invoked: Moment,
    /// When the answer came, or it was clear that none would.
    pub returned: Moment,
    /// For what.
    pub asked: Asked,
    /// What came.
    pub answer: Answer,
}

impl Event {
    /// Whether what was asked for has certainly come to an end.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.answer != Answer::Unknown
    }

    /// Until when it can have happened.
    #[must_use]
    pub fn latest(&self) -> Moment {
        if self.is_known() { self.returned } else { Moment::MAX }
    }

    /// The same, as if nobody knew what came of it.
    #[must_use]
    pub const fn forgotten(self) -> Self {
        Self { answer: Answer::Unknown, ..self }
    }
}
