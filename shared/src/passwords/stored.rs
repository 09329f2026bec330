//! Stored hashes: ours, and those that other systems wrote and their users brought along.
//!
//! | begins with | written by |
//! | --- | --- |
//! | `$argon2id$`, `$argon2i$`, `$argon2d$` | us, and every library of Argon2 (PHC string format) |
//! | `$2a$`, `$2b$`, `$2y$` | bcrypt: Auth0, Supabase, Rails, PHP |
//! | `$pbkdf2$`, `$pbkdf2-sha1$`, `$pbkdf2-sha256$`, `$pbkdf2-sha512$`, `$scrypt$` | passlib, and the PHC string format |
//! | `$fbscrypt$` | Firebase, in the form that Supabase keeps it: the project's signer key is part of it |
//! | `pbkdf2_sha256$`, `pbkdf2_sha1$`, `argon2$`, `bcrypt_sha256$`, `bcrypt$`, `scrypt$` | Django |
//! | `!` | Django, and we: the account has no password |
//!
//! What is read is compared once and then replaced: a match with anything but today's Argon2id is outdated.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose};

use super::cost::{Cost, Digest, ScryptWork, Variant, members};
use super::phc::Argon2Parameters;
use super::recipe::Recipe;
use crate::domain::password::PasswordHash;

/// What a stored hash says: how it was made, and what came out.
pub(super) struct Stored {
    pub(super) recipe: Recipe,
    pub(super) tag: Vec<u8>,
}

/// Why a stored hash is compared with no password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnreadableHash {
    /// The account has none: nobody logs in to it with a password.
    #[error("there is no password")]
    NoPassword,
    /// It can be guessed within hours, so it opens nothing any more.
    #[error("{0} is too weak: whoever has the hash has the password")]
    Weak(&'static str),
    /// It is in no format that we know.
    #[error("the algorithm {0:?} is unknown")]
    Unknown(String),
    /// It is not as its format has it.
    #[error("the {0} hash is cut off or not as its format has it")]
    Malformed(&'static str),
    /// Each log-in would keep a processor for seconds.
    #[error("{0} asks for more work than a log-in may cost")]
    TooDear(Cost),
}

/// Any spelling of base64's end; strict otherwise.
const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent).with_encode_padding(false);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
/// bcrypt's own; the bits behind a salt's last byte are whatever the library left there.
const BCRYPT: GeneralPurpose =
    GeneralPurpose::new(&alphabet::BCRYPT, general_purpose::NO_PAD.with_decode_allow_trailing_bits(true));

/// The fewest and the most bytes of an Argon2 salt: RFC 9106's fewest is 8, and no library writes more than 64.
const ARGON2_SALT_BYTES: std::ops::RangeInclusive<usize> = 8..=64;
/// The fewest and the most bytes of a tag: what is shorter is guessed, and nobody writes more.
const TAG_BYTES: std::ops::RangeInclusive<usize> = 10..=64;
/// The bytes of Django's scrypt.
const DJANGO_SCRYPT_BYTES: usize = 64;
/// The longest salt of the other algorithms, in bytes.
const MAX_SALT_BYTES: usize = 128;
/// The longest stored hash that is looked at, in bytes.
const MAX_BYTES: usize = 1024;

impl Stored {
    /// Reads `stored`, if it costs no more than is bearable or than we may have made ourselves.
    pub(super) fn read(stored: &PasswordHash) -> Result<Self, UnreadableHash> {
        let text = stored.as_str();
        if text.starts_with('!') {
            return Err(UnreadableHash::NoPassword);
        }
        let stored = Self::parse(text)?;
        let Recipe { cost, salt, .. } = &stored.recipe;
        let is_ours = matches!(cost, Cost::Argon2 { parameters, variant: Variant::Id } if !parameters.is_too_much());
        if !cost.is_bearable() && !is_ours {
            return Err(UnreadableHash::TooDear(*cost));
        }
        let is_one_block = !matches!(cost, Cost::Pbkdf2 { digest, .. } if stored.tag.len() > digest.bytes());
        if salt.len() > MAX_SALT_BYTES || !TAG_BYTES.contains(&stored.tag.len()) || !is_one_block {
            return Err(UnreadableHash::Malformed(algorithm_of(*cost)));
        }
        Ok(stored)
    }

    fn parse(text: &str) -> Result<Self, UnreadableHash> {
        if text.len() > MAX_BYTES {
            return Err(UnreadableHash::Unknown("a text of more than a kilobyte".to_owned()));
        }
        let (first, rest) = text.strip_prefix('$').unwrap_or(text).split_once('$').unwrap_or((text, ""));
        let (name, read) = if text.starts_with('$') { modular(first) } else { django(first) }.ok_or_else(|| {
            weak(first, text).map_or_else(|| UnreadableHash::Unknown(printable(first, text)), UnreadableHash::Weak)
        })?;
        read(rest, first).ok_or(UnreadableHash::Malformed(name))
    }

    fn new(recipe: Recipe, tag: Vec<u8>) -> Self {
        Self { recipe: Recipe { tag_bytes: tag.len(), ..recipe }, tag }
    }
}

/// Reads what stands behind the name of an algorithm, which is its second argument.
type Read = fn(&str, &str) -> Option<Stored>;

/// Readers of what begins with `$`, the modular crypt format and its heirs.
fn modular(name: &str) -> Option<(&'static str, Read)> {
    Some(match name {
        "argon2id" | "argon2i" | "argon2d" => ("argon2", argon2),
        "2a" | "2b" | "2y" => ("bcrypt", |rest, _| bcrypt(rest, false)),
        "pbkdf2" | "pbkdf2-sha1" | "pbkdf2-sha256" | "pbkdf2-sha512" => ("pbkdf2", pbkdf2),
        "scrypt" => ("scrypt", |rest, _| scrypt(rest)),
        "fbscrypt" => ("fbscrypt", |rest, _| firebase(rest)),
        _ => return None,
    })
}

/// Readers of Django's formats (django.contrib.auth.hashers).
fn django(name: &str) -> Option<(&'static str, Read)> {
    Some(match name {
        "pbkdf2_sha256" => ("pbkdf2_sha256", |rest, _| django_pbkdf2(rest, Digest::Sha256)),
        "pbkdf2_sha1" => ("pbkdf2_sha1", |rest, _| django_pbkdf2(rest, Digest::Sha1)),
        "argon2" => ("argon2", |rest, _| {
            let (variant, rest) = rest.split_once('$')?;
            argon2(rest, variant)
        }),
        "bcrypt_sha256" => ("bcrypt_sha256", |rest, _| bcrypt(bcrypt_version(rest)?, true)),
        "bcrypt" => ("bcrypt", |rest, _| bcrypt(bcrypt_version(rest)?, false)),
        "scrypt" => ("scrypt", |rest, _| django_scrypt(rest)),
        _ => return None,
    })
}

/// The name of an algorithm that we know and do not take.
fn weak(name: &str, text: &str) -> Option<&'static str> {
    let is_md5 = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match name {
        "md5" | "unsalted_md5" | "1" | "apr1" => Some("MD5"),
        "sha1" | "unsalted_sha1" => Some("a single SHA-1"),
        "crypt" => Some("DES crypt"),
        _ => is_md5.then_some("MD5"),
    }
}

/// The begin of what nobody knows, fit to be shown: without a `$` behind it, it may be a password that was never hashed.
fn printable(name: &str, text: &str) -> String {
    let is_name = name.len() <= 16 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    if is_name && !name.is_empty() && text.contains(&format!("{name}$")) { format!("{name}$") } else { "?".to_owned() }
}

const fn algorithm_of(cost: Cost) -> &'static str {
    match cost {
        Cost::Argon2 { .. } => "argon2",
        Cost::Pbkdf2 { .. } => "pbkdf2",
        Cost::Bcrypt { .. } => "bcrypt",
        Cost::Scrypt { .. } => "scrypt",
    }
}

/// `v=19$m=…,t=…,p=…$salt$tag`; without `v`, version 0x10. One spelling for each hash.
fn argon2(rest: &str, variant: &str) -> Option<Stored> {
    let (version, rest) = match rest.strip_prefix("v=") {
        Some(rest) => rest.split_once('$')?,
        None => ("16", rest),
    };
    let version = match version {
        "19" => 0x13,
        "16" => 0x10,
        _ => return None,
    };
    let [parameters, salt, tag] = parts(rest)?;
    let parameters = Argon2Parameters::read(parameters)?;
    let strict = general_purpose::STANDARD_NO_PAD;
    let (salt, tag) = (strict.decode(salt).ok()?, strict.decode(tag).ok()?);
    if !ARGON2_SALT_BYTES.contains(&salt.len()) {
        return None;
    }
    let cost = Cost::Argon2 { variant: Variant::named(variant)?, parameters };
    Some(Stored::new(Recipe { version, ..Recipe::of(cost, salt, 0) }, tag))
}

/// `12$` and 53 characters: 22 of salt, 31 of hash.
fn bcrypt(rest: &str, is_of_sha256: bool) -> Option<Stored> {
    let (log_rounds, rest) = rest.split_once('$')?;
    let log_rounds = (log_rounds.len() == 2).then(|| log_rounds.parse().ok())??;
    let (salt, tag) = rest.split_at_checked(22).filter(|_| rest.len() == 53)?;
    let cost = Cost::Bcrypt { log_rounds, is_of_sha256 };
    Some(Stored::new(Recipe::of(cost, BCRYPT.decode(salt).ok()?, 0), BCRYPT.decode(tag).ok()?))
}

/// What stands behind `$2b$`: Django writes its own name and then the whole hash.
fn bcrypt_version(rest: &str) -> Option<&str> {
    ["$2a$", "$2b$", "$2y$"].into_iter().find_map(|version| rest.strip_prefix(version))
}

/// passlib's `29000$salt$tag`, with a dot for base64's plus, or PHC's `i=29000,l=32$salt$tag`.
fn pbkdf2(rest: &str, name: &str) -> Option<Stored> {
    let digest = Digest::named(name.strip_prefix("pbkdf2-").unwrap_or("sha1"))?;
    let [rounds, salt, tag] = parts(rest)?;
    let [salt, tag] = [salt, tag].map(|text| STANDARD.decode(text.replace('.', "+")).ok());
    let (salt, tag) = (salt?, tag?);
    let iterations = match members(rounds, ["i", "l"]) {
        Some([iterations, length]) => (length.parse() == Ok(tag.len())).then_some(iterations)?,
        None => rounds.strip_prefix("i=").unwrap_or(rounds),
    };
    let cost = Cost::Pbkdf2 { digest, iterations: iterations.parse().ok()? };
    Some(Stored::new(Recipe::of(cost, salt, 0), tag))
}

/// `ln=14,r=8,p=1$salt$tag`.
fn scrypt(rest: &str) -> Option<Stored> {
    let [work, salt, tag] = parts(rest)?;
    let cost = Cost::Scrypt { work: ScryptWork::read(work)?, is_firebase: false };
    Some(Stored::new(Recipe::of(cost, STANDARD.decode(salt).ok()?, 0), STANDARD.decode(tag).ok()?))
}

/// `v=1,n=14,r=8,p=1,ss=…,sk=…$salt$hash` (github.com/supabase/auth, internal/crypto): the salt's separator is hashed behind
/// it, and the hash is the signer key, encrypted.
fn firebase(rest: &str) -> Option<Stored> {
    let [said, salt, hash] = parts(rest)?;
    let [version, log_n, r, p, separator, signer_key] = members(said, ["v", "n", "r", "p", "ss", "sk"])?;
    let work = ScryptWork { log_n: log_n.parse().ok()?, r: r.parse().ok()?, p: p.parse().ok()? };
    let mut salt = STANDARD.decode(salt).ok()?;
    salt.extend(STANDARD.decode(separator).ok()?);
    let (signer_key, tag) = (STANDARD.decode(signer_key).ok()?, STANDARD.decode(hash).ok()?);
    if version != "1" || signer_key.len() != tag.len() {
        return None;
    }
    let cost = Cost::Scrypt { work, is_firebase: true };
    Some(Stored::new(Recipe { signer_key, ..Recipe::of(cost, salt, 0) }, tag))
}

/// `1000000$salt$tag`; the salt is text.
fn django_pbkdf2(rest: &str, digest: Digest) -> Option<Stored> {
    let [iterations, salt, tag] = parts(rest)?;
    let cost = Cost::Pbkdf2 { digest, iterations: iterations.parse().ok()? };
    let tag = STANDARD.decode(tag).ok().filter(|tag| tag.len() == digest.bytes())?;
    Some(Stored::new(Recipe::of(cost, salt.into(), 0), tag))
}

/// `16384$salt$8$5$tag`: N, the salt as text, r, p.
fn django_scrypt(rest: &str) -> Option<Stored> {
    let [n, salt, r, p, tag] = parts(rest)?;
    let n: u64 = n.parse().ok()?;
    let log_n = n.is_power_of_two().then(|| u8::try_from(n.ilog2()).ok())??;
    let work = ScryptWork { log_n, r: r.parse().ok()?, p: p.parse().ok()? };
    let cost = Cost::Scrypt { work, is_firebase: false };
    let tag = STANDARD.decode(tag).ok().filter(|tag| tag.len() == DJANGO_SCRYPT_BYTES)?;
    Some(Stored::new(Recipe::of(cost, salt.into(), 0), tag))
}

/// The `N` parts of `text`, with `$` between.
fn parts<const N: usize>(text: &str) -> Option<[&str; N]> {
    text.split('$').collect::<Vec<_>>().try_into().ok()
}
