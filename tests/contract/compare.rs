//! Comparing an answer with what was recorded.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use faregate::clock::Clock;
use faregate_tests::Reply;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::Value;

use crate::page;
use crate::variables::Variables;

/// Seconds by which an expiry may miss the recorded distance from now.
const CLOCK_SLACK_SECONDS: i64 = 30;

/// The differences between `reply` and `expect`, each as a line; its tokens are to be signed with `signing_key`.
pub(crate) fn differences(expect: &Value, reply: &Reply, signing_key: &str, variables: &Variables) -> Vec<String> {
    let mut comparison = Comparison { signing_key, variables, found: Vec::new() };
    comparison.status(expect, reply);
    comparison.headers(expect, reply);
    if let Some(want) = expect.get("json") {
        comparison.value("body", want, &reply.json);
    }
    for (path, want) in expect["jwt"].as_object().into_iter().flatten() {
        comparison.token(path, want, dig(&reply.json, path));
    }
    comparison.text(expect, reply);
    if let Some(title) = expect["page"]["title"].as_str() {
        // Each of the two ends its titles with its own name.
        let want = title.replace(" – Django REST framework", " - Faregate");
        comparison.value("page title", &want.into(), &page::title(&reply.text).into());
    }
    if let Some(want) = expect["page"].get("fields") {
        comparison.value("page", want, &page::fields(&reply.text));
    }
    comparison.found
}

/// The value at a dotted path.
pub(crate) fn dig<'a>(value: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(value, |value, part| match value {
        Value::Array(items) => &items[part.parse::<usize>().unwrap()],
        other => &other[part],
    })
}

struct Comparison<'a> {
    signing_key: &'a str,
    variables: &'a Variables,
    found: Vec<String>,
}

impl Comparison<'_> {
    fn differ(&mut self, place: &str, want: impl std::fmt::Display, got: impl std::fmt::Display) {
        self.found.push(format!(
            "{place}\n    want {}\n    got  {}",
            short(&want.to_string()),
            short(&got.to_string())
        ));
    }

    fn status(&mut self, expect: &Value, reply: &Reply) {
        if expect["status"] != reply.status {
            self.differ("status", &expect["status"], format!("{} {}", reply.status, reply.text));
        }
    }

    fn headers(&mut self, expect: &Value, reply: &Reply) {
        for (name, want) in expect["headers"].as_object().into_iter().flatten() {
            let got = reply.header(name);
            let want = want.as_str().map(|want| self.variables.fill(want));
            let normal = |text: &str| match name.as_str() {
                "Allow" | "Vary" => {
                    let mut items: Vec<_> = text.split(',').map(|item| item.trim().to_lowercase()).collect();
                    items.sort();
                    items.join(",")
                }
                "Content-Type" => text.replace(' ', "").to_lowercase(),
                _ => text.to_owned(),
            };
            if want.as_deref().map(normal) != got.as_deref().map(normal) {
                self.differ(&format!("header {name}"), format!("{want:?}"), format!("{got:?}"));
            }
        }
    }

    fn text(&mut self, expect: &Value, reply: &Reply) {
        for part in expect["text_contains"].as_array().into_iter().flatten() {
            let part = self.variables.fill(part.as_str().unwrap());
            if !reply.text.contains(&part) {
                self.differ("text", format!("something that holds {part:?}"), &reply.text);
            }
        }
        for part in expect["text_absent"].as_array().into_iter().flatten() {
            let part = self.variables.fill(part.as_str().unwrap());
            if reply.text.contains(&part) {
                self.differ("text", format!("nothing that holds {part:?}"), &reply.text);
            }
        }
        if expect["empty"] == true && !reply.text.is_empty() {
            self.differ("text", "nothing", &reply.text);
        }
    }

    fn value(&mut self, place: &str, want: &Value, got: &Value) {
        match (want, got) {
            (Value::String(want), _) => self.matcher(place, want, got),
            (Value::Object(want), Value::Object(got)) => {
                let names = want.iter().map(|(name, _)| self.variables.fill(name)).collect::<Vec<_>>();
                for (name, want) in names.iter().zip(want.values()) {
                    match got.get(name) {
                        Some(got) => self.value(&format!("{place}.{name}"), want, got),
                        None => self.differ(&format!("{place}.{name}"), want, "nothing"),
                    }
                }
                for (name, got) in got.iter().filter(|(name, _)| !names.contains(name)) {
                    self.differ(&format!("{place}.{name}"), "nothing", got);
                }
            }
            (Value::Array(wanted), Value::Array(items)) if wanted.len() == items.len() => {
                for (index, (want, got)) in wanted.iter().zip(items).enumerate() {
                    self.value(&format!("{place}[{index}]"), want, got);
                }
            }
            _ if want == got => {}
            _ => self.differ(place, want, got),
        }
    }

    fn matcher(&mut self, place: &str, want: &str, got: &Value) {
        let special =
            want.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).and_then(|rest| rest.split_once(':'));
        let text = got.as_str();
        let holds = match special {
            Some(("any", "id" | "string" | "id-claim")) => text.is_some_and(|text| !text.is_empty()),
            Some(("any", "int")) => got.is_i64() || got.is_u64(),
            Some(("var" | "id-claim", name)) => got == self.variables.get(name),
            Some(("jwt", kind)) => text.and_then(claims_of).is_some_and(|claims| claims["token_type"] == kind),
            Some(("starts", both)) => {
                text.is_some_and(|text| text.starts_with(both.split_once("||").map_or(both, |(prefix, _)| prefix)))
            }
            _ => text == Some(&self.variables.fill(want)),
        };
        if !holds {
            self.differ(place, want, got);
        }
    }

    /// A token: the recorded header and claims, its lifetime and its signature. More claims than recorded are ours.
    fn token(&mut self, place: &str, want: &Value, token: &Value) {
        let token = token.as_str().unwrap_or_default();
        let Some(claims) = claims_of(token) else { return self.differ(place, "a JWT", token) };
        for (name, want) in want["claims"].as_object().unwrap() {
            self.value(&format!("{place}.{name}"), want, &claims[name]);
        }
        let number = |name: &str| claims[name].as_i64().unwrap_or_default();
        let lifetime = number("exp") - number("iat");
        let lifetime_fits = match &want["exp_minus_iat"] {
            Value::Array(range) => (range[0].as_i64().unwrap()..=range[1].as_i64().unwrap()).contains(&lifetime),
            Value::Number(exact) => exact.as_i64() == Some(lifetime),
            _ => true,
        };
        if !lifetime_fits {
            self.differ(&format!("{place}: exp - iat"), &want["exp_minus_iat"], lifetime);
        }
        let left = number("exp") - Clock::system().now().seconds();
        if want["exp_minus_now"].as_i64().is_some_and(|want| (want - left).abs() > CLOCK_SLACK_SECONDS) {
            self.differ(&format!("{place}: exp - now"), &want["exp_minus_now"], left);
        }
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let key = DecodingKey::from_secret(self.signing_key.as_bytes());
        if !jsonwebtoken::crypto::verify(signature, signed.as_bytes(), &key, Algorithm::HS256).unwrap() {
            self.differ(place, "a good signature", "a bad one");
        }
    }
}

fn claims_of(token: &str) -> Option<Value> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?).ok()
}

fn short(text: &str) -> String {
    if text.chars().count() <= 400 { text.to_owned() } else { text.chars().take(400).chain("...".chars()).collect() }
}
