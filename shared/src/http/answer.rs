//! Answers in the contract's shape, and how they become bytes.

use axum::body::Body;
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, VARY, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;

use super::error::Refusal;
use super::negotiation::Renderer;
use super::view::View;
use super::{browsable, pages};

/// What a handler answers: a status and a JSON value.
#[derive(Clone, Debug)]
pub struct Answer {
    pub(super) status: StatusCode,
    pub(super) json: Value,
    /// For our own trouble: in how many seconds a new try makes sense.
    pub(super) retry_after_seconds: Option<u32>,
}

impl Answer {
    /// 200 with `body`.
    #[must_use]
    pub fn ok(body: impl Serialize) -> Self {
        Self::new(StatusCode::OK, body)
    }

    /// 201 with `body`.
    #[must_use]
    pub fn created(body: impl Serialize) -> Self {
        Self::new(StatusCode::CREATED, body)
    }

    pub(super) fn new(status: StatusCode, body: impl Serialize) -> Self {
        // A body of ours is made of strings, numbers and lists: it always has a JSON form.
        let json = serde_json::to_value(body).unwrap_or(Value::Null);
        Self { status, json, retry_after_seconds: None }
    }
}

/// How the answer to one request is written.
pub(super) struct Rendering<'a> {
    pub(super) view: &'a View,
    pub(super) renderer: Renderer,
    /// Whether the request was looked at for a session cookie, as the reference's authentication does when there is no
    /// bearer token: then the answer varies by `Cookie` too.
    pub(super) cookie_consulted: bool,
    pub(super) browsable: bool,
}

impl Rendering<'_> {
    /// The response for what a handler or a check gave.
    pub(super) fn respond(&self, outcome: Result<Answer, Refusal>) -> Response {
        match outcome {
            Ok(answer) => self.render(&answer),
            Err(Refusal::RequestTooBig) => self.too_big(),
            Err(refusal) => self.render(&refusal.into_answer()),
        }
    }

    fn render(&self, answer: &Answer) -> Response {
        let (content_type, body) = match self.renderer {
            Renderer::Json { indent } => ("application/json", json_text(&answer.json, indent)),
            Renderer::Page => (pages::HTML, browsable::page(self.view, answer, self.browsable)),
        };
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = answer.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.insert(ALLOW, HeaderValue::from_static(self.view.allow()));
        headers.insert(VARY, HeaderValue::from_static(self.vary()));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if answer.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"api\""));
        }
        insert_retry_after(headers, answer.retry_after_seconds);
        response
    }

    fn vary(&self) -> &'static str {
        if self.cookie_consulted || matches!(self.renderer, Renderer::Page) { "Accept, Cookie" } else { "Accept" }
    }

    /// Django's own answer to a body over its limit, before any view renders.
    fn too_big(&self) -> Response {
        let mut response = pages::bad_request();
        if self.cookie_consulted {
            response.headers_mut().insert(VARY, HeaderValue::from_static("Cookie"));
        }
        response
    }
}

pub(super) fn insert_retry_after(headers: &mut HeaderMap, seconds: Option<u32>) {
    if let Some(seconds) = seconds {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
}

/// `value` as JSON text, compact or indented by 1 to 8 spaces.
pub(super) fn json_text(value: &Value, indent: Option<usize>) -> String {
    let text = match indent {
        None => value.to_string(),
        Some(width) => {
            let spaces = " ".repeat(width);
            let mut bytes = Vec::new();
            let formatter = serde_json::ser::PrettyFormatter::with_indent(spaces.as_bytes());
            let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, formatter);
            match value.serialize(&mut serializer) {
                Ok(()) => String::from_utf8(bytes).unwrap_or_else(|_| value.to_string()),
                Err(_) => value.to_string(),
            }
        }
    };
    // Legal in JSON, line ends in older JavaScript: the reference escapes them.
    text.replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}
