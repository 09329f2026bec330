//! A request of an administrator that passed the gate.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequestParts as _, RawPathParams, Request};
use axum::http::Method;
use faregate::administrator::Administrator;
use faregate::domain::administration::Deed;
use faregate::domain::user::{User, UserId};
use faregate::http::Client;
use faregate::http::browser::{FORM_TOKEN, refuse_forged};
use http_body_util::{BodyExt as _, Limited};

use crate::Deps;
use crate::manage_users::By;
use crate::web::trouble::Trouble;

/// The largest form, in bytes: two passwords of 16,384 bytes, each as three characters, and names.
const MAX_FORM_BYTES: usize = 131_072;

/// A request of an administrator.
pub(crate) struct Visit {
    pub(crate) deps: Arc<Deps>,
    pub(crate) administrator: Administrator,
    /// What the path names.
    pub(crate) user_id: Option<UserId>,
    /// What the address says.
    pub(crate) query: Pairs,
    /// What the form says; empty when there is none.
    pub(crate) form: Pairs,
    client: Client,
}

/// Names and values, of which the last counts.
#[derive(Default)]
pub(crate) struct Pairs(Vec<(String, String)>);

impl Pairs {
    /// Reads `bytes` as a query or as a form.
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        Self(form_urlencoded::parse(bytes).into_owned().collect())
    }

    /// The value of `name`; empty when there is none.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().rev().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The value of `name`, if there is one that is not empty.
    pub(crate) fn given(&self, name: &str) -> Option<&str> {
        Some(self.get(name)).filter(|value| !value.is_empty())
    }
}

impl Visit {
    /// Reads a request of `administrator`; one that changes something must come from a page of ours.
    pub(super) async fn read(
        deps: &Arc<Deps>,
        administrator: Administrator,
        request: Request,
    ) -> Result<Self, Trouble> {
        let client = Client::of(request.extensions());
        let (mut parts, body) = request.into_parts();
        let query = Pairs::parse(parts.uri.query().unwrap_or_default().as_bytes());
        let form = if parts.method == Method::POST { form(body).await? } else { Pairs::default() };
        if parts.method == Method::POST {
            refuse_forged(&parts.headers, form.given(FORM_TOKEN), &administrator.secret, &client)?;
        }
        let segments = RawPathParams::from_request_parts(&mut parts, &()).await.ok();
        let id = segments.iter().flatten().find(|(name, _)| *name == "id").map(|(_, value)| value.parse::<UserId>());
        // What is no id is no user's.
        let user_id = id.transpose().map_err(|_| Trouble::NotFound)?;
        Ok(Self { deps: Arc::clone(deps), administrator, user_id, query, form, client })
    }

    /// The user that the path names. One read.
    pub(crate) async fn user(&self) -> Result<User, Trouble> {
        let id = self.user_id.ok_or(Trouble::NotFound)?;
        self.deps.users.find(id).await?.ok_or(Trouble::NotFound)
    }

    /// What the trail says of something done now.
    pub(crate) fn deed(&self) -> Deed {
        self.administrator.deed(self.deps.clock.now(), self.client.source_ip.clone())
    }

    /// Who does something, with `deed`.
    pub(crate) const fn by<'a>(&'a self, deed: &'a Deed) -> By<'a> {
        By { administrator: &self.administrator, deed }
    }

    /// The version of the user that the form was made for.
    pub(crate) fn seen(&self) -> Result<u64, Trouble> {
        self.form.get("version").parse().map_err(|_| Trouble::NotFound)
    }

    /// From where the request came.
    pub(crate) fn source_ip(&self) -> Option<String> {
        self.client.source_ip.clone()
    }
}

/// The form in `body`.
pub(super) async fn form(body: Body) -> Result<Pairs, Trouble> {
    match Limited::new(body, MAX_FORM_BYTES).collect().await {
        Ok(collected) => Ok(Pairs::parse(&collected.to_bytes())),
        Err(_too_large_or_broken_off) => Err(Trouble::TooLarge),
    }
}
