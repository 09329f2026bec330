//! The page that a browser gets from a route: the answer as any other client would get it, and forms to ask again.
//!
//! It works without JavaScript and loads nothing. Whatever came with the request is shown as text, and no secret is shown
//! again: [`Input`](super::view::Input) says which fields hold one.

mod forms;
mod posted;
mod told;

use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode};
use maud::{Markup, html};
use serde_json::Value;

use super::answer::{Answer, json_text};
use super::body::Members;
use super::html;
use super::view::{Authentication, View};

pub(super) use posted::unfold;

/// What was asked, as far as the page shows it.
#[derive(Debug)]
pub(super) struct Asked {
    /// The method; where a form stands for another one, that one.
    pub(super) method: Method,
    /// The path as it came.
    pub(super) path: String,
    /// What was sent to be kept in the form.
    pub(super) members: Members,
    /// The name of the user who asked, if the view looked and found one.
    pub(super) caller: Option<String>,
    /// Whether there is an admin site to log in on.
    pub(super) has_log_in: bool,
}

impl Asked {
    /// What `request` asks, before anything is known of its body.
    pub(super) fn of(request: &Request) -> Self {
        let path = request.uri().path().to_owned();
        Self { method: request.method().clone(), path, members: Members::default(), caller: None, has_log_in: false }
    }
}

/// An exchange, as its page shows it.
pub(super) struct Exchange<'a> {
    pub(super) view: &'a View,
    pub(super) asked: &'a Asked,
    pub(super) answer: &'a Answer,
    /// The headers of the answer as JSON.
    pub(super) headers: &'a HeaderMap,
}

/// The page that shows `exchange`.
pub(super) fn page(exchange: &Exchange<'_>) -> Markup {
    let view = exchange.view;
    let body = html! {
        (band(exchange))
        main id="main" {
            nav.crumbs aria-label="Breadcrumb" {
                ol { li { span { "API" } } li { span aria-current="page" { (view.name) } } }
            }
            h1 { (view.name) }
            p { (view.about) }
            @if !view.about.starts_with(view.description.trim_end_matches('.')) {
                p.soft { "OPTIONS says: " (view.description) }
            }
            (forms::plain(exchange))
            (ticket(exchange))
            (forms::posting(exchange))
        }
    };
    html::page(view.name, &body)
}

/// The band on top: whose page this is, and who asks.
fn band(exchange: &Exchange<'_>) -> Markup {
    let Exchange { view, asked, .. } = exchange;
    html! {
        header.band {
            div {
                span.brand { "Faregate" }
                span.end {
                    @match (&asked.caller, view.authentication) {
                        (Some(name), _) => span { "Logged in as\u{a0}" bdi { b { (name) } } },
                        (None, Authentication::Ignored) => span { "No log-in is needed here" },
                        // An access token stands in the form: a session of the admin site counts on other routes alone.
                        (None, Authentication::Required) => span { "No access token yet" },
                        (None, Authentication::RequiredByAnyClass) if asked.has_log_in => {
                            span { "Not logged in" }
                            a href={ "/admin/login/?next=" (query_value(&asked.path)) } { "Log in" }
                        }
                        (None, _) => span { "Not logged in" },
                    }
                }
            }
        }
    }
}

/// The answer: its stub says what was asked and how it went, the rest is what a client gets.
fn ticket(exchange: &Exchange<'_>) -> Markup {
    let Exchange { asked, answer, headers, .. } = exchange;
    let look = if answer.status.is_success() { "badge good" } else { "badge bad" };
    html! {
        section.ticket aria-label="Answer" {
            div.stub {
                p.code { b { (asked.method) } " " bdi { (asked.path) } }
                p { strong class=(look) { "HTTP " (status_line(answer.status)) } }
            }
            div {
                pre {
                    @for (name, value) in *headers {
                        b { (spelled(name.as_str())) ":" } " " (String::from_utf8_lossy(value.as_bytes())) "\n"
                    }
                }
                @if answer.status != StatusCode::NO_CONTENT { pre { (shown_json(&answer.json)) } }
            }
        }
    }
}

fn status_line(status: StatusCode) -> String {
    format!("{} {}", status.as_u16(), status.canonical_reason().unwrap_or_default())
}

/// A header's name as it is usually spelled; `http` knows it in lower case only.
fn spelled(name: &str) -> String {
    let words = name.split('-').map(|word| match word {
        "www" => "WWW".to_owned(),
        _ => word
            .chars()
            .next()
            .map_or_else(String::new, |first| first.to_uppercase().chain(word.chars().skip(1)).collect()),
    });
    words.collect::<Vec<_>>().join("-")
}

/// The characters that turn the direction of what follows them.
const TURNING: [char; 12] = [
    '\u{61c}', '\u{200e}', '\u{200f}', '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}', '\u{2066}',
    '\u{2067}', '\u{2068}', '\u{2069}',
];

/// `value`, indented. [`TURNING`] characters are written as escapes: a name must not make the answer look like another one
/// (UTS 55).
fn shown_json(value: &Value) -> String {
    let escape = |text: String, turning: &char| text.replace(*turning, &format!("\\u{:04x}", u32::from(*turning)));
    TURNING.iter().fold(json_text(value, Some(4)), escape)
}

fn query_value(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_turns_the_direction_is_an_escape() {
        assert_eq!(shown_json(&json!("a\u{202e}b\u{2067}c")), r#""a\u202eb\u2067c""#);
        assert_eq!(shown_json(&json!("שלום 🚕")), "\"שלום 🚕\"");
    }

    #[test]
    fn headers_are_spelled_as_usual() {
        assert_eq!(spelled("www-authenticate"), "WWW-Authenticate");
        assert_eq!(spelled("retry-after"), "Retry-After");
    }
}
