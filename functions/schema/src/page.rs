//! The page that shows the document: Swagger UI, told by a script of ours where the document is.

/// The page.
pub(crate) const PAGE: &str = include_str!("../assets/docs.html");

/// The page's `Content-Security-Policy`: everything from here and no inline script. Swagger UI sets styles by script, which
/// the policy does not forbid; its pictures are in its style sheet.
pub(crate) const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                                 connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A file that the page loads.
pub(crate) struct File {
    /// The last segment of its address.
    pub(crate) name: &'static str,
    pub(crate) media_type: &'static str,
    pub(crate) bytes: &'static [u8],
    /// Whether it is compressed, for everybody: there is no browser that does not take gzip. Its address holds its version.
    pub(crate) is_gzipped: bool,
}

/// The files that the page loads.
pub(crate) const FILES: [File; 3] = [
    File { name: "start.js", media_type: SCRIPT, bytes: include_bytes!("../assets/start.js"), is_gzipped: false },
    File {
        name: "swagger-ui-5.35.0.js",
        media_type: SCRIPT,
        bytes: include_bytes!("../assets/swagger-ui/swagger-ui-bundle.js.gz"),
        is_gzipped: true,
    },
    File {
        name: "swagger-ui-5.35.0.css",
        media_type: "text/css; charset=utf-8",
        bytes: include_bytes!("../assets/swagger-ui/swagger-ui.css.gz"),
        is_gzipped: true,
    },
];

const SCRIPT: &str = "text/javascript; charset=utf-8";
