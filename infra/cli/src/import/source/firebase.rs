//! Firebase's users: `firebase auth:export users.json --format=json`.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde_json::Value;

use super::columns::first_and_last;
use super::{Entry, Sink, SourceError, json, text};
use crate::import::draft::Draft;
use crate::moment;

/// `REDACTED` in base64, which stands for each hash where the exporter may not see any.
const REDACTED: &str = "UkVEQUNURUQ=";

/// A project's password hash parameters: what every hash of it was made with.
struct HashConfig {
    signer_key: String,
    salt_separator: String,
    rounds: String,
    mem_cost: String,
}

/// Reads `path`; the parameters of the hashes are in `config`.
///
/// # Errors
///
/// When one of the files cannot be read, or is none.
pub(super) fn read(path: &Path, config: Option<&Path>, sink: &mut dyn Sink) -> Result<(), SourceError> {
    let config = config.map(HashConfig::read).transpose()?;
    let (reader, place) = text::open(path)?;
    let mut number = 0;
    json::for_each((path, reader), Some("users"), &mut |user| {
        number += 1;
        sink.take(Entry { number, draft: draft(&user, config.as_ref()), bytes_read: place.end_record() })
    })
}

fn draft(user: &Value, config: Option<&HashConfig>) -> Result<Draft, String> {
    let text = |name: &str| user.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let username =
        text("email").or_else(|| text("phoneNumber")).ok_or("neither e-mail address nor telephone number")?;
    let (first_name, last_name) = first_and_last(text("displayName").unwrap_or_default());
    let password_hash = match text("passwordHash") {
        None => String::new(),
        Some(REDACTED) => {
            return Err("the hash was left out of the export: who exports needs firebaseauth.configs.getHashConfig \
                        (the role Firebase Authentication Admin)"
                .to_owned());
        }
        Some(hash) => {
            let config = config.ok_or("a password hash, and no --hash-config to read it with")?;
            config.hash(hash, text("salt").unwrap_or_default()).ok_or("passwordHash or salt is no base64")?
        }
    };
    let created_at = text("createdAt").map(|text| {
        let milliseconds = text.parse().ok().and_then(moment::of_milliseconds);
        milliseconds.ok_or_else(|| format!("createdAt: {text:?} is no number of milliseconds"))
    });
    Ok(Draft {
        origin: "firebase",
        legacy_id: text("localId").map(str::to_owned),
        username: username.to_owned(),
        first_name,
        last_name,
        password_hash,
        is_active: !user.get("disabled").and_then(Value::as_bool).unwrap_or_default(),
        created_at: created_at.transpose()?,
        ..Draft::default()
    })
}

impl HashConfig {
    /// Reads the block that the console shows: `hash_config { algorithm: SCRYPT, base64_signer_key: …, … }`.
    fn read(path: &Path) -> Result<Self, SourceError> {
        let block = std::fs::read_to_string(path).map_err(SourceError::io(path))?;
        let value = |name: &str| {
            let line = block.lines().find_map(|line| line.trim().strip_prefix(name)?.trim().strip_prefix(':'));
            let value = line.map(|value| value.trim().trim_end_matches(',').trim_matches('"').to_owned());
            value.ok_or_else(|| SourceError::content(path, format!("there is no {name} in it")))
        };
        if value("algorithm")? != "SCRYPT" {
            let reason = "only hashes of the algorithm SCRYPT, which is Firebase's own, can be read";
            return Err(SourceError::content(path, reason));
        }
        Ok(Self {
            signer_key: value("base64_signer_key")?,
            salt_separator: value("base64_salt_separator")?,
            rounds: value("rounds")?,
            mem_cost: value("mem_cost")?,
        })
    }

    /// The hash as Supabase keeps it. In Firebase's files base64 is the kind for addresses, or the other.
    fn hash(&self, hash: &str, salt: &str) -> Option<String> {
        let standard =
            |text: &str| URL_SAFE.decode(text).or_else(|_| STANDARD.decode(text)).ok().map(|it| STANDARD.encode(it));
        let Self { signer_key, salt_separator, rounds, mem_cost } = self;
        let (hash, salt) = (standard(hash)?, standard(salt)?);
        Some(format!("$fbscrypt$v=1,n={mem_cost},r={rounds},p=1,ss={salt_separator},sk={signer_key}${salt}${hash}"))
    }
}
