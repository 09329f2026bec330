//! The whole service as a process that is killed, or frozen as Lambda freezes one, while a call to DynamoDB is under way.

#![expect(clippy::unwrap_used, reason = "a test: a panic is a failure")]
#![expect(clippy::indexing_slicing, reason = "a test: what JSON lacks is null")]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use faregate_tests::{Fault, FaultProxy, PASSWORD, Plan, TestApp, broken_references, orphaned_sessions};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const NEW_PASSWORD: &str = "another-Oak-77";

/// A running service; killed with the test.
struct Process {
    child: Child,
    port: u16,
}

impl Process {
    /// Starts it with the DynamoDB at `endpoint`.
    fn start(endpoint: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_local"))
            .args(["--port", "0"])
            .env("AWS_ENDPOINT_URL_DYNAMODB", endpoint)
            .envs([("FAREGATE_ARGON2_MEMORY_KIB", "64"), ("FAREGATE_ARGON2_ITERATIONS", "1")])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (mut greeting, mut output) = (String::new(), BufReader::new(child.stdout.take().unwrap()));
        while !greeting.contains("/api/me/") {
            assert_ne!(output.read_line(&mut greeting).unwrap(), 0, "the service did not start");
        }
        let port = greeting.split("http://localhost:").nth(1).unwrap().split([',', '/']).next().unwrap();
        Self { port: port.parse().unwrap(), child }
    }

    fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }

    /// Ends it without a chance to finish anything.
    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The answer to `request`; an error when the process dies before it has answered.
    async fn ask(&self, request: &Request) -> std::io::Result<(u16, Value)> {
        let Request { path, access, body } = request;
        let body = body.to_string();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n",
            body.len()
        );
        let authorization = access.as_ref().map(|access| format!("Authorization: Bearer {access}\r\n"));
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await?;
        stream.write_all(format!("{head}{}\r\n{body}", authorization.unwrap_or_default()).as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        let (head, body) = answer.split_once("\r\n\r\n").ok_or(std::io::ErrorKind::UnexpectedEof)?;
        Ok((head.split(' ').nth(1).unwrap().parse().unwrap(), serde_json::from_str(body).unwrap_or_default()))
    }

    /// The answer to `request`, which has this `status`.
    async fn answers(&self, request: &Request, status: u16) -> Value {
        let (answered, body) = self.ask(request).await.unwrap();
        assert_eq!(answered, status, "{}: {body}", request.path);
        body
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Fails only when it has ended, which is what is wanted.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// A request that can be sent again.
#[derive(Clone)]
struct Request {
    path: &'static str,
    access: Option<String>,
    body: Value,
}

fn post(path: &'static str, body: Value) -> Request {
    Request { path, access: None, body }
}

fn sign_up(name: &str) -> Request {
    post("/api/sign_up/", json!({"username": name, "password1": PASSWORD, "password2": PASSWORD}))
}

fn log_in(name: &str, password: &str) -> Request {
    post("/api/log_in/", json!({"username": name, "password": password}))
}

/// The tokens of a new user.
async fn new_user(process: &Process, name: &str) -> (String, String) {
    process.answers(&sign_up(name), 201).await;
    let tokens = process.answers(&log_in(name, PASSWORD), 200).await;
    let token = |kind: &str| tokens[kind].as_str().unwrap().to_owned();
    (token("access"), token("refresh"))
}

/// What is asked for when the process is killed.
#[derive(Clone, Copy, Debug)]
enum Deed {
    SignUp,
    LogIn,
    Refresh,
    LogOut,
    PasswordChange,
    AccountDelete,
}

impl Deed {
    /// The calls that it makes, in order: each operation, and the how manieth of its kind it is.
    const fn calls(self) -> &'static [(&'static str, usize)] {
        match self {
            Self::SignUp => &[("UpdateItem", 0), ("TransactWriteItems", 0)],
            Self::LogIn => &[("UpdateItem", 0), ("BatchGetItem", 0), ("Query", 0), ("PutItem", 0)],
            Self::Refresh => &[("UpdateItem", 0), ("GetItem", 0)],
            Self::LogOut => &[("UpdateItem", 0)],
            Self::PasswordChange => &[("BatchGetItem", 0), ("UpdateItem", 0), ("TransactWriteItems", 0)],
            Self::AccountDelete => &[
                ("BatchGetItem", 0),
                ("UpdateItem", 0),
                ("DeleteItem", 0),
                ("DeleteItem", 1),
                ("Query", 1),
                ("TransactWriteItems", 0),
            ],
        }
    }

    async fn request(self, process: &Process, name: &str) -> Request {
        if matches!(self, Self::SignUp) {
            return sign_up(name);
        }
        let (access, refresh) = new_user(process, name).await;
        let of_user = |path, body| Request { access: Some(access), ..post(path, body) };
        match self {
            Self::SignUp | Self::LogIn => log_in(name, PASSWORD),
            Self::Refresh => post("/api/token/refresh/", json!({"refresh": refresh})),
            Self::LogOut => post("/api/log_out/", json!({"refresh": refresh})),
            Self::PasswordChange => {
                let new =
                    json!({"old_password": PASSWORD, "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD});
                of_user("/api/password/change/", new)
            }
            Self::AccountDelete => {
                for _ in 0..2 {
                    process.answers(&log_in(name, PASSWORD), 200).await;
                }
                of_user("/api/account/delete/", json!({"password": PASSWORD}))
            }
        }
    }

    /// What the same request answers after the restart; the second where it was done already.
    const fn statuses(self) -> [u16; 2] {
        match self {
            Self::SignUp => [201, 400],
            Self::LogIn | Self::Refresh | Self::PasswordChange => [200, 200],
            Self::LogOut | Self::AccountDelete => [200, 401],
        }
    }

    /// Whether it is done.
    async fn is_done(self, process: &Process, name: &str, request: &Request) {
        match self {
            Self::SignUp | Self::LogIn => drop(process.answers(&log_in(name, PASSWORD), 200).await),
            Self::Refresh => drop(process.answers(request, 200).await),
            Self::LogOut => drop(process.answers(&post("/api/token/refresh/", request.body.clone()), 401).await),
            Self::PasswordChange => {
                process.answers(&log_in(name, PASSWORD), 401).await;
                process.answers(&log_in(name, NEW_PASSWORD), 200).await;
            }
            Self::AccountDelete => {
                process.answers(&log_in(name, PASSWORD), 401).await;
                process.answers(&sign_up(name), 201).await;
            }
        }
    }
}

/// A DynamoDB and the way to it.
struct Tables {
    database: TestApp,
    proxy: FaultProxy,
}

impl Tables {
    async fn start() -> Self {
        let database = TestApp::start().await;
        let proxy = FaultProxy::before(&database.endpoint_url()).await;
        Self { database, proxy }
    }

    fn process(&self) -> Process {
        Process::start(self.proxy.endpoint())
    }

    async fn are_consistent(&self) {
        let items = self.database.items().await;
        assert_eq!(broken_references(&items), [""; 0]);
        assert_eq!(orphaned_sessions(&items), [""; 0]);
    }
}

async fn killed_at_each_call(deeds: &[Deed]) {
    let tables = Tables::start().await;
    let mut process = tables.process();
    for (number, deed) in deeds.iter().enumerate() {
        for (at, (operation, nth)) in deed.calls().iter().enumerate() {
            for held in [Fault::HeldBefore, Fault::HeldAfter] {
                let name = format!("ann-{number}-{at}-{held:?}");
                let request = deed.request(&process, &name).await;
                tables.proxy.plan(Plan::once(*nth, held).among(&[operation]));
                let answered = {
                    let mut asking = std::pin::pin!(process.ask(&request));
                    tokio::select! {
                        answered = &mut asking => panic!("{deed:?} made no call {operation} {nth}: {answered:?}"),
                        () = tables.proxy.until_held() => process.signal("-KILL"),
                    }
                    asking.await
                };
                // Schedules send queries too: then it may be one of theirs that is held.
                assert!(answered.is_err() || *operation == "Query", "{deed:?} {operation} {nth} {held:?}");
                process.kill();
                tables.proxy.release();
                tables.proxy.plan(Plan::none());
                tables.proxy.until_idle().await;
                tables.are_consistent().await;
                process = tables.process();
                let (status, body) = process.ask(&request).await.unwrap();
                assert!(deed.statuses().contains(&status), "{deed:?} {operation} {nth} {held:?}: {status} {body}");
                deed.is_done(&process, &name, &request).await;
                tables.are_consistent().await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_call_it_leaves_all_or_nothing_and_the_same_request_ends_well() {
    let (one, other) =
        (&[Deed::SignUp, Deed::LogIn, Deed::Refresh, Deed::LogOut], &[Deed::PasswordChange, Deed::AccountDelete]);
    tokio::join!(killed_at_each_call(one), killed_at_each_call(other));
}

#[tokio::test(flavor = "multi_thread")]
async fn frozen_between_two_requests_it_finds_its_connections_closed_and_answers() {
    let tables = Tables::start().await;
    let process = tables.process();
    let (access, mut refresh) = new_user(&process, "ann").await;
    for _ in 0..5 {
        process.signal("-STOP");
        tables.proxy.cut();
        process.signal("-CONT");
        let list = Request { access: Some(access.clone()), ..post("/api/log_out/others/", json!({})) };
        process.answers(&list, 200).await;
        process.signal("-STOP");
        tables.proxy.cut();
        process.signal("-CONT");
        let refreshed = process.answers(&post("/api/token/refresh/", json!({"refresh": refresh})), 200).await;
        refresh = refreshed["refresh"].as_str().unwrap().to_owned();
    }
}

/// Freezes a process in the middle of a refresh for so long, while its connection is closed.
async fn frozen_in_a_refresh(held: Fault, length: Duration) {
    let tables = Tables::start().await;
    let process = tables.process();
    let (_, refresh) = new_user(&process, "ann").await;
    let request = post("/api/token/refresh/", json!({"refresh": refresh}));
    tables.proxy.plan(Plan::once(0, held).among(&["UpdateItem"]));
    let (answered, ()) = tokio::join!(process.ask(&request), async {
        tables.proxy.until_held().await;
        process.signal("-STOP");
        tables.proxy.cut();
        // Not waited for: the length of the freeze is what is tried.
        tokio::time::sleep(length).await;
        process.signal("-CONT");
    });
    let (status, body) = answered.unwrap();
    assert!([200, 503].contains(&status), "{held:?} {length:?}: {status} {body}");
    let again = process.answers(&request, 200).await;
    if status == 200 {
        assert_eq!(again["refresh"], body["refresh"], "the same answer");
    }
    process.answers(&post("/api/token/refresh/", json!({"refresh": again["refresh"]})), 200).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn frozen_while_a_call_is_under_way_it_answers_and_a_new_try_ends_well() {
    // Within the time of an attempt, beyond it, beyond that of the call, and beyond that of the request.
    let lengths = [100, 2_500, 6_500, 8_500].map(Duration::from_millis);
    let freezes =
        lengths.into_iter().flat_map(|length| [Fault::HeldBefore, Fault::HeldAfter].map(|held| (held, length)));
    futures_util::future::join_all(freezes.map(|(held, length)| frozen_in_a_refresh(held, length))).await;
}
