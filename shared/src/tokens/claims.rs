//! Claims: what a token says, written in a fixed order and read with suspicion.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::TokenError;
use crate::clock::Timestamp;
use crate::domain::legacy::LegacyId;
use crate::domain::principal::Principal;
use crate::domain::rotation::Commitment;
use crate::domain::session::SessionId;
use crate::domain::user::{User, UserId};

/// The two kinds of token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenType {
    /// Opens routes, for a while.
    Access,
    /// Gets the next access token.
    Refresh,
}

impl TokenType {
    /// The claim `token_type`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Refresh => "refresh",
        }
    }
}

impl Serialize for TokenType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// The claims of a token that we sign, in the order in which they are written.
#[derive(Debug, Serialize)]
pub(super) struct SignedClaims<'a> {
    pub(super) token_type: TokenType,
    pub(super) exp: i64,
    pub(super) iat: i64,
    pub(super) jti: String,
    pub(super) id: String,
    pub(super) username: &'a str,
    pub(super) first_name: &'a str,
    pub(super) last_name: &'a str,
    pub(super) sub: String,
    pub(super) iss: &'a str,
    pub(super) aud: String,
    pub(super) sid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ctr: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cnf: Option<String>,
}

/// What a good access token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessClaims {
    /// Whose it is, as the token says it: perhaps no id of ours (a Django's, in `HS256_KEY` mode).
    pub user: String,
    /// The username at the time; empty when a Django's token does not say it.
    pub username: String,
    /// Which session it belongs to; without one only in `HS256_KEY` mode.
    pub session_id: Option<SessionId>,
    /// When it expires.
    pub expires_at: Timestamp,
}

impl AccessClaims {
    /// Whom the token stands for; nobody of ours when it names no id of ours.
    #[must_use]
    pub fn principal(self) -> Option<Principal> {
        Some(Principal {
            user_id: self.user.parse().ok()?,
            username: self.username,
            session_id: self.session_id,
            token_expires_at: self.expires_at,
        })
    }
}

/// What a good refresh token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshClaims {
    /// Whose it is.
    pub user_id: UserId,
    /// Which session it belongs to.
    pub session_id: SessionId,
    /// How many rotations came before it.
    pub counter: u64,
    /// What it is anchored to, if it is.
    pub anchor: Option<Commitment>,
    /// What the next refresh token says too.
    pub copied: CopiedClaims,
}

/// What each refresh token of a session copies from the one before: so the same one can be made again, though the user
/// may have another name by now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopiedClaims {
    /// The username at the log-in.
    pub username: String,
    /// The first name at the log-in.
    pub first_name: String,
    /// The last name at the log-in.
    pub last_name: String,
    /// The issuer at the log-in.
    pub issuer: String,
}

impl CopiedClaims {
    /// What the first refresh token of a log-in says.
    #[must_use]
    pub fn of(user: &User, issuer: &str) -> Self {
        Self {
            username: user.username.to_string(),
            first_name: user.first_name.clone(),
            last_name: user.last_name.clone(),
            issuer: issuer.to_owned(),
        }
    }
}

/// What a good refresh token of a Django says (simplejwt), under the key that we share with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CarriedClaims {
    /// The user's primary key there.
    pub legacy_id: LegacyId,
    /// Which token.
    pub token_id: String,
    /// When it expires.
    pub expires_at: Timestamp,
}

impl CarriedClaims {
    /// What the store keeps of the token. An id may be used again for another user (RFC 7519, 4.1.7 wants it unique, and
    /// nobody makes a Django see to it); what holds for one user's token must not touch another's.
    #[must_use]
    pub fn hash(&self) -> String {
        URL_SAFE_NO_PAD.encode(digest(&SHA256, format!("{}:{}", self.legacy_id, self.token_id).as_bytes()))
    }
}

/// A JSON object whose member names are unique.
///
/// Two parsers that disagree on which of two equal members counts can be told different things by one signed token
/// (RFC 8725, 2.4; RFC 7519, 4 lets a verifier reject them).
pub(super) struct UniqueMembers(Map<String, Value>);

impl UniqueMembers {
    /// Parses `bytes`.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, TokenError> {
        serde_json::from_slice(bytes).map_err(|_| TokenError::Invalid)
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    /// The checks of every token, in the contract's order. Only `iat` may be `ahead_seconds` ahead, where the clock of the
    /// environment that made the token may be.
    pub(super) fn check_times(&self, now: Timestamp, ahead_seconds: i64) -> Result<(), TokenError> {
        let now = now.seconds();
        if self.number("iat")?.is_some_and(|issued_at| issued_at > now + ahead_seconds)
            || self.number("nbf")?.is_some_and(|not_before| not_before > now)
        {
            return Err(TokenError::Invalid);
        }
        match self.number("exp")? {
            Some(expires_at) if expires_at <= now => Err(TokenError::Expired),
            _ => Ok(()),
        }
    }

    /// `sub` is a string if it is there at all (RFC 7519, 4.1.2).
    pub(super) fn check_subject(&self) -> Result<(), TokenError> {
        if self.get("sub").is_none_or(Value::is_string) { Ok(()) } else { Err(TokenError::Invalid) }
    }

    /// Which of the two kinds it says it is; `exp` and `jti` must be there.
    pub(super) fn token_type(&self) -> Result<TokenType, TokenError> {
        if self.get("exp").is_none() {
            return Err(TokenError::NoExpiry);
        }
        if self.get("jti").is_none() {
            return Err(TokenError::NoId);
        }
        match self.get("token_type") {
            None => Err(TokenError::NoType),
            Some(Value::String(kind)) if kind == TokenType::Access.as_str() => Ok(TokenType::Access),
            Some(Value::String(kind)) if kind == TokenType::Refresh.as_str() => Ok(TokenType::Refresh),
            Some(_) => Err(TokenError::WrongType),
        }
    }

    /// Whether `aud`, a string or a list (RFC 7519, 4.1.3), names `audience`; `None` when there is none.
    pub(super) fn is_for(&self, audience: &str) -> Option<bool> {
        Some(match self.get("aud")? {
            Value::String(one) => one == audience,
            Value::Array(several) => several.iter().any(|one| one.as_str() == Some(audience)),
            _ => false,
        })
    }

    /// Whether `iss` is `issuer`; `None` when there is none.
    pub(super) fn is_from(&self, issuer: &str) -> Option<bool> {
        Some(self.get("iss")?.as_str() == Some(issuer))
    }

    /// Reads it as an access token.
    pub(super) fn access(&self) -> Result<AccessClaims, TokenError> {
        let user = match self.get("id") {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => return Err(TokenError::NoUser),
        };
        let session_id = match self.get("sid") {
            None => None,
            Some(_) => Some(self.parsed("sid")?),
        };
        Ok(AccessClaims {
            user,
            username: self.text("username").unwrap_or_default().to_owned(),
            session_id,
            expires_at: Timestamp::from_seconds(self.number("exp")?.ok_or(TokenError::NoExpiry)?),
        })
    }

    /// Reads it as a refresh token. One that we never issued lacks `sid` or `ctr`, however well it is signed.
    pub(super) fn refresh(&self) -> Result<RefreshClaims, TokenError> {
        let copied = |name| self.text(name).unwrap_or_default().to_owned();
        Ok(RefreshClaims {
            user_id: self.parsed("id")?,
            session_id: self.parsed("sid")?,
            counter: self.get("ctr").and_then(Value::as_u64).ok_or(TokenError::Invalid)?,
            anchor: self.get("cnf").map(|_| self.parsed("cnf")).transpose()?,
            copied: CopiedClaims {
                username: copied("username"),
                first_name: copied("first_name"),
                last_name: copied("last_name"),
                issuer: copied("iss"),
            },
        })
    }

    /// Reads it as a refresh token of a Django, which has no session of ours. The user is a number, in `id`, as the tutorial
    /// has it, or else in `user_id`, which is simplejwt's own; as a text since its version 5.5.
    pub(super) fn carried(&self) -> Result<CarriedClaims, TokenError> {
        let is_ours = ["sid", "ctr", "cnf"].into_iter().any(|name| self.get(name).is_some());
        let number = |user: &Value| user.as_u64().or_else(|| user.as_str()?.parse().ok());
        let number = match (self.get("id"), self.get("user_id")) {
            // An app may have given `id` another meaning.
            (Some(id), Some(user_id)) if number(id) != number(user_id) => None,
            (id, user_id) => id.or(user_id).and_then(number),
        };
        let (Some(number), false) = (number, is_ours) else { return Err(TokenError::Invalid) };
        Ok(CarriedClaims {
            legacy_id: number.to_string().parse().map_err(|_| TokenError::Invalid)?,
            token_id: self.text("jti").filter(|id| !id.is_empty()).ok_or(TokenError::NoId)?.to_owned(),
            expires_at: Timestamp::from_seconds(self.number("exp")?.ok_or(TokenError::NoExpiry)?),
        })
    }

    fn parsed<T: std::str::FromStr>(&self, name: &str) -> Result<T, TokenError> {
        self.text(name).and_then(|text| text.parse().ok()).ok_or(TokenError::Invalid)
    }

    /// A `NumericDate` (RFC 7519, 2), cut to whole seconds.
    fn number(&self, name: &str) -> Result<Option<i64>, TokenError> {
        match self.get(name) {
            None => Ok(None),
            Some(value) => {
                value.as_i64().or_else(|| value.as_f64().map(whole_seconds)).map(Some).ok_or(TokenError::Invalid)
            }
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "`as` saturates at the ends of i64, as a time should")]
const fn whole_seconds(number: f64) -> i64 {
    number as i64
}

impl<'de> Deserialize<'de> for UniqueMembers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(UniqueMembersVisitor)
    }
}

struct UniqueMembersVisitor;

impl<'de> Visitor<'de> for UniqueMembersVisitor {
    type Value = UniqueMembers;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<UniqueMembers, A::Error> {
        let mut map = Map::new();
        while let Some((name, value)) = members.next_entry::<String, Value>()? {
            if map.insert(name, value).is_some() {
                return Err(A::Error::custom("a member comes twice"));
            }
        }
        Ok(UniqueMembers(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_000);

    fn claims(json: &str) -> UniqueMembers {
        UniqueMembers::parse(json.as_bytes()).unwrap()
    }

    #[test]
    fn a_member_that_comes_twice_is_refused() {
        assert!(UniqueMembers::parse(br#"{"exp":1,"exp":2}"#).is_err());
        assert!(UniqueMembers::parse(b"[]").is_err());
        assert!(UniqueMembers::parse(br#"{"exp":1} x"#).is_err());
    }

    #[test]
    fn times_have_no_leeway() {
        assert_eq!(claims(r#"{"exp":1001}"#).check_times(NOW, 0), Ok(()));
        assert_eq!(claims(r#"{"exp":1000}"#).check_times(NOW, 0), Err(TokenError::Expired));
        assert_eq!(claims(r#"{"exp":1000.9}"#).check_times(NOW, 0), Err(TokenError::Expired));
        assert_eq!(claims(r#"{"exp":1e300,"iat":1000,"nbf":1000}"#).check_times(NOW, 0), Ok(()));
        for bad in [r#"{"iat":1001}"#, r#"{"nbf":1001}"#, r#"{"exp":"2000"}"#, r#"{"exp":null}"#, r#"{"iat":true}"#] {
            assert_eq!(claims(bad).check_times(NOW, 0), Err(TokenError::Invalid), "{bad}");
        }
    }

    #[test]
    fn only_the_time_of_issue_may_be_ahead() {
        assert_eq!(claims(r#"{"iat":1005}"#).check_times(NOW, 5), Ok(()));
        assert_eq!(claims(r#"{"iat":1006}"#).check_times(NOW, 5), Err(TokenError::Invalid));
        assert_eq!(claims(r#"{"nbf":1001}"#).check_times(NOW, 5), Err(TokenError::Invalid));
        assert_eq!(claims(r#"{"exp":1000,"iat":1005}"#).check_times(NOW, 5), Err(TokenError::Expired));
    }

    #[test]
    fn what_is_missing_is_named_in_the_contracts_order() {
        assert_eq!(claims("{}").token_type(), Err(TokenError::NoExpiry));
        assert_eq!(claims(r#"{"exp":1}"#).token_type(), Err(TokenError::NoId));
        assert_eq!(claims(r#"{"exp":1,"jti":""}"#).token_type(), Err(TokenError::NoType));
        assert_eq!(claims(r#"{"exp":1,"jti":"","token_type":"Refresh"}"#).token_type(), Err(TokenError::WrongType));
    }

    #[test]
    fn an_audience_can_be_a_list() {
        assert_eq!(claims(r#"{"aud":["a","b"]}"#).is_for("b"), Some(true));
        assert_eq!(claims(r#"{"aud":"ab"}"#).is_for("b"), Some(false));
        assert_eq!(claims(r#"{"aud":5}"#).is_for("5"), Some(false));
        assert_eq!(claims("{}").is_for("b"), None);
    }
}
