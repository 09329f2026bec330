//! The one place where outcomes become statuses and wordings.

use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use super::answer::{Action, Answer};
use super::browser::Forged;
use super::outcome::Outcome;
use super::problem::{Code, NonFieldErrors, Problem};
use crate::attempts::AttemptError;
use crate::authentication::AuthenticationError;
use crate::domain::password_policy::{Unacceptable, Weakness};
use crate::store::StoreError;
use crate::tokens::{KeyringError, TokenError, VerifyError};

/// Seconds after which a client may try again when the trouble is ours.
const RETRY_AFTER_SECONDS: u32 = 1;

/// Why a request gets no answer of the 2xx kind.
#[derive(Debug)]
pub enum Refusal {
    /// 406: no renderer fits `Accept`.
    NotAcceptable,
    /// 404: `?format=` names no renderer.
    UnknownFormat,
    /// 405.
    MethodNotAllowed(Method),
    /// 415, with the `Content-Type` as it came.
    UnsupportedMediaType(String),
    /// 400: the body cannot be parsed; which format, and what the parser says.
    ParseError(&'static str, String),
    /// 400 as a page: the body is over the limit.
    RequestTooBig,
    /// 400: what is wrong with the request as a whole.
    NonField(String),
    /// 400: what is wrong with each field.
    Fields(FieldErrors),
    /// 400: an access token came in more than one way (RFC 6750, 2).
    TokenSentTwice,
    /// 403: another site may have made the browser send this.
    Forged(Forged),
    /// 401: HTTP Basic that is malformed or names nobody.
    BadBasic(String),
    /// 429: too many attempts.
    Throttled {
        /// Seconds until one is taken again.
        retry_after_seconds: u32,
    },
    /// 401: neither a token nor anything else says who this is.
    NotAuthenticated,
    /// 401: `Authorization: Bearer` without exactly one value.
    MalformedAuthorization,
    /// 401: the access token in `Authorization` opens nothing.
    BadAccessToken(TokenError),
    /// 401: the access token's user is gone.
    UserNotFound,
    /// 401: the access token's user is a Django's, who may get a token of ours by a refresh.
    ForeignUser,
    /// 401: the access token's user is inactive.
    UserInactive,
    /// 401: the token in the body is no good.
    BadToken(TokenError),
    /// 401: wrong username or password, or an inactive user.
    BadCredentials,
    /// 401: the refresh token's user is inactive or gone.
    NoActiveAccount,
    /// 401: the refresh token was spent long ago, and nothing proves that its holder may have another one.
    StaleToken,
    /// 401: the refresh token is of a counter that its session has not reached.
    SessionBehind,
    /// 409: the refresh token was spent by its own holder, who has another one by now.
    Superseded,
    /// 404: nothing of the user's is there.
    NotFound,
    /// 503: our own trouble, already logged.
    Unavailable,
}

impl Refusal {
    /// Our own trouble: logged here, once, and answered with 503.
    pub fn unavailable(error: &(dyn std::error::Error + 'static)) -> Self {
        let source = error.source().map(ToString::to_string);
        tracing::error!(message = "the service failed", error = %error, error.source = source);
        Self::Unavailable
    }

    /// A new password that was typed twice, the first time in `field`, is not taken.
    #[must_use]
    pub fn unacceptable_password(field: &'static str, error: Unacceptable) -> Self {
        match error {
            Unacceptable::Differs => Self::NonField(messages::PASSWORDS_DIFFER.to_owned()),
            Unacceptable::Weak(weaknesses) => {
                let found = weaknesses.into_iter().map(messages::weakness).collect();
                Self::Fields(FieldErrors::of(field, found))
            }
        }
    }

    pub(super) fn into_answer(self) -> Answer {
        match self {
            Self::NotAcceptable => detail(StatusCode::NOT_ACCEPTABLE, "Could not satisfy the request Accept header."),
            Self::UnknownFormat | Self::NotFound => detail(StatusCode::NOT_FOUND, "Not found."),
            Self::MethodNotAllowed(method) => {
                detail(StatusCode::METHOD_NOT_ALLOWED, format!("Method \"{method}\" not allowed."))
            }
            Self::UnsupportedMediaType(given) => {
                detail(StatusCode::UNSUPPORTED_MEDIA_TYPE, format!("Unsupported media type \"{given}\" in request."))
            }
            Self::ParseError(format, reason) => {
                detail(StatusCode::BAD_REQUEST, format!("{format} parse error - {reason}"))
            }
            Self::RequestTooBig => detail(StatusCode::BAD_REQUEST, "Bad Request (400)"),
            Self::NonField(message) => Answer::new(StatusCode::BAD_REQUEST, NonFieldErrors::new(message)),
            Self::TokenSentTwice => Answer::new(
                StatusCode::BAD_REQUEST,
                Problem::coded(Code::InvalidRequest, "Send the access token once: in the form or in the header."),
            ),
            Self::Fields(errors) => Answer::new(StatusCode::BAD_REQUEST, errors),
            Self::Forged(reason) => detail(StatusCode::FORBIDDEN, format!("CSRF Failed: {reason}")),
            Self::Throttled { retry_after_seconds } => Answer {
                retry_after_seconds: Some(retry_after_seconds),
                ..detail(
                    StatusCode::TOO_MANY_REQUESTS,
                    format!("Request was throttled. Expected available in {retry_after_seconds} seconds."),
                )
                .with_action(Some(Action::Retry))
            },
            Self::Superseded => advised(
                StatusCode::CONFLICT,
                Action::Reload,
                Problem::coded(Code::Superseded, "This refresh token was followed by another one."),
            ),
            Self::Unavailable => Answer {
                retry_after_seconds: Some(RETRY_AFTER_SECONDS),
                ..advised(
                    StatusCode::SERVICE_UNAVAILABLE,
                    Action::Retry,
                    Problem::new("Service temporarily unavailable, try again later."),
                )
            },
            unauthorized => unauthorized.into_unauthorized(),
        }
    }

    /// What the app does about a 401. Only where the session is over does it hear so; of a token that is no good by itself
    /// another one may be stored by now, and an access token is replaced by a refresh.
    const fn action_when_unauthorized(&self) -> Option<Action> {
        match self {
            Self::NoActiveAccount
            | Self::UserNotFound
            | Self::UserInactive
            | Self::BadToken(TokenError::Blacklisted)
            | Self::BadAccessToken(TokenError::Blacklisted) => Some(Action::Reauthenticate),
            Self::BadToken(_) | Self::StaleToken | Self::SessionBehind => Some(Action::Reload),
            _ => None,
        }
    }

    /// The answers with status 401.
    fn into_unauthorized(self) -> Answer {
        let action = self.action_when_unauthorized();
        let problem = match self {
            Self::MalformedAuthorization => Problem::coded(
                Code::BadAuthorizationHeader,
                "Authorization header must contain two space-delimited values",
            ),
            // One that names nobody is answered without saying which kind of token it is.
            Self::BadToken(error) | Self::BadAccessToken(error @ TokenError::NoUser) => {
                Problem::coded(Code::TokenNotValid, error.to_string())
            }
            Self::StaleToken => Problem::coded(Code::TokenNotValid, TokenError::Blacklisted.to_string()),
            Self::SessionBehind => Problem::coded(Code::SessionBehind, "The session is behind this token."),
            Self::BadAccessToken(error) => Problem::access_token(error.to_string()),
            Self::UserNotFound | Self::ForeignUser => Problem::coded(Code::UserNotFound, "User not found"),
            Self::UserInactive => Problem::coded(Code::UserInactive, "User is inactive"),
            Self::BadBasic(text) => Problem::new(text),
            Self::BadCredentials => Problem::new("No active account found with the given credentials"),
            Self::NoActiveAccount => Problem::new("No active account found for the given token."),
            _ => Problem::new("Authentication credentials were not provided."),
        };
        Answer::new(StatusCode::UNAUTHORIZED, problem).with_action(action)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let ended = Outcome(self.code());
        let mut response = self.into_answer().into_response();
        response.extensions_mut().insert(ended);
        response
    }
}

fn detail(status: StatusCode, text: impl Into<String>) -> Answer {
    Answer::new(status, Problem::new(text))
}

/// An answer that says in its body too what the app does about it.
fn advised(status: StatusCode, action: Action, problem: Problem) -> Answer {
    Answer::new(status, problem.advising(action)).with_action(Some(action))
}

impl From<AttemptError> for Refusal {
    fn from(error: AttemptError) -> Self {
        match error {
            AttemptError::Throttled { retry_after_seconds } => Self::Throttled { retry_after_seconds },
            AttemptError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::unavailable(&error)
    }
}

impl From<KeyringError> for Refusal {
    fn from(error: KeyringError) -> Self {
        Self::unavailable(&error)
    }
}

impl From<crate::passwords::PasswordError> for Refusal {
    fn from(error: crate::passwords::PasswordError) -> Self {
        Self::unavailable(&error)
    }
}

impl From<VerifyError> for Refusal {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Token(error) => Self::BadToken(error),
            VerifyError::Keyring(error) => error.into(),
        }
    }
}

impl From<AuthenticationError> for Refusal {
    fn from(error: AuthenticationError) -> Self {
        match error {
            AuthenticationError::Token(error) => Self::BadAccessToken(error),
            AuthenticationError::UserNotFound => Self::UserNotFound,
            AuthenticationError::ForeignUser => Self::ForeignUser,
            AuthenticationError::UserInactive => Self::UserInactive,
            AuthenticationError::KeepsChanging => Self::unavailable(&error),
            AuthenticationError::Keyring(error) => error.into(),
            AuthenticationError::Store(error) => error.into(),
        }
    }
}

/// What is wrong with each field, in the fields' order.
#[derive(Debug, Default)]
pub struct FieldErrors(Vec<(&'static str, Vec<String>)>);

impl FieldErrors {
    /// Nothing is wrong.
    pub(super) const fn none() -> Self {
        Self(Vec::new())
    }

    /// One field, and what is wrong with it.
    #[must_use]
    pub fn of(field: &'static str, messages: Vec<String>) -> Self {
        Self(vec![(field, messages)])
    }

    /// Adds what is wrong with `field`, before the others.
    pub fn put_first(&mut self, field: &'static str, messages: Vec<String>) {
        self.0.insert(0, (field, messages));
    }

    /// Adds what is wrong with `field`, after the others.
    pub fn push(&mut self, field: &'static str, messages: Vec<String>) {
        self.0.push((field, messages));
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for FieldErrors {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (field, messages) in &self.0 {
            map.serialize_entry(field, messages)?;
        }
        map.end()
    }
}

/// The wordings of field errors.
pub mod messages {
    use super::Weakness;
    use crate::domain::device::{DeviceNameError, MAX_NAME_LENGTH};
    use crate::domain::user::{MAX_PERSON_NAME_LENGTH, PersonNameError};
    use crate::domain::username::{MAX_LENGTH, UsernameError};

    /// A field is missing.
    pub const REQUIRED: &str = "This field is required.";
    /// A field is `null`.
    pub const NULL: &str = "This field may not be null.";
    /// A field is empty once trimmed.
    pub const BLANK: &str = "This field may not be blank.";
    /// A field is a list, an object, a truth value or a file.
    pub const NOT_A_STRING: &str = "Not a valid string.";
    /// A field holds U+0000.
    pub const NUL: &str = "Null characters are not allowed.";
    /// A username holds a character that it may not.
    pub const USERNAME: &str =
        "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.";
    /// Somebody has this username.
    pub const USERNAME_TAKEN: &str = "A user with that username already exists.";
    /// The two passwords differ.
    pub const PASSWORDS_DIFFER: &str = "Passwords must match.";

    /// A username is none.
    #[must_use]
    pub fn username(error: UsernameError) -> String {
        match error {
            UsernameError::ForbiddenCharacter => USERNAME.to_owned(),
            UsernameError::TooLong => too_long(MAX_LENGTH),
        }
    }

    /// A first or last name is none.
    #[must_use]
    pub fn person_name(error: PersonNameError) -> String {
        match error {
            PersonNameError::TooLong => too_long(MAX_PERSON_NAME_LENGTH),
            PersonNameError::NullCharacter => NUL.to_owned(),
        }
    }

    /// A field is longer than `most` code points.
    #[must_use]
    pub fn too_long(most: usize) -> String {
        format!("Ensure this field has no more than {most} characters.")
    }

    /// A field is longer than `most` bytes.
    #[must_use]
    pub fn too_many_bytes(most: usize) -> String {
        format!("Ensure this field has no more than {most} bytes.")
    }

    /// The password beside the new one is not the user's.
    pub const WRONG_OLD_PASSWORD: &str = "Your old password was entered incorrectly. Please enter it again.";
    /// The password is not the user's.
    pub const WRONG_PASSWORD: &str = "Your password was entered incorrectly. Please enter it again.";
    /// A device's name is none.
    #[must_use]
    pub fn device_name(error: DeviceNameError) -> String {
        match error {
            DeviceNameError::TooLong => too_long(MAX_NAME_LENGTH),
            DeviceNameError::ControlCharacter => "Control characters are not allowed.".to_owned(),
        }
    }

    /// A rotation id is none.
    pub const ROTATION_ID: &str = "Enter 22 to 128 letters, digits, hyphens, underscores, full stops or tildes.";
    /// The hash of a rotation id is none.
    pub const ROTATION_NEXT: &str = "Enter the SHA-256 of a rotation id in base64url without padding.";
    /// The hash is of the rotation id beside it.
    pub const SAME_ROTATION_ID: &str = "This must be the hash of another rotation id.";

    /// A field holds half of a surrogate pair.
    #[must_use]
    pub fn surrogate(code: u16) -> String {
        format!("Surrogate characters are not allowed: U+{code:X}.")
    }

    /// A password is too weak.
    #[must_use]
    pub fn weakness(weakness: Weakness) -> String {
        match weakness {
            Weakness::SimilarTo(attribute) => format!("The password is too similar to the {attribute}."),
            Weakness::TooShort(1) => "This password is too short. It must contain at least 1 character.".to_owned(),
            Weakness::TooShort(least) => {
                format!("This password is too short. It must contain at least {least} characters.")
            }
            Weakness::Common => "This password is too common.".to_owned(),
            Weakness::EntirelyNumeric => "This password is entirely numeric.".to_owned(),
        }
    }
}
