//! Hashes that the real packages made (tests/legacy-hashes/make.py).

use serde_json::Value;

use super::*;

fn vectors() -> Vec<Value> {
    serde_json::from_str(include_str!("../../../../tests/legacy-hashes/hashes.json")).unwrap()
}

fn text<'a>(vector: &'a Value, member: &str) -> Option<&'a str> {
    vector.get(member).and_then(Value::as_str)
}

fn stored(text: &str) -> PasswordHash {
    PasswordHash::from_stored(text.to_owned())
}

#[tokio::test]
async fn a_hash_that_another_system_made_matches_its_password_alone_and_is_outdated() {
    for engine in [Engine::Argon2Rust, Engine::RustCrypto] {
        let passwords = passwords(CHEAP, engine);
        for vector in vectors() {
            let (Some(right), Some(hash)) = (text(&vector, "password"), text(&vector, "stored")) else { continue };
            let verdict = passwords.verify(password(right), Some(&stored(hash))).await.unwrap();
            assert_eq!(verdict, Verdict::MatchButOutdated, "{vector}");
            let wrong = format!("x{right}");
            let verdict = passwords.verify(password(&wrong), Some(&stored(hash))).await.unwrap();
            assert_eq!(verdict, Verdict::Mismatch, "{vector}");
        }
    }
}

#[test]
fn what_a_hash_costs_is_read_from_it() {
    for vector in vectors() {
        let found = examine(&stored(text(&vector, "stored").unwrap()), CHEAP);
        match text(&vector, "cost") {
            Some(cost) => assert_eq!(found.unwrap().unwrap().to_string(), cost, "{vector}"),
            None if text(&vector, "refused") == Some("unusable") => assert_eq!(found, Ok(None), "{vector}"),
            None => assert!(matches!(found, Err(UnreadableHash::Weak(_))), "{vector}: {found:?}"),
        }
    }
}

#[test]
fn what_is_cut_off_anywhere_is_malformed_or_unknown() {
    for vector in vectors() {
        let hash = text(&vector, "stored").unwrap();
        if text(&vector, "cost").is_none() {
            continue;
        }
        for end in 0..hash.len() {
            // A tag of fewer bytes is a tag, where the format does not say how many there are; Django's do.
            let cut = examine(&stored(hash.get(..end).unwrap()), CHEAP);
            let is_in_its_tag =
                end > hash.rfind('$').unwrap() && (hash.starts_with('$') || hash.starts_with("argon2$"));
            let is_padding_alone = hash.bytes().skip(end).all(|byte| byte == b'=');
            assert!(cut.is_err() || is_in_its_tag || is_padding_alone, "{hash} at {end}");
        }
    }
}

#[test]
fn whoever_brings_a_hash_does_not_decide_what_a_log_in_costs() {
    let salt_and_tag = "MDEyMzQ1Njc4OWFiY2RlZg$MDEyMzQ1Njc4OWFiY2RlZg";
    for dear in [
        format!("$argon2id$v=19$m=524288,t=1,p=1${salt_and_tag}"),
        format!("argon2$argon2id$v=19$m=4194304,t=100,p=16${salt_and_tag}"),
        format!("$argon2i$v=19$m=64,t=4294967295,p=1${salt_and_tag}"),
        format!("pbkdf2_sha256$4294967295$salt${}=", "A".repeat(43)),
        "$2b$31$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK".to_owned(),
        format!("$scrypt$ln=63,r=8,p=1${salt_and_tag}"),
        format!("scrypt$1048576$salt$8$1${}==", "A".repeat(86)),
    ] {
        assert!(matches!(examine(&stored(&dear), CHEAP), Err(UnreadableHash::TooDear(_))), "{dear}");
    }
}

#[test]
fn a_tag_that_takes_all_iterations_again_and_again_is_none() {
    let salt_and_tag = format!("salt${}", "A".repeat(86));
    assert!(examine(&stored(&format!("$pbkdf2-sha512$4000000${salt_and_tag}")), CHEAP).is_ok());
    for name in ["pbkdf2", "pbkdf2-sha256"] {
        let found = examine(&stored(&format!("${name}$4000000${salt_and_tag}")), CHEAP);
        assert_eq!(found, Err(UnreadableHash::Malformed("pbkdf2")), "{name}");
    }
}

#[test]
fn a_dear_hash_comes_back_where_it_is_what_is_made() {
    let dear = Argon2Parameters { memory_kib: 1_048_576, iterations: 2, parallelism: 1 };
    let hash = dear.write(b"0123456789abcdef", &[7; 32]);
    assert_eq!(examine(&hash, dear), Ok(Some(Cost::argon2id(dear))));
    assert_eq!(examine(&hash, CHEAP), Err(UnreadableHash::TooDear(Cost::argon2id(dear))));
}

#[tokio::test]
async fn who_has_no_password_costs_what_nobody_costs() {
    let passwords = passwords(CHEAP, Engine::Argon2Rust).with_dummy("pbkdf2-sha256:i=10".parse().unwrap());
    for unusable in ["!", "!kAnZ3tPRWv8vLtBQ0UGGYpzUWwBUQ4Xld1hW4Ybb"] {
        let before = passwords.lanes.computed.load(std::sync::atomic::Ordering::SeqCst);
        let verdict = passwords.verify(password("hunter2"), Some(&stored(unusable))).await.unwrap();
        assert_eq!(verdict, Verdict::Mismatch);
        assert_eq!(passwords.lanes.computed.load(std::sync::atomic::Ordering::SeqCst), before + 1);
    }
}

#[test]
fn nobodys_hash_takes_as_much_work_as_a_hash_of_its_kind() {
    for vector in vectors() {
        let Ok(known) = Stored::read(&stored(text(&vector, "stored").unwrap())) else { continue };
        let dummy = Recipe::dummy(known.recipe.cost);
        let known = known.recipe;
        if let Cost::Pbkdf2 { digest, .. } = known.cost {
            let blocks = |recipe: &Recipe| recipe.tag_bytes.div_ceil(digest.bytes());
            assert_eq!((blocks(&known), blocks(&dummy)), (1, 1), "{vector}");
        }
        assert_eq!(known.signer_key.is_empty(), dummy.signer_key.is_empty(), "{vector}");
    }
}

#[tokio::test]
async fn nobodys_hash_can_be_of_any_kind() {
    for cost in [
        "argon2i:m=64,t=1,p=1",
        "pbkdf2-sha1:i=2",
        "pbkdf2-sha512:i=2",
        "bcrypt:4",
        "bcrypt-sha256:4",
        "scrypt:ln=4,r=8,p=1",
    ]
    .into_iter()
    .chain(["fbscrypt:ln=4,r=8,p=1"])
    {
        let passwords = passwords(CHEAP, Engine::RustCrypto).with_dummy(cost.parse().unwrap());
        assert_eq!(passwords.verify(password("hunter2"), None).await.unwrap(), Verdict::Mismatch, "{cost}");
    }
}
