//! The one table of settings, from which the README's is made.

/// One setting, as the README shows it.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The environment variable.
    pub name: &'static str,
    /// The value when unset; empty for none.
    pub default: &'static str,
    /// What it may be, as a message says it.
    pub allowed: &'static str,
    /// What it does.
    pub meaning: &'static str,
    /// Whether its value must never be shown.
    pub secret: bool,
}

/// Every setting, in the README's order.
pub const SETTINGS: &[Setting] = &[
    setting("FAREGATE_PASSWORD_POLICY", "django", "django or off", "the four Django validators, or none"),
    setting("FAREGATE_PASSWORD_MIN_LENGTH", "8", "a number from 1 to 1024", "characters, with policy django"),
    setting(
        "FAREGATE_USERNAME_CASE_SENSITIVE",
        "false",
        "true or false",
        "whether Ann and ann are two users; recorded at the first start",
    ),
    setting(
        "FAREGATE_ROTATE_REFRESH_TOKENS",
        "true",
        "true or false",
        "each refresh gives a new refresh token and spends the old one",
    ),
    setting(
        "FAREGATE_REFRESH_GRACE_SECONDS",
        "30",
        "a number from 0 to 3600",
        "how long a just-spent refresh token without rotation ids is taken for a lost answer",
    ),
    setting(
        "FAREGATE_ACCESS_TOKEN_LIFETIME_SECONDS",
        "3600",
        "a number from 1 to 86400",
        "how long an access token lives",
    ),
    setting(
        "FAREGATE_REFRESH_TOKEN_LIFETIME_SECONDS",
        "86400",
        "a number from 1 to 31536000",
        "how long a refresh token lives; with rotation each new one anew",
    ),
    setting(
        "FAREGATE_TOKEN_JITTER",
        "on",
        "on or off",
        "access tokens live 0-5 % shorter, so that phones do not refresh in step",
    ),
    secret(
        "FAREGATE_HS256_KEY",
        "",
        "at least 32 bytes",
        "one HS256 key for all tokens, shared with a Django beside us; such access tokens outlive log-out elsewhere",
    ),
    setting(
        "FAREGATE_ACCESS_TOKEN_ALGORITHM",
        "RS256",
        "RS256, ES256 or EdDSA",
        "what the next access key is: the first, or the one that the next rotation makes",
    ),
    setting("FAREGATE_RSA_KEY_BITS", "2048", "2048 or 3072", "how long the next RS256 key is"),
    setting(
        "FAREGATE_KEY_ROTATION_DAYS",
        "90",
        "a number from 1 to 3650",
        "how long a key signs before `rotate-keys` makes the next one",
    ),
    setting(
        "FAREGATE_ISSUER",
        "",
        "an https URL without query, fragment and last slash",
        "the claim iss; unset, the request's domain (locally http://localhost:PORT)",
    ),
    setting("FAREGATE_AUDIENCE", "faregate", "a name", "the claim aud of access tokens"),
    setting(
        "FAREGATE_SESSION_ABSOLUTE_LIFETIME_SECONDS",
        "2592000",
        "a number from 1 to 315360000",
        "when a session ends whatever happens",
    ),
    setting("FAREGATE_SESSIONS_PER_USER", "20", "a number from 1 to 1000", "the least recently used session gives way"),
    setting("FAREGATE_ADMIN_SITE", "on", "on or off", "whether there is an admin site at /admin/"),
    setting(
        "FAREGATE_ADMIN_IDLE_SECONDS",
        "1800",
        "a number from 60 to 86400",
        "how long a session on the admin site lives without a request",
    ),
    setting(
        "FAREGATE_ADMIN_SESSION_SECONDS",
        "28800",
        "a number from 60 to 604800",
        "when a session on the admin site ends whatever happens",
    ),
    setting(
        "FAREGATE_AUTHORIZER_MODE",
        "stateless",
        "stateless or session",
        "whether `authorizer` goes by the token alone or also reads user and session",
    ),
    setting(
        "FAREGATE_AUTHORIZER_RESPONSE",
        "simple",
        "simple or policy",
        "what `authorizer` answers to payload 2.0; to other events always a policy",
    ),
    setting(
        "FAREGATE_WS_ENDPOINT",
        "",
        "an https URL without query, fragment and last slash",
        "the WebSocket API's management endpoint, for `ws-connect` and `ws-reaper`; `cargo run` sets it",
    ),
    setting(
        "FAREGATE_WS_REAPER_FUNCTION",
        "",
        "a Lambda function's name",
        "the function to tell when a session ends; unset, its sockets close within a minute",
    ),
    setting(
        "FAREGATE_METRICS_NAMESPACE",
        "",
        "1 to 255 of A-Z, a-z, 0-9 and . - _ / # :",
        "the CloudWatch namespace of embedded metrics on standard output; unset, there are none",
    ),
    setting("FAREGATE_BROWSABLE_API", "off", "on or off", "pages with forms for browsers; cargo run switches it on"),
    setting("FAREGATE_BASIC_AUTH", "off", "on or off", "HTTP Basic on `/api/me/`, for scripts"),
    setting(
        "FAREGATE_REMOTE_USER_ISSUER",
        "",
        "an https URL without query, fragment and last slash",
        "another issuer, whose tokens API Gateway's JWT authorizer verifies, for `/api/me/`",
    ),
    setting(
        "FAREGATE_REMOTE_USER_CLAIM",
        "",
        "1 to 128 of A-Z, a-z, 0-9 and . _ - : /",
        "the claim of such a token whose value is a username",
    ),
    setting(
        "FAREGATE_CORS_ORIGINS",
        "",
        "exact origins, comma-separated",
        "browsers elsewhere (CORS): the origins whose pages may call the API and read its answers",
    ),
    setting(
        "FAREGATE_DUMMY_HASH",
        "argon2id",
        "argon2id, else the cost of a hash, such as pbkdf2-sha256:i=1000000",
        "what an unknown username costs: a hash of ours, or what most imported users have",
    ),
    setting(
        "FAREGATE_ACCEPT_SIMPLEJWT_REFRESH",
        "off",
        "on or off",
        "exchange each refresh token of the Django that users were imported from once; needs FAREGATE_HS256_KEY",
    ),
    setting("FAREGATE_THROTTLE", "on", "on or off", "slow down guessing: whether attempts are counted at all"),
    setting(
        "FAREGATE_ACCOUNT_FREE_FAILURES",
        "5",
        "a number from 1 to 100",
        "failed attempts at a password before the next ones have to wait, for longer and longer",
    ),
    setting(
        "FAREGATE_ACCOUNT_MAX_DELAY_SECONDS",
        "30",
        "a number from 1 to 59",
        "the longest that an attempt at a password has to wait for",
    ),
    setting(
        "FAREGATE_ACCOUNT_FAILURE_LIMIT",
        "100",
        "a number from 0 to 1000000",
        "failed log-ins in a row and a day (UTC) before an account closes to unknown devices; 0 for never",
    ),
    setting(
        "FAREGATE_ADDRESS_FAILURE_LIMIT",
        "100",
        "a number from 0 to 1000000",
        "failed log-ins an hour from one address (IPv4, or an IPv6 /64); 0 for no limit",
    ),
    setting(
        "FAREGATE_ADDRESS_SIGN_UP_LIMIT",
        "100",
        "a number from 0 to 1000000",
        "sign-ups an hour from one address, refused ones too; 0 for no limit",
    ),
    setting(
        "FAREGATE_ADDRESS_REFRESH_FAILURE_LIMIT",
        "300",
        "a number from 0 to 1000000",
        "refresh tokens an hour from one address that are none of ours; 0 for no limit",
    ),
    setting(
        "FAREGATE_ARGON2_MEMORY_KIB",
        "19456",
        "a number from 8 for each lane to 4194304",
        "Argon2id memory (OWASP: 19 MiB)",
    ),
    setting("FAREGATE_ARGON2_ITERATIONS", "2", "a number from 1 to 100", "Argon2id passes"),
    setting("FAREGATE_ARGON2_PARALLELISM", "1", "a number from 1 to 16", "Argon2id lanes"),
    setting(
        "FAREGATE_ARGON2_ENGINE",
        "argon2-rust",
        "argon2-rust or argon2",
        "which implementation hashes; both give equal strings",
    ),
    setting(
        "FAREGATE_TABLE",
        "faregate",
        "a DynamoDB table name",
        "users and sessions; a Lambda function must be given it",
    ),
    setting(
        "FAREGATE_KEYS_TABLE",
        "faregate-keys",
        "a DynamoDB table name",
        "the key ring; a Lambda function must be given it",
    ),
];

const fn setting(name: &'static str, default: &'static str, allowed: &'static str, meaning: &'static str) -> Setting {
    Setting { name, default, allowed, meaning, secret: false }
}

const fn secret(name: &'static str, default: &'static str, allowed: &'static str, meaning: &'static str) -> Setting {
    Setting { secret: true, ..setting(name, default, allowed, meaning) }
}

/// The setting called `name`.
pub(super) fn named(name: &'static str) -> Setting {
    let nothing = setting(name, "", "", "");
    SETTINGS.iter().find(|setting| setting.name == name).copied().unwrap_or(nothing)
}

/// The default of the setting called `name`.
pub(super) fn default_of(name: &'static str) -> &'static str {
    named(name).default
}
