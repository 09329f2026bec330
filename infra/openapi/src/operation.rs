//! One operation: what it takes and what it answers.

use faregate::http::{Authentication, Document, Field, Input, Verb, View};
use serde_json::{Map, Value, json};

use crate::components::{Components, reference};
use crate::responses;

/// The media types that bodies of requests come in.
const PARSED: [&str; 3] = ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"];

/// The method as OpenAPI writes it.
pub(crate) const fn method(verb: Verb) -> &'static str {
    match verb {
        Verb::Get => "get",
        Verb::Post => "post",
        Verb::Delete => "delete",
    }
}

/// The operation of `view`.
pub(crate) fn of_view(view: &View, section: &str, components: &mut Components) -> Value {
    let mut operation = head(view.path, (view.name, view.about), section);
    if view.method == Verb::Delete {
        // Beside a `GET` of the same words.
        operation.insert("operationId".to_owned(), json!(format!("delete_{}", operation_id(view.path))));
    }
    let device = view.knows_devices.then(|| reference("parameters", "Device"));
    let parameters = segments(view.path).chain(device).chain([reference("parameters", "Format")]);
    operation.insert("parameters".to_owned(), parameters.collect());
    let security = match view.authentication {
        Authentication::Ignored => json!([]),
        Authentication::Optional => json!([{}, {"bearer": []}]),
        Authentication::Required => json!([{"bearer": []}]),
        Authentication::RequiredByAnyClass => json!([{"bearer": []}, {"admin": []}, {"basic": []}]),
    };
    operation.insert("security".to_owned(), security);
    if view.members().next().is_some() {
        components.schema(&schema_name(view.path, "Errors"), field_errors(view));
        operation.insert("requestBody".to_owned(), request_body(view, components));
    }
    operation.insert("responses".to_owned(), responses::of_view(view, components));
    Value::Object(operation)
}

/// The operation of `document`.
pub(crate) fn of_document(document: &Document, section: &str, components: &mut Components) -> Value {
    let mut operation = head(document.path, (document.name, document.description), section);
    operation.insert("responses".to_owned(), responses::of_document(document, components));
    Value::Object(operation)
}

/// The path of `document` as it is usually written.
pub(crate) fn path_of(document: &Document) -> String {
    let slash = if document.path.starts_with("/api/") { "/" } else { "" };
    format!("{}{slash}", document.path)
}

fn head(path: &str, (name, description): (&str, &str), section: &str) -> Map<String, Value> {
    let mut head = Map::new();
    head.insert("tags".to_owned(), json!([section]));
    head.insert("summary".to_owned(), json!(name));
    if !description.is_empty() {
        head.insert("description".to_owned(), json!(description));
    }
    head.insert("operationId".to_owned(), json!(operation_id(path)));
    head
}

fn operation_id(path: &str) -> String {
    words(path).join("_").replace(['-', '.'], "_")
}

/// The words of a path: `/api/log_out/others` is "`log_out`" and "`others`".
fn words(path: &str) -> Vec<&str> {
    let segments = path.split('/').filter(|segment| !matches!(*segment, "" | "api" | ".well-known"));
    segments.map(|segment| segment.trim_matches(['{', '}'])).collect()
}

/// The name of a schema that belongs to the route at `path`: `LogOutOthers` and what follows.
pub(crate) fn schema_name(path: &str, kind: &str) -> String {
    let capital = |word: &str| word.get(..1).unwrap_or_default().to_uppercase() + word.get(1..).unwrap_or_default();
    let words = words(path).into_iter().flat_map(|segment| segment.split('_'));
    words.map(capital).chain([kind.to_owned()]).collect()
}

/// The segments that `path` leaves open: ids.
fn segments(path: &str) -> impl Iterator<Item = Value> {
    let names = path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
    names.map(
        |name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string", "format": "uuid"}}),
    )
}

/// What may be wrong with each field.
fn field_errors(view: &View) -> Value {
    let messages = json!({"type": "array", "items": {"type": "string"}, "minItems": 1});
    let properties: Map<_, _> = view.members().map(|field| (field.name.to_owned(), messages.clone())).collect();
    json!({
        "type": "object",
        "description": "What is wrong with each field that something is wrong with.",
        "properties": properties,
        "minProperties": 1,
    })
}

fn request_body(view: &View, components: &mut Components) -> Value {
    let json = components.schema(&schema_name(view.path, "Request"), members(view, true));
    // No form has a null.
    let form = match view.extras {
        [] => json.clone(),
        _ => components.schema(&schema_name(view.path, "Form"), members(view, false)),
    };
    let [first, rest @ ..] = PARSED;
    let mut content = Map::from_iter([(first.to_owned(), json!({"schema": json}))]);
    content.extend(rest.map(|media_type| (media_type.to_owned(), json!({"schema": form}))));
    json!({"required": true, "content": content})
}

/// The members of a request; what `OPTIONS` does not show may be null as well as missing, where null can be written.
fn members(view: &View, has_null: bool) -> Value {
    let listed = view.fields.iter().filter(|field| field.input.is_some()).map(|field| property(field, false));
    let extras = view.extras.iter().map(|field| property(field, has_null));
    let required: Value = view.members().filter(|field| field.required).map(|field| field.name).collect();
    json!({"type": "object", "properties": listed.chain(extras).collect::<Map<_, _>>(), "required": required})
}

fn property(field: &Field, may_be_null: bool) -> (String, Value) {
    let mut schema = Map::new();
    let kind = if may_be_null { json!([field.kind, "null"]) } else { json!(field.kind) };
    schema.insert("type".to_owned(), kind);
    schema.insert("title".to_owned(), json!(field.label));
    if let Some(help_text) = field.help_text {
        schema.insert("description".to_owned(), json!(help_text));
    }
    if field.input == Some(Input::Password) {
        schema.insert("format".to_owned(), json!("password"));
    }
    if let Some(max_length) = field.max_length {
        schema.insert("maxLength".to_owned(), json!(max_length));
    }
    // Blank is as good as missing.
    let pattern = field.pattern.or(field.required.then_some(r"\S"));
    if let Some(pattern) = pattern {
        schema.insert("pattern".to_owned(), json!(pattern));
    }
    (field.name.to_owned(), Value::Object(schema))
}
