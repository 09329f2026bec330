//! The OpenAPI document, held against answers.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use axum::http::{Method, Uri};
use jsonschema::Validator;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::Reply;

/// Headers that tell a client what to do: what answers have of them is to be declared.
const TELLING: [&str; 8] =
    ["allow", "cache-control", "etag", "faregate-action", "faregate-device", "retry-after", "vary", "www-authenticate"];

/// What may be said before the method is looked at.
const BEFORE_THE_METHOD: [&str; 8] = ["401", "403", "404", "406", "413", "429", "500", "503"];

/// An OpenAPI document, strict: an answer has no member that its schema does not name.
#[derive(Debug)]
pub struct Document {
    document: Value,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

impl Document {
    /// The one that the service serves.
    pub fn served() -> &'static Self {
        static SERVED: LazyLock<Document> =
            LazyLock::new(|| Document::new(serde_json::from_str(schema::JSON).expect("JSON")));
        &SERVED
    }

    /// `document`.
    pub fn new(mut document: Value) -> Self {
        close(&mut document);
        Self { document, validators: Mutex::default() }
    }

    /// Whether it describes `reply` to `method` at `uri`, if the path is one of its own. What a page's form asks for in the
    /// name of another method is a page's business.
    ///
    /// # Errors
    ///
    /// What the document does not say.
    pub fn describes(&self, method: &Method, uri: &Uri, reply: &Reply) -> Result<(), String> {
        let is_for_another_method = uri.query().is_some_and(|query| query.contains("_method="));
        let Some((route, operations)) = self.route(uri.path()).filter(|_| !is_for_another_method) else {
            return Ok(());
        };
        let status = reply.status.to_string();
        let place = format!("{method} {route}: {status}");
        let response = self
            .response(operations, method, &status)
            .ok_or_else(|| format!("{place} is not declared: {}", short(&reply.text)))?;
        let found = self.headers(response, reply).and_then(|()| self.body((&place, method), response, reply));
        found.map_err(|difference| format!("{place}: {difference}\n{}", short(&reply.text)))
    }

    /// The route that `path` names, and its operations.
    fn route(&self, path: &str) -> Option<(&str, &Value)> {
        let path = percent_decode_str(path).decode_utf8().ok()?;
        if path.contains(['?', '#']) {
            return None;
        }
        let paths = self.document["paths"].as_object().expect("paths").iter();
        let mut named = paths.filter(|(route, _)| is_of(&path, route));
        named.next().map(|(route, operations)| (route.as_str(), operations))
    }

    fn response<'a>(&'a self, operations: &'a Value, method: &Method, status: &str) -> Option<&'a Value> {
        let operation = |method: &Method| operations.get(method.as_str().to_lowercase());
        let same = if method == Method::HEAD { &Method::GET } else { method };
        if let Some(operation) = operation(same) {
            return self.declared(operation, status);
        }
        let other = operations.as_object()?.values().next()?;
        let is_document = other["security"].is_null();
        let named = |name: &str| Some(&self.document["components"]["responses"][name]);
        match (method.as_str(), status) {
            ("OPTIONS", "200") if !is_document => named("Options"),
            // Of a document always, of another route to a preflight of a page elsewhere.
            ("OPTIONS", "204") => Some(&Value::Null),
            (other, "405") if other != "OPTIONS" => named("MethodNotAllowed"),
            _ if BEFORE_THE_METHOD.contains(&status) => self.declared(other, status),
            _ => None,
        }
    }

    fn declared<'a>(&'a self, operation: &'a Value, status: &str) -> Option<&'a Value> {
        operation["responses"].get(status).map(|response| self.resolved(response))
    }

    fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        let target = value["$ref"].as_str().and_then(|target| self.document.pointer(target.strip_prefix('#')?));
        target.unwrap_or(value)
    }

    fn headers(&self, response: &Value, reply: &Reply) -> Result<(), String> {
        let declared = response["headers"].as_object();
        let named = || declared.into_iter().flatten();
        for (name, header) in named() {
            if self.resolved(header)["required"] == true && reply.header(name).is_none() {
                return Err(format!("no header {name}"));
            }
        }
        let told = TELLING.into_iter().filter(|name| reply.header(name).is_some());
        let undeclared =
            told.filter(|told| !response.is_null() && !named().any(|(name, _)| name.eq_ignore_ascii_case(told)));
        undeclared.map(|name| Err(format!("the header {name} is not declared"))).next().unwrap_or(Ok(()))
    }

    fn body(&self, (place, method): (&str, &Method), response: &Value, reply: &Reply) -> Result<(), String> {
        let content = response["content"].as_object();
        let Some(content) = content.filter(|_| method != Method::HEAD) else {
            return if reply.text.is_empty() { Ok(()) } else { Err("a body where none is declared".to_owned()) };
        };
        let media_type = reply.header("content-type").unwrap_or_default();
        let media_type = media_type.split(';').next().unwrap_or_default();
        let Some(described) = content.get(media_type) else { return Err(format!("{media_type:?} is not declared")) };
        if !media_type.ends_with("json") {
            return Ok(());
        }
        let body = serde_json::from_str(&reply.text).map_err(|error| error.to_string())?;
        let validator = self.validator(format!("{place} {media_type}"), &described["schema"]);
        let errors: Vec<_> = validator
            .iter_errors(&body)
            .map(|error| format!("{error} at {:?}", error.instance_path().as_str()))
            .collect();
        if errors.is_empty() { Ok(()) } else { Err(errors.join("; ")) }
    }

    fn validator(&self, name: String, schema: &Value) -> Arc<Validator> {
        let mut known = self.validators.lock().unwrap_or_else(PoisonError::into_inner);
        let made = || {
            let schema = json!({"allOf": [schema], "components": self.document["components"]});
            Arc::new(jsonschema::options().should_validate_formats(true).build(&schema).expect("a schema"))
        };
        Arc::clone(known.entry(name).or_insert_with(made))
    }
}

/// Whether `path`, with or without its last slash, is of `route`.
fn is_of(path: &str, route: &str) -> bool {
    let path: Vec<_> = path.strip_suffix('/').unwrap_or(path).split('/').collect();
    let route: Vec<_> = route.strip_suffix('/').unwrap_or(route).split('/').collect();
    let fits = |(segment, wanted): (&&str, &&str)| segment == wanted || wanted.starts_with('{') && !segment.is_empty();
    path.len() == route.len() && path.iter().zip(&route).all(fits)
}

/// Closes the schemas of objects in `value` to members that they do not name.
fn close(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.values_mut().for_each(close);
            if members.get("type") == Some(&json!("object")) && !members.contains_key("additionalProperties") {
                members.insert("additionalProperties".to_owned(), json!(false));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

fn short(text: &str) -> String {
    text.chars().take(400).collect()
}
