use std::collections::BTreeMap;
use std::sync::LazyLock;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

const CASES: [CaseSensitivity; 2] = [CaseSensitivity::Insensitive, CaseSensitivity::Sensitive];

fn parse(text: &str) -> Username {
    Username::parse(text).unwrap()
}

#[test]
fn every_letter_and_number_gives_an_idempotent_key() {
    for character in (char::MIN..=char::MAX).filter(|character| is_allowed(*character)) {
        let Ok(name) = Username::parse(&format!("a{character}b")) else { continue };
        for case in CASES {
            let once = name.key(case);
            assert_eq!(once, UsernameKey::fold(once.as_str(), case), "U+{:04X}", u32::from(character));
        }
    }
}

#[test]
fn what_is_stored_can_come_back() {
    for character in (char::MIN..=char::MAX).filter(|character| is_allowed(*character)) {
        let Ok(name) = Username::parse(&format!("a{character}b")) else { continue };
        assert_eq!(Username::from_elsewhere(name.as_str()), Ok(name), "U+{:04X}", u32::from(character));
    }
    assert_eq!(Username::from_elsewhere(" zoe\u{308} "), Ok(parse("zoë")));
    for refused in ["", "a b", "a/b", "a\nb", "a\u{200d}b", "🚕"] {
        assert_eq!(Username::from_elsewhere(refused), Err(vec![UsernameError::ForbiddenCharacter]), "{refused:?}");
    }
    assert_eq!(Username::from_elsewhere(&"a".repeat(151)), Err(vec![UsernameError::TooLong]));
}

#[test]
fn capital_letters_and_full_width_letters_are_the_same_user() {
    let insensitive = CaseSensitivity::Insensitive;
    assert_eq!(parse("Straße").key(insensitive), parse("STRASSE").key(insensitive));
    assert_eq!(parse("ｗｉｄｅ").key(insensitive), parse("Wide").key(insensitive));
    assert_ne!(parse("Ann").key(CaseSensitivity::Sensitive), parse("ann").key(CaseSensitivity::Sensitive));
}

#[test]
fn letters_that_cannot_be_seen_are_refused() {
    for filler in ['\u{115f}', '\u{1160}', '\u{3164}', '\u{ffa0}', '\u{200d}', '\u{feff}', '\u{e0041}'] {
        assert_eq!(Username::parse(&format!("a{filler}")), Err(vec![UsernameError::ForbiddenCharacter]));
    }
    assert_eq!(Username::parse("  "), Err(vec![UsernameError::ForbiddenCharacter]));
}

#[test]
fn letters_that_normalise_to_white_space_are_refused() {
    for text in ["\u{37a}ann", "aﷺ", "\u{fc5e}"] {
        assert_eq!(Username::parse(text), Err(vec![UsernameError::ForbiddenCharacter]), "{text}");
    }
    assert_eq!(parse("a½b").as_str(), "a1⁄2b");
}

#[test]
fn length_counts_code_points_before_and_after_normalisation() {
    assert!(Username::parse(&"𐐀".repeat(150)).is_ok());
    assert_eq!(Username::parse(&"a".repeat(151)), Err(vec![UsernameError::TooLong]));
    assert_eq!(Username::parse(&"ﬃ".repeat(150)), Err(vec![UsernameError::TooLong]));
}

/// What Python makes of each letter and number that folding changes.
static FOLDED: LazyLock<BTreeMap<char, String>> = LazyLock::new(|| {
    let character = |code: &str| char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap();
    let line = |line: &str| {
        let mut codes = line.split(' ').map(character);
        (codes.next().unwrap(), codes.collect())
    };
    include_str!("../../../data/folded-letters.txt").lines().map(line).collect()
});

/// The letters and numbers that are spellings of one key, where there are several.
fn spellings() -> Vec<Vec<char>> {
    let mut classes: BTreeMap<String, Vec<char>> = BTreeMap::new();
    for (letter, key) in &*FOLDED {
        if let Ok(folded) = key.parse() {
            classes.entry(key.clone()).or_insert_with(|| vec![folded]);
        }
        classes.entry(key.clone()).or_default().push(*letter);
    }
    classes.into_values().filter(|class| class.len() > 1).collect()
}

#[test]
fn every_letter_and_number_has_the_key_that_python_gives_it() {
    assert!(FOLDED.len() > 5_000);
    let mut of_later = Vec::new();
    for character in (char::MIN..=char::MAX).filter(|character| text::is_letter_or_number(*character)) {
        let key = UsernameKey::fold(&character.to_string(), CaseSensitivity::Insensitive);
        match FOLDED.get(&character) {
            Some(wanted) => assert_eq!(key.as_str(), wanted, "U+{:04X}", u32::from(character)),
            None if key.as_str() != character.to_string() => of_later.push(character),
            None => {}
        }
    }
    // Unicode 14 does not have them.
    assert!(of_later.len() < 300, "{of_later:?}");
}

#[test]
fn no_key_is_longer_than_a_partition_key_may_be() {
    // Behind the second plane nothing folds to more.
    let of_one = |character: char| {
        let folded = UsernameKey::fold(&character.to_string(), CaseSensitivity::Insensitive);
        folded.as_str().len().div_ceil(nfkc(&character.to_string()).chars().count())
    };
    let most = (char::MIN..'\u{20000}').map(of_one).max().unwrap();
    // "Quotas in Amazon DynamoDB": 2048 bytes.
    assert!("USERNAME#".len() + MAX_LENGTH * most <= 2048, "{most}");
}

/// A letter, a number or a sign of any script; jamo, which join; now and then one of its other spellings.
fn any_letter() -> impl Strategy<Value = char> {
    let changed: Vec<char> = FOLDED.keys().copied().collect();
    prop_oneof![
        "[a-zA-Z0-9_.@+-]".prop_map(|text| text.chars().next().unwrap()),
        "[\\p{L}\\p{N}]".prop_map(|text| text.chars().next().unwrap()),
        proptest::char::range('\u{1100}', '\u{11ff}'),
        proptest::sample::select(changed),
    ]
}

/// What nobody sees: marks of direction and of width, joiners, tags, selectors of variants, fillers.
fn unseen() -> impl Strategy<Value = char> {
    let ignorable: Vec<char> = (char::MIN..=char::MAX).filter(|character| cannot_be_seen(*character)).collect();
    let marks = [('\u{200b}', '\u{200f}'), ('\u{202a}', '\u{202e}'), ('\u{2060}', '\u{206f}'), ('\u{61c}', '\u{61c}')];
    let marks: Vec<char> = marks.into_iter().flat_map(|(first, last)| first..=last).collect();
    prop_oneof![proptest::sample::select(ignorable), proptest::sample::select(marks)]
}

fn white_space() -> impl Strategy<Value = String> {
    "[ \\t\\n\u{85}\u{a0}\u{1680}\u{2000}-\u{200a}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}\u{1c}-\u{1f}]{1,3}"
}

proptest! {
    #[test]
    fn a_username_is_stable_under_parsing_and_folding(text in "\\PC{1,40}") {
        if let Ok(name) = Username::parse(&text) {
            for case in CASES {
                let key = name.key(case);
                prop_assert_eq!(&key, &UsernameKey::fold(key.as_str(), case));
                prop_assert_eq!(UsernameKey::for_look_up(&text, case), Some(key));
            }
        }
    }

    #[test]
    fn a_name_by_any_of_its_spellings_is_one_user(
        letters in vec((proptest::sample::select(spellings()), any::<(Index, Index)>()), 1..20),
    ) {
        let [one, other]: [String; 2] = [0, 1].map(|side| {
            let chosen = letters.iter().map(|(class, (left, right))| if side == 0 { left.get(class) } else { right.get(class) });
            chosen.collect()
        });
        if let (Ok(one), Ok(other)) = (Username::parse(&one), Username::parse(&other)) {
            let insensitive = CaseSensitivity::Insensitive;
            prop_assert_eq!(one.key(insensitive), other.key(insensitive));
            prop_assert_eq!(UsernameKey::for_look_up(other.as_str(), insensitive), Some(one.key(insensitive)));
        }
    }

    #[test]
    fn the_key_of_a_name_is_made_of_the_keys_of_its_letters(letters in vec(any_letter(), 1..20)) {
        let typed: String = letters.iter().collect();
        if let Ok(name) = Username::parse(&typed) {
            let by_python: Option<String> = letters
                .iter()
                .map(|letter| FOLDED.get(letter).cloned().or_else(|| letter.to_lowercase().eq([*letter]).then(|| letter.to_string())))
                .collect();
            if let Some(by_python) = by_python {
                let key = name.key(CaseSensitivity::Insensitive);
                prop_assert_eq!(key.as_str(), nfkc(&by_python));
            }
        }
    }

    #[test]
    fn a_name_that_is_stored_is_found_by_what_is_shown_and_by_its_key(letters in vec(any_letter(), 1..20)) {
        if let Ok(name) = Username::parse(&letters.iter().collect::<String>()) {
            for case in CASES {
                let key = name.key(case);
                for spelling in [name.as_str(), key.as_str()] {
                    prop_assert_eq!(UsernameKey::for_look_up(spelling, case), Some(key.clone()));
                    // Not each of them may be typed at sign-up (a fraction becomes numbers around a slash), but who may
                    // type it gets no second user.
                    prop_assert!(Username::parse(spelling).is_err() || parse(spelling).key(case) == key);
                }
            }
        }
    }

    #[test]
    fn white_space_counts_nowhere_around_a_name_and_is_not_allowed_in_it(
        (before, letters, behind) in (white_space(), vec(any_letter(), 2..10), white_space()),
        at in any::<Index>(),
    ) {
        let name: String = letters.iter().collect();
        prop_assert_eq!(Username::parse(&format!("{before}{name}{behind}")), Username::parse(&name));
        let mut torn = letters.clone();
        let inside = 1 + at.index(letters.len() - 1);
        torn.splice(inside..inside, before.chars());
        prop_assert!(Username::parse(&torn.iter().collect::<String>()).is_err());
    }

    #[test]
    fn what_cannot_be_seen_makes_no_second_name(
        (letters, hidden) in (vec(any_letter(), 1..10), unseen()),
        at in any::<Index>(),
    ) {
        let mut typed = letters.clone();
        typed.insert(at.index(letters.len() + 1), hidden);
        prop_assert!(Username::parse(&typed.iter().collect::<String>()).is_err(), "U+{:04X}", u32::from(hidden));
    }
}
