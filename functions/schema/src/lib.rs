//! `/api/schema/`: the OpenAPI document, as JSON or YAML. `/api/docs/`: a page that shows it and tries it out, where the
//! browsable API is on.
//!
//! All of it is in the binary: `infra/openapi` writes the document, and the page loads nothing from elsewhere.

mod format;
mod page;

use std::sync::Arc;

use axum::Router;
use axum::http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, VARY};
use faregate::http::{Document, Edition, Refusal, Success, document_router};
use faregate::service::{Service, StartError};

use crate::format::Format;
use crate::page::{File, PAGE, POLICY};

/// What this function may touch: nothing.
pub struct Deps {
    browsable: bool,
}

impl Deps {
    /// Takes its part of the service.
    ///
    /// # Errors
    ///
    /// Never; the signature is that of every function.
    #[expect(clippy::unused_async, reason = "the signature is that of every function")]
    pub async fn start(service: &Service) -> Result<Self, StartError> {
        Ok(Self { browsable: service.settings.browsable_api })
    }
}

const SCHEMA: Document = Document {
    path: "/api/schema",
    name: "Schema",
    description: "This document; as YAML for `?format=yaml` or where `Accept` names YAML and no JSON.",
    media_types: &["application/json", "application/yaml"],
    success: Success::untyped("The OpenAPI document."),
    refusals: Vec::new,
};

const DOCS: Document = Document {
    path: "/api/docs",
    name: "Docs",
    description: "A page that shows this document and tries it out, where the browsable API is on.",
    media_types: &["text/html"],
    success: Success::untyped("The page."),
    refusals: Vec::new,
};

/// What other code describes. The files of the page are no part of the API.
pub const DOCUMENTS: &[&Document] = &[&SCHEMA, &DOCS];

/// The OpenAPI document as JSON.
pub const JSON: &str = include_str!("../assets/openapi.json");
/// The same as YAML.
pub const YAML: &str = include_str!("../assets/openapi.yaml");

/// How long a cache may keep the document and the page: they change with a deployment.
const CACHE: &str = "public, max-age=300";
/// A year: the address holds the version.
const CACHE_OF_A_VERSION: &str = "public, max-age=31536000, immutable";

/// The files of the page, by the last segment.
struct Files {
    path: &'static str,
}

const FILES: Files = Files { path: "/api/docs/{asset}" };

/// `/api/schema` and, where the browsable API is on, `/api/docs`, with and without the last slash, and the page's files.
#[expect(clippy::needless_pass_by_value, reason = "the signature is that of every function")]
pub fn router(deps: Deps) -> Router {
    if deps.browsable { schema().merge(docs()).merge(files()) } else { schema() }
}

fn schema() -> Router {
    let json = Edition::new("application/json", CACHE, JSON).with(VARY, "Accept");
    let yaml = Edition::new("application/yaml", CACHE, YAML).with(VARY, "Accept");
    document_router(SCHEMA.path, move |request| {
        let accepted = request.headers.get_all(ACCEPT).iter().filter_map(|line| line.to_str().ok());
        let accepted = accepted.collect::<Vec<_>>().join(",");
        let edition = match Format::of(request.uri.query().unwrap_or_default(), &accepted) {
            Format::Json => json.clone(),
            Format::Yaml => yaml.clone(),
        };
        async { Ok(edition) }
    })
}

fn docs() -> Router {
    let page = Edition::new("text/html; charset=utf-8", CACHE, PAGE).with(CONTENT_SECURITY_POLICY, POLICY);
    document_router(DOCS.path, move |_request| {
        let page = page.clone();
        async { Ok(page) }
    })
}

fn files() -> Router {
    let editions = Arc::new(page::FILES.map(|file| (file.name, edition(&file))));
    document_router(FILES.path, move |request| {
        let name = request.uri.path().trim_end_matches('/').rsplit('/').next();
        let found = editions.iter().find(|(known, _)| Some(*known) == name);
        let edition = found.map(|(_, edition)| edition.clone()).ok_or(Refusal::NotFound);
        async { edition }
    })
}

fn edition(file: &File) -> Edition {
    if file.is_gzipped {
        Edition::new(file.media_type, CACHE_OF_A_VERSION, file.bytes).with(CONTENT_ENCODING, "gzip")
    } else {
        Edition::new(file.media_type, CACHE, file.bytes)
    }
}
