//! The fields of one user by name, whatever they come from.

use faregate::clock::Timestamp;

use crate::moment;

/// Asks for a field; `None` where there is none, or nothing in it.
pub(super) struct Columns<'a>(pub(super) &'a dyn Fn(&str) -> Option<String>);

impl Columns<'_> {
    pub(super) fn text(&self, name: &str) -> Option<String> {
        (self.0)(name).filter(|text| !text.is_empty())
    }

    pub(super) fn text_or_empty(&self, name: &str) -> String {
        self.text(name).unwrap_or_default()
    }

    /// A truth value as databases write it; `default` where there is none.
    ///
    /// # Errors
    ///
    /// When it is neither true nor false.
    pub(super) fn flag(&self, name: &str, default: bool) -> Result<bool, String> {
        match self.text(name).map(|text| text.to_lowercase()).as_deref() {
            None => Ok(default),
            Some("1" | "t" | "true" | "yes") => Ok(true),
            Some("0" | "f" | "false" | "no") => Ok(false),
            Some(other) => Err(format!("{name}: {other:?} is neither true nor false")),
        }
    }

    /// A time.
    ///
    /// # Errors
    ///
    /// When it is none.
    pub(super) fn time(&self, name: &str) -> Result<Option<Timestamp>, String> {
        moment::read_field(name, self.text(name).as_deref())
    }
}

/// A whole name in two: what stands behind the last space is the last name.
pub(super) fn first_and_last(whole: &str) -> (String, String) {
    let (first, last) = whole.trim().rsplit_once(' ').unwrap_or((whole.trim(), ""));
    (first.to_owned(), last.to_owned())
}
