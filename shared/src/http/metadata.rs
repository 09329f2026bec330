//! What `OPTIONS` answers: the route's name, formats and fields, in the recorded shape.

use serde_json::{Map, Value, json};

use super::view::{Field, Verb, View};

/// The description of `view`.
pub(super) fn of(view: &View, browsable: bool) -> Value {
    let renders = if browsable { json!(["application/json", "text/html"]) } else { json!(["application/json"]) };
    let mut metadata = json!({
        "name": view.name,
        "description": view.description,
        "renders": renders,
        "parses": ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"],
    });
    if let (Verb::Post, Value::Object(members)) = (view.method, &mut metadata) {
        let fields = view.fields.iter().map(|field| (field.name.to_owned(), describe(field)));
        members.insert("actions".to_owned(), json!({"POST": fields.collect::<Map<_, _>>()}));
    }
    metadata
}

fn describe(field: &Field) -> Value {
    let mut description = Map::new();
    description.insert("type".to_owned(), json!(field.kind));
    description.insert("required".to_owned(), json!(field.required));
    description.insert("read_only".to_owned(), json!(field.input.is_none()));
    description.insert("label".to_owned(), json!(field.label));
    if let Some(help_text) = field.help_text {
        description.insert("help_text".to_owned(), json!(help_text));
    }
    if let Some(max_length) = field.max_length {
        description.insert("max_length".to_owned(), json!(max_length));
    }
    Value::Object(description)
}
