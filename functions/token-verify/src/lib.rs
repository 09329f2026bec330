//! `POST /api/token/verify/`: says whether a token is good.

mod verify;

use std::sync::Arc;

use axum::Router;
use faregate::clock::Clock;
use faregate::domain::session::Reactivation;
use faregate::http::{
    Answer, Authentication, Call, Field, Refusal, Success, Text, Verb, View, ViewContext, view_router,
};
use faregate::service::{Service, StartError};
use faregate::store::Sessions;
use faregate::tokens::{KeyAccess, TokenError, Verifier};
use serde::Serialize;
use utoipa::ToSchema;

use crate::verify::VerifyTokenError;

/// What this function may touch: users and sessions (read), the public keys and the refresh secrets.
pub struct Deps {
    sessions: Sessions,
    verifier: Verifier,
    reactivation: Reactivation,
    clock: Clock,
    context: ViewContext,
}

impl Deps {
    /// Takes its part of the service and warms it.
    ///
    /// # Errors
    ///
    /// Never; the signature is that of every function.
    pub async fn start(service: &Service) -> Result<Self, StartError> {
        let keyring = service.warm_keyring(KeyAccess::PublicAndRefresh).await;
        Ok(Self {
            sessions: service.sessions(),
            verifier: service.verifier(keyring),
            reactivation: service.settings.sessions.reactivation,
            clock: service.clock.clone(),
            context: service.view_context(),
        })
    }
}

const VIEW: View = View {
    path: "/api/token/verify",
    name: "Token Verify",
    description: "Takes a token and indicates if it is valid.  This view provides no\n\
                  information about a token's fitness for a particular use.",
    about: "Says whether a token, access or refresh, is good now: 200 and an empty object if it is. It \
            does not say what the token may be used for.",
    method: Verb::Post,
    authentication: Authentication::Ignored,
    fields: &[Field::secret("token", "Token")],
    extras: &[],
    knows_devices: false,
    success: Success::ok::<Good>("The token is good."),
    refusals: || {
        let [invalid, expired] = [TokenError::Invalid, TokenError::Expired].map(Refusal::BadToken);
        vec![VerifyTokenError::SessionOver.into(), invalid, expired]
    },
};

/// What other code describes.
pub const VIEWS: &[&View] = &[&VIEW];

/// `/api/token/verify` and `/api/token/verify/`.
pub fn router(deps: Deps) -> Router {
    view_router(&VIEW, deps.context.clone(), deps, handle)
}

/// Nothing is left to say.
#[derive(Serialize, ToSchema)]
struct Good {}

async fn handle(deps: Arc<Deps>, call: Call) -> Result<Answer, Refusal> {
    let mut fields = call.fields().await?;
    let Some(token) = fields.text("token", Text::REQUIRED) else { return Err(fields.refusal()) };
    let now = deps.clock.now();
    let claims = deps.verifier.any(&token, now).await?;
    verify::verify(&deps, claims, now).await?;
    Ok(Answer::ok(Good {}))
}

impl From<VerifyTokenError> for Refusal {
    fn from(error: VerifyTokenError) -> Self {
        match error {
            // The reference's serializer says it: 400 here, 401 everywhere else.
            VerifyTokenError::SessionOver => Self::NonField(TokenError::Blacklisted.to_string()),
            VerifyTokenError::Store(error) => error.into(),
        }
    }
}
