//! `GET /api/sessions/`, `DELETE /api/sessions/{sid}/`, `POST /api/log_out/others/`, `POST /api/log_out/all/`: shows and
//! ends the sessions of the user who asks.

mod manage_sessions;

use std::sync::Arc;

use axum::Router;
use faregate::authentication::{Authenticator, Caller};
use faregate::clock::Clock;
use faregate::domain::session::{Reactivation, Session, SessionId};
use faregate::http::{Answer, Authentication, Call, Field, Refusal, Success, Verb, View, ViewContext, view_router};
use faregate::reaper::Reaper;
use faregate::service::{Service, StartError};
use faregate::store::{Sessions, Users};
use faregate::tokens::KeyAccess;
use serde::Serialize;
use utoipa::ToSchema;

use crate::manage_sessions::ManageError;

/// What this function may touch: users (read, write epochs), sessions (read, write), the public keys, `ws-reaper`
/// (invoke).
#[derive(Clone)]
pub struct Deps {
    users: Users,
    sessions: Sessions,
    authenticator: Authenticator,
    reaper: Reaper,
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
        let keyring = service.warm_keyring(KeyAccess::Public).await;
        Ok(Self {
            users: service.users(),
            sessions: service.sessions(),
            authenticator: service.authenticator(keyring),
            reaper: service.reaper(),
            reactivation: service.settings.sessions.reactivation,
            clock: service.clock.clone(),
            context: service.view_context(),
        })
    }
}

const LIST: View = View {
    path: "/api/sessions",
    name: "Sessions",
    description: "Lists your open sessions, the last used one first.",
    about: "Lists your open sessions, the last used one first: on which device, since when, when it was \
            used and until when it lives unless it is used again. The one that asks is marked as \
            current.",
    method: Verb::Get,
    authentication: Authentication::Required,
    fields: NO_FIELDS,
    extras: NO_FIELDS,
    knows_devices: false,
    success: Success::list::<SessionBody>("The open sessions."),
    refusals: Vec::new,
};

const ONE: View = View {
    path: "/api/sessions/{sid}",
    name: "Session",
    description: "Ends one of your sessions.",
    about: "Ends one of your sessions, by the id that the list of sessions gives. Its tokens open \
            nothing any more and its WebSockets close.",
    method: Verb::Delete,
    authentication: Authentication::Required,
    fields: NO_FIELDS,
    extras: NO_FIELDS,
    knows_devices: false,
    success: Success::no_content("The session is over."),
    refusals: || vec![ManageError::NoSuchSession.into()],
};

const OTHERS: View = View {
    path: "/api/log_out/others",
    name: "Log Out Others",
    description: "Ends all of your sessions but this one.",
    about: "Ends all of your sessions but this one. Their tokens open nothing any more and their \
            WebSockets close.",
    method: Verb::Post,
    authentication: Authentication::Required,
    fields: NO_FIELDS,
    extras: NO_FIELDS,
    knows_devices: false,
    success: Success::ok::<Done>("All others are over."),
    refusals: Vec::new,
};

const ALL: View = View {
    path: "/api/log_out/all",
    name: "Log Out All",
    description: "Ends all of your sessions.",
    about: "Ends all of your sessions, this one included. Their tokens open nothing any more and their \
            WebSockets close.",
    method: Verb::Post,
    authentication: Authentication::Required,
    fields: NO_FIELDS,
    extras: NO_FIELDS,
    knows_devices: false,
    success: Success::ok::<Done>("All are over."),
    refusals: Vec::new,
};

const NO_FIELDS: &[Field] = &[];

/// What other code describes.
pub const VIEWS: &[&View] = &[&LIST, &ONE, &OTHERS, &ALL];

/// `/api/sessions`, `/api/sessions/{sid}`, `/api/log_out/others` and `/api/log_out/all`, with and without the last slash.
pub fn router(deps: Deps) -> Router {
    let context = ViewContext { authenticator: Some(deps.authenticator.clone()), ..deps.context.clone() };
    Router::new()
        .merge(view_router(&LIST, context.clone(), deps.clone(), list))
        .merge(view_router(&ONE, context.clone(), deps.clone(), end_one))
        .merge(view_router(&OTHERS, context.clone(), deps.clone(), end_others))
        .merge(view_router(&ALL, context, deps, end_all))
}

/// A session, as its user sees it.
#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
struct SessionBody {
    /// A UUID of version 7, in lower case.
    #[schema(format = "uuid")]
    id: String,
    /// Whether it is the one that asks.
    current: bool,
    /// What the app said at log-in.
    #[schema(required)]
    device_name: Option<String>,
    /// What the `User-Agent` said of program and system.
    #[schema(required)]
    client: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    /// The last refresh.
    #[schema(format = DateTime)]
    last_used_at: String,
    /// When it ends, if it is not refreshed.
    #[schema(format = DateTime)]
    expires_at: String,
}

impl SessionBody {
    fn of(session: Session, asking: Option<SessionId>) -> Self {
        Self {
            id: session.id.to_string(),
            current: asking == Some(session.id),
            device_name: session.device.name.map(|name| name.as_str().to_owned()),
            client: session.device.client.map(|client| client.as_str().to_owned()),
            created_at: session.created_at.rfc3339(),
            last_used_at: session.last_used_at.rfc3339(),
            expires_at: session.expires_at.min(session.absolute_expires_at).rfc3339(),
        }
    }
}

/// Nothing is left to say.
#[derive(Serialize, ToSchema)]
struct Done {}

async fn list(deps: Arc<Deps>, call: Call) -> Result<Answer, Refusal> {
    let Caller { user, session_id, .. } = call.caller.ok_or(Refusal::NotAuthenticated)?;
    let sessions = manage_sessions::list(&deps, &user).await?;
    let bodies = sessions.into_iter().map(|session| SessionBody::of(session, session_id));
    Ok(Answer::ok(bodies.collect::<Vec<_>>()))
}

async fn end_one(deps: Arc<Deps>, call: Call) -> Result<Answer, Refusal> {
    // What is no id is no session's id.
    let id = call.segment("sid").and_then(|segment| segment.parse().ok()).ok_or(Refusal::NotFound)?;
    let caller = call.caller.ok_or(Refusal::NotAuthenticated)?;
    manage_sessions::end_one(&deps, &caller, id).await?;
    Ok(Answer::no_content())
}

async fn end_others(deps: Arc<Deps>, call: Call) -> Result<Answer, Refusal> {
    // The body says nothing, but one that cannot be read is refused as everywhere.
    call.fields().await?;
    manage_sessions::end_others(&deps, call.caller.ok_or(Refusal::NotAuthenticated)?).await?;
    Ok(Answer::ok(Done {}))
}

async fn end_all(deps: Arc<Deps>, call: Call) -> Result<Answer, Refusal> {
    call.fields().await?;
    manage_sessions::end_all(&deps, call.caller.ok_or(Refusal::NotAuthenticated)?).await?;
    Ok(Answer::ok(Done {}))
}

impl From<ManageError> for Refusal {
    fn from(error: ManageError) -> Self {
        match error {
            ManageError::NoSuchSession => Self::NotFound,
            ManageError::Caller(error) => error.into(),
            ManageError::Store(error) => error.into(),
        }
    }
}
