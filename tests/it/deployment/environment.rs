//! A function is given the settings that its `Deps` use, and the parameters behind them are the settings'.

use std::collections::{BTreeMap, BTreeSet};

use faregate::settings::{SETTINGS, Setting, Settings};
use faregate_tests::Template;
use serde_json::Value;

use super::{packages, source};

/// The settings of attempts at passwords.
const ATTEMPTS: [&str; 5] = [
    "THROTTLE",
    "ACCOUNT_FREE_FAILURES",
    "ACCOUNT_MAX_DELAY_SECONDS",
    "ACCOUNT_FAILURE_LIMIT",
    "ADDRESS_FAILURE_LIMIT",
];

/// The parts that count them.
const COUNTING: [&str; 3] = ["service.attempts()", "service.credentials()", "service.classes()"];

/// The settings behind each part of the service that `Deps::start` takes.
const BEHIND: &[(&str, &[&str])] = &[
    ("service.users()", &["TABLE", "USERNAME_CASE_SENSITIVE"]),
    ("service.sessions()", &["TABLE"]),
    ("service.tickets()", &["TABLE"]),
    ("service.connections()", &["TABLE"]),
    ("service.warm_keyring(", &["KEYS_TABLE", "HS256_KEY"]),
    ("KeyAccess::Sign", &["ACCESS_TOKEN_ALGORITHM", "RSA_KEY_BITS"]),
    ("service.rotation()", &["KEYS_TABLE", "ACCESS_TOKEN_ALGORITHM", "RSA_KEY_BITS"]),
    ("service.signer(", &["ACCESS_TOKEN_LIFETIME_SECONDS", "TOKEN_JITTER", "AUDIENCE", "ISSUER"]),
    ("service.verifier(", &["AUDIENCE", "ISSUER"]),
    ("service.authenticator(", &["AUDIENCE", "ISSUER", "TABLE", "HS256_KEY"]),
    ("service.view_context()", &["BROWSABLE_API", "ISSUER"]),
    ("service.reaper()", &["WS_REAPER_FUNCTION"]),
    ("service.administration()", &["TABLE", "USERNAME_CASE_SENSITIVE"]),
    ("service.listing()", &["TABLE", "USERNAME_CASE_SENSITIVE"]),
    ("service.trail()", &["TABLE"]),
    ("service.admin_authenticator()", &["TABLE", "ADMIN_IDLE_SECONDS", "ADMIN_SESSION_SECONDS"]),
    (
        "service.credentials()",
        &[
            "TABLE",
            "USERNAME_CASE_SENSITIVE",
            "ARGON2_MEMORY_KIB",
            "ARGON2_ITERATIONS",
            "ARGON2_PARALLELISM",
            "ARGON2_ENGINE",
            "DUMMY_HASH",
        ],
    ),
    (
        "service.classes()",
        &[
            "TABLE",
            "USERNAME_CASE_SENSITIVE",
            "ADMIN_SITE",
            "ADMIN_IDLE_SECONDS",
            "ADMIN_SESSION_SECONDS",
            "BASIC_AUTH",
            "REMOTE_USER_CLAIM",
            "REMOTE_USER_ISSUER",
            "ARGON2_MEMORY_KIB",
            "ARGON2_ITERATIONS",
            "ARGON2_PARALLELISM",
            "ARGON2_ENGINE",
            "DUMMY_HASH",
        ],
    ),
    ("service.admin_browsers()", &["TABLE", "THROTTLE"]),
    ("service.attempts()", &["TABLE", "USERNAME_CASE_SENSITIVE"]),
    ("service.sign_up_limit()", &["TABLE", "THROTTLE", "ADDRESS_SIGN_UP_LIMIT"]),
    ("service.refresh_failure_limit()", &["TABLE", "THROTTLE", "ADDRESS_REFRESH_FAILURE_LIMIT"]),
    ("service.settings.admin.is_served", &["ADMIN_SITE"]),
    ("service.socket_endpoint()", &["WS_ENDPOINT"]),
    ("service.settings.browsable_api", &["BROWSABLE_API"]),
    (
        "service.passwords()",
        &["ARGON2_MEMORY_KIB", "ARGON2_ITERATIONS", "ARGON2_PARALLELISM", "ARGON2_ENGINE", "DUMMY_HASH"],
    ),
    ("service.settings.password_policy", &["PASSWORD_POLICY", "PASSWORD_MIN_LENGTH"]),
    ("service.settings.sessions.reactivation", &["HS256_KEY"]),
    (
        "service.settings.sessions,",
        &[
            "ROTATE_REFRESH_TOKENS",
            "REFRESH_GRACE_SECONDS",
            "REFRESH_TOKEN_LIFETIME_SECONDS",
            "SESSION_ABSOLUTE_LIFETIME_SECONDS",
            "SESSIONS_PER_USER",
            "HS256_KEY",
        ],
    ),
    ("service.settings.tokens.issuer", &["ISSUER"]),
    ("tokens.key_period_seconds", &["KEY_ROTATION_DAYS"]),
    ("tokens.hs256_key", &["HS256_KEY"]),
    ("service.settings.tokens.accept_simplejwt_refresh", &["ACCEPT_SIMPLEJWT_REFRESH"]),
    ("service.settings.authorizer.mode", &["AUTHORIZER_MODE"]),
    ("service.settings.authorizer.response", &["AUTHORIZER_RESPONSE"]),
    // What every function has, or what no setting is behind.
    ("service.clock", &[]),
    ("service.http_client()", &[]),
    ("service.randomness", &[]),
    ("service.settings.tokens;", &[]),
];
/// Behind the edge of the functions that pages elsewhere may call; the admin site is for its own pages alone.
const FOR_PAGES_ELSEWHERE: &str = "FAREGATE_CORS_ORIGINS";
/// Given to all; the last two are read by the TLS library, which trusts what it finds in either.
const FOR_ALL: [&str; 3] = ["FAREGATE_METRICS_NAMESPACE", "SSL_CERT_FILE", "SSL_CERT_DIR"];
/// Filled in by the template itself.
const WITHOUT_PARAMETER: [&str; 5] = [
    "FAREGATE_TABLE",
    "FAREGATE_KEYS_TABLE",
    "FAREGATE_WS_ENDPOINT",
    "FAREGATE_WS_REAPER_FUNCTION",
    "FAREGATE_METRICS_NAMESPACE",
];

/// The settings that the `Deps` of `package` and its edge use.
fn used(package: &str) -> BTreeSet<String> {
    let text = if package == "not-found" { String::new() } else { source(package, "lib.rs") };
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let code = lines.collect::<Vec<_>>().join("\n");
    for taken in code.split("service.").skip(1) {
        let known = BEHIND.iter().filter_map(|(part, _)| part.strip_prefix("service."));
        let is_known = known.into_iter().any(|part| taken.starts_with(part));
        assert!(is_known, "{package} takes service.{}: which settings are behind it?", taken.lines().next().unwrap());
    }
    let parts = BEHIND.iter().filter(|(part, _)| code.contains(part));
    let counts_attempts = COUNTING.iter().any(|part| code.contains(part));
    let attempts = ATTEMPTS.iter().filter(|_| counts_attempts);
    let names = parts.flat_map(|(_, names)| *names).chain(attempts);
    let behind_deps = names.map(|name| format!("FAREGATE_{name}"));
    let main = source(package, "main.rs");
    let answers_http = main.contains("serve_requests(") || main.contains("serve_routes(");
    let behind_edge = (answers_http && package != "admin").then(|| FOR_PAGES_ELSEWHERE.to_owned());
    behind_deps.chain(behind_edge).collect()
}

/// What the template gives to `package`, beside what it gives to all.
fn given(template: &Template, package: &str) -> BTreeMap<String, Value> {
    let mut functions = template.functions();
    let function = functions.remove(package).unwrap();
    let variables = function["Properties"]["Environment"]["Variables"].as_object().cloned().unwrap_or_default();
    variables.into_iter().collect()
}

#[test]
fn a_function_is_given_the_settings_that_it_uses_and_no_others() {
    let template = Template::load();
    let all = template.part("Globals")["Function"]["Environment"]["Variables"].as_object().unwrap();
    assert_eq!(all.keys().collect::<Vec<_>>(), FOR_ALL);
    for package in packages() {
        let names: BTreeSet<String> = given(&template, &package).into_keys().collect();
        assert_eq!(names, used(&package), "{package}");
    }
}

#[test]
fn a_function_does_not_start_without_what_has_no_default_on_lambda() {
    let without_default = ["FAREGATE_TABLE", "FAREGATE_KEYS_TABLE", "FAREGATE_WS_ENDPOINT"];
    for package in packages() {
        let main = source(&package, "main.rs");
        let wanted: Vec<_> = without_default.into_iter().filter(|name| used(&package).contains(*name)).collect();
        let required: Vec<_> =
            without_default.into_iter().filter(|name| main.contains(&format!("\"{name}\""))).collect();
        assert_eq!(required, wanted, "{package}");
    }
}

#[test]
fn the_variables_have_the_names_of_their_parameters() {
    let template = Template::load().with("TokenIssuer", "https://auth.example.com").with("Hs256Key", &"k".repeat(32));
    let parameters = template.part("Parameters").as_object().unwrap();
    for package in packages() {
        for (name, value) in given(&template, &package) {
            if WITHOUT_PARAMETER.contains(&name.as_str()) {
                continue;
            }
            let wanted = match name.as_str() {
                "FAREGATE_ISSUER" => "https://auth.example.com".into(),
                "FAREGATE_HS256_KEY" => "k".repeat(32).into(),
                _ => parameters[&parameter_of(&name)]["Default"].clone(),
            };
            let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            assert_eq!(text(&value), text(&wanted), "{package}: {name}");
        }
    }
}

/// `FAREGATE_RSA_KEY_BITS` is set by the parameter `RsaKeyBits`.
fn parameter_of(name: &str) -> String {
    if name == "FAREGATE_ISSUER" {
        // `Issuer` is the function.
        return "TokenIssuer".to_owned();
    }
    let words = name.strip_prefix("FAREGATE_").unwrap().split('_');
    words.flat_map(|word| [word[..1].to_owned(), word[1..].to_lowercase()]).collect()
}

/// The lowest and the highest number in "a number from 1 to 100".
fn range(allowed: &str) -> Option<(i64, i64)> {
    let (least, most) = allowed.strip_prefix("a number from ")?.split_once(" to ")?;
    Some((least.split(' ').next()?.parse().ok()?, most.parse().ok()?))
}

/// The words in a list like "RS256 or ES256".
fn choices(setting: &Setting) -> Option<BTreeSet<String>> {
    let (all, last) = setting.allowed.split_once(" or ")?;
    Some(all.split(", ").chain([last]).map(str::to_owned).collect())
}

#[test]
fn each_setting_with_an_effect_is_a_parameter_with_its_default_and_its_limits() {
    let template = Template::load();
    let parameters = template.part("Parameters").as_object().unwrap();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    for setting in SETTINGS.iter().filter(|setting| !WITHOUT_PARAMETER.contains(&setting.name)) {
        let parameter = &parameters[&parameter_of(setting.name)];
        assert_eq!(text(&parameter["Default"]), setting.default, "{}", setting.name);
        assert_eq!(parameter["NoEcho"].as_bool().unwrap_or_default(), setting.secret, "{}", setting.name);
        if let Some((least, most)) = range(setting.allowed) {
            let (lowest, highest) = (parameter["MinValue"].as_i64().unwrap(), parameter["MaxValue"].as_i64().unwrap());
            assert!(least <= lowest && lowest <= highest && highest <= most, "{}: {lowest} to {highest}", setting.name);
        } else if let Some(choices) = choices(setting) {
            let allowed = parameter["AllowedValues"].as_array().unwrap();
            assert_eq!(allowed.iter().map(text).collect::<BTreeSet<_>>(), choices, "{}", setting.name);
        }
    }
}

#[test]
fn every_parameter_says_what_it_is_and_names_itself_when_it_is_wrong() {
    let template = Template::load();
    for (name, parameter) in template.part("Parameters").as_object().unwrap() {
        assert!(parameter["Description"].is_string(), "{name}");
        let limits = ["AllowedValues", "AllowedPattern", "MinValue", "MaxValue", "MinLength"];
        if limits.iter().any(|limit| !parameter[limit].is_null()) {
            assert!(parameter["ConstraintDescription"].as_str().is_some_and(|text| text.contains(name)), "{name}");
        }
    }
}

/// What two factors are together (memory times passes) a pattern cannot say; each alone it can.
#[test]
fn the_cost_of_a_dummy_hash_is_held_to_its_bounds_before_it_is_deployed() {
    let template = Template::load();
    let pattern = template.part("Parameters")["DummyHash"]["AllowedPattern"].as_str().unwrap();
    let pattern = regex_lite::Regex::new(&format!("^(?:{pattern})$")).unwrap();
    for cost in [
        "argon2id",
        "argon2id:m=262144,t=1,p=16",
        "argon2id:m=262145,t=1,p=1",
        "argon2id:m=300000,t=1,p=1",
        "argon2id:m=199999,t=1,p=1",
        "argon2d:m=8,t=1,p=1",
        "argon2d:m=7,t=1,p=1",
        "argon2i:m=1024,t=1,p=17",
        "argon2i:m=1024,t=0,p=1",
        "argon2x:m=1024,t=1,p=1",
        "pbkdf2-sha256:i=4000000",
        "pbkdf2-sha512:i=4000001",
        "pbkdf2-sha1:i=0",
        "pbkdf2-md5:i=1",
        "bcrypt:4",
        "bcrypt:3",
        "bcrypt-sha256:15",
        "bcrypt-sha256:16",
        "bcrypt:012",
        "scrypt:ln=1,r=1,p=1",
        "scrypt:ln=0,r=8,p=1",
        "scrypt:ln=21,r=1,p=1",
        "scrypt:ln=22,r=1,p=1",
        "scrypt:ln=1,r=100000,p=1",
        "fbscrypt:ln=14,r=8,p=1",
        "fbscrypt:14",
        "md5:1",
        "",
    ] {
        let settings = Settings::from_pairs(vec![("FAREGATE_DUMMY_HASH".to_owned(), cost.to_owned())]);
        // Nothing is the default there, and is no parameter.
        let is_taken = settings.is_ok() && !cost.is_empty();
        assert_eq!(pattern.is_match(cost), is_taken, "{cost}");
    }
}
