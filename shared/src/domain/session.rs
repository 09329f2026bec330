//! A session: one log-in on one device, and the life of its refresh tokens.
//!
//! A session counts its rotations. Refresh token n carries `ctr` = n; it is good while the session's counter is n.
//! Using it moves the counter to n + 1 and gives token n + 1. A token that comes back after that is either a message
//! that got lost (the client never saw the answer and asks again, at once) or a second holder of the token. Within the
//! grace window it is taken for the former and gets token n + 1 again; later it ends the session (RFC 9700, 4.14.2).

pub use super::id::SessionId;
use super::user::{Epochs, UserId};
use crate::clock::Timestamp;

/// How long sessions and their refresh tokens live, and whether a refresh token may be used once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionPolicy {
    /// Whether each refresh gives a new refresh token and spends the old one.
    pub rotate: bool,
    /// Seconds during which a just-spent refresh token is taken for a lost answer; 0 for none.
    pub grace_seconds: i64,
    /// Seconds a refresh token lives; with rotation, each new one anew.
    pub refresh_lifetime_seconds: i64,
    /// Seconds after which a session ends whatever happens.
    pub absolute_lifetime_seconds: i64,
    /// How many sessions a user may have; the least recently used one gives way.
    pub sessions_per_user: usize,
    /// What becomes of the sessions of a user who was deactivated and activated again.
    pub reactivation: Reactivation,
}

/// What activating a user again does to the sessions from before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reactivation {
    /// Nothing: deactivating has ended them.
    LeavesSessionsEnded,
    /// They are open again: what simplejwt does, and so what we do under a key shared with a Django, which would go on
    /// taking their access tokens anyway.
    RevivesSessions,
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// The user logged out.
    LogOut,
    /// A spent refresh token came back: someone else may hold the session's tokens.
    RefreshTokenReuse,
}

impl EndReason {
    /// The name under which the store keeps it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LogOut => "log_out",
            Self::RefreshTokenReuse => "refresh_token_reuse",
        }
    }
}

/// A session as the store holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Which session.
    pub id: SessionId,
    /// Whose.
    pub user_id: UserId,
    /// The user's epochs when it was opened; others now mean that it was ended with all others.
    pub epochs: Epochs,
    /// How often its refresh token was rotated: the `ctr` of the one good refresh token.
    pub counter: u64,
    /// When the good refresh token was made.
    pub rotated_at: Timestamp,
    /// When the user logged in.
    pub created_at: Timestamp,
    /// When it was last used to refresh.
    pub last_used_at: Timestamp,
    /// When the good refresh token expires.
    pub expires_at: Timestamp,
    /// When it ends whatever happens.
    pub absolute_expires_at: Timestamp,
    /// When it ended, if it did.
    pub ended_at: Option<Timestamp>,
    /// The `User-Agent` it was opened with, cut to 256 bytes.
    pub device: Option<String>,
}

/// What of a session decides whether a principal may act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionState {
    /// The user's epochs when it was opened.
    pub epochs: Epochs,
    /// Whether it was ended by itself.
    pub has_ended: bool,
}

impl SessionState {
    /// Whether the session still counts for a user whose epochs are `now`.
    #[must_use]
    pub const fn is_open(&self, now: Epochs, reactivation: Reactivation) -> bool {
        let suspended = self.epochs.deactivations != now.deactivations;
        !self.has_ended
            && self.epochs.revocations == now.revocations
            && (!suspended || matches!(reactivation, Reactivation::RevivesSessions))
    }
}

/// What a presented refresh token is to its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presented {
    /// The good one.
    Current,
    /// Spent a moment ago: the answer got lost, or two requests crossed.
    Retried,
    /// Spent before: a replay.
    Replayed,
    /// Of a session that ended, or one the session never had.
    Ended,
    /// Of a session that ran out.
    Expired,
}

impl Session {
    /// A new session of `user_id`, opened `now`.
    #[must_use]
    pub fn open(id: SessionId, (user_id, epochs): (UserId, Epochs), now: Timestamp, policy: &SessionPolicy) -> Self {
        let absolute_expires_at = now.plus_seconds(policy.absolute_lifetime_seconds);
        Self {
            id,
            user_id,
            epochs,
            counter: 0,
            rotated_at: now,
            created_at: now,
            last_used_at: now,
            expires_at: now.plus_seconds(policy.refresh_lifetime_seconds).min(absolute_expires_at),
            absolute_expires_at,
            ended_at: None,
            device: None,
        }
    }

    /// What a refresh token with `counter` is to this session at `now`, if one that was spent less than
    /// `grace_seconds` ago counts as a lost answer.
    #[must_use]
    pub fn presented(&self, counter: u64, now: Timestamp, grace_seconds: i64) -> Presented {
        if self.ended_at.is_some() {
            Presented::Ended
        } else if self.is_expired(now) {
            Presented::Expired
        } else if counter == self.counter {
            Presented::Current
        } else if counter > self.counter {
            Presented::Ended
        } else if counter + 1 == self.counter && now < self.rotated_at.plus_seconds(grace_seconds) {
            Presented::Retried
        } else {
            Presented::Replayed
        }
    }

    /// What decides whether the session's principals may act.
    #[must_use]
    pub const fn state(&self) -> SessionState {
        SessionState { epochs: self.epochs, has_ended: self.ended_at.is_some() }
    }

    /// Whether the session still counts for a user whose epochs are `now`.
    #[must_use]
    pub const fn is_open(&self, now: Epochs, reactivation: Reactivation) -> bool {
        self.state().is_open(now, reactivation)
    }

    /// Whether the good refresh token or the session itself has run out.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        now >= self.expires_at || now >= self.absolute_expires_at
    }
}

/// The policy of the tests.
#[cfg(test)]
pub(super) const POLICY: SessionPolicy = SessionPolicy {
    rotate: true,
    grace_seconds: 30,
    refresh_lifetime_seconds: 86_400,
    absolute_lifetime_seconds: 2_592_000,
    sessions_per_user: 20,
    reactivation: Reactivation::LeavesSessionsEnded,
};

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    const START: Timestamp = Timestamp::from_seconds(1_000_000);

    fn session() -> Session {
        let id = SessionId::new(Uuid::from_u128(1));
        let user = UserId::new(Uuid::from_u128(2));
        Session { counter: 5, ..Session::open(id, (user, Epochs::default()), START, &POLICY) }
    }

    #[test]
    fn the_token_before_the_good_one_is_a_lost_answer_only_within_the_grace_window() {
        assert_eq!(session().presented(4, START.plus_seconds(29), 30), Presented::Retried);
        assert_eq!(session().presented(4, START.plus_seconds(30), 30), Presented::Replayed);
        assert_eq!(session().presented(3, START, 30), Presented::Replayed);
    }

    #[test]
    fn without_a_grace_window_every_spent_token_is_a_replay() {
        assert_eq!(session().presented(4, START, 0), Presented::Replayed);
    }

    #[test]
    fn an_ended_session_takes_no_token_and_a_session_runs_out() {
        let ended = Session { ended_at: Some(START), ..session() };
        assert_eq!(ended.presented(5, START, 30), Presented::Ended);
        assert_eq!(session().presented(5, START.plus_seconds(86_400), 30), Presented::Expired);
    }

    #[test]
    fn a_session_never_outlives_its_absolute_lifetime() {
        let short = SessionPolicy { absolute_lifetime_seconds: 60, ..POLICY };
        let session = Session::open(session().id, (session().user_id, Epochs::default()), START, &short);
        assert_eq!(session.expires_at, START.plus_seconds(60));
    }

    #[test]
    fn a_revocation_ends_it_for_good_and_a_deactivation_unless_reactivation_revives() {
        let (ends, revives) = (Reactivation::LeavesSessionsEnded, Reactivation::RevivesSessions);
        let revoked = Epochs { revocations: 1, deactivations: 0 };
        let deactivated = Epochs { revocations: 0, deactivations: 1 };
        assert!(session().is_open(Epochs::default(), ends));
        assert!(!session().is_open(revoked, ends) && !session().is_open(revoked, revives));
        assert!(!session().is_open(deactivated, ends) && session().is_open(deactivated, revives));
    }

    proptest! {
        #[test]
        fn only_the_good_token_is_current(counter in 0_u64..10, seconds in 0_i64..100_000) {
            let presented = session().presented(counter, START.plus_seconds(seconds), 30);
            prop_assert_eq!(presented == Presented::Current, counter == 5 && seconds < 86_400);
        }
    }
}
