//! `POST /api/log_out/`: ends a session.

mod log_out;

use std::sync::Arc;

use axum::Router;
use faregate::clock::Clock;
use faregate::http::{
    Answer, Authentication, Call, Field, Refusal, Success, Text, Verb, View, ViewContext, view_router,
};
use faregate::reaper::Reaper;
use faregate::service::{Service, StartError};
use faregate::store::Sessions;
use faregate::tokens::{AnyRefresh, KeyAccess, TokenError, Verifier};
use serde::Serialize;
use utoipa::ToSchema;

use crate::log_out::LogOutError;

/// What this function may touch: sessions and a Django's refresh tokens (write), the public keys and the refresh secrets, `ws-reaper` (invoke).
pub struct Deps {
    sessions: Sessions,
    verifier: Verifier,
    reaper: Reaper,
    /// Whether refresh tokens of a Django are exchanged, and so have to be ended.
    accepts_carried: bool,
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
            reaper: service.reaper(),
            accepts_carried: service.settings.tokens.accept_simplejwt_refresh,
            clock: service.clock.clone(),
            context: service.view_context(),
        })
    }
}

const VIEW: View = View {
    path: "/api/log_out",
    // Name and description are the reference's, which calls its log-out so.
    name: "Token Blacklist",
    description: "Takes a token and blacklists it. Must be used with the\n\
                  `rest_framework_simplejwt.token_blacklist` app installed.",
    about: "Ends the session that a refresh token belongs to. The token gets no other, the access tokens \
            of the session open nothing here any more, and its WebSockets close.",
    method: Verb::Post,
    authentication: Authentication::Ignored,
    fields: &[Field::secret("refresh", "Refresh")],
    extras: &[],
    knows_devices: false,
    success: Success::ok::<LoggedOut>("The session is over."),
    refusals: || [TokenError::Invalid, TokenError::Expired, TokenError::Blacklisted].map(Refusal::BadToken).into(),
};

/// What other code describes.
pub const VIEWS: &[&View] = &[&VIEW];

/// `/api/log_out` and `/api/log_out/`.
pub fn router(deps: Deps) -> Router {
    view_router(&VIEW, deps.context.clone(), deps, handle)
}

/// Nothing is left to say.
#[derive(Serialize, ToSchema)]
struct LoggedOut {}

async fn handle(deps: Arc<Deps>, call: Call) -> Result<Answer, Refusal> {
    let mut fields = call.fields().await?;
    let Some(token) = fields.text("refresh", Text::REQUIRED) else { return Err(fields.refusal()) };
    let now = deps.clock.now();
    match deps.verifier.any_refresh(&token, deps.accepts_carried, now).await? {
        AnyRefresh::Ours(claims, expiry) => log_out::log_out(&deps, &claims, expiry, now).await?,
        AnyRefresh::Carried(claims) => log_out::log_out_carried(&deps, &claims, now).await?,
    }
    Ok(Answer::ok(LoggedOut {}))
}

impl From<LogOutError> for Refusal {
    fn from(error: LogOutError) -> Self {
        match error {
            LogOutError::AlreadyEnded => Self::BadToken(TokenError::Blacklisted),
            LogOutError::Expired => Self::BadToken(TokenError::Expired),
            LogOutError::Store(error) => error.into(),
        }
    }
}
