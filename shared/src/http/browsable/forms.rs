//! The forms of a page. Their addresses are queries alone, so each goes to the path that the page came from.

use axum::http::Method;
use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::super::browser::FORM_TOKEN;
use super::super::json;
use super::super::view::{Field, Input, Verb};
use super::posted::TOKEN_FIELD;
use super::told::Told;
use super::{Exchange, shown_json};

/// Where a form posts to: the same path, and a page again.
const HERE: &str = "?format=api";

/// The buttons for what needs no body.
pub(super) fn plain(exchange: &Exchange<'_>) -> Markup {
    let view = exchange.view;
    html! {
        @if view.asks_for_token() && view.method != Verb::Post {
            form.card method="post" action=(standing_for(first(view.method))) autocomplete="off" {
                (token("asking"))
                div.actions { (buttons(view.method)) }
            }
        } @else if view.asks_for_token() {
            details {
                summary { "OPTIONS" }
                form.card method="post" action=(standing_for(&Method::OPTIONS)) autocomplete="off" {
                    (token("asking"))
                    div.actions { button { "OPTIONS" } }
                }
            }
        } @else {
            div.actions {
                @if view.method == Verb::Get { a.button.primary href=(HERE) { "GET" } }
                form method="post" action=(standing_for(&Method::OPTIONS)) { button { "OPTIONS" } }
                @if view.method == Verb::Get { a.button href="?format=json" { "GET as JSON" } }
            }
        }
    }
}

/// One form by fields and one for raw JSON, where the view takes any.
pub(super) fn posting(exchange: &Exchange<'_>) -> Markup {
    if exchange.view.method != Verb::Post {
        return html! {};
    }
    let told = Told::of(exchange);
    html! {
        h2 id="post" { "POST" }
        (rest(&told))
        div.columns {
            form.card method="post" action=(HERE) autocomplete="off" novalidate {
                h3 { "By fields" }
                // Nothing here is told by a cookie, so there is no cross-site request to forge: the field has no value.
                input type="hidden" name=(FORM_TOKEN) value="";
                @if exchange.view.asks_for_token() { (token("fields")) }
                @for (field, kind) in exchange.view.inputs() { (input(field, kind, (exchange, &told))) }
                div.actions { button.primary { "POST" } }
            }
            form.card method="post" action=(HERE) autocomplete="off" {
                h3 { "As JSON" }
                @if exchange.view.asks_for_token() { (token("raw")) }
                div.field {
                    label for="media-type" { "Media type" }
                    select id="media-type" name="_content_type" { option { "application/json" } }
                }
                div.field.wide {
                    label for="content" { "Content" }
                    textarea id="content" name="_content" rows="10" spellcheck="false" autocapitalize="none" {
                        (skeleton(exchange))
                    }
                }
                div.actions { button.primary { "POST" } }
            }
        }
    }
}

/// What is wrong with the request as a whole, or with what the form has no field for.
fn rest(told: &Told<'_>) -> Markup {
    let lines = told.of_the_rest();
    html! {
        @if !lines.is_empty() {
            div.message.error role="alert" { @for line in lines { p { (line) } } }
        }
    }
}

/// The address at which a form stands for a request with `method`.
fn standing_for(method: &Method) -> String {
    format!("{HERE}&_method={method}")
}

/// The method of the first button: what the Enter key does must not delete anything.
const fn first(verb: Verb) -> &'static Method {
    match verb {
        Verb::Get => &Method::GET,
        Verb::Post | Verb::Delete => &Method::OPTIONS,
    }
}

fn buttons(verb: Verb) -> Markup {
    html! {
        @if verb == Verb::Get { button.primary formaction=(standing_for(&Method::GET)) { "GET" } }
        button formaction=(standing_for(&Method::OPTIONS)) { "OPTIONS" }
        @if verb == Verb::Delete { button.danger formaction=(standing_for(&Method::DELETE)) { "DELETE" } }
    }
}

/// The field for an access token in the form `form`. It is a credential: the page never shows one again.
fn token(form: &str) -> Markup {
    let id = format!("{form}-token");
    html! {
        div.field {
            label for=(id) { "Access token" }
            input id=(id) name=(TOKEN_FIELD) type="text" autocomplete="off" spellcheck="false" autocapitalize="none"
                aria-describedby={ (id) "-help" };
            small id={ (id) "-help" } { "The member access of what POST /api/log_in/ answers." }
        }
    }
}

fn input(field: &Field, kind: Input, (exchange, told): (&Exchange<'_>, &Told<'_>)) -> Markup {
    let (id, wrong) = (format!("field-{}", field.name), told.of_field(field.name));
    let places = [(!wrong.is_empty(), "wrong"), (field.help_text.is_some(), "help")];
    let places: Vec<_> = places.iter().filter(|(shown, _)| *shown).map(|(_, place)| format!("{id}-{place}")).collect();
    let kept = kept(field, kind, exchange);
    html! {
        div.field {
            label for=(id) {
                (field.label)
                @if !field.required { " " span.soft { "(optional)" } }
            }
            input id=(id) name=(field.name) type=(kind.html_type()) value=[kept] required[field.required]
                autocomplete="off" spellcheck="false" autocapitalize="none"
                aria-invalid=[(!wrong.is_empty()).then_some("true")]
                aria-describedby=[(!places.is_empty()).then(|| places.join(" "))];
            @if !wrong.is_empty() {
                ul.wrong id={ (id) "-wrong" } { @for text in wrong { li { (text) } } }
            }
            @if let Some(help_text) = field.help_text { small id={ (id) "-help" } { (help_text) } }
        }
    }
}

/// What was sent for `field`, to be mended: nothing once it was taken, and never a secret.
fn kept<'a>(field: &Field, kind: Input, exchange: &Exchange<'a>) -> Option<&'a str> {
    if kind.is_secret() || !exchange.answer.status.is_client_error() {
        return None;
    }
    match exchange.asked.members.get(field.name)? {
        json::Value::Text(text) | json::Value::Number(text) => Some(text),
        _ => None,
    }
}

/// The body that the route takes, with what is kept of the one that came.
fn skeleton(exchange: &Exchange<'_>) -> String {
    let member = |(field, kind): (&Field, Input)| {
        (field.name.to_owned(), json!(kept(field, kind, exchange).unwrap_or_default()))
    };
    let members: Map<String, Value> = exchange.view.inputs().map(member).collect();
    shown_json(&Value::Object(members))
}
