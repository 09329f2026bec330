//! How a route may refuse, by examples: what the OpenAPI document says of statuses and bodies that are no success.

use axum::http::StatusCode;
use serde_json::Value;

use super::answer::Action;
use super::error::{FieldErrors, Refusal, messages};
use super::json;
use super::view::{Authentication, Verb, View};
use crate::tokens::TokenError;

/// An example of a refusal.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The status.
    pub status: StatusCode,
    /// How the log calls it.
    pub outcome: &'static str,
    /// What the header `Faregate-Action` says.
    pub action: Option<Action>,
    /// The body; none where it is a page.
    pub body: Option<Value>,
}

impl Refusal {
    /// This refusal as an example.
    #[must_use]
    pub fn shown(self) -> Shown {
        let (outcome, is_page) = (self.code(), matches!(self, Self::RequestTooBig));
        let answer = self.into_answer();
        Shown { status: answer.status, outcome, action: answer.action, body: (!is_page).then_some(answer.json) }
    }
}

impl View {
    /// Examples of every way in which it refuses its own method.
    #[must_use]
    pub fn every_refusal(&self) -> Vec<Refusal> {
        let mut refusals = vec![Refusal::UnknownFormat, Refusal::NotAcceptable, Refusal::RequestTooBig];
        refusals.extend(self.of_authentication());
        if self.method == Verb::Post {
            refusals.extend(self.of_bodies());
        }
        refusals.extend((self.refusals)());
        refusals.push(Refusal::Unavailable);
        refusals
    }

    fn of_authentication(&self) -> Vec<Refusal> {
        let mut refusals = Vec::new();
        if self.needs_user() {
            refusals.push(Refusal::NotAuthenticated);
        }
        if self.authentication != Authentication::Ignored {
            let tokens = [TokenError::Invalid, TokenError::Expired, TokenError::Blacklisted];
            refusals.extend(tokens.map(Refusal::BadAccessToken));
            refusals.extend([Refusal::MalformedAuthorization, Refusal::UserNotFound, Refusal::UserInactive]);
        }
        refusals
    }

    fn of_bodies(&self) -> Vec<Refusal> {
        let reason = json::parse("{").err().unwrap_or_default();
        let mut refusals = vec![
            Refusal::ParseError("JSON", reason),
            Refusal::NonField("Invalid data. Expected a dictionary, but got list.".to_owned()),
            Refusal::UnsupportedMediaType("text/plain".to_owned()),
        ];
        if let Some(field) = self.members().next() {
            refusals.push(Refusal::Fields(FieldErrors::of(field.name, vec![messages::REQUIRED.to_owned()])));
        }
        refusals
    }
}
