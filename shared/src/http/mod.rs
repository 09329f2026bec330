//! The HTTP contract: the only module that knows status codes, headers and wordings.
//!
//! [`app`] is the edge of every function; [`View`] describes a route and [`view_router`] runs a request through the
//! reference's steps in its order: content negotiation, authentication, method, body, fields, use case, answer.

mod answer;
mod bearer;
mod body;
mod browsable;
pub mod browser;
mod classes;
mod client;
mod cors;
mod documents;
mod edge;
mod error;
mod event;
mod fields;
pub mod html;
mod json;
mod metadata;
mod negotiation;
mod outcome;
mod pages;
mod problem;
mod refusals;
mod rendering;
mod steps;
mod success;
mod user_body;
mod view;

pub use answer::{Action, Answer};
pub use bearer::Credentials;
pub use classes::{Classes, RemoteUsers};
pub use client::Client;
pub use cors::Cors;
pub use documents::{Document, Edition, document_router};
pub use edge::{Edge, app};
pub use error::{FieldErrors, Refusal, messages};
pub use event::{convertible, lambda_service};
pub use fields::{FieldReader, Text};
pub use metadata::Metadata;
pub use problem::{NonFieldErrors, Problem};
pub use refusals::Shown;
pub use steps::{Call, Route, ViewContext, view_router};
pub use success::{BodyType, Success};
pub use user_body::UserBody;
pub use view::{Authentication, Field, Input, Verb, View};
