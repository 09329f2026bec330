//! How a request wants the document.

/// How the document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// JSON, which every reader of OpenAPI takes.
    Json,
    /// YAML (RFC 9512).
    Yaml,
}

/// The names of YAML; the last three are older than RFC 9512.
const YAML: [&str; 4] = ["application/yaml", "application/vnd.oai.openapi", "application/x-yaml", "text/yaml"];
const JSON: [&str; 2] = ["application/json", "application/vnd.oai.openapi+json"];

impl Format {
    /// What the `query` says as `format`; else YAML where `accept` names it and no JSON. A request is never refused for its
    /// format.
    pub(crate) fn of(query: &str, accept: &str) -> Self {
        match query.split('&').find_map(|pair| pair.strip_prefix("format=")) {
            Some("yaml") => Self::Yaml,
            Some("json") => Self::Json,
            _ if names(accept, &YAML) && !names(accept, &JSON) => Self::Yaml,
            _ => Self::Json,
        }
    }
}

/// Whether `accept` names one of `media_types`.
fn names(accept: &str, media_types: &[&str]) -> bool {
    let ranges = accept.split(',').filter_map(|range| range.split(';').next());
    ranges.map(|range| range.trim().to_ascii_lowercase()).any(|range| media_types.contains(&range.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_is_for_who_names_it() {
        for accept in ["application/yaml", "text/html, application/vnd.oai.openapi;version=3.1", "TEXT/YAML"] {
            assert_eq!(Format::of("", accept), Format::Yaml, "{accept}");
        }
        for accept in ["", "*/*", "application/*", "application/yaml, application/json"] {
            assert_eq!(Format::of("", accept), Format::Json, "{accept}");
        }
    }

    #[test]
    fn the_query_counts_before_the_header() {
        assert_eq!(Format::of("a&format=yaml", "application/json"), Format::Yaml);
        assert_eq!(Format::of("format=json", "application/yaml"), Format::Json);
        assert_eq!(Format::of("format=x", "application/yaml"), Format::Yaml);
    }
}
