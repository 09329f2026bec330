//! The edge of every function: what each answer has, whatever route gave it.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderValue, Method, Uri, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use tower::ServiceExt as _;
use tracing::Instrument as _;

use super::client::Client;
use super::cors::{Cors, Sharing};
use super::error::Refusal;
use super::outcome::Outcome;
use super::pages;
use super::steps::Route;
use crate::randomness::Randomness;
use crate::telemetry::{Metric, Telemetry, metered, milliseconds_since};

/// After this long a request is answered with 503: below API Gateway's 30 s and a phone's patience, above one
/// DynamoDB operation's 6 s.
const DEADLINE: Duration = Duration::from_secs(8);

/// What the edge needs beside the routes.
#[derive(Clone, Debug)]
pub struct Edge {
    /// Makes the id of a request that comes without one.
    pub randomness: Randomness,
    /// Where it is told what a request did.
    pub telemetry: Telemetry,
    /// Whose pages elsewhere may call.
    pub cors: Cors,
}

/// Wraps `routes` into what a function serves: path spelling, 404, deadline, security headers, CORS, request id, log line,
/// metrics.
pub fn app(routes: Router, edge: Edge) -> Router {
    let inner = routes.fallback(async || pages::not_found());
    Router::new().fallback(async move |request: Request| edge.serve(inner, request).await)
}

impl Edge {
    async fn serve(&self, inner: Router, mut request: Request) -> Response {
        let started = Instant::now();
        let client = Client::of(request.extensions());
        let request_id = client.request_id.unwrap_or_else(|| self.randomness.hex_128());
        let method = request.method().clone();
        let routable = decode_path(&mut request);
        let of_the_site = is_of_the_site(request.uri().path());
        let sharing = if of_the_site { Sharing::Unspoken } else { self.cors.judge(&mut request) };
        // Every line that is written on the way carries the ids.
        let span = tracing::info_span!("request", request.id = %request_id, xray.trace_id = client.trace_id);
        let answering = async { if routable { answer_in_time(inner, request).await } else { pages::not_found() } };
        let (mut response, mut usage) = metered(answering.instrument(span.clone())).await;
        finish(&mut response, &method, &request_id);
        sharing.write(response.headers_mut());
        if response.status().is_server_error() {
            usage.counted.push(Metric::Faults);
        }
        let _in_span = span.enter();
        tracing::info!(
            message = "answered",
            http.method = %method,
            http.route = response.extensions().get::<Route>().map_or("-", |route| route.0),
            http.status = response.status().as_u16(),
            outcome = Outcome::beside(&response),
            duration_ms = milliseconds_since(started),
            cold_start = self.telemetry.is_cold_start(),
            dynamodb.calls = usage.calls,
            dynamodb.read_units = usage.read_units,
            dynamodb.write_units = usage.write_units,
        );
        self.telemetry.tell(&usage);
        response
    }
}

/// The route's answer; ours, with 503, when it takes too long or panics.
async fn answer_in_time(inner: Router, request: Request) -> Response {
    let of_the_site = is_of_the_site(request.uri().path());
    let unavailable = |reason| unavailable(reason, of_the_site);
    let answering = AssertUnwindSafe(inner.oneshot(request)).catch_unwind();
    match tokio::time::timeout(DEADLINE, answering).await {
        Ok(Ok(Ok(response))) => response,
        Ok(Ok(Err(never))) => match never {},
        Ok(Err(_panic)) => unavailable("a panic"),
        Err(_elapsed) => unavailable("no answer in time"),
    }
}

fn unavailable(reason: &'static str, as_page: bool) -> Response {
    tracing::error!(message = "the service failed", error = reason);
    if as_page { pages::unavailable() } else { Refusal::Unavailable.into_response() }
}

/// Whether `path` is of the admin site, which is for browsers alone.
fn is_of_the_site(path: &str) -> bool {
    path.strip_prefix("/admin").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// What every answer has. A HEAD answer has no body (RFC 9110, 9.3.2); API Gateway would send one.
fn finish(response: &mut Response, method: &Method, request_id: &str) {
    if method == Method::HEAD {
        *response.body_mut() = Body::empty();
    }
    let headers = response.headers_mut();
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
        // API Gateway speaks HTTPS alone. Over HTTP, as on a laptop, browsers pass this over (RFC 6797, 8.1).
        (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
        (header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert("x-request-id", id);
    }
}

/// Undoes percent-encoding in the path, as the reference's server does before it routes: `/api/sign%5Fup/` is a route.
///
/// Says whether the path can be a route: it is UTF-8 and holds nothing that no path may hold.
fn decode_path(request: &mut Request) -> bool {
    let path = request.uri().path();
    if !path.contains('%') {
        return true;
    }
    let Ok(decoded) = percent_encoding::percent_decode_str(path).decode_utf8() else { return false };
    // A decoded question mark or hash would start a query that is none.
    if decoded.contains(['?', '#']) {
        return false;
    }
    let path_and_query = match request.uri().query() {
        Some(query) => format!("{decoded}?{query}"),
        None => decoded.into_owned(),
    };
    let Ok(path_and_query) = path_and_query.parse::<PathAndQuery>() else { return false };
    *request.uri_mut() = Uri::from(path_and_query);
    true
}
