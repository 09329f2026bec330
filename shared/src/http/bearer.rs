//! `Authorization: Bearer` (RFC 6750), read as the reference reads it but for the scheme's case.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;

/// What the request says about who sent it.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub enum Credentials {
    /// Nothing, or another scheme.
    None,
    /// The scheme without exactly one value.
    Malformed,
    /// A token.
    Bearer(String),
}

impl Credentials {
    /// Reads the value of `Authorization`. A scheme's name is case-insensitive (RFC 9110, 11.1).
    #[must_use]
    pub fn parse(value: &str) -> Self {
        let mut words = value.split_ascii_whitespace();
        match (words.next(), words.next(), words.next()) {
            (Some(scheme), token, more) if scheme.eq_ignore_ascii_case("bearer") => match (token, more) {
                (Some(token), None) => Self::Bearer(token.to_owned()),
                _ => Self::Malformed,
            },
            _ => Self::None,
        }
    }
}

/// Reads the credentials of a request.
pub(super) fn credentials(headers: &HeaderMap) -> Credentials {
    let lines = headers.get_all(AUTHORIZATION).iter().map(|line| String::from_utf8_lossy(line.as_bytes()));
    Credentials::parse(&lines.collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn read(line: &str) -> Credentials {
        credentials(&HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_str(line).unwrap())]))
    }

    #[test]
    fn the_schemes_case_does_not_matter() {
        assert_eq!(read("bEARER   abc"), Credentials::Bearer("abc".to_owned()));
    }

    #[test]
    fn exactly_one_value_belongs_to_it() {
        assert_eq!(read("Bearer"), Credentials::Malformed);
        assert_eq!(read("Bearer a b"), Credentials::Malformed);
    }

    #[test]
    fn other_schemes_say_nothing() {
        for line in ["", "Basic dXNlcjpwYXNz", "Bearerabc", "abc"] {
            assert_eq!(read(line), Credentials::None, "{line}");
        }
    }
}
