//! `faregate export`, and what becomes of it when it comes back.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use faregate::store::{Client, connect};
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::operator::{Operator, lines_of};

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("export-{name}-{}", std::process::id()))
}

async fn client(operator: &Operator) -> Client {
    connect(Some(&operator.database.endpoint_url())).await
}

/// A user with anything in it that a user can have.
fn any_user() -> impl Strategy<Value = Value> {
    let hashes = prop::sample::select(vec![
        "!",
        "$argon2id$v=19$m=64,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$tH13oQLk+zXZrIPgPPwx7A",
        "pbkdf2_sha256$1000$seasalt0123456789abcde$vOPse1Ih7LX2xChTias8oqCn3tPiZwR5MnF1G77jGVM=",
        "$2b$04$abcdefghijklmnopqrstuuZVEMa1pjhlynBQ1qXmSvGBJpN9h1w8G",
    ]);
    let names = (any::<u32>(), "[\\p{L}\\p{N}_.@+-]{1,20}", "\\PC{0,20}", "\\PC{0,20}");
    let flags = (any::<bool>(), any::<bool>());
    let count = || prop_oneof![0_u64..9, Just(1 << 53)];
    let counts = (count(), count(), count());
    let legacy = prop::option::of("[!-~]{1,20}");
    (names, flags, counts, (hashes, legacy, -2_000_000_000_000_i64..4_000_000_000_000)).prop_map(
        |((number, username, first_name, last_name), (active, staff), (revocations, deactivations, version), rest)| {
            let (hash, legacy, milliseconds) = rest;
            let seconds = faregate::clock::Timestamp::from_milliseconds(milliseconds.div_euclid(1000) * 1000).rfc3339();
            let created = seconds.replace('Z', &format!(".{:03}Z", milliseconds.rem_euclid(1000)));
            json!({
                // Numbered, so that no two have one name.
                "username": format!("u{number}-{username}"), "first_name": first_name.trim(), "last_name": last_name.trim(),
                "password_hash": hash, "is_active": active, "is_staff": staff, "created_at": created,
                "legacy_id": legacy.map(|legacy| format!("{number}{legacy}")),
                "revocations": revocations, "deactivations": deactivations, "version": version,
            })
        },
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_exported_and_imported_elsewhere_is_the_same_table() {
    let mut runner = TestRunner::default();
    for _case in 0..8 {
        let users = prop::collection::vec(any_user(), 20..60).new_tree(&mut runner).unwrap().current();
        let [here, there] = [Operator::new().await, Operator::new().await];
        let (made, exported) = (path("made.jsonl"), path("round.jsonl"));
        fs::write(&made, lines_of(users.clone())).unwrap();
        let said = here.run_about("import", &["jsonl", made.to_str().unwrap(), "--commit", "--skip-refused"], "").await;
        assert_eq!(said.code, 0, "{}{}", said.out, said.err);
        let before = here.table().await.without_trail();
        assert!(before.users() > 0, "{}", said.out);
        let said = here.run_about("export", &["--output", exported.to_str().unwrap(), "--segments", "3"], "").await;
        assert_eq!(said.code, 0, "{}", said.err);
        let said = there.run_about("import", &["jsonl", exported.to_str().unwrap(), "--commit"], "").await;
        assert_eq!(said.code, 0, "{}{}", said.out, said.err);
        assert!(there.table().await.without_trail() == before);
        assert_eq!(there.exported().await, here.exported().await);
        fs::remove_file(made).unwrap();
        fs::remove_file(exported).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_hashes_is_for_its_owner_alone_and_whole_or_not_there() {
    let operator = Operator::new().await;
    operator.create("ann").await;
    let file = path("private.jsonl");
    // What an earlier export left, for all to read.
    let part = PathBuf::from(format!("{}.part", file.display()));
    fs::write(&part, "").unwrap();
    let said = operator.run_about("export", &["-o", file.to_str().unwrap()], "").await;
    assert_eq!((said.code, said.out.as_str()), (0, ""), "{}", said.err);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_to_string(&file).unwrap().lines().count(), 1);
    fs::remove_file(&file).unwrap();
    // The table is gone while somebody exports it.
    client(&operator).await.delete_table().table_name("faregate").send().await.unwrap();
    let said = operator.run_about("export", &["-o", file.to_str().unwrap()], "").await;
    assert_eq!(said.code, 3, "{}", said.err);
    assert!(!file.exists() && !part.exists());
    let said = operator.run_about("export", &["-o", "/nowhere/users.jsonl"], "").await;
    assert!(said.code == 3 || said.code == 2, "{}", said.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_export_of_one_moment_has_the_users_that_a_scan_has() {
    let operator = Operator::new().await;
    for name in ["ann", "ben", "cem"] {
        operator.create(name).await;
    }
    let folder = path("moment");
    let data = folder.join("AWSDynamoDB/01700000000000-abcdef/data");
    fs::create_dir_all(&data).unwrap();
    let mut items = operator.items().await;
    let mut manifest = String::new();
    // As DynamoDB has it: several files, items of all kinds.
    for (number, some) in [items.split_off(items.len() / 2), items].into_iter().enumerate() {
        let name = format!("part{number}.json.gz");
        let about = json!({"itemCount": some.len(), "md5Checksum": "", "etag": "", "dataFileS3Key": format!("AWSDynamoDB/1/data/{name}")});
        writeln!(manifest, "{about}").unwrap();
        let mut file = GzEncoder::new(fs::File::create(data.join(name)).unwrap(), Compression::fast());
        for item in some {
            writeln!(file, "{}", json!({ "Item": item })).unwrap();
        }
        file.finish().unwrap();
    }
    let export = async || operator.run_about("export", &["--point-in-time", folder.to_str().unwrap()], "").await;
    let said = export().await;
    assert!(said.code == 2 && said.err.contains("manifest-files.json"), "{}", said.err);
    let manifest_file = data.with_file_name("manifest-files.json");
    fs::write(&manifest_file, &manifest).unwrap();
    let said = export().await;
    assert_eq!(said.code, 0, "{}", said.err);
    let mut users: Vec<Value> = said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    users.sort_by_key(|user| user["username"].as_str().unwrap().to_owned());
    assert_eq!(users, operator.exported().await);
    // Downloads that are not whole.
    fs::write(&manifest_file, manifest.replacen("\"itemCount\":", "\"itemCount\":1", 1)).unwrap();
    let said = export().await;
    assert!(said.code == 1 && said.err.contains("download it again"), "{}", said.err);
    fs::write(&manifest_file, &manifest).unwrap();
    fs::remove_file(data.join("part1.json.gz")).unwrap();
    let said = export().await;
    assert!(said.code == 2 && said.err.contains("part1.json.gz"), "{}", said.err);
    fs::write(data.join("part0.json.gz"), b"no gzip").unwrap();
    let said = export().await;
    assert!(said.code == 2 && said.err.contains("part0.json.gz"), "{}", said.err);
    let second = folder.join("AWSDynamoDB/2");
    fs::create_dir_all(&second).unwrap();
    fs::write(second.join("manifest-files.json"), "").unwrap();
    let said = export().await;
    assert!(said.code == 2 && said.err.contains("more than one export"), "{}", said.err);
    fs::remove_dir_all(&folder).unwrap();
    let said = operator.run_about("export", &["--point-in-time", "/nowhere"], "").await;
    assert_eq!(said.code, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn stats_count_users_by_what_they_are_and_cost() {
    let operator = Operator::new().await;
    operator.create("ann").await;
    let file = path("stats.jsonl");
    let lines = [
        json!({"username": "ben", "is_staff": true, "is_active": false}),
        json!({"username": "cem", "password_hash": "$2b$04$abcdefghijklmnopqrstuuZVEMa1pjhlynBQ1qXmSvGBJpN9h1w8G", "legacy_id": "1"}),
    ];
    fs::write(&file, lines_of(lines)).unwrap();
    operator.run_about("import", &["jsonl", file.to_str().unwrap(), "--commit"], "").await;
    fs::remove_file(&file).unwrap();
    let said = operator.run_about("stats", &["--json"], "").await;
    let counts: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(
        counts,
        json!({"users": 3, "inactive": 1, "staff": 1, "with_an_id_elsewhere": 1, "without_password": 1,
            "password_hashes": {"argon2id:m=19456,t=2,p=1": 1, "bcrypt:4": 1}})
    );
    let said = operator.run_about("stats", &[], "").await;
    assert!(said.out.contains("  bcrypt:4                                  1\n"), "{}", said.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn users_are_listed_and_searched_a_page_after_the_other() {
    let operator = Operator::new().await;
    let file = path("list.jsonl");
    let line = |number: u32| {
        json!({"username": format!("user{number:03}"), "first_name": "A\u{1b}[31m\u{202e}", "is_active": !number.is_multiple_of(50),
        "created_at": format!("2024-01-01T00:{:02}:{:02}Z", number / 60, number % 60)})
    };
    fs::write(&file, lines_of((0..250).map(line))).unwrap();
    operator.run_about("import", &["jsonl", file.to_str().unwrap(), "--commit"], "").await;
    fs::remove_file(&file).unwrap();
    let all = operator.done(&["list", "--limit", "1000"]).await;
    assert_eq!(all.lines().count(), 251);
    assert!(
        all.lines().next().unwrap().contains("  user249  A\u{fffd}[31m\u{fffd}") && all.ends_with("\n250 users\n"),
        "{all}"
    );
    assert!(operator.done(&["list"]).await.ends_with("\nthe first 100 users; --limit for more\n"));
    let found = operator.done(&["search", "USER01", "--json"]).await;
    let found: Vec<Value> = serde_json::from_str(&found).unwrap();
    assert_eq!(found.len(), 10);
    assert_eq!(found[0]["username"], "user010");
    assert!(operator.done(&["list", "--inactive"]).await.ends_with("\n5 users\n"));
    assert_eq!(operator.done(&["list", "--staff"]).await, "0 users\n");
    assert_eq!(operator.done(&["search", "nobody"]).await, "0 users\n");
}
