//! Names that people choose: of themselves and of their devices.

use faregate::domain::device::{Client, DeviceName, MAX_NAME_LENGTH};
use faregate::domain::text::{is_whitespace, trim};
use faregate::domain::username::{CaseSensitivity, MAX_LENGTH, Username, UsernameKey};

/// A username, or none. One that is taken is stored in one form, and found by every form of it.
pub fn username(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for case in [CaseSensitivity::Insensitive, CaseSensitivity::Sensitive] {
        let typed = UsernameKey::for_look_up(text, case);
        if let Some(key) = &typed {
            // DynamoDB's limit for a partition key, with `USERNAME#`.
            assert!(key.as_str().len() <= 2048 - 9, "{text:?}");
        }
        let Ok(name) = Username::parse(text) else { continue };
        let key = name.key(case);
        assert_eq!(typed.as_ref(), Some(&key), "{text:?} is not found by what was typed");
        // Folded, a name may be longer than any name.
        let folded = Some(key.as_str()).filter(|key| key.chars().count() <= MAX_LENGTH);
        let spellings = [name.as_str(), trim(text), &format!(" {text}\u{3000}")].map(str::to_owned);
        for spelling in spellings.into_iter().chain(folded.map(str::to_owned)) {
            assert_eq!(UsernameKey::for_look_up(&spelling, case).as_ref(), Some(&key), "{text:?} by {spelling:?}");
            // Some normal forms are none that may be typed: a fraction has a slash, a sound mark combines.
            let again = Username::parse(&spelling);
            assert!(again.is_err() || again.is_ok_and(|again| again.key(case) == key), "{text:?} by {spelling:?}");
        }
        assert!(name.as_str().chars().count() <= MAX_LENGTH && !name.as_str().contains(is_whitespace), "{text:?}");
    }
}

/// The name of a device, and the `User-Agent` of one.
pub fn device_name(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(name) = DeviceName::parse(&text) {
        assert_eq!(name.as_str(), text);
        assert!(text.chars().count() <= MAX_NAME_LENGTH);
        assert!(!text.contains(['\n', '\r', '\t', '\0', '\u{85}', '\u{202e}', '\u{2028}', '\u{2067}']), "{text:?}");
    }
    if let Some(client) = Client::of(&text) {
        // Words of ours, none of the client's.
        assert!(
            client.as_str().len() <= 32
                && client.as_str().bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b' ')
        );
    }
}
