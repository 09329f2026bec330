//! A history in words: one operation a line, with its time and who asked.

use std::fmt;

use crate::event::{Answer, Asked, Event, Moment, Name, Token};

impl fmt::Display for Event {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to) = (Seconds(self.invoked), Seconds(self.returned));
        write!(formatter, "{from} to {to}  client {} {}: {}", self.client, self.asked, Said(self))
    }
}

/// A moment, in seconds.
struct Seconds(Moment);

impl fmt::Display for Seconds {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:>4}.{:06}", self.0 / 1_000_000, self.0 % 1_000_000)
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::SignUp { user } => write!(formatter, "signs user {user} up"),
            Self::LogIn { user, is_right, next } => {
                let wrongly = if is_right { "" } else { " with a wrong password" };
                write!(formatter, "logs user {user} in{wrongly}{}", Sent("next", next))
            }
            Self::Refresh { token, id, next } => {
                write!(formatter, "refreshes {token}{}{}", Sent("id", id), Sent("next", next))
            }
            Self::LogOut { token } => write!(formatter, "logs out with {token}"),
            Self::Look { session } => write!(formatter, "asks who session {session} belongs to"),
            Self::EndAll { session } => write!(formatter, "ends all sessions from session {session}"),
            Self::Deactivate { user } => write!(formatter, "deactivates user {user}"),
            Self::Activate { user } => write!(formatter, "activates user {user}"),
        }
    }
}

/// An id that is sent, or its hash.
struct Sent(&'static str, Option<Name>);

impl fmt::Display for Sent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.1.map_or(Ok(()), |name| write!(formatter, ", {} {name}", self.0))
    }
}

impl fmt::Display for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "token {} of session {}", self.counter, self.session)?;
        if self.text == 0 { Ok(()) } else { write!(formatter, " (text {})", self.text + 1) }
    }
}

/// The answer, in few words.
struct Said<'a>(&'a Event);

impl fmt::Display for Said<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.answer {
            Answer::Unknown => formatter.write_str("no answer, or 503"),
            Answer::Created => formatter.write_str("201"),
            Answer::Taken => formatter.write_str("400, the name is taken"),
            Answer::Opened(token) | Answer::Given(token) => write!(formatter, "200, {token}"),
            Answer::Refused => formatter.write_str("401, no active account"),
            Answer::Superseded => formatter.write_str("409, superseded"),
            Answer::Stale => formatter.write_str("401, reload"),
            Answer::Behind => formatter.write_str("401, session_behind"),
            Answer::Over => formatter.write_str("401, the session is over"),
            Answer::Done => formatter.write_str("done"),
            Answer::Nobody => formatter.write_str("no such user"),
        }
    }
}
