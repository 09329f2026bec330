//! Reading an event.

use serde_json::Value;

use crate::http::Credentials;

/// An event as it came.
#[derive(Clone, Copy)]
pub struct Event<'a>(&'a Value);

impl<'a> Event<'a> {
    /// Reads `json`.
    #[must_use]
    pub const fn new(json: &'a Value) -> Self {
        Self(json)
    }

    /// The text under `path`, which names members from the outside in.
    #[must_use]
    pub fn text(self, path: &[&str]) -> Option<&'a str> {
        path.iter().try_fold(self.0, |value, name| value.get(name))?.as_str()
    }

    /// Every value of the header `name`, in any case, in order.
    ///
    /// `multiValueHeaders` has them apart; `headers`, which alone comes with payload 2.0, has the last one or all joined by
    /// commas.
    #[must_use]
    pub fn header(self, name: &str) -> Vec<&'a str> {
        self.values("multiValueHeaders", "headers", |known| known.eq_ignore_ascii_case(name))
    }

    /// What the header `Authorization` says.
    #[must_use]
    pub fn authorization(self) -> Authorization {
        match self.header("authorization").as_slice() {
            [] => Authorization::Absent,
            [line] => Authorization::parse(line),
            _several => Authorization::Odd,
        }
    }

    /// Every value of the query's `name`, in order.
    #[must_use]
    pub fn query(self, name: &str) -> Vec<&'a str> {
        self.values("multiValueQueryStringParameters", "queryStringParameters", |known| known == name)
    }

    fn values(self, lists: &str, singles: &str, wanted: impl Fn(&str) -> bool) -> Vec<&'a str> {
        let named = |group: &str| -> Vec<&'a Value> {
            let members = self.0.get(group).and_then(Value::as_object);
            members.into_iter().flatten().filter(|(name, _)| wanted(name)).map(|(_, value)| value).collect()
        };
        let apart: Vec<&str> =
            named(lists).into_iter().filter_map(Value::as_array).flatten().filter_map(Value::as_str).collect();
        if apart.is_empty() { named(singles).into_iter().filter_map(Value::as_str).collect() } else { apart }
    }
}

/// What the header `Authorization` of an event says.
#[derive(Clone, PartialEq, Eq)]
pub enum Authorization {
    /// It is not there.
    Absent,
    /// A bearer token.
    Bearer(String),
    /// Another scheme, no token, or several.
    Odd,
}

impl Authorization {
    /// Reads a value of the header.
    #[must_use]
    pub fn parse(line: &str) -> Self {
        match Credentials::parse(line) {
            Credentials::Bearer(token) => Self::Bearer(token),
            Credentials::Malformed | Credentials::None => Self::Odd,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_header_is_found_in_any_case_and_with_all_its_values() {
        let event = json!({"headers": {"AUTHORIZATION": "b"}, "multiValueHeaders": {"Authorization": ["a", "b"]}});
        assert_eq!(Event::new(&event).header("authorization"), ["a", "b"]);
        let single = json!({"headers": {"AUTHORIZATION": "b"}});
        assert_eq!(Event::new(&single).header("authorization"), ["b"]);
    }

    #[test]
    fn what_has_the_wrong_shape_is_not_there() {
        for event in [json!(null), json!([]), json!("x"), json!({"headers": []}), json!({"headers": {"a": {}}})] {
            let read = Event::new(&event);
            assert!(read.header("a").is_empty() && read.query("a").is_empty());
            assert_eq!(read.text(&["requestContext", "stage"]), None);
        }
        let odd = json!({"multiValueHeaders": {"a": "x"}, "headers": {"a": "y"}});
        assert_eq!(Event::new(&odd).header("a"), ["y"]);
    }
}
