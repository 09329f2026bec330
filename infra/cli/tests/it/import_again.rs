//! `faregate import` that is stopped, and the same command again.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Output, Stdio};

use faregate_tests::{Fault, FaultProxy, Plan};
use serde_json::{Value, json};

use crate::folder::Folder;
use crate::import::{import, lines};
use crate::operator::{Operator, Table};

/// Two identical tables have equal items.
async fn uninterrupted(file: &str) -> Table {
    let operator = Operator::new().await;
    let said = import(&operator, &["jsonl", file, "--commit"]).await;
    assert_eq!(said.code, 0, "{}", said.err);
    operator.table().await
}

/// Starts an import, whose calls go through `proxy`.
fn spawn(proxy: &FaultProxy, (source, file): (&str, &str)) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_faregate"));
    command.args(["--endpoint-url", proxy.endpoint(), "import", source, file, "--commit"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_killed_anywhere_and_run_again_equals_one_that_is_not() {
    let folder = Folder::new("killed");
    let file = folder.file("users.jsonl", lines(500));
    let wanted = uninterrupted(&file).await;
    for (nth, fault) in [
        (0, Fault::HeldBefore),
        (0, Fault::HeldAfter),
        (7, Fault::HeldAfter),
        (9, Fault::HeldBefore),
        (12, Fault::HeldAfter),
    ] {
        let operator = Operator::new().await;
        let proxy = FaultProxy::before(&operator.database.endpoint_url()).await;
        proxy.plan(Plan::once(nth, fault).among(&["TransactWriteItems"]));
        let mut child = spawn(&proxy, ("jsonl", &file));
        proxy.until_held().await;
        child.kill().unwrap();
        child.wait().unwrap();
        proxy.release();
        proxy.until_idle().await;
        assert!(fault == Fault::HeldAfter || operator.table().await.users() < 500);
        let said = import(&operator, &["jsonl", &file, "--commit"]).await;
        assert_eq!(said.code, 0, "{}", said.err);
        assert!(operator.table().await == wanted, "killed at call {nth}, {fault:?}");
        assert_eq!(folder.names(), ["users.jsonl"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_stops_and_the_same_command_goes_on() {
    let folder = Folder::new("interrupted");
    let file = folder.file("users.jsonl", lines(3000));
    let wanted = uninterrupted(&file).await;
    let operator = Operator::new().await;
    interrupted_at(0, &operator, ("jsonl", &file)).await;
    let noted: Value =
        serde_json::from_slice(&fs::read(folder.0.join("users.jsonl.faregate-import")).unwrap()).unwrap();
    let written = operator.table().await.users();
    assert!(noted["users"] == json!(written) && (1..3000).contains(&written), "{noted}");
    let said = import(&operator, &["jsonl", &file, "--commit"]).await;
    assert!(said.out.contains(&format!("made {:>22}", 3000 - written)), "{}", said.out);
    assert!(operator.table().await == wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_when_all_is_read_and_not_all_is_written_is_no_other_end() {
    let folder = Folder::new("read");
    // Not more than what waits for its turn, and more than what is on its way at a time.
    let file = folder.file("users.jsonl", lines(400));
    let operator = Operator::new().await;
    interrupted_at(0, &operator, ("jsonl", &file)).await;
    let said = import(&operator, &["jsonl", &file, "--commit"]).await;
    assert_eq!((said.code, operator.table().await.users()), (0, 400), "{}{}", said.out, said.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_lost_a_user_meanwhile_does_not_lose_another() {
    let folder = Folder::new("moved");
    let path = folder.0.join("taxi.sqlite3");
    let database = rusqlite::Connection::open(&path).unwrap();
    let columns = "id INTEGER PRIMARY KEY, username TEXT, password TEXT, is_active BOOL, date_joined TEXT";
    // As a Django in use has it: what is new is in a log beside the file.
    database.execute_batch(&format!("PRAGMA journal_mode = WAL; CREATE TABLE auth_user ({columns}); BEGIN")).unwrap();
    for number in 1..=2000 {
        let values = "?1, 'user' || ?1, '!', 1, '2024-01-02 03:04:05'";
        database.execute(&format!("INSERT INTO auth_user VALUES ({values})"), [number]).unwrap();
    }
    database.execute_batch("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    let operator = Operator::new().await;
    interrupted_at(12, &operator, ("django-sqlite", path.to_str().unwrap())).await;
    let arguments = ["django-sqlite", path.to_str().unwrap(), "--commit"];
    let refused = async || {
        let said = import(&operator, &arguments).await;
        assert!(
            said.code == 2 && said.err.contains("is of another file, table or command"),
            "{}{}",
            said.out,
            said.err
        );
    };
    // Whatever it is that another user stands where the last one stood.
    let note = folder.0.join("taxi.sqlite3.faregate-import");
    let noted = fs::read(&note).unwrap();
    let mut moved: Value = serde_json::from_slice(&noted).unwrap();
    moved["users"] = json!(moved["users"].as_u64().unwrap() + 1);
    fs::write(&note, moved.to_string()).unwrap();
    refused().await;
    fs::write(&note, noted).unwrap();
    database.execute("DELETE FROM auth_user WHERE id = 5", []).unwrap();
    refused().await;
    fs::remove_file(&note).unwrap();
    let said = import(&operator, &arguments).await;
    assert_eq!((said.code, operator.table().await.users()), (0, 2000), "{}{}", said.out, said.err);
}

/// Sends Ctrl-C, and lets go what is held once it was heard.
async fn interrupt(mut child: Child, proxy: &FaultProxy) -> Output {
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let mut heard = BufReader::new(child.stderr.take().unwrap());
    let (line, heard) = tokio::task::spawn_blocking(move || {
        let mut line = String::new();
        heard.read_line(&mut line).unwrap();
        (line, heard)
    })
    .await
    .unwrap();
    assert!(line.starts_with("finishing what is on its way"), "{line}");
    child.stderr = None;
    proxy.release();
    tokio::task::spawn_blocking(move || {
        let mut output = child.wait_with_output().unwrap();
        let mut heard = heard;
        heard.read_to_end(&mut output.stderr).unwrap();
        output
    })
    .await
    .unwrap()
}

/// An import that is interrupted when its transaction `nth` is on its way.
async fn interrupted_at(nth: usize, operator: &Operator, (source, file): (&str, &str)) {
    let proxy = FaultProxy::before(&operator.database.endpoint_url()).await;
    proxy.plan(Plan::once(nth, Fault::HeldBefore).among(&["TransactWriteItems"]));
    let child = spawn(&proxy, (source, file));
    proxy.until_held().await;
    let output = interrupt(child, &proxy).await;
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!((output.status.code(), err.as_str()), (Some(130), "error: interrupted\n"), "{out}");
    assert!(out.contains("interrupted; the same command goes on"), "{out}");
}

/// An import of 3,000 users that is interrupted once some are written, and how many.
async fn interrupted(operator: &Operator, file: &str) -> usize {
    interrupted_at(12, operator, ("jsonl", file)).await;
    operator.table().await.users()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_of_another_table_of_the_same_name_is_left_aside() {
    let folder = Folder::new("elsewhere");
    let file = folder.file("users.jsonl", lines(3000));
    let [rehearsal, real] = [Operator::new().await, Operator::new().await];
    assert!(interrupted(&rehearsal, &file).await > 0);
    let said = import(&real, &["jsonl", &file, "--commit"]).await;
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert!(said.out.contains("made                   3000"), "{}", said.out);
    assert_eq!(real.table().await.users(), 3000);
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_the_table_refused_before_an_interruption_is_told_again() {
    let folder = Folder::new("again");
    let file = folder.file("users.jsonl", lines(3000));
    let operator = Operator::new().await;
    operator.create("user3").await;
    interrupted(&operator, &file).await;
    let said = import(&operator, &["jsonl", &file, "--commit"]).await;
    assert_eq!(said.code, 1, "{}", said.err);
    assert!(said.out.contains("line 4: \"user3\": username: another user of the table has it"), "{}", said.out);
    assert_eq!(operator.table().await.users(), 3000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_throttles_is_waited_for() {
    let folder = Folder::new("throttled");
    let file = folder.file("users.jsonl", lines(200));
    let wanted = uninterrupted(&file).await;
    let operator = Operator::new().await;
    let proxy = FaultProxy::before(&operator.database.endpoint_url()).await;
    proxy.plan(Plan::sometimes(700, &Fault::BRIEF, 9).among(&["TransactWriteItems"]));
    let child = spawn(&proxy, ("jsonl", &file));
    let output = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(proxy.injected() > 0);
    assert!(operator.table().await == wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_of_another_file_is_not_followed() {
    let (operator, folder) = (Operator::new().await, Folder::new("checkpoint"));
    let file = folder.file("users.jsonl", lines(10));
    let note = folder.file("note", r#"{"source":"another","table":"faregate","users":7,"last":null}"#);
    let said = import(&operator, &["jsonl", &file, "--commit", "--checkpoint", &note]).await;
    assert_eq!(said.code, 2);
    assert!(said.err.contains("is of another file, table or command"), "{}", said.err);
    let said = import(&operator, &["jsonl", &file, "--checkpoint", &note]).await;
    assert_eq!(said.code, 2, "a checkpoint without --commit");
    assert_eq!(operator.table().await, Table::default());
}
