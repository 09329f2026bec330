//! How an answer becomes bytes.

use axum::body::Body;
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, VARY, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;

use super::answer::{Answer, json_text};
use super::browsable::{self, Asked, Exchange};
use super::error::Refusal;
use super::negotiation::Renderer;
use super::view::View;
use super::{html, pages};

/// How the answer to one request is written.
pub(super) struct Rendering<'a> {
    pub(super) view: &'a View,
    pub(super) renderer: Renderer,
    /// Whether the request was looked at for a session cookie, as the reference's authentication does when there is no
    /// bearer token: then the answer varies by `Cookie` too.
    pub(super) cookie_consulted: bool,
    pub(super) asked: &'a Asked,
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
        match self.renderer {
            Renderer::Json { indent } => self.json(answer, indent),
            Renderer::Page => self.page(answer),
        }
    }

    fn json(&self, answer: &Answer, indent: Option<usize>) -> Response {
        // A 204 has no body (RFC 9110, 15.3.5).
        let empty = answer.status == StatusCode::NO_CONTENT;
        let body = if empty { Body::empty() } else { Body::from(json_text(&answer.json, indent)) };
        let mut response = Response::new(body);
        *response.status_mut() = answer.status;
        *response.headers_mut() = self.headers(answer);
        response
    }

    /// A browser shows nothing for a 204 and stays where it was: the page that tells of one has the status 200.
    fn page(&self, answer: &Answer) -> Response {
        let mut headers = self.headers(answer);
        let exchange = Exchange { view: self.view, asked: self.asked, answer, headers: &headers };
        let status = if answer.status == StatusCode::NO_CONTENT { StatusCode::OK } else { answer.status };
        let mut response = html::respond(status, browsable::page(&exchange));
        headers.remove(CONTENT_TYPE);
        headers.insert(VARY, HeaderValue::from_static("Accept, Cookie"));
        response.headers_mut().extend(headers);
        response
    }

    /// The headers of the answer as JSON.
    fn headers(&self, answer: &Answer) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(ALLOW, HeaderValue::from_static(self.view.allow()));
        if answer.status != StatusCode::NO_CONTENT {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        headers.insert(VARY, HeaderValue::from_static(self.vary()));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if answer.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"api\""));
        }
        answer.insert_advice(&mut headers);
        headers
    }

    fn vary(&self) -> &'static str {
        if self.cookie_consulted { "Accept, Cookie" } else { "Accept" }
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
