//! Items to types and back: attributes read by name and type, with an error that names what is missing.

use std::collections::HashMap;
use std::fmt::Display;
use std::str::FromStr;

use aws_sdk_dynamodb::types::AttributeValue;

use super::keys::Key;
use crate::clock::Timestamp;

/// The attributes of an item, as the SDK has them.
pub(super) type Attributes = HashMap<String, AttributeValue>;

/// An item that is not as we write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an item's attribute {attribute} is missing or not as written")]
pub struct Unreadable {
    attribute: &'static str,
}

/// Reads one item.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a>(pub(super) &'a Attributes);

impl<'a> Reader<'a> {
    pub(super) fn optional_text(self, attribute: &'static str) -> Option<String> {
        self.0.get(attribute)?.as_s().ok().cloned()
    }

    pub(super) fn text(self, attribute: &'static str) -> Result<String, Unreadable> {
        self.optional_text(attribute).ok_or(Unreadable { attribute })
    }

    pub(super) fn parsed<T: FromStr>(self, attribute: &'static str) -> Result<T, Unreadable> {
        self.text(attribute)?.parse().map_err(|_| Unreadable { attribute })
    }

    /// `None` when it is missing; an error when it is there and cannot be read.
    pub(super) fn optional_parsed<T: FromStr>(self, attribute: &'static str) -> Result<Option<T>, Unreadable> {
        self.0.get(attribute).map(|_| self.parsed(attribute)).transpose()
    }

    pub(super) fn flag(self, attribute: &'static str) -> Result<bool, Unreadable> {
        self.0.get(attribute).and_then(|value| value.as_bool().ok().copied()).ok_or(Unreadable { attribute })
    }

    pub(super) fn optional_number<T: FromStr>(self, attribute: &'static str) -> Option<T> {
        self.0.get(attribute)?.as_n().ok()?.parse().ok()
    }

    pub(super) fn number<T: FromStr>(self, attribute: &'static str) -> Result<T, Unreadable> {
        self.optional_number(attribute).ok_or(Unreadable { attribute })
    }

    pub(super) fn optional_map(self, attribute: &'static str) -> Option<&'a Attributes> {
        self.0.get(attribute)?.as_m().ok()
    }

    pub(super) fn milliseconds(self, attribute: &'static str) -> Result<Timestamp, Unreadable> {
        self.number(attribute).map(Timestamp::from_milliseconds)
    }

    /// Whether the item was last written by the request `request_id`.
    pub(super) fn is_written_by(self, request_id: &str) -> bool {
        self.0.get(REQUEST_ID).and_then(|value| value.as_s().ok()).is_some_and(|last| last == request_id)
    }
}

/// The attribute that says which request wrote last.
pub(super) const REQUEST_ID: &str = "request_id";

/// Builds one item.
pub(super) struct Writer(Attributes);

impl Writer {
    pub(super) fn new(key: &Key) -> Self {
        Self(key.attributes())
    }

    pub(super) fn with(mut self, attribute: &str, value: AttributeValue) -> Self {
        self.0.insert(attribute.to_owned(), value);
        self
    }

    pub(super) fn finish(self) -> Attributes {
        self.0
    }
}

pub(super) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(super) fn number<N: Display>(value: N) -> AttributeValue {
    AttributeValue::N(format!("{value}"))
}

pub(super) const fn flag(value: bool) -> AttributeValue {
    AttributeValue::Bool(value)
}
