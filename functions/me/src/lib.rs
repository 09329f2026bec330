//! `GET /api/me/`: the user who asks, by access token or, as in the chapter, by another class of authentication.

use std::sync::Arc;

use axum::Router;
use faregate::authentication::Authenticator;
use faregate::http::browser::Forged;
use faregate::http::{Answer, Authentication, Call, Refusal, Success, UserBody, Verb, View, ViewContext, view_router};
use faregate::service::{Service, StartError};
use faregate::tokens::KeyAccess;

/// What this function may touch: users and sessions (read), the public keys; as far as they are switched on, sessions on the
/// admin site (read, and noted that they are used: write) and, for HTTP Basic, identifiers (read), counted attempts, a user's
/// hash (write).
pub struct Deps {
    authenticator: Authenticator,
    context: ViewContext,
}

impl Deps {
    /// Takes its part of the service and warms it.
    ///
    /// # Errors
    ///
    /// When HTTP Basic is on and the password engine does not work here.
    pub async fn start(service: &Service) -> Result<Self, StartError> {
        let keyring = service.warm_keyring(KeyAccess::Public).await;
        let context = ViewContext { classes: service.classes()?, ..service.view_context() };
        Ok(Self { authenticator: service.authenticator(keyring), context })
    }
}

const VIEW: View = View {
    path: "/api/me",
    name: "Me",
    description: "",
    about: "Shows the user who asks: whose access token it is or, as far as they are switched on, whose session on the admin \
            site, username and password (HTTP Basic), or token of another issuer.",
    method: Verb::Get,
    authentication: Authentication::RequiredByAnyClass,
    fields: &[],
    extras: &[],
    knows_devices: false,
    success: Success::ok::<UserBody>("The user who asks."),
    refusals: || {
        vec![
            Refusal::Forged(Forged::NoToken),
            Refusal::BadBasic("Invalid username/password.".to_owned()),
            Refusal::Throttled { retry_after_seconds: 900 },
        ]
    },
};

/// What other code describes.
pub const VIEWS: &[&View] = &[&VIEW];

/// `/api/me` and `/api/me/`.
pub fn router(deps: Deps) -> Router {
    let Deps { authenticator, context } = deps;
    view_router(&VIEW, ViewContext { authenticator: Some(authenticator), ..context }, (), handle)
}

/// The steps before have found the user: there is nothing left to decide.
async fn handle(_deps: Arc<()>, call: Call) -> Result<Answer, Refusal> {
    call.caller.map(|caller| Answer::ok(UserBody::from(caller.user))).ok_or(Refusal::NotAuthenticated)
}
