//! An operator at a terminal, with a DynamoDB of their own.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use faregate::store::connect;
use faregate::store::schema::create_missing_tables;
use faregate_tests::dynamodb_json;
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

/// All that a table has, in an order that two equal ones share.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Table(BTreeMap<String, Value>);

impl Table {
    /// All but the trail, whose entries are of the run that made them.
    pub(crate) fn without_trail(mut self) -> Self {
        self.0.retain(|key, _| !key.starts_with("AUDIT#"));
        self
    }

    /// How many users there are.
    pub(crate) fn users(&self) -> usize {
        self.0.keys().filter(|key| key.ends_with(" PROFILE")).count()
    }
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

    /// The items of the table of users, as DynamoDB writes them.
    pub(crate) async fn items(&self) -> Vec<Value> {
        let client = connect(Some(&self.database.endpoint_url())).await;
        let pages = client.scan().table_name("faregate").consistent_read(true).into_paginator().items().send();
        let items = pages.collect::<Result<Vec<_>, _>>().await.unwrap();
        items.iter().map(dynamodb_json).collect()
    }

    /// The table of users.
    pub(crate) async fn table(&self) -> Table {
        let key = |item: &Value| format!("{} {}", item["pk"]["S"].as_str().unwrap(), item["sk"]["S"].as_str().unwrap());
        Table(self.items().await.into_iter().map(|item| (key(&item), item)).collect())
    }

    /// All users, as `faregate export` has them, by name.
    pub(crate) async fn exported(&self) -> Vec<Value> {
        let said = self.run_about("export", &[], "").await;
        assert_eq!(said.code, 0, "{}", said.err);
        let mut users: Vec<Value> = said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        users.sort_by_key(|user| user["username"].as_str().unwrap().to_owned());
        users
    }

    pub(crate) async fn show(&self, username: &str) -> Value {
        serde_json::from_str(&self.done(&["show", username, "--json"]).await).unwrap()
    }
}

/// `values`, each on a line of its own.
pub(crate) fn lines_of(values: impl IntoIterator<Item = Value>) -> String {
    values.into_iter().fold(String::new(), |mut lines, value| {
        writeln!(lines, "{value}").unwrap();
        lines
    })
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
