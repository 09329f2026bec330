//! Answers in the contract's shape.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::tokens::DeviceToken;

/// By what a device is known on which its user has logged in before, in requests and answers.
pub(super) const DEVICE_HEADER: &str = "faregate-device";

/// What a handler answers: a status and a JSON value.
#[derive(Clone, Debug)]
pub struct Answer {
    pub(super) status: StatusCode,
    pub(super) json: Value,
    /// For our own trouble: in how many seconds a new try makes sense.
    pub(super) retry_after_seconds: Option<u32>,
    /// What the app does next, where the status alone does not say it.
    pub(super) action: Option<Action>,
    /// By what the device is known from now on.
    pub(super) device: Option<DeviceToken>,
}

/// What an app does about an answer that is no success: the header `Faregate-Action`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Ask the same again later. The session is as good as before.
    Retry,
    /// Look at what is stored: if it is another token by now, use that; if not, log out with it and ask for credentials.
    Reload,
    /// The session is over: forget the token and ask for credentials.
    Reauthenticate,
}

impl Action {
    /// As the header has it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Reload => "reload",
            Self::Reauthenticate => "reauthenticate",
        }
    }
}

impl Answer {
    /// 200 with `body`.
    #[must_use]
    pub fn ok(body: impl Serialize) -> Self {
        Self::new(StatusCode::OK, body)
    }

    /// 204, without a body.
    #[must_use]
    pub fn no_content() -> Self {
        Self::new(StatusCode::NO_CONTENT, Value::Null)
    }

    /// 201 with `body`.
    #[must_use]
    pub fn created(body: impl Serialize) -> Self {
        Self::new(StatusCode::CREATED, body)
    }

    pub(super) fn new(status: StatusCode, body: impl Serialize) -> Self {
        // A body of ours is made of strings, numbers and lists: it always has a JSON form.
        let json = serde_json::to_value(body).unwrap_or(Value::Null);
        Self { status, json, retry_after_seconds: None, action: None, device: None }
    }
}

/// As compact JSON, for what is no view.
impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(json_text(&self.json, None)));
        *response.status_mut() = self.status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.insert_advice(response.headers_mut());
        response
    }
}

impl Answer {
    /// This answer, with what the device is known by from now on: the header `Faregate-Device`.
    #[must_use]
    pub fn with_device(self, device: Option<DeviceToken>) -> Self {
        Self { device, ..self }
    }

    /// This answer, with what the app does about it.
    pub(super) fn with_action(self, action: Option<Action>) -> Self {
        Self { action, ..self }
    }

    /// Says what the app does next, when a new try makes sense, and what the app keeps.
    pub(super) fn insert_advice(&self, headers: &mut HeaderMap) {
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(action) = self.action {
            headers.insert("faregate-action", HeaderValue::from_static(action.as_str()));
        }
        if let Some(value) = self.device.as_ref().and_then(|device| HeaderValue::from_str(device.expose()).ok()) {
            headers.insert(DEVICE_HEADER, value);
        }
    }
}

/// `value` as JSON text, compact or indented by 1 to 8 spaces.
pub(super) fn json_text(value: &Value, indent: Option<usize>) -> String {
    let text = match indent {
        None => value.to_string(),
        Some(width) => {
            let spaces = " ".repeat(width);
            let mut bytes = Vec::new();
            let formatter = serde_json::ser::PrettyFormatter::with_indent(spaces.as_bytes());
            let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, formatter);
            match value.serialize(&mut serializer) {
                Ok(()) => String::from_utf8(bytes).unwrap_or_else(|_| value.to_string()),
                Err(_) => value.to_string(),
            }
        }
    };
    // Legal in JSON, line ends in older JavaScript: the reference escapes them.
    text.replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}
