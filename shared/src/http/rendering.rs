//! How an answer becomes bytes.

use axum::body::Body;
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, VARY, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;

use super::answer::{Answer, json_text};
use super::error::Refusal;
use super::negotiation::Renderer;
use super::view::View;
use super::{browsable, pages};

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
        // A 204 has no body, not even a page around it (RFC 9110, 15.3.5).
        let written = (answer.status != StatusCode::NO_CONTENT).then(|| match self.renderer {
            Renderer::Json { indent } => ("application/json", json_text(&answer.json, indent)),
            Renderer::Page => (pages::HTML, browsable::page(self.view, answer, self.browsable)),
        });
        let (content_type, body) = written.unzip();
        let mut response = Response::new(body.map_or_else(Body::empty, Body::from));
        *response.status_mut() = answer.status;
        let headers = response.headers_mut();
        if let Some(content_type) = content_type {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        headers.insert(ALLOW, HeaderValue::from_static(self.view.allow()));
        headers.insert(VARY, HeaderValue::from_static(self.vary()));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if answer.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"api\""));
        }
        answer.insert_advice(headers);
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
