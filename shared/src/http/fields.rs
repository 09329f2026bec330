//! Text fields of a request, checked one after the other with all errors collected, as the reference's serializers do.

use super::body::Members;
use super::error::{FieldErrors, Refusal, messages};
use super::json::Value;
use crate::domain::device::DeviceName;
use crate::domain::password::{self, Password};
use crate::domain::rotation::{Commitment, RotationId, RotationIds, SameId};
use crate::domain::text;

/// Reads a request's fields and remembers what is wrong with them.
#[derive(Debug)]
pub struct FieldReader {
    members: Members,
    errors: FieldErrors,
}

/// Something is wrong with a field; the reader remembers what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wrong;

/// What a text field allows.
#[derive(Clone, Copy, Debug)]
pub struct Text {
    /// Whether it may be missing or empty; it is then the empty string.
    pub optional: bool,
    /// The most code points, once trimmed.
    pub max_length: Option<usize>,
}

impl Text {
    /// Must be there and must not be empty.
    pub const REQUIRED: Self = Self { optional: false, max_length: None };
}

impl FieldReader {
    pub(super) const fn new(members: Members) -> Self {
        Self { members, errors: FieldErrors::none() }
    }

    /// The field `name`, trimmed; `None` when something is wrong with it, which is remembered.
    pub fn text(&mut self, name: &'static str, allowed: Text) -> Option<String> {
        self.text_with(name, allowed, |_| Vec::new())
    }

    /// The same with checks of its own, whose messages come before those on length and characters.
    pub fn text_with(
        &mut self,
        name: &'static str,
        allowed: Text,
        check: impl FnOnce(&str) -> Vec<String>,
    ) -> Option<String> {
        match read(self.members.get(name), allowed, check) {
            Ok(text) => Some(text),
            Err(found) => {
                self.errors.push(name, found);
                None
            }
        }
    }

    /// The field `name` as a password.
    pub fn password(&mut self, name: &'static str) -> Option<Password> {
        let too_long = |_| vec![messages::too_many_bytes(password::MAX_BYTES)];
        let parsed = Password::parse(self.text(name, Text::REQUIRED)?).map_err(too_long);
        parsed.map_err(|found| self.errors.push(name, found)).ok()
    }

    /// The ids of a rotation: `rotation_id` and `rotation_next`, which clients that do not take part leave out or send as
    /// null. `None` when something is wrong with them, which is remembered. They are in no view: what `OPTIONS` says is
    /// recorded.
    pub fn rotation_ids(&mut self) -> Option<RotationIds> {
        let read = |text: &str| RotationId::parse(text).map_err(|_| messages::ROTATION_ID.to_owned());
        let id = self.parsed("rotation_id", read);
        let next = self.rotation_next();
        RotationIds::new(id.ok()?, next.ok()?)
            .map_err(|SameId| self.errors.push("rotation_next", vec![messages::SAME_ROTATION_ID.to_owned()]))
            .ok()
    }

    /// The hash of the first rotation id, or of the next.
    ///
    /// # Errors
    ///
    /// When something is wrong with it, which is remembered.
    pub fn rotation_next(&mut self) -> Result<Option<Commitment>, Wrong> {
        self.parsed("rotation_next", |text| text.parse().map_err(|_| messages::ROTATION_NEXT.to_owned()))
    }

    /// What the app calls the device: `device_name`. In no view either.
    ///
    /// # Errors
    ///
    /// When something is wrong with it, which is remembered.
    pub fn device_name(&mut self) -> Result<Option<DeviceName>, Wrong> {
        self.parsed("device_name", |text| DeviceName::parse(text).map_err(messages::device_name))
    }

    /// The field `name`, read by `parse`, if it is there and not null; when it is wrong, what `parse` says is remembered.
    fn parsed<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, Wrong> {
        if let None | Some(Value::Null) = self.members.get(name) {
            return Ok(None);
        }
        let mut parsed = None;
        let check = |text: &str| match parse(text) {
            Ok(value) => {
                parsed = Some(value);
                Vec::new()
            }
            Err(message) => vec![message],
        };
        self.text_with(name, Text::REQUIRED, check).ok_or(Wrong)?;
        Ok(parsed)
    }

    /// What was found wrong so far.
    #[must_use]
    pub fn into_errors(self) -> FieldErrors {
        self.errors
    }

    /// The refusal for what was found wrong.
    #[must_use]
    pub fn refusal(self) -> Refusal {
        Refusal::Fields(self.errors)
    }
}

fn read(value: Option<&Value>, allowed: Text, check: impl FnOnce(&str) -> Vec<String>) -> Result<String, Vec<String>> {
    let (text, surrogate) = match value {
        None if allowed.optional => return Ok(String::new()),
        None => return Err(vec![messages::REQUIRED.to_owned()]),
        Some(Value::Null) => return Err(vec![messages::NULL.to_owned()]),
        Some(Value::Other) => return Err(vec![messages::NOT_A_STRING.to_owned()]),
        Some(Value::Text(text) | Value::Number(text)) => (text::trim(text), None),
        Some(Value::TextWithSurrogate(surrogate, text)) => (text::trim(text), Some(*surrogate)),
    };
    if text.is_empty() {
        return if allowed.optional { Ok(String::new()) } else { Err(vec![messages::BLANK.to_owned()]) };
    }
    let mut found = check(text);
    if let Some(most) = allowed.max_length.filter(|most| text.chars().count() > *most) {
        found.push(messages::too_long(most));
    }
    if text.contains('\0') {
        found.push(messages::NUL.to_owned());
    }
    found.extend(surrogate.map(messages::surrogate));
    if found.is_empty() { Ok(text.to_owned()) } else { Err(found) }
}
