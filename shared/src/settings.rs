//! The settings: the only reader of the environment.
//!
//! Each has a safe default. A bad value or an unknown `FAREGATE_` name stops the start with a message that names it.

use std::collections::BTreeMap;

use tracing::level_filters::LevelFilter;

use crate::domain::password_policy::PasswordPolicy;
use crate::domain::session::{Reactivation, SessionPolicy};
use crate::domain::signing_key::MAX_REFRESH_LIFETIME_SECONDS;
use crate::domain::username::CaseSensitivity;
use crate::logging::level_called;
use crate::passwords::{Argon2Parameters, Cost, Engine};

mod classes;
mod origins;
mod reader;
mod table;
mod throttle;
mod tokens;

pub use classes::{AdminSettings, ClassSettings, RemoteUserSettings};
pub use origins::{NotAnOrigin, Origin};
use reader::Reader;
pub use table::{SETTINGS, Setting};
pub use throttle::ThrottleSettings;
pub use tokens::{AccessAlgorithm, RsaModulus, SharedKey, TokenSettings};

/// Where DynamoDB is, if not where AWS has it: `AWS_ENDPOINT_URL_DYNAMODB`, as every AWS SDK reads it.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the one module that may ask the environment")]
pub fn dynamodb_endpoint() -> Option<String> {
    std::env::var("AWS_ENDPOINT_URL_DYNAMODB").ok().filter(|url| !url.is_empty())
}

/// Whether Lambda, or what stands in for it, started this process: it says where to ask for events.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the one module that may ask the environment")]
pub fn is_on_lambda() -> bool {
    std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_some()
}

/// From which level on log lines are written: `AWS_LAMBDA_LOG_LEVEL`, which Lambda sets to a function's
/// `ApplicationLogLevel`; info where it is not set.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the one module that may ask the environment")]
pub fn log_level() -> LevelFilter {
    level_called(&std::env::var("AWS_LAMBDA_LOG_LEVEL").unwrap_or_default())
}

/// Everything that can be set, read once.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What makes a password good enough.
    pub password_policy: PasswordPolicy,
    /// Whether `Ann` and `ann` are two users.
    pub username_case: CaseSensitivity,
    /// How sessions live.
    pub sessions: SessionPolicy,
    /// The admin site.
    pub admin: AdminSettings,
    /// Which classes of authentication there are beside tokens and sessions.
    pub classes: ClassSettings,
    /// How often somebody may try.
    pub throttle: ThrottleSettings,
    /// How tokens are made.
    pub tokens: TokenSettings,
    /// How passwords are hashed.
    pub argon2: Argon2Parameters,
    /// Which implementation hashes them.
    pub argon2_engine: Engine,
    /// What an unknown username costs; unset, a hash of ours.
    pub dummy_hash: Option<Cost>,
    /// How the authorizers answer.
    pub authorizer: AuthorizerSettings,
    /// Where open WebSockets are closed.
    pub sockets: SocketSettings,
    /// The namespace of metrics; unset, there are none.
    pub metrics_namespace: Option<String>,
    /// Whether API routes answer browsers with pages.
    pub browsable_api: bool,
    /// The origins whose pages may call the API from elsewhere.
    pub cors_origins: Vec<Origin>,
    /// The DynamoDB table of users and sessions.
    pub table: String,
    /// The DynamoDB table of keys.
    pub keys_table: String,
}

/// What the function `authorizer` looks at beside the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthorizerMode {
    /// Nothing: no DynamoDB call.
    Stateless,
    /// The user and the session, as they are now: one batch read.
    Session,
}

/// What the function `authorizer` answers to payload 2.0. The event does not say what API Gateway was told to expect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthorizerResponse {
    /// `{"isAuthorized": ...}`, for `EnableSimpleResponses: true`.
    Simple,
    /// An IAM policy.
    Policy,
}

/// How the authorizers answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuthorizerSettings {
    /// What they look at.
    pub mode: AuthorizerMode,
    /// What they answer to payload 2.0.
    pub response: AuthorizerResponse,
}

/// Where open WebSockets are closed, and by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SocketSettings {
    /// The WebSocket API's management endpoint, without `/@connections`; unset where nothing closes sockets.
    pub management_endpoint: Option<String>,
    /// The name or ARN of the function `ws-reaper`; unset, nobody tells it that a session ended.
    pub reaper_function: Option<String>,
}

/// A setting that stops the start.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The value is not among the allowed ones.
    #[error("{name} must be {allowed}{}", shown(given.as_deref()))]
    BadValue {
        /// The setting.
        name: &'static str,
        /// What it allows.
        allowed: &'static str,
        /// What was given, unless it is a secret.
        given: Option<String>,
    },
    /// One of several values is not among the allowed ones.
    #[error("{name} must be {}, and {given:?} is none: {reason}", table::named(.name).allowed)]
    BadOrigin {
        /// The setting.
        name: &'static str,
        /// What was given.
        given: String,
        /// What is wrong with it.
        reason: NotAnOrigin,
    },
    /// The value is not UTF-8.
    #[error("{name} must be text in UTF-8")]
    NotText {
        /// The setting.
        name: String,
    },
    /// It has no default that would be right, and is not set.
    #[error("{name} must be set")]
    Missing {
        /// The setting.
        name: &'static str,
    },
    /// A `FAREGATE_` name that is none of ours: a typing error would otherwise go unnoticed.
    #[error("{name} is not a setting{}", suggestion(.name))]
    Unknown {
        /// The name.
        name: String,
    },
}

fn shown(given: Option<&str>) -> String {
    given.map_or_else(String::new, |given| format!(", not {given:?}"))
}

/// Names the setting that `name` most resembles, if one comes close.
fn suggestion(name: &str) -> String {
    SETTINGS
        .iter()
        .map(|setting| (strsim::jaro(setting.name, name), setting.name))
        .filter(|(likeness, _)| *likeness > 0.85)
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map_or_else(String::new, |(_, known)| format!("; did you mean {known}?"))
}

impl Settings {
    /// Reads the process's environment; a name that is not there has its value from `defaults`, if that has one.
    ///
    /// # Errors
    ///
    /// The first setting that is unknown or has a bad value.
    pub fn from_environment(defaults: &[(&str, &str)]) -> Result<Self, SettingsError> {
        let mut pairs: Vec<(String, String)> =
            defaults.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        for (name, value) in std::env::vars_os() {
            let Ok(name) = name.into_string() else { continue };
            if name.starts_with("FAREGATE_") {
                // Read with replacement characters, a binary key would be another key and look long enough.
                let value = value.into_string().map_err(|_| SettingsError::NotText { name: name.clone() })?;
                pairs.push((name, value));
            }
        }
        Self::from_pairs(pairs)
    }

    /// Makes sure that each of `names` is set in the process's environment.
    ///
    /// # Errors
    ///
    /// The first that is not, or is empty.
    #[expect(clippy::disallowed_methods, reason = "this is the one module that may ask the environment")]
    pub fn require(names: &[&'static str]) -> Result<(), SettingsError> {
        let is_set = |name: &&'static str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        match names.iter().find(|name| !is_set(name)) {
            Some(name) => Err(SettingsError::Missing { name }),
            None => Ok(()),
        }
    }

    /// Reads `pairs` of names and values; names that do not start with `FAREGATE_` are passed over.
    ///
    /// # Errors
    ///
    /// The first setting that is unknown or has a bad value.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, SettingsError> {
        let given: BTreeMap<String, String> =
            pairs.into_iter().filter(|(name, _)| name.starts_with("FAREGATE_")).collect();
        if let Some(unknown) = given.keys().find(|name| SETTINGS.iter().all(|setting| setting.name != **name)) {
            return Err(SettingsError::Unknown { name: unknown.clone() });
        }
        let read = Reader(given);
        Ok(Self {
            password_policy: password_policy(&read)?,
            username_case: if read.flag("FAREGATE_USERNAME_CASE_SENSITIVE")? {
                CaseSensitivity::Sensitive
            } else {
                CaseSensitivity::Insensitive
            },
            sessions: session_policy(&read)?,
            admin: classes::admin(&read)?,
            classes: classes::classes(&read)?,
            throttle: throttle::throttle(&read)?,
            tokens: tokens::tokens(&read)?,
            argon2: argon2_parameters(&read)?,
            argon2_engine: read.choice(
                "FAREGATE_ARGON2_ENGINE",
                &[("argon2-rust", Engine::Argon2Rust), ("argon2", Engine::RustCrypto)],
            )?,
            dummy_hash: read.cost("FAREGATE_DUMMY_HASH")?,
            authorizer: authorizer_settings(&read)?,
            sockets: SocketSettings {
                management_endpoint: read.url("FAREGATE_WS_ENDPOINT")?,
                reaper_function: read.optional_text("FAREGATE_WS_REAPER_FUNCTION"),
            },
            metrics_namespace: read.metrics_namespace("FAREGATE_METRICS_NAMESPACE")?,
            browsable_api: read.switch("FAREGATE_BROWSABLE_API")?,
            cors_origins: read.origins("FAREGATE_CORS_ORIGINS")?,
            table: read.table_name("FAREGATE_TABLE")?,
            keys_table: read.table_name("FAREGATE_KEYS_TABLE")?,
        })
    }
}

fn password_policy(read: &Reader) -> Result<PasswordPolicy, SettingsError> {
    let min_length = read.number("FAREGATE_PASSWORD_MIN_LENGTH", 1, 1024)?;
    let django = PasswordPolicy::Django { min_length };
    read.choice("FAREGATE_PASSWORD_POLICY", &[("django", django), ("off", PasswordPolicy::Off)])
}

fn session_policy(read: &Reader) -> Result<SessionPolicy, SettingsError> {
    const TEN_YEARS: i64 = 315_360_000;
    let shares_key = read.secret("FAREGATE_HS256_KEY")?.is_some();
    Ok(SessionPolicy {
        rotate: read.flag("FAREGATE_ROTATE_REFRESH_TOKENS")?,
        grace_seconds: read.number("FAREGATE_REFRESH_GRACE_SECONDS", 0, 3600)?,
        refresh_lifetime_seconds: read.number(
            "FAREGATE_REFRESH_TOKEN_LIFETIME_SECONDS",
            1,
            MAX_REFRESH_LIFETIME_SECONDS,
        )?,
        absolute_lifetime_seconds: read.number("FAREGATE_SESSION_ABSOLUTE_LIFETIME_SECONDS", 1, TEN_YEARS)?,
        sessions_per_user: read.number("FAREGATE_SESSIONS_PER_USER", 1, 1000)?,
        reactivation: if shares_key { Reactivation::RevivesSessions } else { Reactivation::LeavesSessionsEnded },
    })
}

fn authorizer_settings(read: &Reader) -> Result<AuthorizerSettings, SettingsError> {
    Ok(AuthorizerSettings {
        mode: read.choice(
            "FAREGATE_AUTHORIZER_MODE",
            &[("stateless", AuthorizerMode::Stateless), ("session", AuthorizerMode::Session)],
        )?,
        response: read.choice(
            "FAREGATE_AUTHORIZER_RESPONSE",
            &[("simple", AuthorizerResponse::Simple), ("policy", AuthorizerResponse::Policy)],
        )?,
    })
}

fn argon2_parameters(read: &Reader) -> Result<Argon2Parameters, SettingsError> {
    // RFC 9106, 3.1: at least 8 KiB of memory for each lane. The upper bounds keep a typing error from
    // asking for more than the largest Lambda function has (10,240 MB).
    let most = Argon2Parameters::MOST;
    let parallelism = read.number("FAREGATE_ARGON2_PARALLELISM", 1, most.parallelism.into())?;
    Ok(Argon2Parameters {
        memory_kib: read.number("FAREGATE_ARGON2_MEMORY_KIB", i64::from(8 * parallelism), most.memory_kib.into())?,
        iterations: read.number("FAREGATE_ARGON2_ITERATIONS", 1, most.iterations.into())?,
        parallelism,
    })
}

#[cfg(test)]
mod tests;
