//! `POST /api/token/refresh/`: gives the next access token and, with rotation, the next refresh token.

mod carry_over;
mod refresh;

use std::sync::Arc;

use axum::Router;
use faregate::attempts::AddressLimit;
use faregate::clock::Clock;
use faregate::domain::device::{Client, Device};
use faregate::domain::session::SessionPolicy;
use faregate::http::{
    Answer, Authentication, Call, Field, Refusal, Success, Text, Verb, View, ViewContext, view_router,
};
use faregate::randomness::Randomness;
use faregate::reaper::Reaper;
use faregate::service::{Service, StartError};
use faregate::store::{Sessions, Users};
use faregate::telemetry::{Metric, count};
use faregate::tokens::{
    AccessFor, AccessToken, AnyRefresh, CopiedClaims, Expiry, KeyAccess, RefreshToken, Signer, TokenError, Verifier,
    VerifyError,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::carry_over::Carried;
use crate::refresh::{RefreshError, Refreshed, Shown};

/// What this function may touch: users (read), sessions (write), counted garbage, all keys, `ws-reaper` (invoke).
pub struct Deps {
    users: Users,
    sessions: Sessions,
    verifier: Verifier,
    garbage_limit: AddressLimit,
    signer: Signer,
    reaper: Reaper,
    policy: SessionPolicy,
    /// Whether refresh tokens of a Django are exchanged.
    accepts_carried: bool,
    clock: Clock,
    randomness: Randomness,
    context: ViewContext,
}

impl Deps {
    /// Takes its part of the service and warms it; the first start makes the first key.
    ///
    /// # Errors
    ///
    /// Never; the signature is that of every function.
    pub async fn start(service: &Service) -> Result<Self, StartError> {
        let keyring = service.warm_keyring(KeyAccess::Sign).await;
        Ok(Self {
            users: service.users(),
            sessions: service.sessions(),
            verifier: service.verifier(keyring.clone()),
            garbage_limit: service.refresh_failure_limit(),
            signer: service.signer(keyring),
            reaper: service.reaper(),
            policy: service.settings.sessions,
            accepts_carried: service.settings.tokens.accept_simplejwt_refresh,
            clock: service.clock.clone(),
            randomness: service.randomness.clone(),
            context: service.view_context(),
        })
    }
}

const VIEW: View = View {
    path: "/api/token/refresh",
    name: "Token Refresh",
    description: "Takes a refresh type JSON web token and returns an access type JSON web\n\
                  token if the refresh token is valid.",
    about: "Gives the next access token. With rotation, which is the default, it gives the next refresh \
            token too, and the one that was sent is spent: store the new one before using the access \
            token. The header Faregate-Action says what an app does when it gets none.",
    method: Verb::Post,
    authentication: Authentication::Ignored,
    fields: &[Field::secret("refresh", "Refresh"), Field::read_only("access", "Access")],
    extras: &[Field::ROTATION_ID, Field::ROTATION_NEXT],
    knows_devices: false,
    success: Success::ok::<Tokens>("The session goes on."),
    refusals: || {
        let [invalid, expired, over] =
            [TokenError::Invalid, TokenError::Expired, TokenError::Blacklisted].map(Refusal::BadToken);
        let no_session = vec![invalid, expired, over, Refusal::NoActiveAccount];
        let by_its_session = [Refusal::StaleToken, Refusal::SessionBehind, Refusal::Superseded];
        let throttled = Refusal::Throttled { retry_after_seconds: 600 };
        no_session.into_iter().chain(by_its_session).chain([throttled]).collect()
    },
};

/// What other code describes.
pub const VIEWS: &[&View] = &[&VIEW];

/// `/api/token/refresh` and `/api/token/refresh/`.
pub fn router(deps: Deps) -> Router {
    view_router(&VIEW, deps.context.clone(), deps, handle)
}

/// The next tokens of a session.
#[derive(Serialize, ToSchema)]
struct Tokens {
    /// Opens routes, as `Authorization: Bearer`.
    #[schema(value_type = String)]
    access: AccessToken,
    /// Takes the place of the refresh token that was sent, with rotation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    refresh: Option<RefreshToken>,
}

async fn handle(deps: Arc<Deps>, call: Call) -> Result<Answer, Refusal> {
    let mut fields = call.fields().await?;
    let (Some(token), Some(ids)) = (fields.text("refresh", Text::REQUIRED), fields.rotation_ids()) else {
        return Err(fields.refusal());
    };
    let now = deps.clock.now();
    let verified = deps.verifier.any_refresh(&token, deps.accepts_carried, now).await;
    if let Err(VerifyError::Token(TokenError::Invalid)) = verified {
        deps.garbage_limit.take(call.client.source_ip.as_deref()).await?;
    }
    let verified = verified?;
    let signer = deps.signer.ready().await?;
    let kid = signer.refresh_kid();
    // Boxed: the calls to DynamoDB are large.
    let refreshed = match &verified {
        AnyRefresh::Ours(claims, Expiry::ToCome) => {
            Box::pin(refresh::refresh(&deps, Shown::of(claims, &ids, kid), now)).await
        }
        AnyRefresh::Ours(claims, Expiry::Past) => {
            Box::pin(refresh::repeat(&deps, Shown::of(claims, &ids, kid), now)).await
        }
        AnyRefresh::Carried(claims) => {
            let device = Device { name: None, client: call.user_agent.as_deref().and_then(Client::of) };
            let carried = Carried { claims: claims.clone(), anchor: ids.next(), device, kid };
            Box::pin(carry_over::carry_over(&deps, carried, now)).await
        }
    };
    let Refreshed { user, session, is_rotated, lifetime_from } = refreshed.inspect_err(|error| {
        if !matches!(error, RefreshError::Store(_)) {
            count(Metric::RefreshFailures);
        }
    })?;
    count(Metric::Refreshes);
    let copied = match verified {
        AnyRefresh::Ours(claims, _) => claims.copied,
        AnyRefresh::Carried(_) => CopiedClaims::of(&user, &call.issuer),
    };
    let whom = AccessFor { user: &user, session: &session, lifetime_from };
    Ok(Answer::ok(Tokens {
        access: signer.access(whom, &call.issuer, now)?,
        refresh: if is_rotated { Some(signer.refresh(&session, &copied)?) } else { None },
    }))
}

impl From<RefreshError> for Refusal {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::NoActiveAccount => Self::NoActiveAccount,
            RefreshError::SessionOver => Self::BadToken(TokenError::Blacklisted),
            RefreshError::Expired => Self::BadToken(TokenError::Expired),
            RefreshError::Superseded => Self::Superseded,
            RefreshError::Behind => Self::SessionBehind,
            RefreshError::Stale => Self::StaleToken,
            RefreshError::Store(error) => error.into(),
        }
    }
}
