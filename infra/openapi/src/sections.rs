//! Which functions the document tells of, in its order.

use faregate::http::{Document, View};

/// A section of the document.
pub(crate) struct Section {
    /// Its tag.
    pub(crate) name: &'static str,
    /// What it is about.
    pub(crate) about: &'static str,
    /// The views of its functions.
    pub(crate) views: &'static [&'static [&'static View]],
    /// The documents of its functions.
    pub(crate) documents: &'static [&'static [&'static Document]],
}

/// All sections.
pub(crate) const SECTIONS: &[Section] = &[
    Section {
        name: "Accounts",
        about: "Users and their passwords.",
        views: &[sign_up::VIEWS, me::VIEWS, password_change::VIEWS, account_delete::VIEWS],
        documents: &[],
    },
    Section {
        name: "Sessions",
        about: "A log-in opens a session, a refresh keeps it, a log-out ends it.",
        views: &[log_in::VIEWS, token_refresh::VIEWS, token_verify::VIEWS, log_out::VIEWS, manage_sessions::VIEWS],
        documents: &[],
    },
    Section {
        name: "WebSockets",
        about: "What opens a WebSocket at `/ws/`.",
        views: &[ws_ticket::VIEWS],
        documents: &[],
    },
    Section {
        name: "Documents",
        about: "For verifiers of tokens, and about this API.",
        views: &[],
        documents: &[issuer::DOCUMENTS, schema::DOCUMENTS],
    },
];
