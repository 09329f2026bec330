//! The fields of this site's forms: read, checked all at once, and shown again with what is wrong with them.

use faregate::domain::password::{self, Password};
use faregate::domain::password_policy::Unacceptable;
use faregate::domain::text;
use faregate::domain::user::person_name;
use faregate::domain::username::Username;
use faregate::http::messages;

use super::visit::Pairs;

/// What is wrong with fields, and with the form as a whole (under the name `""`).
#[derive(Debug, Default)]
pub(crate) struct Errors(Vec<(&'static str, Vec<String>)>);

impl Errors {
    /// Remembers what is wrong with `field`.
    pub(crate) fn push(&mut self, field: &'static str, messages: Vec<String>) {
        self.0.push((field, messages));
    }

    /// What is wrong with `field`.
    pub(crate) fn of(&self, field: &str) -> impl Iterator<Item = &str> {
        let of_field = self.0.iter().filter(move |(known, _)| *known == field);
        of_field.flat_map(|(_, messages)| messages.iter().map(String::as_str))
    }

    /// Whether nothing is wrong.
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Remembers why a password that was typed twice is not taken.
    pub(crate) fn push_unacceptable(&mut self, error: Unacceptable) {
        match error {
            Unacceptable::Differs => self.push("password2", vec![messages::PASSWORDS_DIFFER.to_owned()]),
            Unacceptable::Weak(weaknesses) => {
                self.push("password1", weaknesses.into_iter().map(messages::weakness).collect());
            }
        }
    }
}

/// The username in `form`.
pub(crate) fn username(form: &Pairs, errors: &mut Errors) -> Option<Username> {
    let typed = form.get("username");
    if text::trim(typed).is_empty() {
        errors.push("username", vec![messages::REQUIRED.to_owned()]);
        return None;
    }
    let wrong = |found: Vec<_>| errors.push("username", found.into_iter().map(messages::username).collect());
    Username::parse(typed).map_err(wrong).ok()
}

/// First and last name in `form`.
pub(crate) fn names(form: &Pairs, errors: &mut Errors) -> Option<(String, String)> {
    let mut read = |field| {
        let wrong = |error| errors.push(field, vec![messages::person_name(error)]);
        person_name(form.get(field)).map_err(wrong).ok()
    };
    let names = (read("first_name"), read("last_name"));
    names.0.zip(names.1)
}

/// The password in `form` and its repetition.
pub(crate) fn passwords(form: &Pairs, errors: &mut Errors) -> Option<(Password, Password)> {
    let mut read = |field| {
        let typed = text::trim(form.get(field));
        if typed.is_empty() {
            errors.push(field, vec![messages::REQUIRED.to_owned()]);
            return None;
        }
        let too_long = |_| errors.push(field, vec![messages::too_many_bytes(password::MAX_BYTES)]);
        Password::parse(typed.to_owned()).map_err(too_long).ok()
    };
    let passwords = (read("password1"), read("password2"));
    passwords.0.zip(passwords.1)
}
