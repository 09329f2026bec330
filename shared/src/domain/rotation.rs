//! What a client shows to rotate a refresh token: the token's place in its session, and the ids that anchor it.
//!
//! A client that takes part keeps one record, `{refresh, rotation_id, next_id}`. Each token is anchored to the hash of an
//! id that the client has not sent yet (`cnf`); the request that spends the token brings the id (`rotation_id`) and the
//! hash of the one after it (`rotation_next`). A message that was lost or repeated shows the same hash again; whoever
//! holds a token alone cannot show the id, and two holders of a record cannot both name the next one (docs/sessions.md).

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest::{SHA256, SHA256_OUTPUT_LEN, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::session::SessionPolicy;
use crate::clock::Timestamp;

/// The fewest characters of a rotation id: 128 random bits in base64url.
pub const MIN_ID_LENGTH: usize = 22;
/// The most characters of a rotation id: 128 bits fit in any usual spelling, with much to spare.
pub const MAX_ID_LENGTH: usize = 128;

/// A rotation id: what only the holder of the client's record knows. `Debug` shows nothing.
#[derive(Clone)]
pub struct RotationId(String);

impl RotationId {
    /// Takes `text` as an id: 22 to 128 letters, digits, `-`, `_`, `.` or `~`, which is 128 random bits in base64url, in
    /// hexadecimal or as a UUID.
    ///
    /// # Errors
    ///
    /// When it is none.
    pub fn parse(text: &str) -> Result<Self, NotARotationId> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
        if (MIN_ID_LENGTH..=MAX_ID_LENGTH).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotARotationId)
        }
    }

    /// The hash that a token or a request names before the id itself is shown: SHA-256 of its ASCII.
    #[must_use]
    pub fn commitment(&self) -> Commitment {
        let mut bytes = [0; SHA256_OUTPUT_LEN];
        bytes.copy_from_slice(digest(&SHA256, self.0.as_bytes()).as_ref());
        Commitment(bytes)
    }
}

impl fmt::Debug for RotationId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("RotationId")
    }
}

/// The text is no rotation id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a rotation id")]
pub struct NotARotationId;

/// The SHA-256 of a rotation id, which is 128 random bits: whoever sees the hash cannot find the id, so it is no secret and
/// stands in tokens in clear. Written in base64url without padding, 43 characters.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Commitment([u8; SHA256_OUTPUT_LEN]);

impl FromStr for Commitment {
    type Err = NotACommitment;

    fn from_str(text: &str) -> Result<Self, NotACommitment> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| NotACommitment)?;
        bytes.try_into().map(Self).map_err(|_| NotACommitment)
    }
}

impl fmt::Display for Commitment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for Commitment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// The text is no SHA-256 in base64url.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a SHA-256 in base64url")]
pub struct NotACommitment;

/// The ids that a refresh brings beside its token; clients that do not take part bring none.
#[derive(Clone, Debug, Default)]
pub struct RotationIds {
    id: Option<RotationId>,
    next: Option<Commitment>,
}

impl RotationIds {
    /// The id of this rotation and the hash of the next one's.
    ///
    /// # Errors
    ///
    /// When the next id is the same: whoever captures this request would hold the next one's proof.
    pub fn new(id: Option<RotationId>, next: Option<Commitment>) -> Result<Self, SameId> {
        match (&id, next) {
            (Some(id), Some(next)) if id.commitment() == next => Err(SameId),
            _ => Ok(Self { id, next }),
        }
    }
}

impl RotationIds {
    /// What a first token is anchored to, where there is none before it to prove anything about.
    #[must_use]
    pub const fn next(&self) -> Option<Commitment> {
        self.next
    }
}

/// `rotation_next` is the hash of the `rotation_id` beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the next rotation id is this one's")]
pub struct SameId;

/// What the ids prove about the token beside them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The token is anchored, and its holder has shown the id and committed to the next one.
    Shown {
        /// The token's `cnf`.
        anchor: Commitment,
        /// The hash of the next id.
        next: Commitment,
    },
    /// The token is anchored, and the id is wrong or missing, or no next one is named.
    Missing,
    /// The token is not anchored: there is nothing to prove.
    NotAsked {
        /// The hash of the next id, when the client wants its next token anchored.
        next: Option<Commitment>,
    },
}

impl Proof {
    /// What `ids` prove about a token with the claim `cnf`.
    #[must_use]
    pub fn of(anchor: Option<Commitment>, ids: &RotationIds) -> Self {
        match (anchor, &ids.id, ids.next) {
            (None, _, next) => Self::NotAsked { next },
            (Some(anchor), Some(id), Some(next)) if id.commitment() == anchor => Self::Shown { anchor, next },
            (Some(_), _, _) => Self::Missing,
        }
    }

    /// What the token after this one is anchored to.
    #[must_use]
    pub const fn next(self) -> Option<Commitment> {
        match self {
            Self::Shown { next, .. } => Some(next),
            Self::Missing => None,
            Self::NotAsked { next } => next,
        }
    }
}

/// The place of a refresh token in its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenPlace {
    /// Its `ctr`.
    pub counter: u64,
    /// Its `cnf`, if it is anchored.
    pub anchor: Option<Commitment>,
}

/// A refresh token that was shown, and what came with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Presentation {
    /// The token's `ctr`: how many rotations came before it.
    pub counter: u64,
    /// What was proved about it.
    pub proof: Proof,
}

impl Presentation {
    /// The place in which the session must stand for this token to be the good one. Of a token whose anchor was not proved
    /// nobody asks.
    #[must_use]
    pub const fn place(&self) -> TokenPlace {
        let anchor = match self.proof {
            Proof::Shown { anchor, .. } => Some(anchor),
            Proof::Missing | Proof::NotAsked { .. } => None,
        };
        TokenPlace { counter: self.counter, anchor }
    }
}

/// A token as the session's memory of spent ones has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spent {
    /// The token's `ctr`.
    pub counter: u64,
    /// The hash that it was spent with; none by a client without ids.
    pub next: Option<Commitment>,
}

/// How many spent tokens a session remembers, each in the slot of its `ctr` modulo this.
pub const SLOTS: usize = 4;

/// What one rotation writes: from this token to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// The token that is spent.
    pub spent: Spent,
    /// When.
    pub now: Timestamp,
    /// When the next token expires.
    pub expires_at: Timestamp,
    /// The secret that signs the next token, by its `kid`; a key shared with a Django has none.
    pub kid: Option<String>,
}

impl Rotation {
    /// The rotation that `shown` asks for, signed with `kid`.
    #[must_use]
    pub fn of(shown: &Presentation, now: Timestamp, policy: &SessionPolicy, kid: Option<String>) -> Self {
        let spent = Spent { counter: shown.counter, next: shown.proof.next() };
        Self { spent, now, expires_at: now.plus_seconds(policy.refresh_lifetime_seconds), kid }
    }

    /// The `ctr` of the next token.
    #[must_use]
    pub const fn counter(&self) -> u64 {
        self.spent.counter + 1
    }

    /// The slot that remembers the spent token: its `ctr` modulo [`SLOTS`].
    #[must_use]
    pub fn slot(&self) -> usize {
        usize::try_from(self.spent.counter % SLOTS as u64).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "AAECAwQFBgcICQoLDA0ODw";

    fn ids(id: Option<&str>, next: Option<&str>) -> RotationIds {
        let next = next.map(|text| RotationId::parse(text).unwrap().commitment());
        RotationIds::new(id.map(|text| RotationId::parse(text).unwrap()), next).unwrap()
    }

    #[test]
    fn a_commitment_is_the_sha_256_of_the_ids_ascii() {
        // printf AAECAwQFBgcICQoLDA0ODw | openssl dgst -sha256 -binary | basenc --base64url
        let commitment = RotationId::parse(ID).unwrap().commitment();
        assert_eq!(commitment.to_string(), "XSYR1aTdK0Cyd9_bXs9bSYGRUNfVxi9O75YMsMJNsgw");
        assert_eq!(commitment.to_string().parse(), Ok(commitment));
    }

    #[test]
    fn ids_are_128_bits_in_any_usual_spelling() {
        for good in [ID, "000102030405060708090a0b0c0d0e0f", "00010203-0405-4607-8809-0a0b0c0d0e0f", &"x".repeat(128)] {
            assert!(RotationId::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "short", &ID[1..], "AAECAwQFBgcICQoLDA0ODw==", "AAECAwQFBgcICQoLDA0OD\u{e9}", &"x".repeat(129)]
        {
            assert!(RotationId::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(format!("{:?}", RotationId::parse(ID).unwrap()), "RotationId");
    }

    #[test]
    fn a_commitment_has_one_spelling() {
        let good = RotationId::parse(ID).unwrap().commitment().to_string();
        for bad in ["", &good[1..], &format!("{good}="), &format!("{good}A"), &good.replace('_', "/")] {
            assert!(bad.parse::<Commitment>().is_err(), "{bad}");
        }
        // The last character holds two bits of nothing, which must be zero: `w` is 48, `x` is 49.
        assert!(good.replace("gw", "gx").parse::<Commitment>().is_err());
    }

    #[test]
    fn a_proof_is_the_id_behind_the_anchor_and_a_hash_for_the_next() {
        let (anchor, other) = (RotationId::parse(ID).unwrap().commitment(), "x".repeat(22));
        let next = RotationId::parse(&other).unwrap().commitment();
        assert_eq!(Proof::of(Some(anchor), &ids(Some(ID), Some(&other))), Proof::Shown { anchor, next });
        for bad in
            [ids(None, None), ids(None, Some(&other)), ids(Some(ID), None), ids(Some(&"y".repeat(22)), Some(&other))]
        {
            assert_eq!(Proof::of(Some(anchor), &bad), Proof::Missing);
        }
        assert_eq!(Proof::of(None, &ids(Some(ID), Some(&other))), Proof::NotAsked { next: Some(next) });
    }

    #[test]
    fn the_next_id_must_be_another_one() {
        let id = RotationId::parse(ID).unwrap();
        let same = id.commitment();
        assert!(matches!(RotationIds::new(Some(id), Some(same)), Err(SameId)));
    }
}
