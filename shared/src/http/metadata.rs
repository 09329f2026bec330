//! What `OPTIONS` answers: the route's name, formats and fields, in the recorded shape.

use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::view::{Field, Verb, View};

/// A route, as `OPTIONS` describes it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Metadata {
    name: &'static str,
    description: &'static str,
    /// The media types of answers.
    renders: Vec<&'static str>,
    /// The media types of requests.
    parses: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    actions: Option<Actions>,
}

/// The fields of a route, by the method that takes them.
#[derive(Debug, Serialize, ToSchema)]
struct Actions {
    /// In the order of a form.
    #[serde(rename = "POST")]
    #[schema(value_type = std::collections::HashMap<String, FieldMetadata>)]
    post: Map<String, Value>,
}

/// A field of a route.
#[derive(Debug, Serialize, ToSchema)]
struct FieldMetadata {
    #[serde(rename = "type")]
    kind: &'static str,
    required: bool,
    read_only: bool,
    label: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    help_text: Option<&'static str>,
    /// The most characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    max_length: Option<usize>,
}

/// The description of `view`.
pub(super) fn of(view: &View, browsable: bool) -> Value {
    let renders = if browsable { vec!["application/json", "text/html"] } else { vec!["application/json"] };
    let post = || view.fields.iter().map(|field| (field.name.to_owned(), json!(FieldMetadata::of(field)))).collect();
    json!(Metadata {
        name: view.name,
        description: view.description,
        renders,
        parses: vec!["application/json", "application/x-www-form-urlencoded", "multipart/form-data"],
        actions: (view.method == Verb::Post).then(|| Actions { post: post() }),
    })
}

impl FieldMetadata {
    const fn of(field: &Field) -> Self {
        let Field { kind, required, label, help_text, max_length, .. } = *field;
        Self { kind, required, read_only: field.input.is_none(), label, help_text, max_length }
    }
}
