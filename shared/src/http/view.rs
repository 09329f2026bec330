//! A route as `OPTIONS`, the browsable API and the OpenAPI document describe it.

use axum::http::Method;

use super::error::Refusal;
use super::success::Success;
use crate::domain::device::MAX_NAME_LENGTH;

/// A route as `OPTIONS`, the browsable API and the OpenAPI document describe it. Names, descriptions and fields are the
/// recorded ones.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// The path without its last slash; `{name}` stands for a segment that [`super::Call::segment`] gives.
    pub path: &'static str,
    /// The name, in words.
    pub name: &'static str,
    /// What it does, as `OPTIONS` says it; may be empty.
    pub description: &'static str,
    /// What it does, for people who have not met it: in full sentences, without markup. Not in `OPTIONS`.
    pub about: &'static str,
    /// The one method that it handles beside `OPTIONS`; `GET` brings `HEAD`.
    pub method: Verb,
    /// Whether it wants to know who is asking.
    pub authentication: Authentication,
    /// What it takes and gives.
    pub fields: &'static [Field],
    /// What a request may have besides: `OPTIONS` does not show it, since its answers are recorded.
    pub extras: &'static [Field],
    /// Whether it knows devices again: the header `Faregate-Device`, of requests and of what it answers when all goes well.
    pub knows_devices: bool,
    /// What it answers when all goes well.
    pub success: Success,
    /// An example of each way in which it refuses, beside those that follow from the rest of the view.
    pub refusals: fn() -> Vec<Refusal>,
}

/// The method that a route handles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// `GET` and `HEAD`.
    Get,
    /// `POST`.
    Post,
    /// `DELETE`.
    Delete,
}

/// Whether a route wants to know who is asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authentication {
    /// It does not look.
    Ignored,
    /// It needs nobody, but refuses a token that is no good.
    Optional,
    /// It needs a user, by an access token: the forms of its page ask for one.
    Required,
    /// It needs a user, by an access token or by one of [`super::Classes`].
    RequiredByAnyClass,
}

/// A field of a route, as `OPTIONS` and the browsable API describe it.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Its name in words.
    pub label: &'static str,
    /// Whether a request must have it.
    pub required: bool,
    /// How a form asks for it; `None` when only answers have it.
    pub input: Option<Input>,
    /// The most code points.
    pub max_length: Option<usize>,
    /// What a form says beside it.
    pub help_text: Option<&'static str>,
    /// Its type: `string` or `integer`.
    pub kind: &'static str,
    /// What its text is like, as a regular expression (ECMA-262).
    pub pattern: Option<&'static str>,
}

/// How a form asks for a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// In clear.
    Text,
    /// A secret, in clear while typing, as the reference has it; never shown again.
    Secret,
    /// A secret, hidden while typing; never shown again.
    Password,
}

impl Input {
    /// Whether what is typed must not be shown again.
    pub(super) const fn is_secret(self) -> bool {
        matches!(self, Self::Secret | Self::Password)
    }

    /// The attribute `type` of its element.
    pub(super) const fn html_type(self) -> &'static str {
        match self {
            Self::Text | Self::Secret => "text",
            Self::Password => "password",
        }
    }
}

impl Field {
    /// The hash of the next rotation id, which clients that do not take part leave out.
    pub const ROTATION_NEXT: Self = Self {
        help_text: Some("SHA-256 of the next rotation id, in base64url without padding."),
        pattern: Some("^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$"),
        ..Self::optional("rotation_next", "Rotation next")
    };
    /// The rotation id that the token of the request is anchored to.
    pub const ROTATION_ID: Self = Self {
        help_text: Some("The rotation id whose hash was the last rotation_next."),
        pattern: Some("^[A-Za-z0-9._~-]{22,128}$"),
        ..Self::optional("rotation_id", "Rotation id")
    };
    /// What the app calls the device.
    pub const DEVICE_NAME: Self = Self {
        help_text: Some("What the list of sessions calls this device: one line."),
        max_length: Some(MAX_NAME_LENGTH),
        // What `DeviceName::parse` takes: no character controls what is shown, and one is there to be seen.
        pattern: Some(concat!(
            r"^[^\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]*",
            r"[^\s\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]",
            r"[^\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]*$"
        )),
        ..Self::optional("device_name", "Device name")
    };

    /// A text that a request must have.
    #[must_use]
    pub const fn required(name: &'static str, label: &'static str) -> Self {
        Self {
            name,
            label,
            required: true,
            input: Some(Input::Text),
            max_length: None,
            help_text: None,
            kind: "string",
            pattern: None,
        }
    }

    /// A secret that a request must have.
    #[must_use]
    pub const fn secret(name: &'static str, label: &'static str) -> Self {
        Self { input: Some(Input::Secret), ..Self::required(name, label) }
    }

    /// A text that a request may have.
    #[must_use]
    pub const fn optional(name: &'static str, label: &'static str) -> Self {
        Self { required: false, ..Self::required(name, label) }
    }

    /// A text that only answers have.
    #[must_use]
    pub const fn read_only(name: &'static str, label: &'static str) -> Self {
        Self { input: None, ..Self::optional(name, label) }
    }
}

impl View {
    /// What a request may have, with what `OPTIONS` does not show.
    pub fn members(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| field.input.is_some()).chain(self.extras)
    }

    /// Whether nothing but an access token says who is asking.
    pub(super) fn asks_for_token(&self) -> bool {
        self.authentication == Authentication::Required
    }

    /// Whether it needs a user.
    pub(super) const fn needs_user(&self) -> bool {
        matches!(self.authentication, Authentication::Required | Authentication::RequiredByAnyClass)
    }

    /// The header `Allow`.
    #[must_use]
    pub const fn allow(&self) -> &'static str {
        match self.method {
            Verb::Get => "GET, HEAD, OPTIONS",
            Verb::Post => "POST, OPTIONS",
            Verb::Delete => "DELETE, OPTIONS",
        }
    }

    /// The fields that a form asks for, each with how.
    pub(super) fn inputs(&self) -> impl Iterator<Item = (&'static Field, Input)> {
        self.fields.iter().filter_map(|field| Some((field, field.input?)))
    }

    /// Whether it handles `method`, beside `OPTIONS`.
    pub(super) fn handles(&self, method: &Method) -> bool {
        match self.method {
            Verb::Get => method == Method::GET || method == Method::HEAD,
            Verb::Post => method == Method::POST,
            Verb::Delete => method == Method::DELETE,
        }
    }
}
