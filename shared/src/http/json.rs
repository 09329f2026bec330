//! JSON as the reference's Python reads it: last of equal members wins, numbers keep their text, depth does not matter.
//!
//! The parser is `serde_json`; each member stays raw until its field asks for it, so that what is not asked for costs
//! nothing, however deep it nests.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The longest integer, in digits (Python's `sys.int_info.default_max_str_digits`).
const MAX_INTEGER_DIGITS: usize = 4300;

/// A value as a text field sees it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// `null`.
    Null,
    /// A string, without halves of surrogate pairs.
    Text(String),
    /// A string that holds half of a surrogate pair: the first one, and the string with U+FFFD in its place.
    TextWithSurrogate(u16, String),
    /// A number, as Python writes it.
    Number(String),
    /// A truth value, a list, an object or a file: nothing that a text field takes.
    Other,
}

/// The most members of an object: no route takes a tenth of it, and each costs memory.
const MAX_MEMBERS: usize = 1000;

/// What the body holds.
#[derive(Debug)]
pub(super) enum Document {
    /// An object's members, in order, repeated names included.
    Object(Vec<(String, Value)>),
    /// `null`.
    Null,
    /// Anything else, by the name of its Python type.
    NotAnObject(&'static str),
}

/// Parses `text`.
pub(super) fn parse(text: &str) -> Result<Document, String> {
    let root: &RawValue = serde_json::from_str(text).map_err(|error| error.to_string())?;
    match root.get().as_bytes().first() {
        Some(b'{') => members(root).map(Document::Object),
        Some(b'n') => Ok(Document::Null),
        Some(b'[') => Ok(Document::NotAnObject("list")),
        Some(b'"') => Ok(Document::NotAnObject("str")),
        Some(b't' | b'f') => Ok(Document::NotAnObject("bool")),
        _ if is_integer(root.get()) => Ok(Document::NotAnObject("int")),
        _ => Ok(Document::NotAnObject("float")),
    }
}

fn members(object: &RawValue) -> Result<Vec<(String, Value)>, String> {
    let mut deserializer = serde_json::Deserializer::from_str(object.get());
    let raw = deserializer.deserialize_map(Members).map_err(|error| error.to_string())?;
    raw.into_iter().map(|(name, value)| Ok((name, value_of(value)?))).collect()
}

fn value_of(raw: &RawValue) -> Result<Value, String> {
    let text = raw.get();
    match text.as_bytes().first() {
        Some(b'n') => Ok(Value::Null),
        Some(b'"') => string(text),
        Some(b'-' | b'0'..=b'9') => number(text).map(Value::Number),
        _ => Ok(Value::Other),
    }
}

fn string(raw: &str) -> Result<Value, String> {
    if let Ok(text) = serde_json::from_str::<String>(raw) {
        return Ok(Value::Text(text));
    }
    let mut deserializer = serde_json::Deserializer::from_str(raw);
    let bytes = Wtf8.deserialize(&mut deserializer).map_err(|error| error.to_string())?;
    let surrogate = first_surrogate(&bytes).ok_or("an escape that cannot be read")?;
    Ok(Value::TextWithSurrogate(surrogate, String::from_utf8_lossy(&bytes).into_owned()))
}

/// The first half of a surrogate pair in `bytes`, which are UTF-8 but for such halves (WTF-8).
fn first_surrogate(bytes: &[u8]) -> Option<u16> {
    bytes.windows(3).find_map(|window| match window {
        [0xed, second @ 0xa0..=0xbf, third @ 0x80..=0xbf] => {
            Some(0xd000 | (u16::from(second & 0x3f) << 6) | u16::from(third & 0x3f))
        }
        _ => None,
    })
}

fn is_integer(text: &str) -> bool {
    !text.contains(['.', 'e', 'E'])
}

/// A number as Python's `str` writes it.
fn number(text: &str) -> Result<String, String> {
    if !is_integer(text) {
        return text.parse().map(python_float).map_err(|_| format!("{text} is no number"));
    }
    let digits = text.trim_start_matches('-').len();
    if digits > MAX_INTEGER_DIGITS {
        return Err(format!(
            "Exceeds the limit ({MAX_INTEGER_DIGITS} digits) for integer string conversion: value has {digits} digits"
        ));
    }
    Ok(if text == "-0" { "0".to_owned() } else { text.to_owned() })
}

/// `float.__repr__`: the shortest digits that give the number back; an exponent below 1e-4 and from 1e16 on.
fn python_float(number: f64) -> String {
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let scientific = format!("{number:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        let plain = format!("{number}");
        if plain.contains('.') { plain } else { plain + ".0" }
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{mantissa}e{sign}{:02}", exponent.abs())
    }
}

/// Collects an object's members, each value raw.
struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(name) = map.next_key_seed(Wtf8)? {
            if members.len() == MAX_MEMBERS {
                return Err(A::Error::custom(format_args!("more than {MAX_MEMBERS} members")));
            }
            members.push((String::from_utf8_lossy(&name).into_owned(), map.next_value()?));
        }
        Ok(members)
    }
}

/// Reads a string that may hold halves of surrogate pairs, as bytes.
struct Wtf8;

impl<'de> DeserializeSeed<'de> for Wtf8 {
    type Value = Vec<u8>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<u8>, D::Error> {
        deserializer.deserialize_bytes(self)
    }
}

impl Visitor<'_> for Wtf8 {
    type Value = Vec<u8>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string")
    }

    fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
        Ok(bytes.to_vec())
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Vec<u8>, E> {
        Ok(text.as_bytes().to_vec())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn object(text: &str) -> Vec<(String, Value)> {
        match parse(text).unwrap() {
            Document::Object(members) => members,
            other => panic!("{other:?}"),
        }
    }

    fn only(text: &str) -> Value {
        object(&format!("{{\"a\":{text}}}")).remove(0).1
    }

    #[test]
    fn floats_read_as_python_writes_them() {
        for (json, python) in [
            ("1.5", "1.5"),
            ("0.00001", "1e-05"),
            ("0.0001", "0.0001"),
            ("123456789012345680000.0", "1.2345678901234568e+20"),
            ("1e16", "1e+16"),
            ("1e15", "1000000000000000.0"),
            ("1e300", "1e+300"),
            ("1e400", "inf"),
            ("-1e400", "-inf"),
            ("-0.0", "-0.0"),
            ("5e-324", "5e-324"),
            ("1E2", "100.0"),
        ] {
            assert_eq!(only(json), Value::Number(python.to_owned()), "{json}");
        }
    }

    #[test]
    fn integers_keep_their_digits_up_to_pythons_limit() {
        assert_eq!(only("123456789012345678901234567890"), Value::Number("123456789012345678901234567890".into()));
        assert_eq!(only("-0"), Value::Number("0".into()));
        assert!(parse(&format!("{{\"a\":{}}}", "9".repeat(4300))).is_ok());
        assert!(parse(&format!("{{\"a\":{}}}", "9".repeat(4301))).unwrap_err().starts_with("Exceeds the limit"));
    }

    #[test]
    fn half_a_surrogate_pair_is_found_and_a_whole_one_is_a_character() {
        assert_eq!(only(r#""a\ud83d\ude95""#), Value::Text("a🚕".into()));
        assert!(matches!(only(r#""a\ud800""#), Value::TextWithSurrogate(0xd800, _)));
        assert!(matches!(only(r#""\udfffa""#), Value::TextWithSurrogate(0xdfff, _)));
        assert!(matches!(only(r#""\ud800\ud83d\ude95""#), Value::TextWithSurrogate(0xd800, _)));
        assert_eq!(object(r#"{"\ud800":1}"#).len(), 1);
    }

    #[test]
    fn depth_does_not_matter() {
        let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
        assert_eq!(only(&deep), Value::Other);
        assert!(parse(&"[".repeat(200_000)).is_err());
        assert!(parse(&"{\"a\":".repeat(200_000)).is_err());
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for text in
            ["", " ", "{", "{\"a\":1,}", "{'a':1}", "NaN", "{\"a\":Infinity}", "\u{feff}{}", "{} x", "01", "\"\t\""]
        {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn other_documents_are_named_as_in_python() {
        for (text, name) in [("[]", "list"), ("\"\"", "str"), ("true", "bool"), ("42", "int"), ("1.5", "float")] {
            assert!(matches!(parse(text), Ok(Document::NotAnObject(found)) if found == name), "{text}");
        }
        assert!(matches!(parse(" null "), Ok(Document::Null)));
    }

    proptest! {
        #[test]
        fn any_text_is_an_answer_and_never_a_panic(text in "\\PC{0,60}") {
            let _answer = parse(&text);
            let _answer = parse(&format!("{{\"a\": \"{text}\"}}"));
        }

        #[test]
        fn what_serde_writes_is_read_back(text in any::<String>(), number in any::<i64>()) {
            let json = serde_json::json!({"text": text, "number": number}).to_string();
            let members = object(&json);
            prop_assert_eq!(&members[0].1, &Value::Text(text));
            prop_assert_eq!(&members[1].1, &Value::Number(number.to_string()));
        }

        #[test]
        fn a_finite_float_survives_pythons_spelling(number in any::<f64>().prop_filter("finite", |n| n.is_finite())) {
            prop_assert_eq!(python_float(number).parse::<f64>().unwrap().to_bits(), number.to_bits());
        }
    }
}
