//! The plain pages that are no API answer: Django's 404 and 400, and the admin site's 503.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use maud::html;

use super::html;

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

/// 503 for a request to the admin site that no handler of it answers.
pub(super) fn unavailable() -> Response {
    let title = "Temporarily unavailable";
    let body = html! {
        main.narrow id="main" {
            h1 { (title) }
            div.message.error role="alert" {
                p { "The service could not do this just now. Load the page again in a moment." }
            }
        }
    };
    let mut response = html::respond(StatusCode::SERVICE_UNAVAILABLE, html::page(title, &body));
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

fn page(status: StatusCode, html: &'static str) -> Response {
    let mut response = Response::new(Body::from(html));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(HTML));
    response
}
