//! What every page of ours is made of: the frame, the stylesheet and the headers.
//!
//! A page loads nothing and runs nothing: the stylesheet is inside it, the content security policy allows that one by its
//! hash, and nothing else. So there is no script, and no attribute `style`.

use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::pages::HTML;

/// The stylesheet of all pages. Its classes:
///
/// - `band` around one `div`: the header, with `brand`, links and, at its `end`, who is logged in;
/// - `crumbs` around an `ol`, `pages` around an `ul`: breadcrumbs and pagination, the current place by `aria-current`;
/// - `main.narrow` where there is little to read; `title` around `h1` and the button beside it;
/// - `card`, and `ticket` whose parts are torn along perforations, the first of them a `stub`; `columns` of cards or
///   fields, `columns three` where they are short;
/// - `field` around label, input, `small` and the list `wrong`; `field wide`; `label.check`; `actions` around buttons;
/// - `button` for links; `primary` and `danger` for both kinds; `message` and `badge` with `error`, `success`, `good`, `bad`,
///   `accent`;
/// - `scroll` around a wide table, `stack` on one whose cells say their column in `data-label`; `td.number`, and
///   `td.deed` around a button; `dl.facts`;
/// - `soft`, `code`, and `hidden` for what only screen readers say.
const STYLE: &str = include_str!("style.css");

static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let hash = STANDARD.encode(digest(&SHA256, STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    // Base64 is fit for a header; without the hash the page would only lose its looks.
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
});

/// A whole page around `body`, which has a `main` with the id `main`: the first link on the page leads there.
#[must_use]
pub fn page(title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " - Faregate" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                (body)
            }
        }
    }
}

/// `page` as a response, which no cache keeps.
#[must_use]
pub fn respond(status: StatusCode, page: Markup) -> Response {
    let mut response = Response::new(Body::from(page.into_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(HTML));
    headers.insert(CONTENT_SECURITY_POLICY, POLICY.clone());
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stylesheet_fits_into_a_page_and_loads_nothing() {
        for forbidden in ["</", "url(", "@import"] {
            assert!(!STYLE.contains(forbidden), "{forbidden}");
        }
    }

    #[test]
    fn the_policy_allows_the_stylesheet_by_its_hash_and_nothing_else() {
        let response = respond(StatusCode::OK, page("A", &html! { main id="main" {} }));
        let policy = response.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap();
        let hash = STANDARD.encode(digest(&SHA256, STYLE.as_bytes()));
        assert!(policy.starts_with("default-src 'none'; "));
        assert!(policy.contains(&format!("; style-src 'sha256-{hash}'; ")));
        assert!(!policy.contains("unsafe"));
    }

    #[test]
    fn a_title_is_text() {
        let page = page("<b>&", &html! {}).into_string();
        assert!(page.contains("<title>&lt;b&gt;&amp; - Faregate</title>"));
    }
}
