//! What a refusal says, sorted to the places where its page shows it.

use serde_json::Value;

use super::super::view::View;
use super::Exchange;

/// The messages of a refused POST; none for any other answer.
pub(super) struct Told<'a> {
    members: Vec<(&'a str, Vec<&'a str>)>,
    view: &'a View,
}

impl<'a> Told<'a> {
    pub(super) fn of(exchange: &Exchange<'a>) -> Self {
        let refused = exchange.asked.method == axum::http::Method::POST && exchange.answer.status.is_client_error();
        let members = exchange.answer.json.as_object().filter(|_| refused).into_iter().flatten();
        let texts = |value: &'a Value| match value {
            Value::String(text) => vec![text.as_str()],
            Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        Self { members: members.map(|(name, value)| (name.as_str(), texts(value))).collect(), view: exchange.view }
    }

    /// What is wrong with the field `name`.
    pub(super) fn of_field(&self, name: &str) -> &[&'a str] {
        self.members.iter().find(|(known, _)| *known == name).map_or(&[], |(_, texts)| texts)
    }

    /// What no field of the form shows, each with the member it is about where that is no word of the contract's own.
    pub(super) fn of_the_rest(&self) -> Vec<String> {
        let asked_for = |name: &str| self.view.inputs().any(|(field, _)| field.name == name);
        let rest = self.members.iter().filter(|(name, _)| *name != "code" && *name != "action" && !asked_for(name));
        let lines = rest.flat_map(|(name, texts)| {
            texts.iter().map(move |text| match *name {
                "detail" | "non_field_errors" => (*text).to_owned(),
                other => format!("{other}: {text}"),
            })
        });
        lines.collect()
    }
}
