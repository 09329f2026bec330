//! How alike a password and a personal attribute are: the measure of Django's `UserAttributeSimilarityValidator`.

use std::collections::HashMap;

use super::text;

/// From this ratio on, two texts are too similar (Django's `DEFAULT_MAX_SIMILARITY`).
const MAX_SIMILARITY: f64 = 0.7;

/// Whether `password` is too similar to `attribute` or to one of its words, whatever the case.
#[must_use]
pub fn too_similar(password: &str, attribute: &str) -> bool {
    let password = password.to_lowercase();
    let attribute = attribute.to_lowercase();
    let is_separator = |character: char| !(character == '_' || text::is_letter_or_number(character));
    attribute
        .split(is_separator)
        .chain([attribute.as_str()])
        .any(|part| !dwarfed_by(&password, part) && ratio(&password, part) >= MAX_SIMILARITY)
}

/// Whether `part` is too short beside `password` to matter: at least ten times, and it could never reach the ratio.
fn dwarfed_by(password: &str, part: &str) -> bool {
    let (password_length, part_length) = (password.chars().count(), part.chars().count());
    password_length >= 10 * part_length && to_f64(part_length) < MAX_SIMILARITY / 2.0 * to_f64(password_length)
}

/// Twice the number of characters in common, as multisets, over the sum of both lengths: `SequenceMatcher.quick_ratio`.
fn ratio(left: &str, right: &str) -> f64 {
    let mut available: HashMap<char, usize> = HashMap::new();
    for character in right.chars() {
        *available.entry(character).or_default() += 1;
    }
    let mut common = 0;
    for character in left.chars() {
        if let Some(count) = available.get_mut(&character).filter(|count| **count > 0) {
            *count -= 1;
            common += 1;
        }
    }
    let length = left.chars().count() + right.chars().count();
    if length == 0 { 1.0 } else { 2.0 * to_f64(common) / to_f64(length) }
}

#[expect(clippy::cast_precision_loss, reason = "lengths of request fields are far below 2^52")]
const fn to_f64(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_does_not_matter_and_seven_tenths_is_too_much() {
        assert!(too_similar("99tsulrednaw", "wanderlust99.tag"));
        assert!(too_similar("abcdefgxyz", "abcdefgtuv"));
        assert!(!too_similar("abcdefwxyz", "abcdefgtuv"));
    }

    #[test]
    fn words_are_compared_singly_and_an_underscore_joins_them() {
        assert!(too_similar("marigoldx", "marigold@example.com"));
        assert!(!too_similar("marigoldy", "acme_marigold_bcdfghjkmn"));
    }

    #[test]
    fn a_short_name_in_a_long_password_is_passed_over() {
        assert!(!too_similar(&"Bartholomew".repeat(12), "Bartholomew"));
        assert!(!too_similar("ann-was-here-often", "Ann"));
        assert!(!too_similar("anything at all", ""));
    }
}
