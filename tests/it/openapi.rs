//! The OpenAPI document says what the code says. Every other test holds it against the answers that it sees
//! (`tests/src/document.rs`).

use std::collections::BTreeSet;

use axum::http::{HeaderValue, Method, Uri, header};
use faregate_tests::{Document, Reply, Template, TestApp, empty_request};
use serde_json::{Value, json};

use crate::deployment::root;

fn document() -> Value {
    serde_json::from_str(schema::JSON).unwrap()
}

/// The sources of the functions' libraries.
fn libraries() -> Vec<String> {
    let entries = std::fs::read_dir(root().join("functions")).unwrap();
    entries.map(|entry| std::fs::read_to_string(entry.unwrap().path().join("src/lib.rs")).unwrap()).collect()
}

/// What stands in quotes after `before` in `text`.
fn quoted<'a>(text: &'a str, before: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(before).skip(1).filter_map(|rest| rest.strip_prefix('"')?.split('"').next())
}

async fn get(app: &TestApp, path: &str, accept: &'static str) -> Reply {
    let mut request = empty_request(Method::GET, path);
    request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static(accept));
    let reply = app.send(request).await;
    reply.is(200);
    reply
}

#[test]
fn the_files_are_what_the_code_makes() {
    let made = openapi::document();
    let stale = "stale: cargo run -p openapi";
    assert!(openapi::json(&made) == schema::JSON && openapi::yaml(&made).unwrap() == schema::YAML, "{stale}");
}

#[test]
fn the_yaml_says_the_same_as_the_json() {
    assert_eq!(Template::read(schema::YAML), document());
}

#[test]
fn every_route_is_in_the_document() {
    let document = document();
    let described = document["paths"].as_object().unwrap().keys().map(|path| path.trim_end_matches('/'));
    let libraries = libraries();
    let named = libraries.iter().flat_map(|text| quoted(text, "path: "));
    // The files of the page and the admin site are no part of the API.
    let is_api = |path: &&str| *path != "/api/docs/{asset}" && !path.starts_with("/admin");
    let named: BTreeSet<_> = named.filter(is_api).collect();
    assert_eq!(described.collect::<BTreeSet<_>>(), named);
}

#[test]
fn every_field_is_in_the_document_as_its_view_has_it() {
    let document = document();
    for view in openapi::views() {
        let operation = &document["paths"][format!("{}/", view.path)]["post"];
        for field in view.members() {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
            let schema = document.pointer(&schema.as_str().unwrap()[1..]).unwrap();
            let property = &schema["properties"][field.name];
            let is_required = schema["required"].as_array().unwrap().contains(&json!(field.name));
            assert!(property.is_object(), "{} {}", view.path, field.name);
            assert_eq!(is_required, field.required, "{} {}", view.path, field.name);
            assert_eq!(property["maxLength"].as_u64(), field.max_length.map(|most| most as u64), "{}", field.name);
        }
    }
}

#[test]
fn every_field_that_a_handler_reads_is_in_its_view() {
    let inputs: BTreeSet<_> =
        openapi::views().flat_map(faregate::http::View::members).map(|field| field.name).collect();
    for text in libraries() {
        let readers = ["fields.text(", "fields.text_with(", "fields.password(", "name(&mut fields, "];
        for name in readers.into_iter().flat_map(|reader| quoted(&text, reader)) {
            assert!(inputs.contains(name), "{name}");
        }
        let own =
            [("rotation_next()", "ROTATION_NEXT"), ("device_name()", "DEVICE_NAME"), ("rotation_ids()", "ROTATION_ID")];
        for (reader, field) in own {
            assert!(!text.contains(reader) || text.contains(&format!("Field::{field}")), "{reader}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_the_document_does_not_describe_is_found() {
    let app = TestApp::start().await;
    let tokens = app.user("ann").await;
    let reply = app.me(&tokens.access).await;
    let me = |document: Value| Document::new(document).describes(&Method::GET, &Uri::from_static("/api/me"), &reply);
    assert_eq!(me(document()), Ok(()));
    let mut without_status = document();
    without_status["paths"]["/api/me/"]["get"]["responses"].as_object_mut().unwrap().remove("200");
    assert!(me(without_status).unwrap_err().starts_with("GET /api/me/: 200 is not declared"));
    let mut without_member = document();
    without_member["components"]["schemas"]["User"]["properties"].as_object_mut().unwrap().remove("username");
    assert!(me(without_member).unwrap_err().contains("username"));
    let mut with_another_type = document();
    with_another_type["components"]["schemas"]["User"]["properties"]["id"]["type"] = json!("integer");
    assert!(me(with_another_type).unwrap_err().contains("/id"));
}

#[tokio::test]
async fn the_document_is_json_and_for_who_asks_yaml() {
    let app = TestApp::start().await;
    let plain = get(&app, "/api/schema/", "*/*").await;
    assert_eq!(
        (plain.header("content-type").as_deref(), plain.text.as_str()),
        (Some("application/json"), schema::JSON)
    );
    assert_eq!(plain.header("vary").as_deref(), Some("Accept"));
    assert_eq!(plain.json["openapi"], "3.1.0");
    for (path, accept) in [("/api/schema", "application/yaml"), ("/api/schema/?format=yaml", "*/*")] {
        let yaml = get(&app, path, accept).await;
        assert_eq!(
            (yaml.header("content-type").as_deref(), yaml.text.as_str()),
            (Some("application/yaml"), schema::YAML)
        );
        assert_ne!(yaml.header("etag"), plain.header("etag"));
    }
    let mut known = empty_request(Method::GET, "/api/schema/");
    known.headers_mut().insert(header::IF_NONE_MATCH, plain.headers["etag"].clone());
    app.send(known).await.is(304);
}

#[tokio::test]
async fn the_page_takes_its_files_from_here_and_runs_no_inline_script() {
    let app = TestApp::start().await;
    for path in ["/api/docs", "/api/docs/?url=https://elsewhere.example/a.json&configUrl=https://elsewhere.example"] {
        let page = get(&app, path, "text/html").await;
        assert_eq!(page.header("content-type").as_deref(), Some("text/html; charset=utf-8"));
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.contains("script-src 'self';") && !policy.contains("unsafe"), "{policy}");
        assert!(!page.text.contains("<script>") && !page.text.contains("://"));
        let files: Vec<_> = ["src=", "href="].into_iter().flat_map(|before| quoted(&page.text, before)).collect();
        assert!(files.len() >= 5, "{files:?}");
        for file in files.into_iter().filter(|file| !file.starts_with("data:")) {
            let file = get(&app, file, "*/*").await;
            assert!(
                file.header("etag").is_some() && file.header("cache-control").unwrap().starts_with("public, max-age=")
            );
        }
    }
    for nothing in ["/api/docs/x.js", "/api/docs/start.js/x", "/api/docs/../schema"] {
        app.send(empty_request(Method::GET, nothing)).await.is(404);
    }
}

#[tokio::test]
async fn there_is_no_page_where_the_browsable_api_is_off() {
    let app = TestApp::builder().with("FAREGATE_BROWSABLE_API", "off").start().await;
    for path in ["/api/docs", "/api/docs/", "/api/docs/start.js"] {
        let reply = app.send(empty_request(Method::GET, path)).await;
        reply.is(404);
        assert!(reply.text.contains("The requested resource was not found on this server."));
    }
    get(&app, "/api/schema/", "*/*").await;
}
