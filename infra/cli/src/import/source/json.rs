//! An array of JSON, one element after the other.

use std::fmt;
use std::io::Read;
use std::path::Path;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::SourceError;

/// Takes elements; false ends the reading.
pub(super) type Take<'a> = &'a mut dyn FnMut(Value) -> bool;

/// What an error says when the sink wanted no more.
const STOPPED: &str = "stopped";

/// Hands each element of the array in `reader` to `take`: the array is the whole text, or the member `member` of an object.
///
/// # Errors
///
/// When the text is cut off or no such array.
pub(super) fn for_each(
    (path, reader): (&Path, impl Read),
    member: Option<&'static str>,
    take: Take<'_>,
) -> Result<(), SourceError> {
    let mut deserializer = serde_json::Deserializer::from_reader(reader);
    let seen = match member {
        None => Elements { take }.deserialize(&mut deserializer),
        Some(member) => deserializer.deserialize_map(Member { member, take }),
    };
    seen.and_then(|()| deserializer.end()).map_err(|error| {
        if error.to_string().starts_with(STOPPED) {
            return SourceError::Stopped;
        }
        let cut_off = if error.is_eof() { "the file is cut off: " } else { "" };
        let hint = if error.to_string().contains("unicode") { "; is the file in Latin-1?" } else { "" };
        SourceError::content(path, format!("{cut_off}{error}{hint}"))
    })
}

struct Elements<'a> {
    take: Take<'a>,
}

impl<'de> DeserializeSeed<'de> for Elements<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Elements<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array of users")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        while let Some(element) = elements.next_element()? {
            if !(self.take)(element) {
                return Err(A::Error::custom(STOPPED));
            }
        }
        Ok(())
    }
}

struct Member<'a> {
    member: &'static str,
    take: Take<'a>,
}

impl<'de> Visitor<'de> for Member<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "an object with the member {:?}", self.member)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let Self { member, take } = self;
        let mut found = false;
        while let Some(name) = members.next_key::<String>()? {
            if name == member {
                found = true;
                members.next_value_seed(Elements { take: &mut *take })?;
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        if found { Ok(()) } else { Err(A::Error::custom(format!("there is no member {member:?}"))) }
    }
}
