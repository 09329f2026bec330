mod elsewhere;

use proptest::prelude::*;

use super::*;

const CHEAP: Argon2Parameters = Argon2Parameters { memory_kib: 64, iterations: 1, parallelism: 1 };

fn password(text: &str) -> Password {
    Password::parse(text.to_owned()).unwrap()
}

fn passwords(parameters: Argon2Parameters, engine: Engine) -> Passwords {
    Passwords::new(parameters, engine).unwrap()
}

#[tokio::test]
async fn a_password_matches_its_own_hash_only() {
    let passwords = passwords(CHEAP, Engine::Argon2Rust);
    let hash = passwords.hash(password("hunter2"), [7; 16]).await.unwrap();
    assert_eq!(passwords.verify(password("hunter2"), Some(&hash)).await.unwrap(), Verdict::Match);
    assert_eq!(passwords.verify(password("hunter3"), Some(&hash)).await.unwrap(), Verdict::Mismatch);
    assert_eq!(passwords.verify(password("hunter2"), None).await.unwrap(), Verdict::Mismatch);
}

#[tokio::test]
async fn other_parameters_match_and_are_outdated() {
    let old = passwords(CHEAP, Engine::RustCrypto).hash(password("hunter2"), [7; 16]).await.unwrap();
    let dearer = Argon2Parameters { iterations: 2, ..CHEAP };
    let today = passwords(dearer, Engine::Argon2Rust);
    assert_eq!(today.verify(password("hunter2"), Some(&old)).await.unwrap(), Verdict::MatchButOutdated);
}

#[tokio::test]
async fn a_tag_of_another_length_matches_and_is_outdated() {
    // Made with the C reference, at the cost of today and at others.
    for said in [
        "m=64,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$tH13oQLk+zXZrIPgPPwx7A",
        "m=128,t=2,p=2$MDEyMzQ1Njc4OWFiY2RlZg$UiayvQh/BreU4Z+YR2XUOw",
        "m=16,t=2,p=2$MDEyMzQ1Njc4OWFiY2RlZg$bPtMW/vK+X818Z79x98fxs6zN79z8sQNiIuS1dRFZzahMXvAcvcMC2NYg2Mdi63MdLb+jypSK3pIGMnL\
         8v23Qg",
    ] {
        let stored = PasswordHash::from_stored(format!("$argon2id$v=19${said}"));
        for engine in [Engine::Argon2Rust, Engine::RustCrypto] {
            let passwords = passwords(CHEAP, engine);
            let verdict = passwords.verify(password("hunter2"), Some(&stored)).await.unwrap();
            assert_eq!(verdict, Verdict::MatchButOutdated, "{said}");
            let verdict = passwords.verify(password("hunter3"), Some(&stored)).await.unwrap();
            assert_eq!(verdict, Verdict::Mismatch, "{said}");
        }
    }
}

#[tokio::test]
async fn what_is_no_argon2id_string_is_our_trouble_and_no_mismatch() {
    let passwords = passwords(CHEAP, Engine::Argon2Rust);
    for text in ["", "hunter2", "$argon2x$v=19$m=64,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA", "$2b$12$abc"] {
        let stored = PasswordHash::from_stored(text.to_owned());
        let verdict = passwords.verify(password("hunter2"), Some(&stored)).await;
        assert!(matches!(verdict, Err(PasswordError::Unreadable(_))), "{text}");
    }
}

#[tokio::test]
async fn a_string_that_asks_for_more_than_can_be_computed_is_not_tried() {
    let passwords = passwords(CHEAP, Engine::Argon2Rust);
    for parameters in
        ["m=4194305,t=1,p=1", "m=4294967295,t=1,p=1", "m=64,t=16385,p=1", "m=64,t=4294967295,p=1", "m=256,t=1,p=17"]
    {
        let text = format!("$argon2id$v=19${parameters}$MDEyMzQ1Njc4OWFiY2RlZg$MDEyMzQ1Njc4OWFiY2RlZg");
        let verdict = passwords.verify(password("hunter2"), Some(&PasswordHash::from_stored(text))).await;
        assert!(matches!(verdict, Err(PasswordError::Unreadable(_))), "{parameters}");
    }
}

#[tokio::test]
async fn a_string_that_says_more_than_is_looked_at_is_our_trouble_and_no_mismatch() {
    let passwords = passwords(CHEAP, Engine::Argon2Rust);
    for parameters in ["m=64,t=1,p=1,keyid=AAAA", "m=64,t=1,p=1,data=AAAA", "t=1,m=64,p=1", "m=64,t=1", "m=064,t=1,p=1"]
    {
        let text = format!("$argon2id$v=19${parameters}$MDEyMzQ1Njc4OWFiY2RlZg$MDEyMzQ1Njc4OWFiY2RlZg");
        let verdict = passwords.verify(password("hunter2"), Some(&PasswordHash::from_stored(text))).await;
        assert!(matches!(verdict, Err(PasswordError::Unreadable(_))), "{parameters}");
    }
}

#[tokio::test]
async fn the_default_hash_is_the_string_that_every_library_reads() {
    let owasp = Argon2Parameters { memory_kib: 19_456, iterations: 2, parallelism: 1 };
    let hash = passwords(owasp, Engine::Argon2Rust).hash(password("hunter2"), *b"0123456789abcdef").await.unwrap();
    assert!(hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$"));
    let again = passwords(owasp, Engine::RustCrypto).hash(password("hunter2"), *b"0123456789abcdef").await.unwrap();
    assert_eq!(hash, again);
}

#[tokio::test]
async fn everybody_costs_one_hash() {
    let passwords = passwords(CHEAP, Engine::Argon2Rust);
    let hash = passwords.hash(password("hunter2"), [7; 16]).await.unwrap();
    for stored in [Some(&hash), None] {
        for text in ["hunter2", "hunter3", ""] {
            let before = passwords.lanes.computed.load(std::sync::atomic::Ordering::SeqCst);
            passwords.verify(password(text), stored).await.unwrap();
            assert_eq!(passwords.lanes.computed.load(std::sync::atomic::Ordering::SeqCst), before + 1);
        }
    }
}

#[tokio::test]
async fn a_queue_that_is_too_long_says_so_and_what_is_given_up_is_not_hashed() {
    let passwords = passwords(CHEAP, Engine::Argon2Rust);
    // Nothing runs before the first await below gives the runtime a turn: all of them are in the queue at once.
    let mut waiting: Vec<_> = (0..2000).map(|_| Box::pin(passwords.verify(password("x"), None))).collect();
    let mut refused = 0;
    for verifying in &mut waiting {
        if let std::task::Poll::Ready(Err(PasswordError::Overloaded)) = futures_util::poll!(verifying) {
            refused += 1;
        }
    }
    assert!(refused > 0);
    drop(waiting);
    let before = passwords.lanes.computed.load(std::sync::atomic::Ordering::SeqCst);
    passwords.verify(password("x"), None).await.unwrap();
    let hashed = passwords.lanes.computed.load(std::sync::atomic::Ordering::SeqCst) - before;
    assert!(hashed <= 1 + hashes_at_once(), "{hashed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_all_get_their_own_answer_and_some_may_give_up() {
    let passwords = passwords(CHEAP, Engine::Argon2Rust);
    let hash = passwords.hash(password("hunter2"), [7; 16]).await.unwrap();
    let mut running = tokio::task::JoinSet::new();
    for number in 0..200 {
        let (passwords, hash) = (passwords.clone(), hash.clone());
        running.spawn(async move {
            let text = if number % 2 == 0 { "hunter2" } else { "hunter3" };
            let verifying = passwords.verify(password(text), Some(&hash));
            if number % 5 == 0 {
                // Given up at once, as a request past its deadline is.
                let _given_up = tokio::time::timeout(std::time::Duration::ZERO, verifying).await;
                None
            } else {
                Some((number % 2 == 0, verifying.await.unwrap()))
            }
        });
    }
    for (right, verdict) in running.join_all().await.into_iter().flatten() {
        assert_eq!(verdict == Verdict::Match, right);
    }
    assert_eq!(passwords.verify(password("hunter2"), Some(&hash)).await.unwrap(), Verdict::Match);
}

#[test]
fn debug_shows_no_hash() {
    assert_eq!(format!("{:?}", PasswordHash::from_stored("$argon2id$secret".to_owned())), "PasswordHash");
}

proptest! {
    #[test]
    fn a_string_that_is_read_is_written_the_same(
        (memory_kib, iterations, parallelism) in (1_u32.., 0_u32..200, 0_u32..20),
        salt in proptest::collection::vec(any::<u8>(), 0..50),
        tag in proptest::collection::vec(any::<u8>(), 0..70),
        (at, odd) in (0_usize..200, any::<Option<char>>()),
    ) {
        let parameters = Argon2Parameters { memory_kib, iterations, parallelism };
        let mut text = parameters.write(&salt, &tag).as_str().to_owned();
        if let Some(odd) = odd.filter(|_| text.is_char_boundary(at)) {
            text.insert(at, odd);
        }
        let stored = PasswordHash::from_stored(text);
        if let Ok(Stored { recipe: Recipe { cost, salt, tag_bytes, .. }, tag }) = Stored::read(&stored) {
            let Cost::Argon2 { parameters, .. } = cost else { panic!("{cost}") };
            prop_assert!(parameters.write(&salt, &tag) == stored, "{}", stored.as_str());
            prop_assert!(cost.is_bearable() || !parameters.is_too_much());
            prop_assert!(Engine::Argon2Rust.hasher(Flavour::TODAY, parameters, tag_bytes).is_ok());
            prop_assert!(Engine::RustCrypto.hasher(Flavour::TODAY, parameters, tag_bytes).is_ok());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn both_engines_give_equal_tags(
        password in proptest::collection::vec(any::<u8>(), 0..80),
        salt in proptest::collection::vec(any::<u8>(), 8..40),
        (lanes, passes, blocks) in (1_u32..4, 1_u32..4, 8_u32..40),
        (variant, is_old) in (prop::sample::select(vec![Variant::D, Variant::I, Variant::Id]), any::<bool>()),
    ) {
        let flavour = Flavour { variant, version: if is_old { 0x10 } else { 0x13 } };
        let parameters = Argon2Parameters { memory_kib: lanes * blocks, iterations: passes, parallelism: lanes };
        let mut tags = [[0; 32]; 2];
        for (engine, tag) in [Engine::Argon2Rust, Engine::RustCrypto].into_iter().zip(&mut tags) {
            let mut hasher = engine.hasher(flavour, parameters, 32).unwrap();
            // Twice with the same memory: what the first hash left must not show.
            hasher.hash_into(b"someone else's password", &salt, tag).unwrap();
            hasher.hash_into(&password, &salt, tag).unwrap();
        }
        prop_assert_eq!(tags[0], tags[1]);
    }
}
