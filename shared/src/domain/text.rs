//! What counts as white space and as a word character: Python's answers, on which the recorded contract rests.

use icu_properties::CodePointMapData;
use icu_properties::props::{GeneralCategory, GeneralCategoryGroup};

/// Whether Python's `str.isspace` holds: Unicode's `White_Space` and U+001C to U+001F.
#[must_use]
pub fn is_whitespace(character: char) -> bool {
    character.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&character)
}

/// `text` without white space at both ends, as Python's `str.strip`.
#[must_use]
pub fn trim(text: &str) -> &str {
    text.trim_matches(is_whitespace)
}

/// Whether `character` is a letter or a number of any script (Unicode `L*` or `N*`).
///
/// This is what Python's `\w` takes beside the underscore; Rust's `is_alphanumeric` also takes marks.
#[must_use]
pub fn is_letter_or_number(character: char) -> bool {
    let category = CodePointMapData::<GeneralCategory>::new().get(character);
    GeneralCategoryGroup::Letter.contains(category) || GeneralCategoryGroup::Number.contains(category)
}

/// Whether `character` is a mark above or below another (Unicode `Mn`).
#[must_use]
pub fn is_mark(character: char) -> bool {
    CodePointMapData::<GeneralCategory>::new().get(character) == GeneralCategory::NonspacingMark
}

/// Whether Python's `str.isdigit` holds: Unicode `Numeric_Type` Decimal (`Nd`) or Digit (superscripts, circled digits).
#[must_use]
pub fn is_digit(character: char) -> bool {
    CodePointMapData::<GeneralCategory>::new().get(character) == GeneralCategory::DecimalNumber
        || NUMERIC_TYPE_DIGIT.iter().any(|(first, last)| (*first..=*last).contains(&character))
}

/// Unicode `Numeric_Type=Digit` (`DerivedNumericType.txt`; closed by the Unicode stability policy since 6.3).
const NUMERIC_TYPE_DIGIT: [(char, char); 20] = [
    ('\u{b2}', '\u{b3}'),
    ('\u{b9}', '\u{b9}'),
    ('\u{1369}', '\u{1371}'),
    ('\u{19da}', '\u{19da}'),
    ('\u{2070}', '\u{2070}'),
    ('\u{2074}', '\u{2079}'),
    ('\u{2080}', '\u{2089}'),
    ('\u{2460}', '\u{2468}'),
    ('\u{2474}', '\u{247c}'),
    ('\u{2488}', '\u{2490}'),
    ('\u{24ea}', '\u{24ea}'),
    ('\u{24f5}', '\u{24fd}'),
    ('\u{24ff}', '\u{24ff}'),
    ('\u{2776}', '\u{277e}'),
    ('\u{2780}', '\u{2788}'),
    ('\u{278a}', '\u{2792}'),
    ('\u{10a40}', '\u{10a43}'),
    ('\u{10e60}', '\u{10e68}'),
    ('\u{11052}', '\u{1105a}'),
    ('\u{1f100}', '\u{1f10a}'),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_are_white_space_and_zero_width_space_is_not() {
        assert_eq!(trim("\u{1c} Ann\u{3000}\u{85}\u{1f}"), "Ann");
        assert_eq!(trim("\u{200b}Ann"), "\u{200b}Ann");
    }

    #[test]
    fn digits_of_other_scripts_count_and_fractions_do_not() {
        assert!("9٣१²⑨".chars().all(is_digit));
        assert!(!"½一Ⅷx".chars().any(is_digit));
    }

    #[test]
    fn marks_are_neither_letters_nor_numbers() {
        assert!("aé山½Ⅷ٣".chars().all(is_letter_or_number));
        assert!(!"\u{301}_-·‿".chars().any(is_letter_or_number));
    }
}
