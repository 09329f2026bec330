//! Tokens made and altered by hand.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use faregate::clock::Clock;
use faregate::randomness::Randomness;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Map, Value, json};

use crate::variables::Variables;

/// Some other key.
const WRONG_KEY: &str = "this-is-not-the-signing-key-0123456789abcdef0123456789abcdef";

/// The token that `spec` describes; `signing_key` is the service's.
pub(crate) fn craft(spec: &Value, signing_key: &str, variables: &Variables, randomness: &Randomness) -> String {
    let algorithm = spec["alg"].as_str().unwrap_or("HS256");
    let mut header = json!({"alg": algorithm, "typ": "JWT"});
    for (name, value) in spec["header"].as_object().cloned().unwrap_or_default() {
        header[name] = value;
    }
    header.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    let claims = claim_values(&spec["claims"], variables, randomness);
    let signed = format!("{}.{}", encode(&header), encode(&claims));
    let key = match spec["key"].as_str().unwrap_or("signing") {
        "signing" => signing_key,
        "wrong" => WRONG_KEY,
        _ => "",
    };
    let algorithm = match algorithm {
        "HS256" => Algorithm::HS256,
        "HS384" => Algorithm::HS384,
        "HS512" => Algorithm::HS512,
        _ => return format!("{signed}."),
    };
    let key = EncodingKey::from_secret(key.as_bytes());
    format!("{signed}.{}", jsonwebtoken::crypto::sign(signed.as_bytes(), &key, algorithm).unwrap())
}

/// The token that comes of altering another one as `spec` says.
pub(crate) fn tamper(spec: &Value, variables: &Variables, randomness: &Randomness) -> String {
    let token = variables.fill(spec["from"].as_str().unwrap());
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, signature] = parts[..] else { panic!("not a JWT: {token}") };
    let none = encode(&json!({"alg": "none", "typ": "JWT"}));
    match spec["how"].as_str().unwrap() {
        "signature-flip" => {
            let first = if signature.starts_with('A') { 'B' } else { 'A' };
            format!("{header}.{claims}.{first}{}", &signature[1..])
        }
        "signature-strip" => format!("{header}.{claims}."),
        "signature-cut" => format!("{header}.{claims}"),
        "claims" => {
            let mut changed: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
            for (name, value) in spec["set"].as_object().unwrap() {
                changed[name] = claim_values(value, variables, randomness);
            }
            format!("{header}.{}.{signature}", encode(&changed))
        }
        "alg-none" => format!("{none}.{claims}."),
        "alg-none-keep-signature" => format!("{none}.{claims}.{signature}"),
        other => panic!("unknown way to tamper: {other}"),
    }
}

fn encode(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// `value` with times, ids and variables put in.
fn claim_values(value: &Value, variables: &Variables, randomness: &Randomness) -> Value {
    match value {
        Value::String(text) => claim_value(text, variables, randomness),
        Value::Array(items) => items.iter().map(|item| claim_values(item, variables, randomness)).collect(),
        Value::Object(members) => {
            let filled = members.iter().map(|(name, item)| (name.clone(), claim_values(item, variables, randomness)));
            Value::Object(filled.collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

fn claim_value(text: &str, variables: &Variables, randomness: &Randomness) -> Value {
    let special = text.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
    match special {
        Some("uuid") => Value::from(randomness.hex_128()),
        Some(name) if name.starts_with("var:") => variables.get(&name[4..]).clone(),
        Some(now) if now.starts_with("now") => {
            let offset: i64 = if now == "now" { 0 } else { now[3..].parse().unwrap() };
            Value::from(Clock::system().now().seconds() + offset)
        }
        _ => Value::from(variables.fill(text)),
    }
}
