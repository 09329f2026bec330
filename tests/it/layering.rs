//! The layers hold: what may name AWS, HTTP and the clock, and that every list of routes and functions says the same.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every Rust file below `folder`, with its text.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    assert!(!found.is_empty(), "{folder} holds no source");
    found
}

/// The lines of code of `text` that hold one of `words`.
fn naming<'a>(text: &'a str, words: &'a [&str]) -> impl Iterator<Item = &'a str> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    code.filter(|line| words.iter().any(|word| line.contains(word)))
}

fn nobody_names(files: &[(PathBuf, String)], words: &[&str]) {
    for (path, text) in files {
        assert_eq!(naming(text, words).next(), None, "{}", path.display());
    }
}

/// What a function's use case asks for at AWS, where that is no other function's business.
const ADAPTERS: [&str; 1] = ["ws-reaper/src/management.rs"];

fn use_cases() -> Vec<(PathBuf, String)> {
    let files = sources("functions").into_iter();
    let is_of_the_web = |path: &Path| path.components().any(|part| part.as_os_str() == "web");
    let edges = |path: &Path| path.ends_with("lib.rs") || path.ends_with("main.rs") || is_of_the_web(path);
    files.filter(|(path, _)| !edges(path) && !ADAPTERS.iter().any(|adapter| path.ends_with(adapter))).collect()
}

#[test]
fn the_domain_knows_no_aws_and_no_http() {
    nobody_names(&sources("shared/src/domain"), &["aws_sdk", "axum", "http::", "tokio", "async "]);
}

#[test]
fn use_cases_know_no_aws_and_no_http() {
    let files = use_cases();
    assert!(files.len() >= 5);
    nobody_names(&files, &["aws_sdk", "axum", "http::", "StatusCode"]);
}

#[test]
fn only_the_store_names_the_sdk() {
    for folder in ["shared/src", "functions", "infra"] {
        let files: Vec<_> = sources(folder)
            .into_iter()
            .filter(|(path, _)| !path.starts_with(root().join("shared/src/store")))
            .collect();
        nobody_names(&files, &["aws_sdk_dynamodb"]);
    }
}

/// Code of the SDK's futures is made once (shared/src/store/call.rs).
#[test]
fn requests_are_boxed_where_they_are_sent() {
    let files: Vec<_> = sources("shared/src")
        .into_iter()
        .filter(|(path, _)| !["store/call.rs", "reaper.rs"].iter().any(|boxed| path.ends_with(boxed)))
        .collect();
    nobody_names(&files, &[".send()"]);
}

#[test]
fn the_store_knows_no_statuses() {
    nobody_names(&sources("shared/src/store"), &["StatusCode", "axum", "crate::http"]);
}

#[test]
fn arrows_in_shared_point_down_the_list_in_its_lib() {
    let library = std::fs::read_to_string(root().join("shared/src/lib.rs")).unwrap();
    let list = library.split("```").nth(1).unwrap();
    let order: Vec<&str> = list.lines().skip(1).filter_map(|line| line.split_whitespace().nth(1)).collect();
    assert_eq!(order.len(), library.matches("pub mod ").count(), "{order:?}");
    for (path, text) in sources("shared/src") {
        let inside = path.strip_prefix(root().join("shared/src")).unwrap();
        let module = inside.components().next().unwrap().as_os_str().to_str().unwrap().trim_end_matches(".rs");
        let Some(place) = order.iter().position(|name| *name == module) else { continue };
        for above in &order[..place] {
            let named = format!("crate::{above}::");
            assert_eq!(naming(&text, &[&named]).next(), None, "{} looks up", path.display());
        }
    }
}

#[test]
fn shared_knows_no_function() {
    nobody_names(
        &sources("shared/src"),
        &[
            "sign_up::",
            "log_in::",
            "token_refresh::",
            "token_verify::",
            "log_out::",
            "manage_sessions::",
            "password_change::",
            "account_delete::",
            "admin::",
            "issuer::",
            "authorizer::",
            "ws_ticket::",
            "ws_authorizer::",
            "ws_connect::",
            "ws_reaper::",
            "rotate_keys::",
        ],
    );
}

#[test]
fn no_file_is_longer_than_400_lines() {
    for folder in [
        "shared/src",
        "functions",
        "infra",
        "tests/src",
        "tests/it",
        "tests/contract",
        "tests/bench",
        "tests/fuzz",
        "tests/simulator",
        "tests/history",
    ] {
        for (path, text) in sources(folder) {
            assert!(text.lines().count() <= 400, "{}", path.display());
        }
    }
}

/// The function folders.
fn functions() -> BTreeSet<String> {
    let entries = std::fs::read_dir(root().join("functions")).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// The paths that each function's views and documents name.
fn paths() -> BTreeSet<(String, String)> {
    let mut paths = BTreeSet::new();
    for function in functions() {
        let text = std::fs::read_to_string(root().join("functions").join(&function).join("src/lib.rs")).unwrap();
        let named = text.split("path: \"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned());
        paths.extend(named.map(|path| (path, function.clone())));
    }
    paths
}

#[test]
fn the_watch_router_names_every_route_in_both_spellings() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let table = manifest.split_once("[workspace.metadata.lambda.watch.router]").unwrap().1;
    let listed: BTreeSet<(String, String)> = table
        .lines()
        .filter_map(|line| line.split_once(" = "))
        .map(|(path, function)| (path.trim_matches('"').to_owned(), function.trim_matches('"').to_owned()))
        .collect();
    let mut wanted: BTreeSet<(String, String)> = BTreeSet::new();
    for (path, function) in paths() {
        wanted.insert((format!("{path}/"), function.clone()));
        wanted.insert((path, function));
    }
    wanted.insert(("/{*rest}".to_owned(), "not-found".to_owned()));
    assert_eq!(listed, wanted);
}

#[test]
fn every_function_is_a_member_and_a_part_of_the_local_service() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let local = std::fs::read_to_string(root().join("infra/local/src/functions.rs")).unwrap();
    for function in functions() {
        assert_eq!(manifest.matches(&format!("\"functions/{function}\",")).count(), 2, "{function}");
        let module = function.replace('-', "_");
        let wired = local.contains(&format!("{module}::router")) || local.contains(&format!("{module}::Deps::start"));
        assert!(wired, "{function}");
    }
}
