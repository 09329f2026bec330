//! `GET /api/me/`: the user who asks, by access token or, as in the chapter, by another class of authentication.

use std::sync::Arc;

use axum::Router;
use faregate::authentication::Authenticator;
use faregate::http::{Answer, Authentication, Call, Refusal, Success, UserBody, Verb, View, ViewContext, view_router};
use faregate::service::{Service, StartError};
use faregate::tokens::KeyAccess;

/// What this function may touch: users and sessions (read), the public keys; as far as they are switched on, sessions on the
/// admin site (read) and, for HTTP Basic, identifiers (read), counted attempts, a user's hash (write).
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
    about: "Shows the user whom the access token in the header Authorization belongs to.",
    method: Verb::Get,
    authentication: Authentication::Required,
    asks_for_token: false,
    fields: &[],
    extras: &[],
    success: Success::ok::<UserBody>("The user who asks."),
    refusals: Vec::new,
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
