//! The life of a key that signs tokens: next, active, retiring, retired.
//!
//! ```text
//! next ──published long enough──▶ active ──its successor signs──▶ retiring ──its last token expired──▶ retired
//!   └──────────────────────────────┴───────── emergency ───────────────┴──────────────────────────────▶ retired
//! ```
//!
//! A verifier elsewhere learns of a key by reading the published set, and keeps what it read for a while. So a key is
//! published before it signs, and stays published after it has stopped.

use crate::clock::Timestamp;

/// The longest that an access token may live: the setting's upper bound, so that a key outlives every token it signed
/// whatever the setting was at the time.
pub const MAX_ACCESS_LIFETIME_SECONDS: i64 = 86_400;
/// The longest that a refresh token may live, as above.
pub const MAX_REFRESH_LIFETIME_SECONDS: i64 = 31_536_000;
/// How old a reading of the ring may be that still signs. Without a bound, a function that cannot read the ring would
/// sign with a key that others have retired.
pub const MAX_SIGNING_AGE_SECONDS: i64 = 3_600;
/// How long a key is published before it signs: API Gateway keeps a key set for up to two hours ("Control access to HTTP
/// APIs with JWT authorizers"), our own issuer answers from a reading up to five minutes old, which caches may keep for
/// five more; and twenty minutes to spare.
pub const PUBLICATION_SECONDS: i64 = 2 * 3_600 + 1_800;

/// Which tokens a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyUse {
    /// Access tokens: a key pair, the public part of which is published.
    Access,
    /// Refresh tokens: a secret that nobody but us reads.
    Refresh,
}

impl KeyUse {
    /// Both, in the order in which they are listed.
    pub const ALL: [Self; 2] = [Self::Access, Self::Refresh];

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Refresh => "refresh",
        }
    }

    /// How long what a key signed last may be shown. A refresh token whose answer was lost may be shown as long as the one
    /// after it is good (docs/sessions.md), which can be made at the last moment of its own life: two lifetimes.
    const fn max_showing_seconds(self) -> i64 {
        match self {
            Self::Access => MAX_ACCESS_LIFETIME_SECONDS,
            Self::Refresh => 2 * MAX_REFRESH_LIFETIME_SECONDS,
        }
    }
}

/// Where a key is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// Published, does not sign yet.
    Next,
    /// Signs.
    Active,
    /// Signs no more; what it signed is good.
    Retiring,
    /// Nothing that it signed is good.
    Retired,
}

impl KeyState {
    /// The name under which the store keeps it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Active => "active",
            Self::Retiring => "retiring",
            Self::Retired => "retired",
        }
    }

    /// Whether tokens of such a key are taken, and its public part is published.
    #[must_use]
    pub const fn is_trusted(self) -> bool {
        !matches!(self, Self::Retired)
    }
}

impl std::str::FromStr for KeyState {
    type Err = NotAState;

    fn from_str(text: &str) -> Result<Self, NotAState> {
        let all = [Self::Next, Self::Active, Self::Retiring, Self::Retired];
        all.into_iter().find(|state| state.as_str() == text).ok_or(NotAState)
    }
}

/// The text names no state of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a state of a key")]
pub struct NotAState;

/// A key of the ring, without the key itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKeyRecord {
    /// Its id, the header `kid` of what it signs.
    pub kid: String,
    /// What it signs.
    pub key_use: KeyUse,
    /// Where it is in its life.
    pub state: KeyState,
    /// Since when.
    pub since: Timestamp,
}

/// Who wants the ring to move on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// The clock: a new key is made only when the active one has signed for so many seconds.
    Schedule {
        /// How long a key signs, in seconds.
        period_seconds: i64,
    },
    /// An operator: a new key is made now.
    Operator,
}

/// What there is to do for the keys of one use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Make the key that comes after `active`, and publish it.
    Publish {
        /// The `kid` of the key that signs.
        active: String,
    },
    /// Let `next` sign instead of `active`.
    Activate {
        /// The `kid` of the key that has been published long enough.
        next: String,
        /// The `kid` of the key that signs.
        active: String,
    },
    /// Take nothing any more that `kid` signed: all of it has expired.
    Retire {
        /// The `kid` of the key.
        kid: String,
    },
    /// Nothing, before this moment at least.
    Wait {
        /// When there is something to do.
        until: Timestamp,
    },
    /// No key signs: the ring is empty, or was emptied by hand.
    NoActiveKey,
}

/// The one next step for the keys of `key_use` in `ring`.
#[must_use]
pub fn next_step(ring: &[SigningKeyRecord], key_use: KeyUse, occasion: Occasion, now: Timestamp) -> Step {
    let keys = || ring.iter().filter(|key| key.key_use == key_use);
    let one = |state| keys().find(|key| key.state == state);
    let Some(active) = one(KeyState::Active) else { return Step::NoActiveKey };
    let turn = one(KeyState::Next).map(|next| (next, next.since.plus_seconds(PUBLICATION_SECONDS)));
    if let Some((next, due)) = turn
        && due <= now
    {
        return Step::Activate { next: next.kid.clone(), active: active.kid.clone() };
    }
    let renewal = match occasion {
        Occasion::Schedule { period_seconds } => active.since.plus_seconds(period_seconds),
        Occasion::Operator => now,
    };
    if turn.is_none() && renewal <= now {
        return Step::Publish { active: active.kid.clone() };
    }
    let last = keys().filter(|key| key.state == KeyState::Retiring).map(|key| (key, last_showing(key)));
    let oldest = last.min_by_key(|(_, expiry)| *expiry);
    match oldest {
        Some((key, expiry)) if expiry <= now => Step::Retire { kid: key.kid.clone() },
        _ => {
            let own = turn.map_or(renewal, |(_, due)| due);
            Step::Wait { until: oldest.map_or(own, |(_, expiry)| expiry.min(own)) }
        }
    }
}

/// When the last token that a retiring key can have signed is shown no more.
fn last_showing(key: &SigningKeyRecord) -> Timestamp {
    key.since.plus_seconds(MAX_SIGNING_AGE_SECONDS).plus_seconds(key.key_use.max_showing_seconds())
}

/// How a key is taken out of the ring before its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Emergency {
    /// It signs nothing: it goes.
    Remove {
        /// The `kid` of the key that signs, if the one that goes was to come after it.
        successor_of: Option<String>,
    },
    /// It signs: `next` takes over at once, or a new key where there is none.
    Replace {
        /// The `kid` of the key that was to come next.
        next: Option<String>,
    },
}

/// Why a key cannot be taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmergencyError {
    /// There is no such key.
    #[error("there is no key with this kid")]
    Unknown,
    /// It is out already.
    #[error("this key is retired already")]
    Retired,
}

/// How to take the key `kid` out of `ring`.
///
/// # Errors
///
/// When there is no such key, or it is retired already.
pub fn emergency(ring: &[SigningKeyRecord], kid: &str) -> Result<(SigningKeyRecord, Emergency), EmergencyError> {
    let key = ring.iter().find(|key| key.kid == kid).ok_or(EmergencyError::Unknown)?;
    let of_use = |state| ring.iter().find(|other| other.key_use == key.key_use && other.state == state);
    let kid_of = |state| of_use(state).map(|other| other.kid.clone());
    let how = match key.state {
        KeyState::Retired => return Err(EmergencyError::Retired),
        KeyState::Retiring => Emergency::Remove { successor_of: None },
        KeyState::Next => Emergency::Remove { successor_of: kid_of(KeyState::Active) },
        KeyState::Active => Emergency::Replace { next: kid_of(KeyState::Next) },
    };
    Ok((key.clone(), how))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: Timestamp = Timestamp::from_seconds(1_000_000);
    const DAY: i64 = 86_400;
    const SCHEDULE: Occasion = Occasion::Schedule { period_seconds: 90 * DAY };

    fn key(kid: &str, state: KeyState, since: Timestamp) -> SigningKeyRecord {
        SigningKeyRecord { kid: kid.to_owned(), key_use: KeyUse::Access, state, since }
    }

    fn step(ring: &[SigningKeyRecord], occasion: Occasion, now: Timestamp) -> Step {
        next_step(ring, KeyUse::Access, occasion, now)
    }

    #[test]
    fn a_new_key_is_made_when_the_period_is_over_or_an_operator_asks() {
        let ring = [key("a", KeyState::Active, START)];
        let over = START.plus_seconds(90 * DAY);
        assert_eq!(step(&ring, SCHEDULE, over.plus_seconds(-1)), Step::Wait { until: over });
        assert_eq!(step(&ring, SCHEDULE, over), Step::Publish { active: "a".to_owned() });
        assert_eq!(step(&ring, Occasion::Operator, START), Step::Publish { active: "a".to_owned() });
    }

    #[test]
    fn a_key_is_published_for_two_hours_before_it_signs_whoever_asks() {
        let ring = [key("a", KeyState::Active, START), key("b", KeyState::Next, START)];
        let due = START.plus_seconds(PUBLICATION_SECONDS);
        for occasion in [SCHEDULE, Occasion::Operator] {
            assert_eq!(step(&ring, occasion, due.plus_seconds(-1)), Step::Wait { until: due });
            let activate = Step::Activate { next: "b".to_owned(), active: "a".to_owned() };
            assert_eq!(step(&ring, occasion, due), activate);
        }
        assert!(due >= START.plus_seconds(2 * 3600));
    }

    #[test]
    fn a_retiring_key_stays_until_its_last_token_has_expired() {
        let ring = [key("a", KeyState::Retiring, START), key("b", KeyState::Active, START)];
        let expired = START.plus_seconds(MAX_SIGNING_AGE_SECONDS + MAX_ACCESS_LIFETIME_SECONDS);
        assert_eq!(step(&ring, SCHEDULE, expired.plus_seconds(-1)), Step::Wait { until: expired });
        assert_eq!(step(&ring, SCHEDULE, expired), Step::Retire { kid: "a".to_owned() });
    }

    #[test]
    fn the_keys_of_one_use_do_not_wait_for_those_of_the_other() {
        let refresh = SigningKeyRecord { key_use: KeyUse::Refresh, ..key("r", KeyState::Active, START) };
        let ring = [key("a", KeyState::Active, START.plus_seconds(DAY)), refresh];
        let now = START.plus_seconds(90 * DAY);
        let publish = Step::Publish { active: "r".to_owned() };
        assert_eq!(next_step(&ring, KeyUse::Refresh, SCHEDULE, now), publish);
        assert!(matches!(step(&ring, SCHEDULE, now), Step::Wait { .. }));
    }

    #[test]
    fn an_emergency_takes_out_any_key_that_is_not_out() {
        let ring = [
            key("a", KeyState::Retiring, START),
            key("b", KeyState::Active, START),
            key("c", KeyState::Next, START),
            key("d", KeyState::Retired, START),
        ];
        let how = |kid: &str| emergency(&ring, kid).map(|(_, how)| how);
        assert_eq!(how("a"), Ok(Emergency::Remove { successor_of: None }));
        assert_eq!(how("b"), Ok(Emergency::Replace { next: Some("c".to_owned()) }));
        assert_eq!(how("c"), Ok(Emergency::Remove { successor_of: Some("b".to_owned()) }));
        assert_eq!(how("d"), Err(EmergencyError::Retired));
        assert_eq!(how("e"), Err(EmergencyError::Unknown));
        assert_eq!(emergency(&ring[1..2], "b").unwrap().1, Emergency::Replace { next: None });
    }

    /// What the store does for a step.
    fn carry_out(ring: &mut Vec<SigningKeyRecord>, step: &Step, now: Timestamp) {
        let mut enter = |kid: &str, state| {
            let key = ring.iter_mut().find(|key| key.kid == kid).unwrap();
            (key.state, key.since) = (state, now);
        };
        match step {
            Step::Publish { .. } => {
                let kid = format!("k{}", ring.len());
                ring.push(key(&kid, KeyState::Next, now));
            }
            Step::Activate { next, active } => {
                enter(next, KeyState::Active);
                enter(active, KeyState::Retiring);
            }
            Step::Retire { kid } => enter(kid, KeyState::Retired),
            Step::Wait { .. } | Step::NoActiveKey => {}
        }
    }

    proptest! {
        /// Whenever the steps are taken: one key signs, one at most waits, nothing signs unannounced, and no key is
        /// retired while a token of it can be good.
        #[test]
        fn no_history_breaks_the_ring(pauses in proptest::collection::vec((0_i64..40 * DAY, any::<bool>()), 1..60)) {
            let mut ring = vec![key("k0", KeyState::Active, START)];
            let mut published_at = std::collections::HashMap::from([("k0".to_owned(), START)]);
            let mut stopped_at = std::collections::HashMap::new();
            let mut now = START;
            for (pause, asked) in pauses {
                now = now.plus_seconds(pause);
                let step = step(&ring, if asked { Occasion::Operator } else { SCHEDULE }, now);
                carry_out(&mut ring, &step, now);
                match &step {
                    Step::Publish { .. } => {
                        published_at.insert(ring.last().unwrap().kid.clone(), now);
                    }
                    Step::Activate { next, active } => {
                        prop_assert!(published_at[next].plus_seconds(2 * 3600) <= now);
                        stopped_at.insert(active.clone(), now);
                    }
                    Step::Retire { kid } => {
                        prop_assert!(stopped_at[kid].plus_seconds(MAX_ACCESS_LIFETIME_SECONDS) <= now);
                    }
                    Step::Wait { until } => prop_assert!(*until > now),
                    Step::NoActiveKey => prop_assert!(false),
                }
                let count = |state| ring.iter().filter(|key| key.state == state).count();
                prop_assert_eq!(count(KeyState::Active), 1);
                prop_assert!(count(KeyState::Next) <= 1);
            }
        }
    }
}
