//! A session: one log-in on one device, and the life of its refresh tokens.
//!
//! A session counts its rotations. Refresh token n carries `ctr` = n; it is good while the session's counter is n. Using
//! it moves the counter to n + 1 and gives token n + 1. A token that comes back after that is either a message that got
//! lost or was repeated, or a second holder of the token. Of a client that sends rotation ids we can tell which, at any
//! later time ([`super::rotation`]); of any other we go by the clock: within the grace window it is taken for the former.
//! [`Session::judge`] is the whole table; docs/sessions.md tells why each row is as it is.

use super::device::Device;
pub use super::id::SessionId;
use super::rotation::{Commitment, Presentation, Proof, Rotation, SLOTS, Spent, TokenPlace};
use super::user::{Epochs, UserId, UserState};
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
    /// The user ended it from another of the sessions.
    EndedElsewhere,
    /// An administrator ended it.
    EndedByAdministrator,
    /// Somebody may hold a copy of its tokens.
    Theft(Theft),
}

impl EndReason {
    /// The name under which the store keeps it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LogOut => "log_out",
            Self::EndedElsewhere => "ended_elsewhere",
            Self::EndedByAdministrator => "ended_by_administrator",
            Self::Theft(theft) => theft.as_str(),
        }
    }
}

/// What shows that a session's tokens have a second holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theft {
    /// A token without an anchor came back after it was spent.
    RefreshTokenReuse,
    /// An anchored token came without its rotation id: somebody holds the token alone.
    RotationIdMissing,
    /// One token was spent with two different next ids: two hold a copy of the client's record.
    RotationFork,
}

impl Theft {
    /// Its name, for the store and for the audit.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RefreshTokenReuse => "refresh_token_reuse",
            Self::RotationIdMissing => "rotation_id_missing",
            Self::RotationFork => "rotation_fork",
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
    /// What the good refresh token is anchored to: its `cnf`. None of a client without rotation ids.
    pub anchor: Option<Commitment>,
    /// The last spent tokens, each in the slot of its counter. They may only convict: a missing one proves nothing.
    pub spent: [Option<Spent>; SLOTS],
    /// The `kid` of the secret that signed the good refresh token.
    pub kid: Option<String>,
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
    /// The device that it was opened on.
    pub device: Device,
}

/// What of a session decides whether a principal may act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionState {
    /// Which session.
    pub id: SessionId,
    /// The user's epochs when it was opened.
    pub epochs: Epochs,
    /// Whether it was ended by itself.
    pub has_ended: bool,
}

impl SessionState {
    /// Whether the session still counts for its `user`.
    #[must_use]
    pub fn is_open(&self, user: &UserState, reactivation: Reactivation) -> bool {
        let suspended = self.epochs.deactivations != user.epochs.deactivations;
        !self.has_ended
            && self.outlives_revocations_of(user)
            && (!suspended || matches!(reactivation, Reactivation::RevivesSessions))
    }

    /// Whether the last revocation left it open. User and session move together, but one may have been read before and the
    /// other after: a session that is ahead was moved since the user was read, and one that is one behind was if the user
    /// says so.
    fn outlives_revocations_of(&self, user: &UserState) -> bool {
        let now = user.epochs.revocations;
        let moved = user.kept.is_some_and(|kept| kept.session_id == self.id && kept.revocations == now);
        self.epochs.revocations >= now || (moved && self.epochs.revocations + 1 == now)
    }
}

/// What a refresh token that was shown is to its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// The good one: it is spent and the next one given.
    Current,
    /// The one before, shown by the same holder: the answer was lost, or two requests crossed. The good one is given again.
    Repeated,
    /// Spent by its holder, who has the next one by now: no token, and nothing is wrong.
    Superseded,
    /// Of a counter that the session has not reached: it was restored from a copy, or we look at one.
    Ahead,
    /// Spent long ago and now shown without its rotation id: nothing to be had, nothing that its holder did wrong.
    Stale,
    /// Somebody else holds the session's tokens too: the session ends.
    Stolen(Theft),
    /// Of a session that was ended.
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
            anchor: None,
            spent: [None; SLOTS],
            kid: None,
            rotated_at: now,
            created_at: now,
            last_used_at: now,
            expires_at: now.plus_seconds(policy.refresh_lifetime_seconds).min(absolute_expires_at),
            absolute_expires_at,
            ended_at: None,
            device: Device::default(),
        }
    }

    /// What the token `shown` at `now` is to this session. The first row that fits decides.
    ///
    /// `Current` is also the condition of the store's one write; the other rows are read off what that write found.
    #[must_use]
    pub fn judge(&self, shown: &Presentation, now: Timestamp, grace_seconds: i64) -> Judgement {
        if self.ended_at.is_some() {
            return Judgement::Ended;
        }
        if self.is_expired(now) {
            return Judgement::Expired;
        }
        let rotations_since = self.counter.checked_sub(shown.counter);
        match shown.proof {
            // A thief with the token alone. Of an old one it need not be: a copy that was left somewhere is no alarm.
            Proof::Missing if rotations_since.is_none_or(|rotations| rotations <= 1) => {
                Judgement::Stolen(Theft::RotationIdMissing)
            }
            Proof::Missing => Judgement::Stale,
            Proof::Shown { next, .. } => match rotations_since {
                None => Judgement::Ahead,
                Some(0) if self.anchor == shown.place().anchor => Judgement::Current,
                Some(1) if self.anchor == Some(next) => Judgement::Repeated,
                // Two holders of one record, each with a next id of its own.
                Some(0 | 1) => Judgement::Stolen(Theft::RotationFork),
                Some(_) => self.judge_spent(shown.counter, next, Theft::RotationFork),
            },
            Proof::NotAsked { next } => self.judge_by_the_clock(shown.counter, next, (now, grace_seconds)),
        }
    }

    /// A token without an anchor: whether it is a lost message or a replay, the clock decides, unless the client wanted
    /// the next token anchored and shows the hash that it wanted.
    fn judge_by_the_clock(
        &self,
        counter: u64,
        next: Option<Commitment>,
        (now, grace_seconds): (Timestamp, i64),
    ) -> Judgement {
        let in_grace = now < self.rotated_at.plus_seconds(grace_seconds);
        match (self.counter.checked_sub(counter), next) {
            (None, _) => Judgement::Ahead,
            (Some(0), _) if self.anchor.is_none() => Judgement::Current,
            (Some(1), Some(next)) if self.anchor == Some(next) => Judgement::Repeated,
            (Some(1), _) if in_grace && self.anchor.is_none() => Judgement::Repeated,
            // Another request took part since: its holder has the next token, which this one cannot use.
            (Some(1), _) if in_grace => Judgement::Superseded,
            (Some(0 | 1), _) | (Some(_), None) => Judgement::Stolen(Theft::RefreshTokenReuse),
            (Some(_), Some(next)) => self.judge_spent(counter, next, Theft::RefreshTokenReuse),
        }
    }

    /// A token that was spent two rotations ago or more: with another hash than it is shown with now, or with this one as
    /// far as we know.
    fn judge_spent(&self, counter: u64, next: Commitment, theft: Theft) -> Judgement {
        let remembered = self.spent.iter().flatten().find(|spent| spent.counter == counter);
        match remembered {
            Some(spent) if spent.next != Some(next) => Judgement::Stolen(theft),
            _ => Judgement::Superseded,
        }
    }

    /// Whether the token in `place` is the one that can be spent at `now`, if its holder can prove it.
    #[must_use]
    pub fn is_good(&self, place: TokenPlace, now: Timestamp) -> bool {
        let stands = TokenPlace { counter: self.counter, anchor: self.anchor };
        self.ended_at.is_none() && !self.is_expired(now) && stands == place
    }

    /// The session after `rotation`: what the store's one write makes of it.
    #[must_use]
    pub fn rotated(&self, rotation: &Rotation) -> Self {
        let mut spent = self.spent;
        if let Some(slot) = spent.get_mut(rotation.slot()) {
            *slot = Some(rotation.spent);
        }
        Self {
            counter: rotation.counter(),
            anchor: rotation.spent.next,
            spent,
            kid: rotation.kid.clone(),
            rotated_at: rotation.now,
            last_used_at: rotation.now,
            expires_at: rotation.expires_at,
            ..self.clone()
        }
    }

    /// What decides whether the session's principals may act.
    #[must_use]
    pub const fn state(&self) -> SessionState {
        SessionState { id: self.id, epochs: self.epochs, has_ended: self.ended_at.is_some() }
    }

    /// Whether the session still counts for its `user`.
    #[must_use]
    pub fn is_open(&self, user: &UserState, reactivation: Reactivation) -> bool {
        self.state().is_open(user, reactivation)
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
mod tests;
