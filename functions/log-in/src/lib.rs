//! `POST /api/log_in/`: opens a session.

mod log_in;

use std::sync::Arc;

use axum::Router;
use faregate::attempts::Attempts;
use faregate::clock::Clock;
use faregate::domain::device::{Client, Device};
use faregate::domain::session::SessionPolicy;
use faregate::http::{
    Answer, Authentication, Call, Field, Input, Refusal, Success, Text, Verb, View, ViewContext, view_router,
};
use faregate::passwords::Passwords;
use faregate::randomness::Randomness;
use faregate::reaper::Reaper;
use faregate::service::{Service, StartError, check_case};
use faregate::store::{Sessions, Users};
use faregate::telemetry::{Metric, count};
use faregate::tokens::{AccessFor, AccessToken, CopiedClaims, KeyAccess, RefreshToken, Signer};
use serde::Serialize;
use utoipa::ToSchema;

use crate::log_in::{LogInError, Opened, Shown};

/// What this function may touch: users (read, rehash), sessions (read, write), counted attempts, all keys, `ws-reaper`
/// (invoke).
pub struct Deps {
    users: Users,
    sessions: Sessions,
    attempts: Attempts,
    passwords: Passwords,
    signer: Signer,
    reaper: Reaper,
    policy: SessionPolicy,
    clock: Clock,
    randomness: Randomness,
    context: ViewContext,
}

impl Deps {
    /// Takes its part of the service and warms it; the first start makes the first key.
    ///
    /// # Errors
    ///
    /// When the password engine does not work here or the table was started with other settings.
    pub async fn start(service: &Service) -> Result<Self, StartError> {
        let users = service.users();
        let (keyring, case_agreed) = tokio::join!(service.warm_keyring(KeyAccess::Sign), check_case(&users));
        case_agreed?;
        Ok(Self {
            users,
            sessions: service.sessions(),
            attempts: service.attempts(),
            passwords: service.passwords()?,
            signer: service.signer(keyring),
            reaper: service.reaper(),
            policy: service.settings.sessions,
            clock: service.clock.clone(),
            randomness: service.randomness.clone(),
            context: service.view_context(),
        })
    }
}

const VIEW: View = View {
    path: "/api/log_in",
    name: "Log In",
    description: "",
    about: "Opens a session on one device and gives its two tokens: an access token to send with every \
            other request, and a refresh token that gets the next access token. An unknown name, a wrong \
            password and an inactive user get the same answer. After a few failures the next attempts have \
            to wait: 429, and Retry-After says for how many seconds. Keep the header Faregate-Device of the \
            answer, and send it with the next log-in on this device: then others who guess cannot keep its \
            user waiting. An app may also send device_name, which \
            the list of sessions shows, and rotation_next, which ties the next refresh to this device.",
    method: Verb::Post,
    authentication: Authentication::Ignored,
    fields: &[
        Field::required("username", "Username"),
        Field { input: Some(Input::Password), ..Field::required("password", "Password") },
    ],
    extras: &[Field::ROTATION_NEXT, Field::DEVICE_NAME],
    knows_devices: true,
    success: Success::ok::<LoggedIn>("A session is open."),
    refusals: || vec![Refusal::BadCredentials, Refusal::Throttled { retry_after_seconds: 2 }],
};

/// What other code describes.
pub const VIEWS: &[&View] = &[&VIEW];

/// `/api/log_in` and `/api/log_in/`.
pub fn router(deps: Deps) -> Router {
    view_router(&VIEW, deps.context.clone(), deps, handle)
}

/// The tokens of a new session.
#[derive(Serialize, ToSchema)]
struct LoggedIn {
    /// Gets the next access token; a secret.
    #[schema(value_type = String)]
    refresh: RefreshToken,
    /// Opens routes, as `Authorization: Bearer`.
    #[schema(value_type = String)]
    access: AccessToken,
}

async fn handle(deps: Arc<Deps>, call: Call) -> Result<Answer, Refusal> {
    let mut fields = call.fields().await?;
    let credentials = (fields.text("username", Text::REQUIRED), fields.password("password"));
    let extras = (fields.rotation_next(), fields.device_name());
    let ((Some(username), Some(password)), (Ok(anchor), Ok(name))) = (credentials, extras) else {
        return Err(fields.refusal());
    };
    let device = Device { name, client: call.user_agent.as_deref().and_then(Client::of) };
    let signer = deps.signer.ready().await?;
    let name = deps.users.lane(&username).key;
    let known = call.device.as_deref().filter(|_| deps.attempts.is_counting());
    let known = known.and_then(|value| signer.known_device(value, &name));
    let source_ip = call.client.source_ip;
    let shown = Shown { username, password, source_ip, known, anchor, device, kid: signer.refresh_kid() };
    let Opened { user, session, device } = log_in::log_in(&deps, shown).await.inspect_err(|error| {
        if matches!(error, LogInError::BadCredentials) {
            count(Metric::LogInFailures);
        }
    })?;
    count(Metric::LogIns);
    let now = session.created_at;
    let whom = AccessFor { user: &user, session: &session, lifetime_from: now };
    let device = device.map(|device| signer.device(&device, &name)).transpose()?;
    let tokens = LoggedIn {
        refresh: signer.refresh(&session, &CopiedClaims::of(&user, &call.issuer))?,
        access: signer.access(whom, &call.issuer, now)?,
    };
    Ok(Answer::ok(tokens).with_device(device))
}

impl From<LogInError> for Refusal {
    fn from(error: LogInError) -> Self {
        match error {
            LogInError::BadCredentials => Self::BadCredentials,
            LogInError::Attempt(error) => error.into(),
            LogInError::Password(error) => error.into(),
            LogInError::Store(error) => error.into(),
        }
    }
}
