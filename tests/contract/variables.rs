//! Variables: `{{NAME}}` in any text of a step.

use std::collections::HashMap;

use faregate::randomness::Randomness;
use serde_json::{Map, Value};

/// What a case has saved so far.
pub(crate) struct Variables(HashMap<String, Value>);

impl Variables {
    /// `tag` and `digits`, new for every case.
    pub(crate) fn new(randomness: &Randomness) -> Self {
        let letters = b"bcdfghjkmnpqrtvw";
        let tag: String = (0..10).map(|_| char::from(letters[randomness.up_to(15) as usize])).collect();
        let rest: String = (0..9).map(|_| char::from_digit(randomness.up_to(9), 10).unwrap()).collect();
        let digits = format!("{}{rest}", 1 + randomness.up_to(8));
        Self(HashMap::from([("tag".to_owned(), Value::from(tag)), ("digits".to_owned(), Value::from(digits))]))
    }

    pub(crate) fn set(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }

    pub(crate) fn get(&self, name: &str) -> &Value {
        self.0.get(name).unwrap_or_else(|| panic!("variable {name} was never saved"))
    }

    /// `text` with its variables filled in.
    pub(crate) fn fill(&self, text: &str) -> String {
        let Some((before, rest)) = text.split_once("{{") else { return text.to_owned() };
        let Some((name, after)) = rest.split_once("}}") else { return text.to_owned() };
        // A brace before the variable belongs to the text around it: "{{{repeat:...".
        let (braces, name) = name.split_at(name.len() - name.trim_start_matches('{').len());
        format!("{before}{braces}{}{}", self.value_text(name), self.fill(after))
    }

    fn value_text(&self, name: &str) -> String {
        if let Some(repeated) = name.strip_prefix("repeat:") {
            let (text, count) = repeated.rsplit_once(':').unwrap();
            return text.repeat(count.parse().unwrap());
        }
        match self.get(name) {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }

    /// `value` with the variables of all its texts filled in.
    pub(crate) fn fill_all(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.fill(text)),
            Value::Array(items) => items.iter().map(|item| self.fill_all(item)).collect(),
            Value::Object(members) => {
                let filled = members.iter().map(|(name, member)| (self.fill(name), self.fill_all(member)));
                Value::Object(filled.collect::<Map<_, _>>())
            }
            other => other.clone(),
        }
    }
}
