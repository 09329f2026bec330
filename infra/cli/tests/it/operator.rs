//! An operator at a terminal, with a DynamoDB of their own.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use faregate::store::connect;
use faregate::store::schema::create_missing_tables;
use local::database::{Data, Running, start};
use serde_json::Value;

/// A DynamoDB with empty tables.
pub(crate) struct Operator {
    pub(crate) database: Running,
}

/// What a command said.
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Operator {
    pub(crate) async fn new() -> Self {
        let database = start(&Data::Memory, 0).await.unwrap();
        let client = connect(Some(&database.endpoint_url())).await;
        create_missing_tables(&client, "faregate", "faregate-keys").await.unwrap();
        Self { database }
    }

    /// Runs `faregate users` with `arguments`, the endpoint behind them and `input` as standard input.
    pub(crate) async fn run(&self, arguments: &[&str], input: &str) -> Said {
        self.run_about("users", arguments, input).await
    }

    pub(crate) async fn run_about(&self, topic: &str, arguments: &[&str], input: &str) -> Said {
        let mut command = self.command(topic);
        command.args(arguments);
        let input = input.to_owned();
        tokio::task::spawn_blocking(move || said(command, &input)).await.unwrap()
    }

    /// Runs `faregate keys` with `arguments` and one setting.
    pub(crate) async fn run_with(&self, name: &str, value: &str, arguments: &[&str]) -> Said {
        let mut command = self.command("keys");
        command.args(arguments).env(name, value);
        tokio::task::spawn_blocking(move || said(command, "")).await.unwrap()
    }

    fn command(&self, topic: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_faregate"));
        command.args(["--endpoint-url", &self.database.endpoint_url(), topic]);
        command.env_remove("AWS_REGION").env_remove("AWS_ACCESS_KEY_ID").env("AWS_EC2_METADATA_DISABLED", "true");
        command
    }

    pub(crate) async fn done(&self, arguments: &[&str]) -> String {
        let said = self.run(arguments, "").await;
        assert_eq!(said.code, 0, "{}", said.err);
        said.out
    }

    pub(crate) async fn create(&self, username: &str) {
        let said = self.run(&["create", username, "--password-stdin"], "correct-horse-7\n").await;
        assert_eq!(said.code, 0, "{}", said.err);
    }

    pub(crate) async fn show(&self, username: &str) -> Value {
        serde_json::from_str(&self.done(&["show", username, "--json"]).await).unwrap()
    }
}

/// Runs `command` with `input` as standard input.
pub(crate) fn said(mut command: Command, input: &str) -> Said {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // It may end before it has read everything, or anything.
    let _closed = child.stdin.take().unwrap().write_all(input.as_bytes());
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    Said {
        code: status.code().unwrap(),
        out: String::from_utf8(stdout).unwrap(),
        err: String::from_utf8(stderr).unwrap(),
    }
}
