//! Browsers elsewhere (CORS; Fetch standard, 3.3): pages of the origins that are listed may call the API and read what it
//! answers.
//!
//! A page elsewhere says who is asking by a token that it holds, never by what its browser holds of us: no answer has
//! `Access-Control-Allow-Credentials`, so no page elsewhere reads what a cookie opened. An origin is listed if its bytes are,
//! and the answer names it from the list. With an empty list nothing here writes anything. The admin site is not for pages
//! elsewhere: the edge leaves it out.
//!
//! tower-http's `CorsLayer` answers every `OPTIONS` itself, that of an unlisted origin, of an unknown path and of who asks what
//! a route is too, with the same methods for all routes, and puts `Vary` on a second line.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ALLOW, ORIGIN, VARY,
};
use axum::http::{Extensions, HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::Response;

use crate::settings::Origin;

/// What a request may have beside what every page may send anyway.
const REQUEST_HEADERS: &str = "Accept, Authorization, Content-Type, Faregate-Device, If-None-Match";
/// What a page may read of an answer beside what every page may read anyway (Fetch, 2.2.2).
const ANSWER_HEADERS: &str =
    "Allow, ETag, Faregate-Action, Faregate-Device, Retry-After, WWW-Authenticate, X-Request-Id";
/// How many seconds a browser may go by the answer to a preflight: as long as Chromium does at most. Firefox would for a day,
/// `WebKit` does for ten minutes.
const MAX_AGE: &str = "7200";

/// The origins whose pages may call the API.
#[derive(Clone, Debug, Default)]
pub struct Cors {
    origins: Arc<[HeaderValue]>,
}

impl Cors {
    /// For pages of `origins`.
    #[must_use]
    pub fn new(origins: &[Origin]) -> Self {
        // A host, a port and what is between them: always fit for a header.
        Self { origins: origins.iter().filter_map(|origin| HeaderValue::from_str(origin.as_str()).ok()).collect() }
    }

    /// What the answer to `request` tells a browser. Marks a preflight of a listed origin for the route.
    pub(super) fn judge(&self, request: &mut Request) -> Sharing {
        if self.origins.is_empty() {
            return Sharing::Unspoken;
        }
        let Some(origin) = self.listed(request.headers()) else { return Sharing::Refused };
        let is_preflight =
            request.method() == Method::OPTIONS && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        if is_preflight {
            request.extensions_mut().insert(Preflight);
        }
        Sharing::With(origin.clone())
    }

    /// The origin of `headers` as the list has it. Two of them, also in one line, are no origin.
    fn listed(&self, headers: &HeaderMap) -> Option<&HeaderValue> {
        let mut lines = headers.get_all(ORIGIN).iter();
        let (Some(given), None) = (lines.next(), lines.next()) else { return None };
        self.origins.iter().find(|listed| listed.as_bytes() == given.as_bytes())
    }
}

/// Who may read an answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Sharing {
    /// Nothing is said: there is no list, or it is not for this route.
    Unspoken,
    /// No page elsewhere.
    Refused,
    /// Pages of this origin.
    With(HeaderValue),
}

impl Sharing {
    /// Writes it into an answer. Another origin gets another answer, so caches keep them apart.
    pub(super) fn write(self, headers: &mut HeaderMap) {
        if self == Self::Unspoken {
            return;
        }
        vary_by_origin(headers);
        let Self::With(origin) = self else { return };
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        if !headers.contains_key(ACCESS_CONTROL_ALLOW_METHODS) {
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(ANSWER_HEADERS));
        }
    }
}

/// In one line with what is there: `cargo lambda watch` passes on only the first of several.
fn vary_by_origin(headers: &mut HeaderMap) {
    let vary = headers.get(VARY).and_then(|there| {
        let line = [there.as_bytes(), b", Origin"].concat();
        HeaderValue::from_bytes(&line).ok()
    });
    headers.insert(VARY, vary.unwrap_or(const { HeaderValue::from_static("Origin") }));
}

/// Beside a request: a browser asks for a page of a listed origin whether it may send another request (Fetch, 3.3.2).
#[derive(Clone, Copy, Debug)]
struct Preflight;

/// The answer of a route that has the methods `allow`, if a request with these `extensions` is a preflight. It comes before
/// everything else that the route does: browsers send no token with it.
pub(super) fn preflight(extensions: &Extensions, allow: &'static str) -> Option<Response> {
    extensions.get::<Preflight>()?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    for (name, value) in [
        (ALLOW, allow),
        (ACCESS_CONTROL_ALLOW_METHODS, allow),
        (ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS),
        (ACCESS_CONTROL_MAX_AGE, MAX_AGE),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    Some(response)
}
