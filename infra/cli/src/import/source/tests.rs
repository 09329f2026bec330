use std::fs;
use std::path::PathBuf;

use faregate::clock::Timestamp;
use faregate::passwords::Argon2Parameters;
use proptest::prelude::*;
use rusqlite::Connection;

use super::*;
use crate::import::draft::Terms;

/// A file of each source with two users: Ann, who has a first name, and Ben.
const DUMP: &str = r#"[{"model":"auth.user","pk":1,"fields":{"username":"ann","password":"pbkdf2_sha256$1$a$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
"first_name":"Ann","is_active":true,"date_joined":"2024-01-02T03:04:05.678Z"}},{"model":"auth.user","pk":2,"fields":
{"username":"ben","password":"!","last_name":"B","is_active":false,"date_joined":"2024-01-02T03:04:05Z"}}]"#;
const DJANGO_CSV: &str = "id,username,password,first_name,last_name,is_active,is_staff,date_joined\n\
    1,ann,!,Ann,\"A, B\",t,f,2024-01-02 03:04:05.678901+00\n2,ben,!,,\"\"\"B\"\"\",0,1,2024-01-02 03:04:05\n";
const FIREBASE: &str = r#"{"users":[{"localId":"a1","email":"ann@example.com","passwordHash":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==","salt":"YQ==",
"displayName":"Ann A","createdAt":"1704164645678"},{"localId":"b2","phoneNumber":"+491","disabled":true}]}"#;
const HASH_CONFIG: &str = "hash_config {\n algorithm: SCRYPT,\n base64_signer_key: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==,\n base64_salt_separator: Bw==,\n \
    rounds: 8,\n mem_cost: 14,\n}\n";
const SUPABASE_CSV: &str = "id,email,phone,encrypted_password,email_confirmed_at,phone_confirmed_at,created_at,banned_until,raw_user_meta_data\n\
    1,ann@example.com,,$2b$04$abcdefghijklmnopqrstuuZVEMa1pjhlynBQ1qXmSvGBJpN9h1w8G,2024-01-02 03:04:05+00,,2024-01-02 03:04:05+00,,\"{\"\"name\"\":\"\"Ann A\"\"}\"\n2,,491,,,2024-01-02 03:04:05+00,2024-01-02 03:04:05+00,,\n";
const JSONL: &str = "{\"username\":\"ann\",\"password_hash\":\"!\",\"created_at\":\"2024-01-02T03:04:05Z\"}\n\
    {\"id\":\"018bcfe5-6800-7000-8000-000000000001\",\"username\":\"ben\",\"version\":3,\"legacy_id\":\"2\"}\n";

/// Removed when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("faregate-source-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn database(&self, insert: &str) -> PathBuf {
        let path = self.0.join("db.sqlite3");
        let _there_was_none = fs::remove_file(&path);
        let database = Connection::open(&path).unwrap();
        let table = "CREATE TABLE auth_user (id INTEGER PRIMARY KEY, username TEXT, password TEXT, first_name TEXT, \
                     last_name TEXT, is_active BOOL, is_staff BOOL, date_joined DATETIME)";
        database.execute_batch(&format!("{table}; {insert}")).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

const TERMS: Terms = Terms { now: Timestamp::from_seconds(0), today: Argon2Parameters::MOST, keeps_staff: false };

/// What each entry of `file` becomes, and how the reading ended.
fn read_all(source: SourceKind, file: PathBuf, hash_config: Option<PathBuf>) -> (Vec<Result<String, String>>, bool) {
    let arguments = ImportArguments {
        source,
        file,
        commit: false,
        skip_refused: false,
        refusals: None,
        checkpoint: None,
        table: None,
        keep_staff: false,
        hash_config,
    };
    let mut users = Vec::new();
    let mut sink = |entry: Entry| {
        let user = entry.draft.and_then(|draft| draft.accept(TERMS));
        users.push(user.map(|accepted| format!("{} {}", accepted.user.username, accepted.user.first_name)));
        true
    };
    let ended = read(&arguments, &mut sink);
    if let Err(error) = &ended {
        assert!(error.to_string().contains(arguments.file.to_str().unwrap()), "{error}");
    }
    (users, ended.is_ok())
}

const TWO_ROWS: &str = "INSERT INTO auth_user VALUES (1, 'ann', '!', 'Ann', '', 1, 0, '2024-01-02 03:04:05.678901'), \
                        (2, 'ben', '!', '', 'B', 0, 1, '2024-01-02 03:04:05')";

/// The sources, with a good file each.
fn good_files(folder: &Folder) -> [(SourceKind, Vec<u8>); 6] {
    [
        (SourceKind::DjangoDumpdata, DUMP.into()),
        (SourceKind::DjangoSqlite, fs::read(folder.database(TWO_ROWS)).unwrap()),
        (SourceKind::DjangoCsv, DJANGO_CSV.into()),
        (SourceKind::Firebase, FIREBASE.into()),
        (SourceKind::SupabaseCsv, SUPABASE_CSV.into()),
        (SourceKind::Jsonl, JSONL.into()),
    ]
}

#[test]
fn each_source_reads_its_file() {
    let folder = Folder::new("good");
    let config = folder.0.join("config");
    fs::write(&config, HASH_CONFIG).unwrap();
    for (source, content) in good_files(&folder) {
        let file = folder.0.join("file");
        fs::write(&file, content).unwrap();
        let config = (source == SourceKind::Firebase).then(|| config.clone());
        let (users, is_whole) = read_all(source, file, config);
        let named = match source {
            SourceKind::Firebase => ["ann@example.com Ann", "+491 "],
            SourceKind::SupabaseCsv => ["ann@example.com Ann", "491 "],
            SourceKind::Jsonl => ["ann ", "ben "],
            _ => ["ann Ann", "ben "],
        };
        assert_eq!((users, is_whole), (named.map(|name| Ok(name.to_owned())).to_vec(), true), "{source:?}");
    }
}

#[test]
fn what_a_database_does_not_keep_as_text_is_refused_and_not_left_out() {
    let folder = Folder::new("bytes");
    let row = |username: &str, password: &str, first_name: &str| {
        let insert = format!(
            "INSERT INTO auth_user VALUES (1, {username}, {password}, {first_name}, '', 1, 0, '2024-01-02 03:04:05')"
        );
        read_all(SourceKind::DjangoSqlite, folder.database(&insert), None).0
    };
    assert_eq!(row("'ann'", "'!'", "'Ann'"), [Ok("ann Ann".to_owned())]);
    assert_eq!(
        row("'ann'", "'!'", "CAST(x'C4' AS TEXT)"),
        [Err("of the user with the id 1: first_name: not UTF-8".to_owned())]
    );
    assert_eq!(
        row("'ann'", "x'2121'", "''"),
        [Err("of the user with the id 1: password: bytes in place of a text".to_owned())]
    );
}

#[test]
fn a_column_whose_name_is_no_text_is_said() {
    let folder = Folder::new("column");
    let path = folder.database(TWO_ROWS);
    let mut content = fs::read(&path).unwrap();
    let at = content.windows(9).position(|window| window == b"last_name").unwrap();
    content[at] = 0xff;
    fs::write(&path, content).unwrap();
    assert_eq!(read_all(SourceKind::DjangoSqlite, path, None), (Vec::new(), false));
}

#[test]
fn a_record_without_an_end_is_refused_before_it_fills_the_memory() {
    let folder = Folder::new("endless");
    let config = folder.0.join("config");
    fs::write(&config, HASH_CONFIG).unwrap();
    // Users as well as one record, longer than it may be; what the users have together may be.
    let users = |user: &str, between: &str| [user].repeat(20 * 1024 * 1024 / user.len()).join(between);
    let long = "a".repeat(20 * 1024 * 1024);
    let row = "1,ann,!,Ann,B,t,f,2024-01-02 03:04:05";
    let record = DUMP.trim_start_matches('[').split(",{").next().unwrap();
    let (header, _) = DJANGO_CSV.split_once('\n').unwrap();
    for (source, good, endless) in [
        (SourceKind::DjangoCsv, format!("{header}\n{}\n", users(row, "\n")), format!("{header}\n1,\"{long}")),
        (SourceKind::DjangoDumpdata, format!("[{}]", users(record, ",")), format!("[{{\"model\":\"{long}\"}}]")),
        (SourceKind::Jsonl, users("{\"username\":\"ann\"}", "\n"), long.clone()),
    ] {
        let file = folder.0.join("file");
        fs::write(&file, good).unwrap();
        let (users, is_whole) = read_all(source, file.clone(), None);
        assert!(is_whole && users.len() > 50_000, "{source:?}: {}", users.len());
        fs::write(&file, endless).unwrap();
        assert_eq!(read_all(source, file, None), (Vec::new(), false), "{source:?}");
    }
}

/// A way to damage a file: bytes at a place, given as a part of 65,536 of its length, are overwritten, put in or cut out; or it
/// ends there.
#[derive(Clone, Debug)]
enum Damage {
    Overwrite(u16, Vec<u8>),
    Insert(u16, Vec<u8>),
    CutOut(u16, u8),
    End(u16),
}

impl Damage {
    fn apply(&self, content: &mut Vec<u8>) {
        let place = |part: u16| content.len() * usize::from(part) / 65_536;
        match self {
            Self::Overwrite(at, bytes) => {
                let at = place(*at);
                let end = content.len().min(at + bytes.len());
                content.splice(at..end, bytes.iter().copied());
            }
            Self::Insert(at, bytes) => {
                let at = place(*at);
                content.splice(at..at, bytes.iter().copied());
            }
            Self::CutOut(at, many) => {
                let at = place(*at);
                content.drain(at..content.len().min(at + usize::from(*many)));
            }
            Self::End(at) => content.truncate(place(*at)),
        }
    }
}

fn damage() -> impl Strategy<Value = Damage> {
    let few = proptest::collection::vec(any::<u8>(), 1..6);
    let telling = prop_oneof![
        Just(b"\"".to_vec()),
        Just(b",".to_vec()),
        Just(b"\n".to_vec()),
        Just(b"null".to_vec()),
        Just(b"-1e999".to_vec()),
        Just(b"\xff".to_vec()),
        Just(b"\0".to_vec()),
        Just(b"[".to_vec()),
        few
    ];
    prop_oneof![
        (any::<u16>(), telling.clone()).prop_map(|(at, bytes)| Damage::Overwrite(at, bytes)),
        (any::<u16>(), telling).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        (any::<u16>(), any::<u8>()).prop_map(|(at, many)| Damage::CutOut(at, many)),
        any::<u16>().prop_map(Damage::End),
    ]
}

proptest! {
    #[test]
    fn a_damaged_file_is_read_or_refused_with_its_name(damages in proptest::collection::vec(damage(), 1..4)) {
        let folder = Folder::new("damaged");
        let config = folder.0.join("config");
        fs::write(&config, HASH_CONFIG).unwrap();
        for (source, mut content) in good_files(&folder) {
            for damage in &damages {
                damage.apply(&mut content);
            }
            let file = folder.0.join("file");
            fs::write(&file, content).unwrap();
            let config = (source == SourceKind::Firebase).then(|| config.clone());
            // Neither a panic nor a refusal that names no file.
            read_all(source, file, config);
        }
    }
}
