//! The answers of an operation, by status: what is well, how the route refuses, and what API Gateway says itself.

use std::collections::BTreeMap;

use axum::http::{Method, StatusCode};
use faregate::http::{Action, BodyType, Document, Metadata, NonFieldErrors, Problem, Refusal, Shown, View};
use serde_json::{Map, Value, json};

use crate::components::{Components, reference};
use crate::operation::schema_name;

const JSON: &str = "application/json";
const PAGE: &str = "text/html";

/// What API Gateway answers itself: too large a body, too many requests, a function that cannot start, no answer in time.
const GATEWAY: [(StatusCode, &str); 4] = [
    (StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large"),
    (StatusCode::TOO_MANY_REQUESTS, "Too Many Requests"),
    (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"),
    (StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable"),
];

/// The answers with one status, while they are collected.
#[derive(Default)]
struct Answers {
    /// Schemas, each once.
    schemas: Vec<Value>,
    examples: Map<String, Value>,
    headers: Map<String, Value>,
    is_page_too: bool,
}

/// The answers of `view` to its own method.
pub(crate) fn of_view(view: &View, components: &mut Components) -> Value {
    let mut responses = Map::new();
    let success = &view.success;
    let mut headers = headers_of_views();
    if let (true, Some(headers)) = (view.knows_devices, headers.as_object_mut()) {
        headers.insert("Faregate-Device".to_owned(), header("Device"));
    }
    let response = match &success.body {
        Some(body) => json!({
            "description": success.meaning,
            "headers": headers,
            "content": {JSON: {"schema": components.of_type(body)}, PAGE: text()},
        }),
        None => json!({"description": success.meaning, "headers": headers_of_views()}),
    };
    responses.insert(success.status.as_str().to_owned(), response);
    if success.body.is_none() {
        let page =
            json!({"description": "The same, as a page.", "headers": headers_of_views(), "content": {PAGE: text()}});
        responses.insert(StatusCode::OK.as_str().to_owned(), page);
    }
    let mut refused = refusals(view.every_refusal(), view.path, components);
    for answers in refused.values_mut() {
        answers.is_page_too = true;
        answers.add_headers(headers_of_views());
    }
    add_gateways(&mut refused, components);
    responses.extend(written(refused));
    Value::Object(responses)
}

/// The answers of `document` to `GET`.
pub(crate) fn of_document(document: &Document, components: &mut Components) -> Value {
    let mut responses = Map::new();
    let headers = json!({
        "x-request-id": header("RequestId"),
        "ETag": header("ETag"),
        "Cache-Control": header("CacheControl"),
        "Vary": header("Vary"),
    });
    let schema = match &document.success.body {
        Some(body) => components.of_type(body),
        None => json!({}),
    };
    let content = document.media_types.iter().map(|media_type| ((*media_type).to_owned(), json!({"schema": schema})));
    let content: Map<_, _> = content.collect();
    let success = json!({"description": document.success.meaning, "headers": headers, "content": content});
    responses.insert(document.success.status.as_str().to_owned(), success);
    let kept = json!({"description": "What `If-None-Match` names is still right.", "headers": headers});
    responses.insert(StatusCode::NOT_MODIFIED.as_str().to_owned(), kept);
    if document.media_types == [PAGE] {
        let off = json!({"description": "There is no page here.", "content": {PAGE: text()}});
        responses.insert(StatusCode::NOT_FOUND.as_str().to_owned(), off);
    }
    let mut refused = refusals((document.refusals)(), document.path, components);
    add_gateways(&mut refused, components);
    responses.extend(written(refused));
    Value::Object(responses)
}

/// Collects `refusals` by status.
fn refusals(refusals: Vec<Refusal>, path: &str, components: &mut Components) -> BTreeMap<StatusCode, Answers> {
    let mut found: BTreeMap<StatusCode, Answers> = BTreeMap::new();
    for refusal in refusals {
        let shown = refusal.shown();
        let status = shown.status;
        let schema = shown.body.as_ref().map(|body| schema_of(body, path, components));
        found.entry(status).or_default().add(&shown, schema);
    }
    found
}

/// Adds what API Gateway answers itself.
fn add_gateways(refused: &mut BTreeMap<StatusCode, Answers>, components: &mut Components) {
    let message = json!({"type": "object", "properties": {"message": {"type": "string"}}, "required": ["message"]});
    let schema = components.schema("GatewayProblem", message);
    for (status, message) in GATEWAY {
        refused.entry(status).or_default().add_gateways(message, &schema);
    }
}

/// A reference to the schema that `body` has.
fn schema_of(body: &Value, path: &str, components: &mut Components) -> Value {
    let has = |name: &str| body.get(name).is_some();
    if has("detail") {
        return components.of_type(&BodyType::of::<Problem>());
    }
    if has("non_field_errors") {
        return components.of_type(&BodyType::of::<NonFieldErrors>());
    }
    reference("schemas", &schema_name(path, "Errors"))
}

impl Answers {
    fn add(&mut self, shown: &Shown, schema: Option<Value>) {
        let Some(body) = &shown.body else {
            self.is_page_too = true;
            return;
        };
        self.add_schema(schema);
        self.add_example(shown.outcome, body);
        self.headers.entry("x-request-id").or_insert_with(|| header("RequestId"));
        if shown.status == StatusCode::UNAUTHORIZED {
            self.headers.insert("WWW-Authenticate".to_owned(), header("Authenticate"));
        }
        if let Some(action) = shown.action {
            self.headers.insert("Faregate-Action".to_owned(), header("Action"));
            if action == Action::Retry {
                self.headers.insert("Retry-After".to_owned(), header("RetryAfter"));
            }
        }
    }

    fn add_gateways(&mut self, message: &str, schema: &Value) {
        self.add_schema(Some(schema.clone()));
        self.add_example("gateway", &json!({"message": message}));
        // It knows no id of ours.
        self.headers.remove("x-request-id");
    }

    fn add_headers(&mut self, headers: Value) {
        if let Value::Object(headers) = headers {
            self.headers.extend(headers);
        }
    }

    fn add_schema(&mut self, schema: Option<Value>) {
        self.schemas.extend(schema.filter(|schema| !self.schemas.contains(schema)));
    }

    /// Under a name that no other has.
    fn add_example(&mut self, name: &str, value: &Value) {
        let taken = (1..).map(|number| if number == 1 { name.to_owned() } else { format!("{name}_{number}") });
        if let Some(free) = taken.into_iter().find(|name| !self.examples.contains_key(name)) {
            self.examples.insert(free, json!({"value": value}));
        }
    }

    fn into_response(self, status: StatusCode) -> Value {
        let mut content = Map::new();
        if let [schema] = self.schemas.as_slice() {
            content.insert(JSON.to_owned(), json!({"schema": schema, "examples": self.examples}));
        } else if !self.schemas.is_empty() {
            content.insert(JSON.to_owned(), json!({"schema": {"anyOf": self.schemas}, "examples": self.examples}));
        }
        if self.is_page_too {
            content.insert(PAGE.to_owned(), text());
        }
        if self.headers.is_empty() {
            return json!({"description": meaning(status), "content": content});
        }
        json!({"description": meaning(status), "headers": self.headers, "content": content})
    }
}

fn written(answers: BTreeMap<StatusCode, Answers>) -> impl Iterator<Item = (String, Value)> {
    answers.into_iter().map(|(status, answers)| (status.as_str().to_owned(), answers.into_response(status)))
}

/// What a refusal's status means, whatever the route.
fn meaning(status: StatusCode) -> &'static str {
    match status {
        StatusCode::BAD_REQUEST => "The request cannot be read, or something is wrong with its fields.",
        StatusCode::UNAUTHORIZED => "Whoever asks has not said who that is, or the token is no good.",
        StatusCode::FORBIDDEN => "Another site may have made the browser send this.",
        StatusCode::NOT_FOUND => "There is no such thing, or no such format.",
        StatusCode::METHOD_NOT_ALLOWED => "The route has no such method.",
        StatusCode::NOT_ACCEPTABLE => "The answer cannot be written as `Accept` wants it.",
        StatusCode::CONFLICT => "The holder of the token has another one by now.",
        StatusCode::PAYLOAD_TOO_LARGE => "The body has more than 10 MB.",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "The body is of a type that is not read.",
        StatusCode::TOO_MANY_REQUESTS => "Too many requests: wait.",
        StatusCode::SERVICE_UNAVAILABLE => "Our own trouble: a new try makes sense.",
        _ => "Our own trouble.",
    }
}

fn headers_of_views() -> Value {
    json!({
        "x-request-id": header("RequestId"),
        "Allow": header("Allow"),
        "Cache-Control": header("CacheControl"),
        "Vary": header("Vary"),
    })
}

fn header(name: &str) -> Value {
    reference("headers", name)
}

fn text() -> Value {
    json!({"schema": {"type": "string"}})
}

/// Gives answers that several operations have a name of their own, and names those of methods that no operation has.
pub(crate) fn share(paths: &mut Map<String, Value>, components: &mut Components) {
    let mut counted: BTreeMap<String, Vec<(Value, usize)>> = BTreeMap::new();
    for (status, response) in each_response(paths) {
        let known = counted.entry(status.clone()).or_default();
        match known.iter_mut().find(|(other, _)| other == response) {
            Some((_, count)) => *count += 1,
            None => known.push((response.clone(), 1)),
        }
    }
    let mut shared = BTreeMap::new();
    for (status, known) in counted {
        // Of several that are shared, the most usual one has the name.
        let most = known.into_iter().filter(|(_, count)| *count > 1).max_by_key(|(_, count)| *count);
        if let Some(((response, _), name)) = most.zip(name_of(&status)) {
            let reference = components.response(&name, response.clone());
            shared.insert(status, (response, reference));
        }
    }
    for (status, response) in each_response(paths) {
        if let Some((_, reference)) = shared.get(status).filter(|(usual, _)| usual == response) {
            *response = reference.clone();
        }
    }
    of_other_methods(components);
}

fn each_response(paths: &mut Map<String, Value>) -> impl Iterator<Item = (&String, &mut Value)> {
    let operations = paths.values_mut().filter_map(Value::as_object_mut).flat_map(Map::values_mut);
    let responses = operations.filter_map(|operation| operation.get_mut("responses")?.as_object_mut());
    responses.flat_map(Map::iter_mut)
}

/// A refusal's status in words; a success is each route's own.
fn name_of(status: &str) -> Option<String> {
    let status = StatusCode::from_bytes(status.as_bytes()).ok().filter(|status| !status.is_success())?;
    Some(status.canonical_reason()?.replace(' ', ""))
}

/// What every route answers to `OPTIONS` and to methods that it does not have.
fn of_other_methods(components: &mut Components) {
    let schema = components.of_type(&BodyType::of::<Metadata>());
    let options = json!({
        "description": "What the route is, and what it takes.",
        "content": {JSON: {"schema": schema}, PAGE: text()},
        "headers": headers_of_views(),
    });
    components.response("Options", options);
    let shown = Refusal::MethodNotAllowed(Method::PUT).shown();
    let mut answers = Answers { is_page_too: true, ..Answers::default() };
    let (status, schema) = (shown.status, components.of_type(&BodyType::of::<Problem>()));
    answers.add(&shown, Some(schema));
    answers.add_headers(headers_of_views());
    components.response("MethodNotAllowed", answers.into_response(status));
}
