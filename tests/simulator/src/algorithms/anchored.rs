//! Ours: `Session::judge` of the service, with the consequences of functions/token-refresh and functions/log-out.

use faregate::clock::Timestamp;
use faregate::domain::rotation::{Presentation, Proof, Rotation, RotationIds};
use faregate::domain::session::{Judgement, Reactivation, Session, SessionId, SessionPolicy, Theft};
use faregate::domain::user::{Epochs, UserId};
use uuid::Uuid;

use super::{ABSOLUTE_LIFETIME, ACCESS_LIFETIME, Algorithm, REFRESH_LIFETIME, View};
use crate::message::{Id, Ids, Milliseconds, Refusal, Reply, Request, SECOND, START, Token};

/// The settings of every session here: the service's defaults, with a grace window for clients without ids.
pub const POLICY: SessionPolicy = SessionPolicy {
    rotate: true,
    grace_seconds: 30,
    refresh_lifetime_seconds: REFRESH_LIFETIME / SECOND,
    absolute_lifetime_seconds: ABSOLUTE_LIFETIME / SECOND,
    sessions_per_user: 20,
    reactivation: Reactivation::LeavesSessionsEnded,
};

/// The places where a mistake would show. The methods as they stand are the service's; tests put mistakes in their
/// place to see that the properties find them.
pub trait Rules: Clone {
    /// What the token is to its session.
    #[must_use]
    fn judge(session: &Session, shown: &Presentation, now: Timestamp) -> Judgement {
        session.judge(shown, now, POLICY.grace_seconds)
    }

    /// What the ids prove.
    #[must_use]
    fn prove(token: &Token, ids: &RotationIds) -> Proof {
        Proof::of(token.anchor, ids)
    }

    /// From when the access token of an answer that is given again counts.
    #[must_use]
    fn repeated_from(session: &Session, _now: Timestamp) -> Timestamp {
        session.rotated_at
    }

    /// The session after its good token was given again.
    #[must_use]
    fn repeated(session: &Session, _now: Timestamp) -> Session {
        session.clone()
    }

    /// Whether a good token without its id ends the session.
    const ENDS_WITHOUT_PROOF: bool = true;

    /// Whether a token past its expiry still logs out, and tells of a fork.
    const HEEDS_EXPIRED: bool = true;

    /// How many seconds of a time to come a token may be, which a server with a faster clock has just made.
    const SECONDS_AHEAD: i64 = 5;
}

/// The service as it is.
#[derive(Clone, Copy, Debug)]
pub struct Faithful;

impl Rules for Faithful {}

/// A session of the service.
#[derive(Clone, Debug)]
pub struct Anchored<R> {
    session: Session,
    first: Token,
    takes_ids: bool,
    rules: std::marker::PhantomData<R>,
}

impl<R: Rules> Anchored<R> {
    /// The session that a log-in opened, anchored to the client's `first` id if it sends ids.
    #[must_use]
    pub fn open(first: Option<Id>) -> Self {
        let id = SessionId::new(Uuid::from_u128(1));
        let user = (UserId::new(Uuid::from_u128(2)), Epochs::default());
        let opened = Session::open(id, user, at(START), &POLICY);
        let session = Session { anchor: first.and_then(Id::commitment), ..opened };
        let (takes_ids, first) = (first.is_some(), token_of(&session));
        Self { session, first, takes_ids, rules: std::marker::PhantomData }
    }

    /// The session as the store holds it.
    #[must_use]
    pub const fn session(&self) -> &Session {
        &self.session
    }

    /// A token that has not run out: functions/token-refresh, `refresh`.
    fn refresh_good(&mut self, shown: &Presentation, now: Timestamp) -> Reply {
        if shown.proof == Proof::Missing {
            let within = self.session.counter <= shown.counter.saturating_add(1);
            if R::ENDS_WITHOUT_PROOF && self.session.ended_at.is_none() && within {
                return self.end(now, Theft::RotationIdMissing);
            }
            return self.consequence(shown, now);
        }
        if self.session.is_good(shown.place(), now) {
            self.session = self.session.rotated(&Rotation::of(shown, now, &POLICY, None));
            return self.tokens(now, now);
        }
        self.consequence(shown, now)
    }

    /// A token past its expiry: functions/token-refresh, `repeat`.
    fn refresh_expired(&mut self, shown: &Presentation, now: Timestamp) -> Reply {
        let proved = matches!(shown.proof, Proof::Shown { .. });
        match R::judge(&self.session, shown, now) {
            Judgement::Repeated if proved => self.repeat(now),
            Judgement::Stolen(theft) if proved && R::HEEDS_EXPIRED => {
                self.end(now, theft);
                Reply::Refused(Refusal::Expired)
            }
            _ => Reply::Refused(Refusal::Expired),
        }
    }

    /// The token did not move the session.
    fn consequence(&mut self, shown: &Presentation, now: Timestamp) -> Reply {
        match R::judge(&self.session, shown, now) {
            Judgement::Repeated => self.repeat(now),
            Judgement::Superseded => Reply::Superseded,
            Judgement::Ahead => Reply::Refused(Refusal::Behind),
            Judgement::Stale => Reply::Refused(Refusal::Stale),
            Judgement::Stolen(theft) => self.end(now, theft),
            Judgement::Ended => Reply::Over,
            Judgement::Expired => Reply::Refused(Refusal::Expired),
            // The service takes this for a store that contradicts itself.
            Judgement::Current => Reply::Unavailable,
        }
    }

    fn repeat(&mut self, now: Timestamp) -> Reply {
        let from = R::repeated_from(&self.session, now);
        self.session = R::repeated(&self.session, now);
        self.tokens(from, now)
    }

    fn tokens(&self, from: Timestamp, now: Timestamp) -> Reply {
        let ends = from.plus_seconds(ACCESS_LIFETIME / SECOND).max(now).min(self.session.absolute_expires_at);
        Reply::Tokens { refresh: token_of(&self.session), access_until: ends.milliseconds() }
    }

    fn end(&mut self, now: Timestamp, _theft: Theft) -> Reply {
        self.session.ended_at.get_or_insert(now);
        Reply::Over
    }
}

impl<R: Rules> Algorithm for Anchored<R> {
    fn first(&self) -> Token {
        self.first
    }

    fn refresh(&mut self, request: &Request, now: Milliseconds) -> Reply {
        // What the service does with `exp` and `iat`, in whole seconds.
        let (token, now_seconds) = (&request.token, now.div_euclid(SECOND));
        if token.issued_at.div_euclid(SECOND) > now_seconds + R::SECONDS_AHEAD {
            return Reply::Refused(Refusal::NotYet);
        }
        let ids = request.ids().filter(|_| self.takes_ids).map(spelled).unwrap_or_default();
        let shown = Presentation { counter: u64::from(token.counter), proof: R::prove(token, &ids) };
        if token.expires_at.div_euclid(SECOND) <= now_seconds {
            self.refresh_expired(&shown, at(now))
        } else {
            self.refresh_good(&shown, at(now))
        }
    }

    fn log_out(&mut self, token: &Token, now: Milliseconds) -> Reply {
        let now_seconds = now.div_euclid(SECOND);
        if token.issued_at.div_euclid(SECOND) > now_seconds + R::SECONDS_AHEAD {
            return Reply::Refused(Refusal::NotYet);
        }
        let has_expired = token.expires_at.div_euclid(SECOND) <= now_seconds;
        let was_over = self.session.ended_at.is_some();
        if !has_expired || (token.anchor.is_some() && R::HEEDS_EXPIRED) {
            self.session.ended_at.get_or_insert(at(now));
        }
        match (has_expired, was_over) {
            (true, _) => Reply::Refused(Refusal::Expired),
            (false, true) => Reply::Over,
            (false, false) => Reply::LoggedOut,
        }
    }

    fn view(&self) -> View {
        let Session { counter, ended_at, expires_at, absolute_expires_at, .. } = self.session;
        View {
            counter: u32::try_from(counter).unwrap_or(u32::MAX),
            has_ended: ended_at.is_some(),
            expires_at: expires_at.min(absolute_expires_at).seconds() * SECOND,
        }
    }

    fn is_anchored(&self) -> bool {
        self.takes_ids
    }
}

const fn at(milliseconds: Milliseconds) -> Timestamp {
    Timestamp::from_milliseconds(milliseconds)
}

/// The good token of `session`, as the service's signer makes it: `exp` and `iat` are whole seconds.
fn token_of(session: &Session) -> Token {
    Token {
        counter: u32::try_from(session.counter).unwrap_or(u32::MAX),
        branch: 0,
        anchor: session.anchor,
        issued_at: session.rotated_at.seconds() * SECOND,
        expires_at: session.expires_at.min(session.absolute_expires_at).seconds() * SECOND,
    }
}

fn spelled(ids: Ids) -> RotationIds {
    RotationIds::new(ids.rotation_id.spelled(), ids.next.commitment()).unwrap_or_default()
}
