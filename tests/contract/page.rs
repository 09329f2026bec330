//! The title and the form fields of a page.

use serde_json::{Map, Value};

/// The title of `html`.
pub(crate) fn title(html: &str) -> Option<&str> {
    html.split_once("<title>")?.1.split("</title>").next()
}

/// The named form fields of `html`, each with its type.
pub(crate) fn fields(html: &str) -> Value {
    let mut fields = Map::new();
    for tag in html.split('<').skip(1).filter_map(|rest| rest.split('>').next()) {
        let kind = tag.split_whitespace().next().unwrap_or_default();
        if matches!(kind, "input" | "textarea" | "select")
            && let Some(name) = attribute(tag, "name")
        {
            let value = if kind == "input" { attribute(tag, "type").unwrap_or("text") } else { kind };
            fields.insert(name.to_owned(), Value::from(value));
        }
    }
    Value::Object(fields)
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    tag.split_once(&format!(" {name}=\""))?.1.split('"').next()
}
