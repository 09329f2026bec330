//! `POST /api/account/delete/`: deletes the account of the user who asks.

mod account_delete;

use std::sync::Arc;

use axum::Router;
use faregate::attempts::Attempts;
use faregate::authentication::Authenticator;
use faregate::http::{
    Answer, Authentication, Call, Field, FieldErrors, Input, Refusal, Success, Verb, View, ViewContext, messages,
    view_router,
};
use faregate::passwords::Passwords;
use faregate::reaper::Reaper;
use faregate::service::{Service, StartError};
use faregate::store::Users;
use faregate::tokens::KeyAccess;
use serde::Serialize;
use utoipa::ToSchema;

use crate::account_delete::DeleteError;

/// What this function may touch: users and sessions (read, delete), identifiers (delete), counted attempts, the public
/// keys, `ws-reaper` (invoke).
pub struct Deps {
    users: Users,
    attempts: Attempts,
    passwords: Passwords,
    authenticator: Authenticator,
    reaper: Reaper,
    context: ViewContext,
}

impl Deps {
    /// Takes its part of the service and warms it.
    ///
    /// # Errors
    ///
    /// When the password engine does not work here.
    pub async fn start(service: &Service) -> Result<Self, StartError> {
        let keyring = service.warm_keyring(KeyAccess::Public).await;
        Ok(Self {
            users: service.users(),
            attempts: service.attempts(),
            passwords: service.passwords()?,
            authenticator: service.authenticator(keyring),
            reaper: service.reaper(),
            context: service.view_context(),
        })
    }
}

const VIEW: View = View {
    path: "/api/account/delete",
    name: "Account Delete",
    description: "Deletes your account and everything that belongs to it. There is no way back.",
    about: "Deletes your account and everything that belongs to it. There is no way back. It wants the \
            password again, beside the access token.",
    method: Verb::Post,
    authentication: Authentication::Required,
    fields: &[Field { input: Some(Input::Password), ..Field::required("password", "Password") }],
    extras: &[],
    knows_devices: false,
    success: Success::ok::<Deleted>("The account is gone and its name free."),
    refusals: || vec![DeleteError::WrongPassword.into(), Refusal::Throttled { retry_after_seconds: 2 }],
};

/// What other code describes.
pub const VIEWS: &[&View] = &[&VIEW];

/// `/api/account/delete` and `/api/account/delete/`.
pub fn router(deps: Deps) -> Router {
    let context = ViewContext { authenticator: Some(deps.authenticator.clone()), ..deps.context.clone() };
    view_router(&VIEW, context, deps, handle)
}

/// Nothing is left to say.
#[derive(Serialize, ToSchema)]
struct Deleted {}

async fn handle(deps: Arc<Deps>, call: Call) -> Result<Answer, Refusal> {
    let mut fields = call.fields().await?;
    let Some(password) = fields.password("password") else { return Err(fields.refusal()) };
    account_delete::delete(&deps, call.caller.ok_or(Refusal::NotAuthenticated)?, password).await?;
    Ok(Answer::ok(Deleted {}))
}

impl From<DeleteError> for Refusal {
    fn from(error: DeleteError) -> Self {
        match error {
            DeleteError::WrongPassword => {
                Self::Fields(FieldErrors::of("password", vec![messages::WRONG_PASSWORD.to_owned()]))
            }
            DeleteError::Attempt(error) => error.into(),
            DeleteError::Caller(error) => error.into(),
            DeleteError::Password(error) => error.into(),
            DeleteError::Store(error) => error.into(),
        }
    }
}
