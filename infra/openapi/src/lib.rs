//! The OpenAPI 3.1 document, made of what the functions say of themselves: their views, the types of their answers, the
//! refusals of `faregate::http`.
//!
//! Nothing here decides what a route answers. What it says is checked against every answer that the tests see.

mod components;
mod operation;
mod responses;
mod sections;
mod yaml;

use faregate::http::View;
use serde_json::{Map, Value, json};

pub use yaml::{YamlError, yaml};

use crate::components::Components;
use crate::sections::SECTIONS;

/// The version of OpenAPI. Its schemas are those of JSON Schema 2020-12.
const OPENAPI: &str = "3.1.0";

const ABOUT: &str = "\
Sign-up, log-in and sessions.

Paths work with and without the last slash. Bodies are JSON, URL-encoded or multipart; unknown members are ignored, numbers \
are read as their text, and white space around a text is dropped. `GET` brings `HEAD`. `OPTIONS` describes a route \
(`#/components/responses/Options`; of a document, and to a preflight of a page elsewhere, it answers 204); any other method is 405 \
(`#/components/responses/MethodNotAllowed`). Where the browsable API is on, browsers get \
answers as pages, and so does who asks with `?format=api`.

A refusal says in the header `Faregate-Action` what the app does next: `retry` the same later, `reload` what is stored, or \
`reauthenticate`. 413, 429, 500 and some 503 are API Gateway's own.";

/// The document.
#[must_use]
pub fn document() -> Value {
    let mut components = Components::default();
    let mut paths = Map::new();
    for section in SECTIONS {
        for view in section.views.iter().copied().flatten() {
            let operation = operation::of_view(view, section.name, &mut components);
            paths.insert(format!("{}/", view.path), json!({operation::method(view.method): operation}));
        }
        for document in section.documents.iter().copied().flatten() {
            let operation = operation::of_document(document, section.name, &mut components);
            paths.insert(operation::path_of(document), json!({"get": operation}));
        }
    }
    responses::share(&mut paths, &mut components);
    json!({
        "openapi": OPENAPI,
        "info": {
            "title": "Faregate",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": SECTIONS.iter().map(|section| json!({"name": section.name, "description": section.about})).collect::<Value>(),
        "paths": paths,
        "components": components.into_value(),
    })
}

/// `document` as JSON text.
#[must_use]
pub fn json(document: &Value) -> String {
    format!("{document:#}\n")
}

/// The views that the document tells of.
pub fn views() -> impl Iterator<Item = &'static View> {
    SECTIONS.iter().flat_map(|section| section.views.iter().copied().flatten()).copied()
}
