//! `faregate import` as an operator meets it.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::folder::Folder;
use crate::operator::{Operator, Said, Table, lines_of};

pub(crate) async fn import(operator: &Operator, arguments: &[&str]) -> Said {
    operator.run_about("import", arguments, "").await
}

const PBKDF2: &str = "pbkdf2_sha256$1000$seasalt0123456789abcde$vOPse1Ih7LX2xChTias8oqCn3tPiZwR5MnF1G77jGVM=";

fn record(pk: u32, username: &str, password: &str) -> Value {
    json!({"model": "trips.user", "pk": pk, "fields": {
        "username": username, "password": password, "first_name": "A", "last_name": "B", "is_active": true, "is_staff": false,
        "date_joined": "2024-01-02T03:04:05.678Z", "last_login": null, "groups": [],
    }})
}

pub(crate) fn lines(users: usize) -> String {
    let line = |number: usize| {
        json!({"username": format!("user{number}"), "password_hash": PBKDF2, "legacy_id": number.to_string(),
        "created_at": "2024-01-02T03:04:05.678Z"})
    };
    lines_of((0..users).map(line))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_writes_nothing_and_says_what_would_be_written() {
    let (operator, folder) = (Operator::new().await, Folder::new("dry"));
    let dump = json!([record(1, "ann", PBKDF2), {"model": "trips.trip", "pk": 1, "fields": {"driver": 1}}, record(2, "ben", "!")]);
    let file = folder.file("dump.json", dump.to_string());
    let said = import(&operator, &["django-dumpdata", &file]).await;
    assert_eq!(said.code, 0, "{}", said.err);
    for line in [
        "nothing was written",
        "accepted                  2",
        "without password          1",
        "FAREGATE_DUMMY_HASH=pbkdf2-sha256:i=1000",
    ] {
        assert!(said.out.contains(line), "{line}: {}", said.out);
    }
    assert_eq!(operator.table().await, Table::default());
    let said = import(&operator, &["django-dumpdata", &file, "--json"]).await;
    let told: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((&told["dry_run"], &told["accepted"], &told["made"]), (&json!(true), &json!(2), &json!(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_source_gives_its_users() {
    let folder = Folder::new("sources");
    let ann = "id,password,last_login,is_superuser,username,last_name,email,is_staff,is_active,date_joined,first_name\r\n\
               1,PASSWORD,,1,ann,B,,1,0,2024-01-02 03:04:05.678901,A\r\n";
    let postgresql = "id,password,is_active,is_staff,is_superuser,username,first_name,last_name,date_joined\n\
                      1,PASSWORD,f,t,t,ann,A,B,2024-01-02 03:04:05.678901+00\n";
    let supabase = "id,email,phone,encrypted_password,email_confirmed_at,created_at,banned_until,deleted_at,is_anonymous,raw_user_meta_data\n\
                    1,ann@example.com,,PASSWORD,2024-01-02 03:04:06+00,2024-01-02 03:04:05.678+00,2100-01-01 00:00:00+00,,false,\"{\"\"full_name\"\":\"\"A B\"\"}\"\n";
    let firebase = json!({"users": [{"localId": "1", "email": "ann@example.com", "displayName": "A B", "disabled": true,
        "passwordHash": "lSrfV15cpx95_sZS2W9c9Kp6i_LVgQNDNC_qzrCnh1SAyZvqmZqAjTdn3aoItz-VHjoZilo78198JAdRuid5lQ==",
        "salt": "42xEC-ixf3L2lw==", "createdAt": "1704164645678"}]});
    let config = folder.file("config.txt", "hash_config {\n  algorithm: SCRYPT,\n  base64_signer_key: jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==,\n  base64_salt_separator: Bw==,\n  rounds: 8,\n  mem_cost: 14,\n}\n");
    let jsonl = json!({"username": "ann", "first_name": "A", "last_name": "B", "password_hash": PBKDF2, "is_active": false,
        "is_staff": true, "created_at": "2024-01-02T03:04:05.678Z", "legacy_id": "1"});
    let ours = |kind: &str, name: &str, content: String| {
        (kind.to_owned(), folder.file(name, content.replace("PASSWORD", PBKDF2)))
    };
    let sources = [
        ours("django-csv", "sqlite.csv", ann.to_owned()),
        ours("django-csv", "postgresql.csv", format!("\u{feff}{postgresql}")),
        ours("supabase-csv", "supabase.csv", supabase.to_owned()),
        ours("firebase", "firebase.json", firebase.to_string()),
        ours("jsonl", "users.jsonl", format!("\n{jsonl}\n\n")),
        ours("django-sqlite", "taxi.sqlite3", String::new()),
    ];
    database(&sources[5].1);
    for (kind, file) in sources {
        let operator = Operator::new().await;
        let mut arguments = vec![kind.as_str(), &file, "--commit"];
        if kind == "firebase" {
            arguments.extend(["--hash-config", &config]);
        }
        let said = import(&operator, &arguments).await;
        assert_eq!(said.code, 0, "{kind}: {}{}", said.out, said.err);
        let users = operator.exported().await;
        let [user] = &users[..] else { panic!("{users:?}") };
        let is_ours = matches!(kind.as_str(), "jsonl" | "django-csv" | "django-sqlite");
        let wanted = json!({"first_name": "A", "last_name": "B", "is_active": false, "is_staff": is_ours, "legacy_id": "1",
            "created_at": "2024-01-02T03:04:05.678Z", "username": if is_ours { "ann" } else { "ann@example.com" }});
        for (name, value) in wanted.as_object().unwrap() {
            assert_eq!(user[name], *value, "{kind}: {name}");
        }
        let hash = user["password_hash"].as_str().unwrap();
        assert_eq!(hash.starts_with("$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=jxspr8Ki0"), kind == "firebase", "{hash}");
    }
}

fn database(path: &str) {
    let database = rusqlite::Connection::open(path).unwrap();
    let columns = "id INTEGER PRIMARY KEY, password TEXT, is_active BOOL, is_staff BOOL, is_superuser BOOL, username TEXT, first_name TEXT, last_name TEXT, date_joined TEXT";
    database
        .execute_batch(&format!("CREATE TABLE trips_user ({columns}); CREATE TABLE trips_trip (id, password)"))
        .unwrap();
    let values = "1, ?1, 0, 1, 1, 'ann', 'A', 'B', '2024-01-02 03:04:05.678901'";
    database.execute(&format!("INSERT INTO trips_user VALUES ({values})"), [PBKDF2]).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_by_line_and_nothing_is_written() {
    let (operator, folder) = (Operator::new().await, Folder::new("wrong"));
    let good = json!({"username": "ann", "password_hash": PBKDF2, "created_at": "2024-01-02T03:04:05Z"});
    for (line, wanted) in [
        (json!({"username": "ANN"}).to_string(), "\"ANN\": username: the same as that of line 1"),
        (json!({"username": "ａｎｎ"}).to_string(), "username: the same as that of line 1"),
        (json!({"username": "ann"}).to_string(), "username: the same as that of line 1"),
        (json!({"username": "a b"}).to_string(), "\"a b\": username: Enter a valid username"),
        (json!({"username": "x".repeat(151)}).to_string(), "no more than 150 characters"),
        (
            json!({"username": "ben", "password_hash": "md5$salt$0123456789abcdef0123456789abcdef"}).to_string(),
            "MD5 is too weak",
        ),
        (
            json!({"username": "ben", "password_hash": "hunter2"}).to_string(),
            "password: the algorithm \"?\" is unknown",
        ),
        (
            json!({"username": "ben", "password_hash": "phpass$P$x"}).to_string(),
            "password: the algorithm \"phpass$\" is unknown",
        ),
        (
            json!({"username": "ben", "password_hash": "$2b$31$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"})
                .to_string(),
            "bcrypt:31 asks for more work",
        ),
        (json!({"username": "ben", "password_hash": &PBKDF2[..40]}).to_string(), "pbkdf2_sha256 hash is cut off"),
        (json!({"username": "ben", "first_name": "x".repeat(151)}).to_string(), "first_name: "),
        (json!({"username": "ben", "created_at": "yesterday"}).to_string(), "created_at: \"yesterday\" is no time"),
        (json!({"username": "ben", "legacy_id": "a b"}).to_string(), "id: the id in the old system"),
        (json!({"username": "ben", "id": "7"}).to_string(), "id: \"7\" is none of ours"),
        (json!({"username": "ben", "id": "00000000-0000-4000-8000-000000000000"}).to_string(), "is none of ours"),
        (json!({"username": "ben", "version": u64::MAX}).to_string(), "version: 9007199254740992 at most"),
        (json!({"username": "ben", "admin": true}).to_string(), "unknown field `admin`"),
        (json!({"username": "ben", "\u{1b}[31m": true}).to_string(), "unknown field `\u{fffd}[31m`"),
        (json!({"first_name": "Ben"}).to_string(), "missing field `username`"),
        ("{\"username\": \"ben\"".to_owned(), "cut off: EOF"),
        ("ben".to_owned(), "expected"),
    ] {
        let file = folder.file("users.jsonl", format!("{good}\n{line}\n"));
        let said = import(&operator, &["jsonl", &file, "--commit"]).await;
        assert_eq!(said.code, 1, "{line}");
        assert!(said.out.contains("line 2: ") && said.out.contains(wanted), "{line}: {}", said.out);
        assert!(said.err.starts_with("error: not all users"), "{}", said.err);
    }
    assert_eq!(operator.table().await, Table::default());
    let file = folder.file("users.jsonl", [good.to_string().as_bytes(), b"\n{\"username\":\"zo\xeb\"}\n"].concat());
    let said = import(&operator, &["jsonl", &file]).await;
    assert!(said.out.contains("line 2: not UTF-8"), "{}", said.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_cut_off_or_something_else_is_not_begun() {
    let (operator, folder) = (Operator::new().await, Folder::new("cut"));
    let whole = json!([record(1, "ann", PBKDF2), record(2, "ben", PBKDF2)]).to_string();
    let natural = whole.replace("\"pk\":1,", "");
    let history = json!([record(1, "ann", "!"), {"model": "trips.historicaluser", "pk": 7, "fields": record(2, "old", "!")["fields"]}]);
    let history = history.to_string();
    let latin1 = whole.replace("ann", "zoX").bytes().map(|byte| if byte == b'X' { 0xeb } else { byte }).collect();
    let csv = "id,username,password,is_active,date_joined\n1,ann,!,1,2024-01-02 03:04:05\n2,be";
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(whole.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    for (kind, content, wanted) in [
        ("django-dumpdata", whole[..whole.len() - 5].into(), "the file is cut off"),
        ("django-dumpdata", b"".to_vec(), "the file is cut off"),
        ("django-dumpdata", natural.into(), "record 1: no id: write the dump without --natural-primary"),
        ("django-dumpdata", format!("{whole} x").into(), "trailing characters"),
        ("django-dumpdata", utf16, "this is UTF-16: iconv"),
        ("django-csv", csv.into(), "line 3: 2 fields where the header has 5"),
        ("django-csv", format!("{csv}n,!,1,2024-01-02 03:04").into(), "line 3: the line has no end"),
        ("django-csv", format!("{csv}n,!,1,\"2024-01-02 03:04:05\n").into(), "line 3: the line has no end"),
        ("django-csv", b"hello\n".to_vec(), "no header"),
        ("django-csv", b"id,username,is_superuser\n1,ann,1\n".to_vec(), "the header has no column password"),
        ("supabase-csv", b"id,email,created_at\n1,ann@example.com,\n".to_vec(), "no column encrypted_password"),
        (
            "supabase-csv",
            b"id,email,encrypted_password,email_confirmed_at,created_at\n1,ann@example.com,,,2024-01-02 03:04:05\n"
                .to_vec(),
            "line 2: never confirmed the address",
        ),
        (
            "firebase",
            b"{\"users\":[{\"localId\":\"1\",\"email\":\"a@b.example\",\"passwordHash\":\"UkVEQUNURUQ=\"}]}".to_vec(),
            "firebaseauth.configs.getHashConfig",
        ),
        ("django-dumpdata", format!("[5,{}", whole.trim_start_matches('[')).into(), "record 1: no record of a dump"),
        ("django-dumpdata", b"{\"model\":1}\n5\n".to_vec(), "record 2: no record of a dump"),
        ("django-dumpdata", b"[]".to_vec(), "there are no users in it"),
        ("jsonl", b"\n\n".to_vec(), "there are no users in it"),
        (
            "django-dumpdata",
            history.clone().into(),
            "several models look like users: --table with one of trips.historicaluser, trips.user",
        ),
        ("django-dumpdata", latin1, "is the file in Latin-1?"),
        ("firebase", b"{\"accounts\":[]}".to_vec(), "there is no member \"users\""),
        ("django-sqlite", whole.clone().into(), "not a database"),
        ("jsonl", vec![b' '; 1_100_000], "more than 1 MB"),
    ] {
        let file = folder.file("source", content);
        let said = import(&operator, &[kind, &file, "--commit"]).await;
        assert_eq!(said.code, 1, "{kind}: {}{}", said.out, said.err);
        assert!(said.err.contains(wanted) || said.out.contains(wanted), "{kind}: {}{}", said.out, said.err);
    }
    assert_eq!(operator.table().await, Table::default());
    let file = folder.file("dump.json", &history);
    let said = import(&operator, &["django-dumpdata", &file, "--table", "trips.user"]).await;
    assert!(said.code == 0 && said.out.contains("accepted                  1"), "{}{}", said.out, said.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_file_is_not_read_and_nothing_that_is_needed_is_overwritten() {
    let (operator, folder) = (Operator::new().await, Folder::new("options"));
    let said = import(&operator, &["jsonl", "/dev/stdin"]).await;
    assert!(said.code == 2 && said.err.contains("is no file: it is read twice"), "{}", said.err);
    let file = folder.file("users.jsonl", lines(1));
    let said = import(&operator, &["jsonl", &file, "--table", "trips_user"]).await;
    assert_eq!((said.code, said.err.as_str()), (2, "error: --table is of another source\n"));
    let said = import(&operator, &["jsonl", &file, "--refusals", &file]).await;
    assert!(said.code == 2 && said.err.contains("--refusals would overwrite"), "{}", said.err);
    assert_eq!(fs::read_to_string(&file).unwrap(), lines(1));
    let config = folder.file("hash.config", "hash_config {}");
    let said = import(&operator, &["firebase", &file, "--hash-config", &config, "--refusals", &config]).await;
    assert!(said.code == 2 && said.err.contains("--refusals would overwrite"), "{}", said.err);
    assert_eq!(fs::read_to_string(&config).unwrap(), "hash_config {}");
    let pipe = folder.0.join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let said = import(&operator, &["jsonl", &file, "--refusals", pipe.to_str().unwrap()]).await;
    assert!(said.code == 2 && said.err.contains("is there and is no file"), "{}", said.err);
    fs::remove_file(&pipe).unwrap();
    let said = import(&operator, &["firebase", &file, "--hash-config", "/nowhere/config"]).await;
    assert!(said.code == 2 && said.err.starts_with("error: /nowhere/config: No such file"), "{}", said.err);
    let said = import(&operator, &["jsonl", &file, "--keep-staff"]).await;
    assert_eq!((said.code, said.err.as_str()), (2, "error: --keep-staff is of another source\n"));
    let said = import(&operator, &["jsonl", "/nowhere/users.jsonl"]).await;
    assert_eq!(
        (said.code, said.err.as_str()),
        (2, "error: /nowhere/users.jsonl: No such file or directory (os error 2)\n")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rest_can_be_written_and_every_refusal_kept() {
    let (operator, folder) = (Operator::new().await, Folder::new("skip"));
    operator.create("user3").await;
    let mut content = lines(100);
    content.push_str(&"{\"username\":\"a b\"}\n".repeat(60));
    let (file, refusals) = (folder.file("users.jsonl", content), folder.file("refusals.jsonl", ""));
    let said = import(&operator, &["jsonl", &file, "--commit", "--skip-refused", "--refusals", &refusals]).await;
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(said.out.contains("made                     99") && said.out.contains("and 11 more"), "{}", said.out);
    let kept = fs::read_to_string(&refusals).unwrap();
    assert_eq!(kept.lines().count(), 61);
    assert!(
        kept.contains("{\"line\":4,\"username\":\"user3\",\"reason\":\"username: another user of the table has it\"}"),
        "{kept}"
    );
    assert_eq!(operator.exported().await.len(), 100);
    assert_eq!(folder.names(), ["refusals.jsonl", "users.jsonl"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_for_no_password_may_be_long_and_is_not_kept() {
    let (operator, folder) = (Operator::new().await, Folder::new("unusable"));
    let user = json!({"username": "ann", "password_hash": format!("!{}", "a".repeat(500_000))});
    let said = import(&operator, &["jsonl", &folder.file("users.jsonl", user.to_string()), "--commit"]).await;
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(operator.exported().await[0]["password_hash"], "!");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_djangos_staff_only_superusers_stay_it_unless_asked() {
    let folder = Folder::new("staff");
    let user = |pk: u32, name: &str, is_staff: bool, is_superuser: bool| {
        let mut record = record(pk, name, PBKDF2);
        let fields = record["fields"].as_object_mut().unwrap();
        fields.extend([("is_staff".to_owned(), json!(is_staff)), ("is_superuser".to_owned(), json!(is_superuser))]);
        record
    };
    let dump = json!([user(1, "support", true, false), user(2, "root", true, true), user(3, "robot", false, true)]);
    let file = folder.file("dump.json", dump.to_string());
    for (more, wanted) in [
        (None, ["robot false", "root true", "support false"]),
        (Some("--keep-staff"), ["robot false", "root true", "support true"]),
    ] {
        let operator = Operator::new().await;
        let arguments: Vec<&str> = ["django-dumpdata", &file, "--commit"].into_iter().chain(more).collect();
        let said = import(&operator, &arguments).await;
        assert_eq!(said.out.contains("staff no more             1\n"), more.is_none(), "{}", said.out);
        assert_eq!(said.out.contains("without --keep-staff\n"), more.is_none(), "{}", said.out);
        let is_staff = |user: &Value| format!("{} {}", user["username"].as_str().unwrap(), user["is_staff"]);
        assert_eq!(operator.exported().await.iter().map(is_staff).collect::<Vec<_>>(), wanted);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_does_not_grow_with_what_others_chose() {
    let (operator, folder) = (Operator::new().await, Folder::new("report"));
    let many = (0..200).map(|number| {
        json!({"username": format!("user{number}"), "password_hash": PBKDF2.replace("$1000$", &format!("${}$", 1000 + number))})
    });
    let long = json!({"username": "x".repeat(100_000)});
    let said = import(&operator, &["jsonl", &folder.file("users.jsonl", lines_of(many.chain([long])))]).await;
    assert!(said.out.len() < 10_000, "{}", said.out.len());
    assert!(said.out.contains("  others                                  100\n"), "{}", said.out);
    assert!(said.out.contains("FAREGATE_DUMMY_HASH=pbkdf2-sha256:i=1"), "{}", said.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_order_of_the_list_is_that_of_signing_up() {
    let (operator, folder) = (Operator::new().await, Folder::new("order"));
    let user =
        |name: &str, year: u32| json!({"username": name, "created_at": format!("{year}-01-01T00:00:00Z")}).to_string();
    let content = [user("second", 2010), user("first", 1969), user("third", 2024)].join("\n");
    import(&operator, &["jsonl", &folder.file("users.jsonl", content), "--commit"]).await;
    let listed: BTreeMap<usize, String> = operator
        .done(&["list"])
        .await
        .lines()
        .filter_map(|line| line.split("  ").nth(2).map(str::to_owned))
        .enumerate()
        .collect();
    assert_eq!(listed.into_values().collect::<Vec<_>>(), ["third", "second", "first"]);
}
