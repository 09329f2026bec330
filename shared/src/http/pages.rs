//! The plain pages that are no API answer: Django's 404 and 400.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;

/// The media type of a page.
pub(super) const HTML: &str = "text/html; charset=utf-8";

/// 404 for a path that is no route.
pub(super) fn not_found() -> Response {
    page(
        StatusCode::NOT_FOUND,
        "\n<!doctype html>\n<html lang=\"en\">\n<head>\n  <title>Not Found</title>\n</head>\n<body>\n  \
         <h1>Not Found</h1><p>The requested resource was not found on this server.</p>\n</body>\n</html>\n",
    )
}

/// 400 for a request that is refused before any view sees it.
pub(super) fn bad_request() -> Response {
    page(
        StatusCode::BAD_REQUEST,
        "\n<!doctype html>\n<html lang=\"en\">\n<head>\n  <title>Bad Request (400)</title>\n</head>\n<body>\n  \
         <h1>Bad Request (400)</h1><p></p>\n</body>\n</html>\n",
    )
}

fn page(status: StatusCode, html: &'static str) -> Response {
    let mut response = Response::new(Body::from(html));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(HTML));
    response
}
