//! Usernames: which are allowed, how they are stored, and when two are the same.

use std::fmt;

use icu_casemap::CaseMapper;
use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::CodePointSetData;
use icu_properties::props::DefaultIgnorableCodePoint;

use super::text;

/// The longest username, in code points, before and after normalisation (Django's `AbstractUser`).
pub const MAX_LENGTH: usize = 150;

/// A username as it is stored and shown: trimmed, made of allowed characters, in NFKC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Username(String);

/// Why a text is no username; one text can fail on both counts, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UsernameError {
    /// A character that is not a letter, a number or one of `@.+-_`, or one that cannot be seen.
    #[error("the username has a character that is not allowed")]
    ForbiddenCharacter,
    /// More than [`MAX_LENGTH`] code points, as sent or after normalisation.
    #[error("the username is too long")]
    TooLong,
}

impl Username {
    /// Takes `text`, trimmed, as a username.
    ///
    /// Characters and length are checked on what was sent, as the reference does, then the length again on the
    /// normalised name, which is what is stored.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it; never an empty list.
    pub fn parse(text: &str) -> Result<Self, Vec<UsernameError>> {
        let typed = text::trim(text);
        let allowed = !typed.is_empty() && typed.chars().all(is_allowed);
        let mut errors = Vec::new();
        if !allowed {
            errors.push(UsernameError::ForbiddenCharacter);
        }
        if typed.chars().count() > MAX_LENGTH {
            errors.push(UsernameError::TooLong);
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let normalised = nfkc(typed);
        // Some letters normalise to a space and a mark: such a name could not be typed back.
        if normalised.chars().any(|character| text::is_whitespace(character) || cannot_be_seen(character)) {
            return Err(vec![UsernameError::ForbiddenCharacter]);
        }
        if normalised.chars().count() > MAX_LENGTH {
            return Err(vec![UsernameError::TooLong]);
        }
        Ok(Self(normalised))
    }

    /// Takes a name that another system has, or that we have had: it was typed long ago, and is compared as it is shown.
    ///
    /// It is trimmed and normalised first. What [`Username::parse`] makes of a name is taken, and stays as it is.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it; never an empty list.
    pub fn from_elsewhere(text: &str) -> Result<Self, Vec<UsernameError>> {
        let normalised = nfkc(text::trim(text));
        let allowed = |character: char| is_allowed(character) || comes_of_normalising(character);
        let mut errors = Vec::new();
        if normalised.is_empty() || !normalised.chars().all(allowed) {
            errors.push(UsernameError::ForbiddenCharacter);
        }
        if normalised.chars().count() > MAX_LENGTH {
            errors.push(UsernameError::TooLong);
        }
        if errors.is_empty() { Ok(Self(normalised)) } else { Err(errors) }
    }

    /// A username that the store already holds.
    #[must_use]
    pub(crate) const fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The name as it is shown.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What makes this name unique under `case`.
    #[must_use]
    pub fn key(&self, case: CaseSensitivity) -> UsernameKey {
        UsernameKey::fold(&self.0, case)
    }
}

impl fmt::Display for Username {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Whether `Ann` and `ann` are one user or two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaseSensitivity {
    /// One user: phones capitalise the first letter of a text field.
    Insensitive,
    /// Two users, as in Django.
    Sensitive,
}

/// What two spellings of one username have in common; the store's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsernameKey(String);

impl UsernameKey {
    /// The key under which a log-in with `text` looks; `None` when no username can have it.
    ///
    /// Whatever a person types is folded like a username, without checking its characters: an unknown name is
    /// answered by the look-up, not by a shortcut that takes less time.
    #[must_use]
    pub fn for_look_up(text: &str, case: CaseSensitivity) -> Option<Self> {
        let text = text::trim(text);
        // Longer than any username: no key, and none that DynamoDB's limit of 2048 bytes would refuse. Control characters: no
        // key that a policy's pattern might not cover.
        let may_be_one = text.chars().count() <= MAX_LENGTH
            && nfkc(text).chars().count() <= MAX_LENGTH
            && !text.contains(char::is_control);
        may_be_one.then(|| Self::fold(text, case))
    }

    /// What the keys of names begin with that begin with `typed`, under `case`. A name in which what follows joins the last
    /// letter typed (a letter and its accent apart) is not among them.
    #[must_use]
    pub fn prefix(typed: &str, case: CaseSensitivity) -> String {
        Self::fold(text::trim(typed), case).0
    }

    fn fold(text: &str, case: CaseSensitivity) -> Self {
        match case {
            CaseSensitivity::Sensitive => Self(nfkc(text)),
            CaseSensitivity::Insensitive => Self(nfkc(&CaseMapper::new().fold_string(&nfkc(text)))),
        }
    }

    /// The key's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Letters and numbers of any script and `_.@+-`, but none that cannot be seen (the Hangul fillers are letters).
fn is_allowed(character: char) -> bool {
    matches!(character, '_' | '.' | '@' | '+' | '-')
        || (text::is_letter_or_number(character) && !cannot_be_seen(character))
}

fn cannot_be_seen(character: char) -> bool {
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(character)
}

/// Marks and signs that some letters and numbers are made of, such as the brackets of U+2474: in what has been normalised they
/// stand by themselves.
fn comes_of_normalising(character: char) -> bool {
    matches!(character, '(' | ')' | ',' | '\u{b7}' | '\u{2044}')
        || (text::is_mark(character) && !cannot_be_seen(character))
}

fn nfkc(text: &str) -> String {
    ComposingNormalizerBorrowed::new_nfkc().normalize(text).into_owned()
}

#[cfg(test)]
mod tests;
