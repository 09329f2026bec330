//! What several operations share: schemas by name, headers, responses.

use faregate::http::BodyType;
use faregate::http::browser::ADMIN_COOKIE;
use serde_json::{Map, Value, json};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

/// The components so far.
#[derive(Default)]
pub(crate) struct Components {
    schemas: Map<String, Value>,
    responses: Map<String, Value>,
}

impl Components {
    /// A reference to the schema of `body`, which is known from now on.
    pub(crate) fn of_type(&mut self, body: &BodyType) -> Value {
        let name = (body.name)();
        let mut parts = Vec::new();
        (body.parts)(&mut parts);
        parts.push((name.to_string(), (body.schema)()));
        for (name, schema) in parts {
            self.schema(&name, written(&schema));
        }
        let one = reference("schemas", &name);
        if body.is_list { json!({"type": "array", "items": one}) } else { one }
    }

    /// A reference to `schema`, which is known as `name` from now on.
    pub(crate) fn schema(&mut self, name: &str, schema: Value) -> Value {
        self.schemas.insert(name.to_owned(), schema);
        reference("schemas", name)
    }

    /// A reference to `response`, which is known as `name` from now on.
    pub(crate) fn response(&mut self, name: &str, response: Value) -> Value {
        self.responses.insert(name.to_owned(), response);
        reference("responses", name)
    }

    /// The part `components` of the document.
    pub(crate) fn into_value(mut self) -> Value {
        self.schemas.sort_keys();
        self.responses.sort_keys();
        json!({
            "schemas": self.schemas,
            "responses": self.responses,
            "parameters": {"Device": device_parameter(), "Format": format_parameter()},
            "headers": headers(),
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "The access token of a log-in or a refresh.",
                },
                "admin": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": ADMIN_COOKIE,
                    "description": "A session on the admin site, where there is one.",
                },
                "basic": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "Username and password, where HTTP Basic is switched on.",
                },
            },
        })
    }
}

/// `{"$ref": ...}`.
pub(crate) fn reference(kind: &str, name: &str) -> Value {
    json!({"$ref": format!("#/components/{kind}/{name}")})
}

/// A schema has no member that JSON could not have.
fn written(schema: &RefOr<Schema>) -> Value {
    serde_json::to_value(schema).unwrap_or_default()
}

fn format_parameter() -> Value {
    json!({
        "name": "format",
        "in": "query",
        "description": "How the answer is written: `api` is a page, where the browsable API is on; nothing is `json`.",
        "schema": {"type": "string", "enum": ["", "json", "api"]},
    })
}

fn device_parameter() -> Value {
    json!({
        "name": "Faregate-Device",
        "in": "header",
        "description": "What the last log-in on this device answered in the header of the same name. It is not looked at further \
                        where it is none of ours.",
        "schema": {"type": "string"},
    })
}

fn headers() -> Value {
    let text = |about: &str| json!({"description": about, "schema": {"type": "string"}});
    let always = |about: &str| json!({"description": about, "required": true, "schema": {"type": "string"}});
    json!({
        "Action": {
            "description": "What the app does next.",
            "schema": reference("schemas", "Action"),
        },
        "Allow": text("The methods of the route."),
        "Authenticate": always("`Bearer realm=\"api\"`."),
        "CacheControl": text("Whether, and how long, an answer may be kept."),
        "Device": text("By what this device is known from now on, where attempts are counted: keep it, also after a log-out."),
        "ETag": always("The name of this edition."),
        "RequestId": always("What the log calls the request."),
        "RetryAfter": {
            "description": "In how many seconds a new try makes sense.",
            "schema": {"type": "integer", "minimum": 1},
        },
        "Vary": text("The headers of the request that the answer depends on."),
    })
}
