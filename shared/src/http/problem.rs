//! The bodies of refusals.

use serde::Serialize;
use utoipa::ToSchema;

use super::answer::Action;

/// What went wrong.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// What went wrong, in words.
    detail: String,
    /// What went wrong, for programs, where the status does not say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    code: Option<Code>,
    /// What is wrong with an access token.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    messages: Option<[TokenMessage; 1]>,
    /// What the app does next, as the header `Faregate-Action` says it too.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    action: Option<Action>,
}

/// What went wrong, for programs.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Code {
    BadAuthorizationHeader,
    InvalidRequest,
    TokenNotValid,
    UserNotFound,
    UserInactive,
    SessionBehind,
    Superseded,
}

/// What is wrong with an access token.
#[derive(Debug, Serialize, ToSchema)]
struct TokenMessage {
    token_class: &'static str,
    token_type: &'static str,
    /// What is wrong with it, in words.
    message: String,
}

/// What is wrong with a request as a whole.
#[derive(Debug, Serialize, ToSchema)]
pub struct NonFieldErrors {
    /// What is wrong with it, in words.
    non_field_errors: [String; 1],
}

impl Problem {
    /// Told in words alone.
    pub(super) fn new(detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), code: None, messages: None, action: None }
    }

    /// Told to programs too.
    pub(super) fn coded(code: Code, detail: impl Into<String>) -> Self {
        Self { code: Some(code), ..Self::new(detail) }
    }

    /// An access token opens nothing, for the reason `message`.
    pub(super) fn access_token(message: String) -> Self {
        let message = TokenMessage { token_class: "AccessToken", token_type: "access", message };
        let problem = Self::coded(Code::TokenNotValid, "Given token not valid for any token type");
        Self { messages: Some([message]), ..problem }
    }

    /// With what the app does about it.
    pub(super) fn advising(self, action: Action) -> Self {
        Self { action: Some(action), ..self }
    }
}

impl NonFieldErrors {
    /// The reason `message`.
    pub(super) fn new(message: String) -> Self {
        Self { non_field_errors: [message] }
    }
}
