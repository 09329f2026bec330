//! A form's field, with what is wrong with it beside it.

use maud::{Markup, html};

use crate::web::fields::Errors;

/// A field of text.
pub(super) struct Field<'a> {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) kind: &'static str,
    pub(super) value: &'a str,
    /// What a browser fills in by itself.
    pub(super) autocomplete: &'static str,
    pub(super) required: bool,
    /// The most characters that the browser lets somebody type; the server counts anew.
    pub(super) max_length: Option<usize>,
    pub(super) help: Option<&'static str>,
}

impl Field<'_> {
    /// A field of text that may be empty.
    pub(super) const TEXT: Self = Self {
        name: "",
        label: "",
        kind: "text",
        value: "",
        autocomplete: "off",
        required: false,
        max_length: None,
        help: None,
    };

    /// A field for a new password. It is never shown again.
    pub(super) const fn password(name: &'static str, label: &'static str) -> Self {
        Self { name, label, kind: "password", autocomplete: "new-password", required: true, ..Self::TEXT }
    }
}

/// `field`, with what is wrong with it.
pub(super) fn field(field: &Field<'_>, errors: &Errors) -> Markup {
    let id = format!("id_{}", field.name);
    let (help_id, wrong_id) = (format!("{id}_help"), format!("{id}_wrong"));
    let wrong: Vec<&str> = errors.of(field.name).collect();
    let described = [(field.help.is_some(), &help_id), (!wrong.is_empty(), &wrong_id)];
    let described: Vec<&str> = described.into_iter().filter(|(is, _)| *is).map(|(_, id)| id.as_str()).collect();
    let described_by = (!described.is_empty()).then(|| described.join(" "));
    html! {
        div.field {
            label for=(id) { (field.label) @if !field.required { " " span.soft { "(optional)" } } }
            input id=(id) name=(field.name) type=(field.kind) value=(field.value) autocomplete=(field.autocomplete)
                autocapitalize="none" spellcheck="false" required[field.required] maxlength=[field.max_length] dir="auto"
                aria-invalid=[(!wrong.is_empty()).then_some("true")] aria-describedby=[described_by];
            @if let Some(help) = field.help { small id=(help_id) { (help) } }
            @if !wrong.is_empty() { ul.wrong id=(wrong_id) { @for message in &wrong { li { (message) } } } }
        }
    }
}

/// What is wrong with the form as a whole, and that something is wrong below: read out when the page comes.
pub(super) fn summary(errors: &Errors) -> Markup {
    let whole: Vec<&str> = errors.of("").collect();
    html! {
        @if !errors.is_empty() {
            div.message.error role="alert" {
                @for message in &whole { p { (message) } }
                @if whole.is_empty() { p { "Nothing was saved: please correct what is marked below." } }
            }
        }
    }
}
