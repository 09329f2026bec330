//! Content negotiation as the reference does it: `?format=` chooses among renderers, then `Accept` among what is left.
//!
//! Unlike RFC 9110 it looks at how specific a media range is and never at `q`; the recorded cases say so.

use std::borrow::Cow;

use axum::http::HeaderMap;
use axum::http::header::ACCEPT;

use super::error::Refusal;

/// How an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Renderer {
    /// JSON, compact or indented by so many spaces.
    Json { indent: Option<usize> },
    /// The page of the browsable API.
    Page,
}

/// Chooses the renderer for a request.
///
/// A browser, which asks for `text/html`, gets the page where there are pages.
pub(super) fn negotiate(headers: &HeaderMap, query: Option<&str>, browsable: bool) -> Result<Renderer, Refusal> {
    let format = format_of(query);
    let offered: &[&str] = match (format.as_deref(), browsable) {
        (None | Some(""), true) => &["application/json", "text/html"],
        (None | Some(""), false) | (Some("json"), _) => &["application/json"],
        (Some("api"), true) => &["text/html"],
        _ => return Err(Refusal::UnknownFormat),
    };
    let accepted = accepted_ranges(headers);
    for specificity in (0..=3).rev() {
        for media_type in offered {
            let ranges = accepted.iter().filter(|range| range.specificity() == specificity);
            for range in ranges {
                if range.takes(media_type) {
                    let page = *media_type == "text/html";
                    return Ok(if page { Renderer::Page } else { Renderer::Json { indent: range.indent() } });
                }
            }
        }
    }
    Err(Refusal::NotAcceptable)
}

/// The last `format` of the query, as the reference's `QueryDict` gives it.
fn format_of(query: Option<&str>) -> Option<Cow<'_, str>> {
    let pairs = form_urlencoded::parse(query?.as_bytes());
    pairs.filter(|(name, _)| name == "format").last().map(|(_, value)| value)
}

fn accepted_ranges(headers: &HeaderMap) -> Vec<MediaType> {
    let mut lines = headers.get_all(ACCEPT).iter().peekable();
    if lines.peek().is_none() {
        return vec![MediaType::parse("*/*")];
    }
    let joined: Vec<String> = lines.map(|line| String::from_utf8_lossy(line.as_bytes()).into_owned()).collect();
    joined.join(",").split(',').map(MediaType::parse).collect()
}

/// A media type or media range with its parameters, in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MediaType {
    main: String,
    sub: String,
    parameters: Vec<(String, String)>,
}

impl MediaType {
    /// Takes `text` apart; whatever it is, it has a main and a sub type, perhaps empty ones.
    pub(super) fn parse(text: &str) -> Self {
        let mut parts = text.split(';');
        let full = parts.next().unwrap_or_default().trim().to_lowercase();
        let (main, sub) = full.split_once('/').unwrap_or((&full, ""));
        let parameters = parts
            .filter_map(|parameter| parameter.split_once('='))
            .map(|(name, value)| (name.trim().to_lowercase(), value.trim().trim_matches('"').to_owned()))
            .collect();
        Self { main: main.to_owned(), sub: sub.to_owned(), parameters }
    }

    /// The value of the parameter `name`.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether this range covers `media_type`, which has no parameters.
    pub(super) fn takes(&self, media_type: &str) -> bool {
        let (main, sub) = media_type.split_once('/').unwrap_or((media_type, ""));
        (self.main == "*" || self.main == main) && (self.sub == "*" || self.sub == sub)
    }

    /// 0 for `*/*`, 1 for `type/*`, 2 for `type/subtype`, 3 with parameters other than `q`.
    fn specificity(&self) -> u8 {
        match (self.main.as_str(), self.sub.as_str()) {
            ("*", _) => 0,
            (_, "*") => 1,
            _ if self.parameters.iter().all(|(name, _)| name == "q") => 2,
            _ => 3,
        }
    }

    /// The parameter `indent`, at most 8; nothing for 0 and for what is no number.
    fn indent(&self) -> Option<usize> {
        let width: usize = self.parameter("indent")?.parse().ok()?;
        (width > 0).then(|| width.min(8))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

    fn chosen(accept: &str, query: Option<&str>, browsable: bool) -> Option<Renderer> {
        let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_str(accept).unwrap())]);
        negotiate(&headers, query, browsable).ok()
    }

    #[test]
    fn a_browser_gets_the_page_until_it_asks_for_json() {
        assert_eq!(chosen(BROWSER, None, true), Some(Renderer::Page));
        assert_eq!(chosen(BROWSER, Some("format=api"), true), Some(Renderer::Page));
        assert_eq!(chosen(BROWSER, Some("format=json"), true), Some(Renderer::Json { indent: None }));
    }

    #[test]
    fn an_app_gets_json_until_it_asks_for_the_page() {
        assert_eq!(chosen("*/*", None, true), Some(Renderer::Json { indent: None }));
        assert_eq!(chosen("application/json, text/plain, */*", None, true), Some(Renderer::Json { indent: None }));
        assert_eq!(chosen("*/*", Some("format=api"), true), Some(Renderer::Page));
    }

    #[test]
    fn without_the_browsable_api_there_is_no_page() {
        assert_eq!(chosen("*/*", Some("format=api"), false), None);
        assert_eq!(chosen("text/html", None, false), None);
        assert_eq!(chosen(BROWSER, None, false), Some(Renderer::Json { indent: None }));
    }

    #[test]
    fn the_indent_is_bounded() {
        assert_eq!(chosen("application/json; indent=400", None, true), Some(Renderer::Json { indent: Some(8) }));
        assert_eq!(chosen("application/json; indent=0", None, true), Some(Renderer::Json { indent: None }));
    }
}
