//! Compiled functions, started as Lambda starts them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use faregate_tests::Template;
use serde_json::Value;
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, Command};

use crate::runtime_api::{Answer, RuntimeApi, Trouble};

/// A program that Lambda would start.
#[derive(Clone, Debug)]
pub struct Bootstrap {
    /// The program.
    pub path: PathBuf,
    /// All that its environment holds, but where the Runtime API is.
    pub environment: BTreeMap<String, String>,
}

/// What one life of a function was like.
#[derive(Clone, Debug)]
pub struct Life {
    /// From before the process was made until it asked for its first event.
    pub start: Duration,
    /// Peak of resident memory until then, in KiB.
    pub start_peak_kib: u64,
    /// From each event to its answer.
    pub answers: Vec<Duration>,
    /// Peak of resident memory in all, in KiB.
    pub peak_kib: u64,
}

/// The packages of all functions.
#[must_use]
pub fn packages() -> Vec<String> {
    Template::load().functions().into_keys().collect()
}

/// Builds the release programs of `packages`, as a deployment does, and says where they are.
///
/// # Panics
///
/// When one cannot be built.
#[must_use]
pub fn build(packages: &[String]) -> BTreeMap<String, PathBuf> {
    let mut cargo = std::process::Command::new(env!("CARGO"));
    cargo.args(["build", "--release", "--locked", "--bins", "--message-format=json-render-diagnostics"]);
    cargo.args(packages.iter().flat_map(|package| ["--package", package])).current_dir(env!("CARGO_MANIFEST_DIR"));
    let output = cargo.stderr(Stdio::inherit()).output().expect("cargo");
    assert!(output.status.success(), "the functions cannot be built");
    programs(&String::from_utf8_lossy(&output.stdout))
}

/// Where `sam build` puts the program of `package` into `folder`: below a name like the template's for the function.
#[must_use]
pub fn built_by_sam(folder: &Path, package: &str) -> PathBuf {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
    };
    folder.join(package.split('-').map(word).collect::<String>()).join("bootstrap")
}

/// The programs among the artifacts that cargo tells of, by name ("External tools" in the Cargo book).
fn programs(messages: &str) -> BTreeMap<String, PathBuf> {
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let program = |message: Value| {
        let (name, path) = (message.pointer("/target/name")?.as_str()?, message.get("executable")?.as_str()?);
        Some((name.to_owned(), PathBuf::from(path)))
    };
    messages.filter_map(program).collect()
}

/// The environment of the function `package`: what infra/template.yaml gives it, and what Lambda does ("Defined runtime
/// environment variables" in its developer guide). What only AWS knows, such as the stack's name, stands in lower case.
#[must_use]
pub fn environment(template: &Template, package: &str) -> BTreeMap<String, String> {
    let function = template.functions().remove(package).expect("a function of the template");
    let globals = template.part("Globals").get("Function").cloned().unwrap_or_default();
    let variables = |of: &Value| of.pointer("/Environment/Variables").and_then(Value::as_object).cloned();
    let properties = function.get("Properties").cloned().unwrap_or_default();
    let given = [variables(&globals), variables(&properties)].into_iter().flatten().flatten();
    let memory = [&properties, &globals].into_iter().find_map(|of| of.get("MemorySize")).cloned().unwrap_or_default();
    let mut environment: BTreeMap<_, _> = given.map(|(name, value)| (name, filled(&value))).collect();
    environment.extend(of_lambda(package, &filled(&memory)));
    environment
}

/// What Lambda gives to the function `name`.
#[must_use]
pub fn of_lambda(name: &str, memory_mib: &str) -> BTreeMap<String, String> {
    let variables = [
        ("AWS_ACCESS_KEY_ID", "ASIAEXAMPLEEXAMPLE00"),
        ("AWS_DEFAULT_REGION", "eu-central-1"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", memory_mib),
        ("AWS_LAMBDA_FUNCTION_NAME", name),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
        ("AWS_LAMBDA_LOG_LEVEL", "INFO"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "2026/11/27/[$LATEST]0123456789abcdef0123456789abcdef"),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_SECRET_ACCESS_KEY", "example/example/example/example/example0"),
        ("AWS_SESSION_TOKEN", "example"),
        ("LANG", "en_US.UTF-8"),
        ("LAMBDA_RUNTIME_DIR", "/var/runtime"),
        ("LAMBDA_TASK_ROOT", "/var/task"),
        ("PATH", "/usr/local/bin:/usr/bin:/bin:/opt/bin"),
        ("TZ", ":UTC"),
        ("_HANDLER", "bootstrap"),
    ];
    variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

/// A value as text: `${AWS::StackName}-users` is `awsstackname-users`, a reference the name that it is to.
fn filled(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Object(function) => function.values().next().map(filled).unwrap_or_default(),
        Value::Array(parts) => parts.first().map(filled).unwrap_or_default(),
        other => other.to_string(),
    };
    let mut parts = text.split("${");
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}').expect("a name in braces");
        whole.extend(name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()));
        whole.push_str(rest);
    }
    whole
}

impl Bootstrap {
    /// Starts it, hands it `events` one after the other, holds each answer against `is_good`, and ends it.
    ///
    /// # Errors
    ///
    /// When it ends by itself, reports an error or gives an answer that is not good; with what it wrote to its log.
    pub async fn live(&self, events: &[Value], is_good: impl Fn(&Value) -> bool) -> Result<Life, Trouble> {
        let mut api = RuntimeApi::start().await;
        let mut command = Command::new(&self.path);
        command.env_clear().envs(&self.environment).env("AWS_LAMBDA_RUNTIME_API", api.address.to_string());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
        let started = Instant::now();
        let mut process = command.spawn().map_err(|error| Trouble(format!("{}: {error}", self.path.display())))?;
        let id = process.id().expect("a process that was not waited for");
        let lived = tokio::select! {
            lived = lived(&mut api, (id, started), events, is_good) => lived,
            ended = process.wait() => Err(Trouble(format!("it ended by itself: {ended:?}"))),
        };
        match lived {
            Ok(life) => Ok(life),
            Err(Trouble(text)) => Err(Trouble(format!("{text}\n{}", last_words(process).await))),
        }
    }
}

async fn lived(
    api: &mut RuntimeApi,
    (id, started): (u32, Instant),
    events: &[Value],
    is_good: impl Fn(&Value) -> bool,
) -> Result<Life, Trouble> {
    let mut asked = api.asked().await?;
    let mut life = Life { start: asked.at - started, start_peak_kib: peak_kib(id), answers: Vec::new(), peak_kib: 0 };
    for event in events {
        let answer: Answer = api.invoke(asked, event).await?;
        if !is_good(&answer.body) {
            return Err(Trouble(format!("not as expected: {}", answer.body)));
        }
        life.answers.push(answer.at - answer.handed_at);
        asked = api.asked().await?;
    }
    life.peak_kib = peak_kib(id);
    Ok(life)
}

/// What the process wrote to its log, once it is ended.
async fn last_words(mut process: Child) -> String {
    // It may have ended before.
    let _killed = process.kill().await;
    let mut words = String::new();
    if let Some(log) = &mut process.stderr {
        log.read_to_string(&mut words).await.expect("a log in UTF-8");
    }
    words
}

/// The peak of the resident memory of the process `id`, in KiB: proc(5), `VmHWM`.
fn peak_kib(id: u32) -> u64 {
    let path = Path::new("/proc").join(id.to_string()).join("status");
    high_water(&std::fs::read_to_string(path).expect("a process that runs")).expect("VmHWM")
}

fn high_water(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_environment_is_the_deployments_with_names_for_what_only_aws_knows() {
        let environment = environment(&Template::load(), "log-in");
        for (name, value) in [
            ("FAREGATE_TABLE", "awsstackname-users"),
            ("FAREGATE_METRICS_NAMESPACE", "Faregate/awsstackname"),
            ("FAREGATE_WS_REAPER_FUNCTION", "WsReaper"),
            ("FAREGATE_ARGON2_MEMORY_KIB", "19456"),
            ("FAREGATE_ISSUER", ""),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1769"),
        ] {
            assert_eq!(environment.get(name).map(String::as_str), Some(value), "{name}");
        }
        assert!(environment.values().all(|value| !value.contains("${")), "{environment:?}");
        let of_another = super::environment(&Template::load(), "me");
        assert!(of_another["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"].parse::<u32>().is_ok());
        assert!(!of_another.contains_key("FAREGATE_SESSIONS_PER_USER"));
    }

    #[test]
    fn a_value_that_is_a_function_becomes_what_it_names() {
        assert_eq!(filled(&json!({"Ref": "AWS::Region"})), "AWS::Region");
        assert_eq!(filled(&json!("https://${Api}.x.${AWS::Region}/")), "https://api.x.awsregion/");
        assert_eq!(filled(&json!(128)), "128");
    }

    #[test]
    fn programs_are_told_from_libraries() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","target":{"name":"log_in"},"executable":null}"#,
            "\n",
            r#"{"reason":"compiler-artifact","target":{"name":"log-in"},"executable":"/t/release/log-in"}"#,
            "\nno message\n",
            r#"{"reason":"build-finished","success":true}"#,
        );
        assert_eq!(programs(messages), BTreeMap::from([("log-in".to_owned(), "/t/release/log-in".into())]));
    }

    #[test]
    fn the_peak_is_read_in_kib() {
        assert_eq!(high_water("Name:\tx\nVmPeak:\t    9 kB\nVmHWM:\t    1234 kB\n"), Some(1234));
        assert_eq!(high_water("Name:\tx\n"), None);
    }
}
