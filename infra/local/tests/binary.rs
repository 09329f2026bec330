//! `cargo run` as a developer meets it: the program itself, its lines, its exit codes.

#![expect(clippy::unwrap_used, reason = "a test: a panic is a failure")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A running service; ended with the test.
struct Service {
    child: Child,
    port: u16,
    greeting: String,
}

impl Service {
    fn start(arguments: &[&str]) -> Self {
        let mut child = command(&[&["--port", "0", "--dynamodb-port", "0"], arguments].concat()).spawn().unwrap();
        let mut greeting = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        while !greeting.contains("/api/me/") {
            assert_ne!(output.read_line(&mut greeting).unwrap(), 0, "the service did not start");
        }
        let port = greeting.split("http://localhost:").nth(1).unwrap().split([',', '/']).next().unwrap();
        Self { port: port.parse().unwrap(), child, greeting }
    }

    /// Sends `bytes` and reads until the service closes the connection.
    fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.write_all(bytes).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let body = body.to_string();
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let answer = self.raw(request.as_bytes());
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap())
    }

    /// Asks it to stop and waits until it has.
    fn stop(mut self, signal: &str) -> i32 {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        self.child.wait().unwrap().code().unwrap()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Fails only when it has ended, which is what is wanted.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// What a start that fails says: one line, and exit code 2.
fn refused(arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let mut command = command(arguments);
    command.envs(variables.iter().copied());
    let Output { status, stderr, stdout } = command.output().unwrap();
    let said = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(2), "{said}");
    assert_eq!(said.trim_end().lines().count(), 1, "{said}");
    assert!(stdout.is_empty());
    said
}

fn sign_up(username: &str) -> Value {
    json!({"username": username, "password1": "correct-horse-7", "password2": "correct-horse-7"})
}

fn log_in(username: &str) -> Value {
    json!({"username": username, "password": "correct-horse-7"})
}

#[test]
fn what_was_written_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("new/folder/data.db");
    let data = data.to_str().unwrap();
    let service = Service::start(&["--data", data]);
    assert_eq!(service.post("/api/sign_up/", &sign_up("ann")).0, 201);
    assert_eq!(service.stop("-TERM"), 0);
    let mode = std::fs::metadata(folder.path().join("new/folder")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700, "keys and hashes are for their owner alone");

    let service = Service::start(&["--data", data]);
    let (status, tokens) = service.post("/api/log_in/", &log_in("ann"));
    assert_eq!(status, 200);
    assert_eq!(service.stop("-INT"), 0);

    let service = Service::start(&["--data", data]);
    let refresh = json!({"refresh": tokens["refresh"]});
    assert_eq!(service.post("/api/token/refresh/", &refresh).0, 200, "keys and sessions are kept too");
}

#[test]
fn memory_is_gone_with_the_process() {
    let service = Service::start(&["--memory"]);
    assert_eq!(service.post("/api/sign_up/", &sign_up("ann")).0, 201);
    assert_eq!(service.stop("-TERM"), 0);
    assert_eq!(Service::start(&["--memory"]).post("/api/log_in/", &log_in("ann")).0, 401);
}

#[test]
fn a_greeting_that_nobody_reads_at_a_terminal_has_no_colours() {
    let service = Service::start(&["--memory"]);
    assert!(!service.greeting.contains('\u{1b}'));
    assert_eq!(service.greeting.lines().filter(|line| line.trim_start().starts_with("curl ")).count(), 3);
}

#[test]
fn a_request_framed_in_two_ways_gets_one_answer_and_the_connection_closes() {
    let service = Service::start(&["--memory"]);
    let body = log_in("nobody").to_string();
    let hidden = "GET /api/me/ HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for headers in
        ["Content-Length: 5\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 5"]
    {
        let request = format!(
            "POST /api/log_in/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{headers}\r\n\r\n\
             {:x}\r\n{body}\r\n0\r\n\r\n{hidden}",
            body.len()
        );
        let answer = service.raw(request.as_bytes());
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
    }
}

#[test]
fn a_body_over_the_gateways_limit_is_413() {
    let service = Service::start(&["--memory"]);
    let request = "POST /api/log_in/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10485761\r\n\r\n";
    assert!(service.raw(request.as_bytes()).starts_with("HTTP/1.1 413 "));
}

#[test]
fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let said = refused(&["--memory", "--port", &port, "--dynamodb-port", "0"], &[]);
    assert!(said.contains(&format!("port {port}")) && said.contains("--port"), "{said}");
    let said = refused(&["--memory", "--port", "0", "--dynamodb-port", &port], &[]);
    assert!(said.contains(&format!("port {port}")) && said.contains("--dynamodb-port"), "{said}");
}

#[test]
fn a_path_that_cannot_be_written_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let below_a_file = file.path().join("data.db");
    let said = refused(&["--port", "0", "--dynamodb-port", "0", "--data", below_a_file.to_str().unwrap()], &[]);
    assert!(said.contains(below_a_file.to_str().unwrap()), "{said}");
    std::fs::write(file.path(), "not a database, but long enough to be read as one".repeat(100)).unwrap();
    let said = refused(&["--port", "0", "--dynamodb-port", "0", "--data", file.path().to_str().unwrap()], &[]);
    assert!(said.contains(file.path().to_str().unwrap()), "{said}");
}

#[test]
fn one_file_serves_one_process() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data.db");
    let data = data.to_str().unwrap();
    let _running = Service::start(&["--data", data]);
    let said = refused(&["--port", "0", "--dynamodb-port", "0", "--data", data], &[]);
    assert!(said.contains("in use by another faregate"), "{said}");
}

#[test]
fn a_bad_setting_is_named() {
    let ports = ["--memory", "--port", "0", "--dynamodb-port", "0"];
    let said = refused(&ports, &[("FAREGATE_REFRESH_GRACE_SECONDS", "soon")]);
    assert_eq!(said.trim_end(), "error: FAREGATE_REFRESH_GRACE_SECONDS must be a number from 0 to 3600, not \"soon\"");
    let said = refused(&ports, &[("FAREGATE_TYPO", "1")]);
    assert!(said.contains("FAREGATE_TYPO is not a setting"), "{said}");
}

#[test]
fn flags_of_the_embedded_database_do_not_go_with_another_one() {
    let existing = [("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:9")];
    for flags in [&["--memory"][..], &["--data", "x.db"], &["--dynamodb-port", "0"]] {
        let said = refused(&[&["--port", "0"], flags].concat(), &existing);
        assert!(said.contains("AWS_ENDPOINT_URL_DYNAMODB is set"), "{said}");
    }
}

#[test]
fn asked_twice_it_stops_at_once_whatever_a_client_does() {
    let mut service = Service::start(&["--memory"]);
    let mut slow = TcpStream::connect(("127.0.0.1", service.port)).unwrap();
    slow.write_all(b"POST /api/log_in/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{").unwrap();
    // Answered on another connection: the half request was accepted before it.
    assert_eq!(service.post("/api/log_in/", &log_in("nobody")).0, 401);
    let mut said = BufReader::new(service.child.stderr.take().unwrap());
    let id = service.child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let mut line = String::new();
    while !line.contains("Ctrl-C again") {
        line.clear();
        assert_ne!(said.read_line(&mut line).unwrap(), 0, "it stopped without waiting");
    }
    let asked_again = std::time::Instant::now();
    assert_eq!(service.stop("-INT"), 0);
    assert!(asked_again.elapsed() < std::time::Duration::from_secs(8));
}

#[test]
fn a_wrong_flag_is_usage() {
    let output = command(&["--prot", "8000"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("--port"));
}

#[test]
fn the_default_data_is_ignored_by_git() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let ignored = std::fs::read_to_string(root.join(".gitignore")).unwrap();
    assert!(ignored.lines().any(|line| line == ".faregate/"));
}
