//! The properties that every schedule must keep, checked at every request that a server answers.
//!
//! The checker believes nobody: it compares what was asked, what was answered and what can be seen of the session
//! before and after, and remembers what it needs of the past by itself.

use std::fmt;

use crate::algorithms::{ACCESS_LIFETIME, View};
use crate::client::Client;
use crate::message::{Holder, Id, Milliseconds, Refusal, Reply, Request, SECOND, Sender, Token};

/// A property.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Property {
    /// While nobody but the client holds anything, the client has not logged out and neither the session nor, unless it
    /// is the one stored, the shown token has run out: no refresh gets 401, and none with the token stored gets 409.
    P1,
    /// Every 200 for token n carries the same token n + 1, and while nobody but the client holds anything the session's
    /// counter is at most that of the token stored and one.
    P2,
    /// No 200 for a refresh whose id is not the one behind the token's anchor.
    P3,
    /// Whenever one and the same request gets 200 again, its access token ends at most one lifetime after the first
    /// time, or at once.
    P4,
    /// After the thief has moved the session with a next id of its own: no refresh of the client gets 200; one with the
    /// token stored ends the session, or gets 409 or is told that the token has run out; a log-out of the client ends it.
    P5,
    /// After the session was ended: never 200.
    P6,
    /// A good token or the one before it, shown without its id, ends the session; so does a token spent at most
    /// four rotations ago and shown with another next id. Only while token and session have not run out.
    Alarm,
}

impl Property {
    /// All of them.
    pub const ALL: [Self; 7] = [Self::P1, Self::P2, Self::P3, Self::P4, Self::P5, Self::P6, Self::Alarm];
}

impl fmt::Display for Property {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Alarm => formatter.write_str("alarm"),
            numbered => fmt::Debug::fmt(numbered, formatter),
        }
    }
}

/// A property that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub property: Property,
    /// What happened in its place.
    pub what: &'static str,
}

/// A request that a server has answered.
#[derive(Clone, Copy, Debug)]
pub struct Served<'a> {
    /// The request.
    pub request: &'a Request,
    /// What the server said, whether or not it arrives.
    pub reply: &'a Reply,
    /// The server's time.
    pub now: Milliseconds,
    /// The session before it.
    pub before: View,
    /// The session after it.
    pub after: View,
    /// The client.
    pub client: &'a Client,
    /// Whether anybody but the client has held a token, or the client an old copy of its storage.
    pub second_holder: bool,
}

impl Served<'_> {
    /// Whether it is a refresh with the token that the client has stored.
    #[must_use]
    pub fn is_with_stored(&self) -> bool {
        self.client.record().is_some_and(|record| record.token == self.request.token)
    }

    const fn is_clients(&self) -> bool {
        matches!(self.request.sender, Sender::Worker { .. })
    }

    const fn token_has_run_out(&self) -> bool {
        self.request.token.expires_at <= self.now
    }
}

/// What the checker remembers of a token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Spent {
    child: Option<Token>,
    next: Option<Id>,
    first: Milliseconds,
}

/// The checker of one schedule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Check {
    /// By the token's counter.
    spent: Vec<Spent>,
    has_forked: bool,
    has_ended: bool,
    /// The one property to look at; all when there is none.
    only: Option<Property>,
}

type Verdict = Result<(), Violation>;

const fn violated(property: Property, what: &'static str) -> Verdict {
    Err(Violation { property, what })
}

impl Check {
    /// A checker that looks at `only` one property, or at all.
    #[must_use]
    pub fn of(only: Option<Property>) -> Self {
        Self { only, ..Self::default() }
    }

    /// What counts of what was found.
    fn counted(&self, verdict: Verdict) -> Verdict {
        verdict.or_else(|found| match self.only {
            Some(only) if only != found.property => Ok(()),
            _ => Err(found),
        })
    }

    /// Looks at what was served, and remembers it.
    ///
    /// # Errors
    ///
    /// When a property does not hold.
    pub fn served(&mut self, served: &Served<'_>) -> Verdict {
        let given = match served.reply {
            Reply::Tokens { refresh, access_until } => Some((*refresh, *access_until)),
            _ => None,
        };
        self.counted(self.after_the_end(served, given.is_some()))?;
        if served.request.is_refresh() {
            self.counted(Self::not_refused(served))?;
            self.counted(Self::not_ahead(served))?;
            if let Some((child, access_until)) = given {
                let verdicts = self.given(served, (child, access_until));
                verdicts.into_iter().try_for_each(|verdict| self.counted(verdict))?;
            }
            if served.request.token.anchor.is_some() {
                self.counted(self.after_a_fork(served, given.is_some()))?;
                self.counted(self.alarm(served))?;
            }
        } else if self.has_forked && served.is_clients() && served.before.is_open(served.now) && !served.after.has_ended
        {
            self.counted(violated(Property::P5, "after a fork the client's log-out left the session open"))?;
        }
        self.has_ended |= served.after.has_ended;
        Ok(())
    }

    fn after_the_end(&self, served: &Served<'_>, is_given: bool) -> Verdict {
        if self.has_ended && (is_given || *served.reply == Reply::LoggedOut) {
            return violated(Property::P6, "an ended session answered 200");
        }
        Ok(())
    }

    /// P1.
    fn not_refused(served: &Served<'_>) -> Verdict {
        if served.second_holder || served.client.is_out() {
            return Ok(());
        }
        let stored = served.is_with_stored();
        let is_session_over = served.now >= served.before.expires_at;
        if !is_session_over && (stored || !served.token_has_run_out()) {
            match served.reply {
                Reply::Over | Reply::Refused(_) => return violated(Property::P1, "401 without a second holder"),
                Reply::Superseded if stored => return violated(Property::P1, "409 for the record that is stored"),
                _ => {}
            }
        }
        Ok(())
    }

    /// The second half of P2.
    fn not_ahead(served: &Served<'_>) -> Verdict {
        if served.second_holder || served.client.is_out() {
            return Ok(());
        }
        let record = served.client.record();
        if record.is_some_and(|record| served.after.counter > record.token.counter.saturating_add(1)) {
            return violated(Property::P2, "the session is more than one rotation ahead of the record stored");
        }
        Ok(())
    }

    fn after_a_fork(&self, served: &Served<'_>, is_given: bool) -> Verdict {
        if !self.has_forked || !served.is_clients() {
            return Ok(());
        }
        if is_given {
            return violated(Property::P5, "after a fork a refresh of the client got 200");
        }
        let logs_out = matches!(served.reply, Reply::Superseded | Reply::Refused(Refusal::Expired));
        let caught = served.after.has_ended || logs_out;
        if served.is_with_stored() && served.before.is_open(served.now) && !caught {
            return violated(
                Property::P5,
                "after a fork the client's refresh neither ended the session nor made it log out",
            );
        }
        Ok(())
    }

    fn alarm(&self, served: &Served<'_>) -> Verdict {
        let Served { request, now, before, after, .. } = *served;
        let is_too_early = request.token.issued_at.div_euclid(SECOND) > now.div_euclid(SECOND);
        if served.token_has_run_out() || is_too_early || !before.is_open(now) || after.has_ended {
            return Ok(());
        }
        let Some(since) = before.counter.checked_sub(request.token.counter) else { return Ok(()) };
        let Some(next) = proved_next(request) else {
            let is_recent = since <= 1;
            return if is_recent {
                violated(Property::Alarm, "a token without its id raised no alarm")
            } else {
                Ok(())
            };
        };
        let spent_with = self.spent.get(request.token.counter as usize).and_then(|spent| spent.next);
        if since <= 4 && spent_with.is_some_and(|known| known != next) {
            return violated(Property::Alarm, "a token with two next ids raised no alarm");
        }
        Ok(())
    }

    /// P2 to P4, of a refresh that got tokens.
    fn given(&mut self, served: &Served<'_>, (child, access_until): (Token, Milliseconds)) -> [Verdict; 3] {
        let Served { request, now, before, after, .. } = *served;
        let next = request.ids().map(|ids| ids.next);
        let known = self.remember(request.token.counter, Spent { child: Some(child), next, first: now });
        let mut verdicts = [Ok(()), Ok(()), Ok(())];
        let [p2, p3, p4] = &mut verdicts;
        if request.token.anchor.is_none() {
            return verdicts;
        }
        if proved_next(request).is_none() {
            *p3 = violated(Property::P3, "a token without its id got 200");
        }
        if known.child != Some(child) || child.counter != request.token.counter + 1 {
            *p2 = violated(Property::P2, "one token got two different next tokens");
        }
        let first = if known.next == next { known.first } else { now };
        if access_until > now.max(first + ACCESS_LIFETIME) {
            *p4 = violated(Property::P4, "a repeated request gained access");
        }
        let is_thiefs = matches!(request.sender, Sender::Thief);
        let is_own = next.is_some_and(|next| next.holder == Holder::Thief);
        self.has_forked |= is_thiefs && is_own && after.counter > before.counter;
        verdicts
    }

    /// Remembers how the token `counter` was spent, unless that is known; what is known.
    fn remember(&mut self, counter: u32, spent: Spent) -> Spent {
        let place = counter as usize;
        if self.spent.len() <= place {
            self.spent.resize(place + 1, Spent::default());
        }
        match self.spent.get_mut(place) {
            Some(known) if known.child.is_some() => *known,
            Some(unknown) => {
                *unknown = spent;
                spent
            }
            None => spent,
        }
    }
}

/// The next id of a request that proves its token: whose id is the one behind the token's anchor.
fn proved_next(request: &Request) -> Option<Id> {
    let ids = request.ids()?;
    (ids.rotation_id.commitment() == request.token.anchor).then_some(ids.next)
}
