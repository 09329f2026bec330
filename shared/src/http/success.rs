//! What a route or a document answers when all goes well, as the OpenAPI document tells it.

use std::borrow::Cow;

use axum::http::StatusCode;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};

/// The answer of a request that went well.
#[derive(Clone, Copy, Debug)]
pub struct Success {
    /// The status.
    pub status: StatusCode,
    /// What it means.
    pub meaning: &'static str,
    /// What it holds, if it holds anything.
    pub body: Option<BodyType>,
}

/// The type of a body.
#[derive(Clone, Copy, Debug)]
pub struct BodyType {
    /// What the document calls it.
    pub name: fn() -> Cow<'static, str>,
    /// What it is like.
    pub schema: fn() -> RefOr<Schema>,
    /// Adds the types that it is made of, by name.
    pub parts: fn(&mut Vec<(String, RefOr<Schema>)>),
    /// Whether a body is a list of these.
    pub is_list: bool,
}

impl Success {
    /// 200 with a `T`.
    #[must_use]
    pub const fn ok<T: ToSchema>(meaning: &'static str) -> Self {
        Self { status: StatusCode::OK, meaning, body: Some(BodyType::of::<T>()) }
    }

    /// 200 with a list of `T`.
    #[must_use]
    pub const fn list<T: ToSchema>(meaning: &'static str) -> Self {
        let body = BodyType { is_list: true, ..BodyType::of::<T>() };
        Self { status: StatusCode::OK, meaning, body: Some(body) }
    }

    /// 200 with a body that the media type alone describes.
    #[must_use]
    pub const fn untyped(meaning: &'static str) -> Self {
        Self { status: StatusCode::OK, meaning, body: None }
    }

    /// 201 with a `T`.
    #[must_use]
    pub const fn created<T: ToSchema>(meaning: &'static str) -> Self {
        Self { status: StatusCode::CREATED, ..Self::ok::<T>(meaning) }
    }

    /// 204, without a body.
    #[must_use]
    pub const fn no_content(meaning: &'static str) -> Self {
        Self { status: StatusCode::NO_CONTENT, meaning, body: None }
    }
}

impl BodyType {
    /// The type `T`.
    #[must_use]
    pub const fn of<T: ToSchema>() -> Self {
        Self { name: T::name, schema: <T as PartialSchema>::schema, parts: T::schemas, is_list: false }
    }
}
