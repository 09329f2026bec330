//! Why a request gets another page than the one it asked for.

use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use faregate::http::browser::Forged;
use faregate::http::{Refusal, html};
use faregate::passwords::PasswordError;
use faregate::store::StoreError;

use super::{LOG_IN_AGAIN, allowed, pages, redirect};
use crate::manage_users::ManageError;

/// Why there is no page.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// 404.
    NotFound,
    /// 405.
    Method { posts: bool },
    /// 413.
    TooLarge,
    /// 403: another site may have made the browser send this.
    Forged(Forged),
    /// 303 to the log-in: who asks may not be here any more.
    SessionOver,
    /// 503: our own trouble, logged where it was found.
    Unavailable,
}

impl Trouble {
    pub(crate) fn into_response(self) -> Response {
        if matches!(self, Self::SessionOver) {
            return redirect(LOG_IN_AGAIN);
        }
        let (status, title, text) = match &self {
            Self::NotFound => (StatusCode::NOT_FOUND, "Not found", "There is nothing here, or not any more."),
            Self::Method { .. } => (StatusCode::METHOD_NOT_ALLOWED, "Not possible", "This page cannot be asked that."),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "Too much", "The form holds more than this page takes."),
            Self::Forged(_) => (
                StatusCode::FORBIDDEN,
                "Not accepted",
                "The form did not come from a page of this site in this browser, or you have logged in anew since. \
                 Nothing was changed. Go back, load the page again and send it once more.",
            ),
            Self::SessionOver | Self::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "Temporarily unavailable",
                "The service could not do this just now. Load the page again in a moment; nothing is lost.",
            ),
        };
        let mut response = html::respond(status, pages::trouble(title, text));
        match self {
            Self::Unavailable => {
                response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
            }
            Self::Method { posts } => {
                let (name, value) = allowed(posts);
                response.headers_mut().insert(name, value);
            }
            // Its kind alone: the rest is the words of a stranger.
            Self::Forged(reason) => tracing::warn!(message = "a forged request was refused", reason = reason.kind()),
            Self::NotFound | Self::TooLarge | Self::SessionOver => {}
        }
        response
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        // Logs it.
        let _refusal = Refusal::unavailable(&error);
        Self::Unavailable
    }
}

impl From<PasswordError> for Trouble {
    fn from(error: PasswordError) -> Self {
        let _refusal = Refusal::unavailable(&error);
        Self::Unavailable
    }
}

impl From<ManageError> for Trouble {
    fn from(error: ManageError) -> Self {
        match error {
            ManageError::Password(error) => error.into(),
            ManageError::Store(error) => error.into(),
            ManageError::NoRight => Self::SessionOver,
            // What a handler does not show by itself, of something that is not there any more.
            ManageError::UsernameTaken
            | ManageError::Unacceptable(_)
            | ManageError::ChangedMeanwhile
            | ManageError::OwnAccess
            | ManageError::HalfDone
            | ManageError::NoSuchSession => Self::NotFound,
        }
    }
}

impl From<Forged> for Trouble {
    fn from(reason: Forged) -> Self {
        Self::Forged(reason)
    }
}
