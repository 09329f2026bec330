//! How a request ended, as the log says it: one word, steady over time, that says more than a status.

use axum::http::StatusCode;
use axum::response::Response;

use super::error::Refusal;
use crate::tokens::TokenError;

/// How a request ended, beside the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Outcome(pub(super) &'static str);

impl Outcome {
    /// Of what a view answers.
    pub(super) const fn of<T>(outcome: &Result<T, Refusal>) -> Self {
        match outcome {
            Ok(_) => Self("ok"),
            Err(refusal) => Self(refusal.code()),
        }
    }

    /// What stands beside `response`, or what its status says where nothing does: documents and plain pages.
    pub(super) fn beside(response: &Response) -> &'static str {
        let known = response.extensions().get::<Self>();
        known.map_or_else(|| by_status(response.status()), |outcome| outcome.0)
    }
}

fn by_status(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_MODIFIED => "not_modified",
        StatusCode::BAD_REQUEST => "bad_request",
        StatusCode::NOT_FOUND => "not_found",
        StatusCode::METHOD_NOT_ALLOWED => "method_not_allowed",
        StatusCode::SERVICE_UNAVAILABLE => "unavailable",
        status if status.as_u16() >= 500 => "failed",
        status if status.as_u16() >= 400 => "refused",
        _ => "ok",
    }
}

impl Refusal {
    pub(super) const fn code(&self) -> &'static str {
        match self {
            Self::NotAcceptable => "not_acceptable",
            Self::UnknownFormat => "unknown_format",
            Self::MethodNotAllowed(_) => "method_not_allowed",
            Self::UnsupportedMediaType(_) => "unsupported_media_type",
            Self::ParseError(..) => "parse_error",
            Self::RequestTooBig => "request_too_big",
            Self::NonField(_) | Self::Fields(_) => "invalid_fields",
            Self::TokenSentTwice => "token_sent_twice",
            Self::NotAuthenticated => "not_authenticated",
            Self::Forged(_) => "forged",
            Self::Throttled { .. } => "throttled",
            Self::MalformedAuthorization => "bad_authorization_header",
            Self::UserNotFound | Self::ForeignUser => "user_not_found",
            Self::UserInactive => "user_inactive",
            Self::BadToken(TokenError::Expired) | Self::BadAccessToken(TokenError::Expired) => "token_expired",
            Self::BadToken(TokenError::Blacklisted) | Self::BadAccessToken(TokenError::Blacklisted) => "session_over",
            Self::BadToken(_) | Self::BadAccessToken(_) => "token_not_valid",
            Self::BadCredentials | Self::BadBasic(_) => "bad_credentials",
            Self::NoActiveAccount => "no_active_account",
            Self::StaleToken => "stale_token",
            Self::SessionBehind => "session_behind",
            Self::Superseded => "superseded",
            Self::NotFound => "not_found",
            Self::Unavailable => "unavailable",
        }
    }
}
