//! The page for `?format=api`: the answer, and forms to ask again. Works without JavaScript and loads nothing.

use maud::{DOCTYPE, Markup, html};

use super::answer::{Answer, json_text};
use super::metadata;
use super::view::{Field, Input, Verb, View};

/// The page that shows `answer`.
pub(super) fn page(view: &View, answer: &Answer, browsable: bool) -> String {
    let status = answer.status;
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (view.name) " - Faregate" }
                style { (STYLE) }
            }
            body {
                main {
                    h1 { (view.name) }
                    @if !view.description.is_empty() { p { (view.description) } }
                    h2 { "HTTP " (status.as_u16()) " " (status.canonical_reason().unwrap_or_default()) }
                    p { "Allow: " (view.allow()) }
                    pre { (json_text(&answer.json, Some(4))) }
                    @if view.method == Verb::Post { (forms(view)) }
                    details {
                        summary { "OPTIONS" }
                        pre { (json_text(&metadata::of(view, browsable), Some(4))) }
                    }
                }
            }
        }
    };
    page.into_string()
}

/// One form by fields, one for raw JSON; both post to the route and show its answer as a page.
fn forms(view: &View) -> Markup {
    let action = format!("{}/?format=api", view.path);
    html! {
        form method="post" action=(action) {
            h2 { "POST, by fields" }
            // Nothing here is told by a cookie, so there is no cross-site request to forge: the field has no value.
            input type="hidden" name="csrfmiddlewaretoken" value="";
            @for field in view.fields { (input(field)) }
            button { "POST" }
        }
        form method="post" action=(action) {
            h2 { "POST, as JSON" }
            label {
                "Media type"
                select name="_content_type" { option { "application/json" } }
            }
            label { "Content" textarea name="_content" rows="8" spellcheck="false" {} }
            button { "POST" }
        }
    }
}

fn input(field: &Field) -> Markup {
    html! {
        @if let Some(input) = field.input {
            label {
                (field.label)
                input name=(field.name) required[field.required] maxlength=[field.max_length]
                    type=(if input == Input::Password { "password" } else { "text" });
                @if let Some(help_text) = field.help_text { small { (help_text) } }
            }
        }
    }
}

const STYLE: &str = ":root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;margin:0}\
main{max-width:44rem;margin:0 auto;padding:1rem}h2{font-size:1.1rem}\
pre{overflow:auto;padding:1rem;border:1px solid #8888;border-radius:.5rem}\
form{border-top:1px solid #8888;margin-top:1.5rem}label{display:block;margin:.75rem 0}\
input,select,textarea{display:block;width:100%;box-sizing:border-box;font:inherit;padding:.5rem}\
button{font:inherit;padding:.5rem 1.5rem}small{opacity:.75}";
