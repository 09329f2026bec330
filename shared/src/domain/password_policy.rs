//! Which passwords a user may choose: Django's four validators, in their order, with all that apply.

use super::password::Password;
use super::{common_passwords, similarity, text};

/// The rules for a new password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordPolicy {
    /// Any password.
    Off,
    /// Similarity, length, common, numeric: `AUTH_PASSWORD_VALIDATORS` of a new Django project.
    Django {
        /// The fewest code points a password may have.
        min_length: usize,
    },
}

/// One reason why a password is too weak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Weakness {
    /// Too similar to a personal attribute, which is named.
    #[error("the password is too similar to the {0}")]
    SimilarTo(&'static str),
    /// Fewer code points than the minimum, which is named.
    #[error("the password has fewer than {0} characters")]
    TooShort(usize),
    /// On the list of common passwords.
    #[error("the password is common")]
    Common,
    /// Made of digits alone, of any script.
    #[error("the password is entirely numeric")]
    EntirelyNumeric,
}

/// What a person typed beside the password, which the password should not repeat.
#[derive(Clone, Copy, Debug)]
pub struct PersonalAttributes<'a> {
    /// The username as typed.
    pub username: &'a str,
    /// The first name, may be empty.
    pub first_name: &'a str,
    /// The last name, may be empty.
    pub last_name: &'a str,
}

/// Why a password that was typed twice is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unacceptable {
    /// The two differ. Said alone: a typing error says nothing about strength.
    #[error("the two passwords differ")]
    Differs,
    /// All that is weak about it.
    #[error("the password is too weak")]
    Weak(Vec<Weakness>),
}

impl PasswordPolicy {
    /// Whether `person` may use `password`, typed a second time as `repeated`.
    ///
    /// # Errors
    ///
    /// When the two differ or it is too weak.
    pub fn check(
        self,
        password: &Password,
        repeated: &Password,
        person: &PersonalAttributes<'_>,
    ) -> Result<(), Unacceptable> {
        if password != repeated {
            return Err(Unacceptable::Differs);
        }
        let weaknesses = self.weaknesses(password.expose(), person);
        if weaknesses.is_empty() { Ok(()) } else { Err(Unacceptable::Weak(weaknesses)) }
    }

    /// Everything that is wrong with `password`, in the order in which it is reported; empty when it may be used.
    #[must_use]
    pub fn weaknesses(self, password: &str, person: &PersonalAttributes<'_>) -> Vec<Weakness> {
        let Self::Django { min_length } = self else { return Vec::new() };
        let too_short = password.chars().count() < min_length;
        let common = common_passwords::contains(text::trim(&password.to_lowercase()));
        let numeric = !password.is_empty() && password.chars().all(text::is_digit);
        [
            similar_attribute(password, person).map(Weakness::SimilarTo),
            too_short.then_some(Weakness::TooShort(min_length)),
            common.then_some(Weakness::Common),
            numeric.then_some(Weakness::EntirelyNumeric),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// The first attribute that the password is too similar to.
fn similar_attribute(password: &str, person: &PersonalAttributes<'_>) -> Option<&'static str> {
    let attributes =
        [("username", person.username), ("first name", person.first_name), ("last name", person.last_name)];
    attributes
        .into_iter()
        .find(|(_, value)| !value.is_empty() && similarity::too_similar(password, value))
        .map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOBODY: PersonalAttributes<'_> = PersonalAttributes { username: "", first_name: "", last_name: "" };
    const DJANGO: PasswordPolicy = PasswordPolicy::Django { min_length: 8 };

    #[test]
    fn all_that_apply_are_reported_in_order() {
        let person = PersonalAttributes { first_name: "654321", last_name: "654321", ..NOBODY };
        assert_eq!(
            DJANGO.weaknesses("654321", &person),
            [Weakness::SimilarTo("first name"), Weakness::TooShort(8), Weakness::Common, Weakness::EntirelyNumeric]
        );
    }

    #[test]
    fn case_does_not_hide_a_common_password() {
        assert_eq!(DJANGO.weaknesses("BASEBALL", &NOBODY), [Weakness::Common]);
    }

    #[test]
    fn switched_off_it_takes_anything() {
        assert!(PasswordPolicy::Off.weaknesses("x", &NOBODY).is_empty());
    }
}
