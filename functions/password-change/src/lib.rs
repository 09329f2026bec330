//! `POST /api/password/change/`: a new password; every other session is over, this one goes on.

mod password_change;

use std::sync::Arc;

use axum::Router;
use faregate::attempts::Attempts;
use faregate::authentication::Authenticator;
use faregate::domain::password_policy::{PasswordPolicy, Unacceptable};
use faregate::http::{
    Answer, Authentication, Call, Field, FieldErrors, Input, Refusal, Success, Verb, View, ViewContext, messages,
    view_router,
};
use faregate::passwords::Passwords;
use faregate::randomness::Randomness;
use faregate::reaper::Reaper;
use faregate::service::{Service, StartError};
use faregate::store::Users;
use faregate::tokens::KeyAccess;
use serde::Serialize;
use utoipa::ToSchema;

use crate::password_change::{ChangeError, Wish};

/// What this function may touch: users (read, write hash and epochs), sessions (read, write epochs), counted attempts, the
/// public keys, `ws-reaper` (invoke).
pub struct Deps {
    users: Users,
    attempts: Attempts,
    passwords: Passwords,
    policy: PasswordPolicy,
    authenticator: Authenticator,
    reaper: Reaper,
    randomness: Randomness,
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
            policy: service.settings.password_policy,
            authenticator: service.authenticator(keyring),
            reaper: service.reaper(),
            randomness: service.randomness.clone(),
            context: service.view_context(),
        })
    }
}

const VIEW: View = View {
    path: "/api/password/change",
    name: "Password Change",
    description: "Sets a new password. Your other sessions end, this one goes on.",
    about: "Sets a new password. Your other sessions end, this one goes on. It wants the old password \
            again, beside the access token, and the new one must pass the password policy.",
    method: Verb::Post,
    authentication: Authentication::Required,
    fields: &[
        hidden("old_password", "Old password"),
        hidden("new_password1", "New password1"),
        hidden("new_password2", "New password2"),
    ],
    extras: &[],
    knows_devices: false,
    success: Success::ok::<Changed>("The new password is set; other sessions are over."),
    refusals: || {
        let wrong = [ChangeError::WrongPassword, ChangeError::Unacceptable(Unacceptable::Differs)];
        wrong.map(Refusal::from).into_iter().chain([Refusal::Throttled { retry_after_seconds: 2 }]).collect()
    },
};

/// What other code describes.
pub const VIEWS: &[&View] = &[&VIEW];

const fn hidden(name: &'static str, label: &'static str) -> Field {
    Field { input: Some(Input::Password), ..Field::required(name, label) }
}

/// `/api/password/change` and `/api/password/change/`.
pub fn router(deps: Deps) -> Router {
    let context = ViewContext { authenticator: Some(deps.authenticator.clone()), ..deps.context.clone() };
    view_router(&VIEW, context, deps, handle)
}

/// Nothing is left to say.
#[derive(Serialize, ToSchema)]
struct Changed {}

async fn handle(deps: Arc<Deps>, call: Call) -> Result<Answer, Refusal> {
    let mut fields = call.fields().await?;
    let old = fields.password("old_password");
    let new = (fields.password("new_password1"), fields.password("new_password2"));
    let (Some(old), (Some(new), Some(repeated))) = (old, new) else { return Err(fields.refusal()) };
    let caller = call.caller.ok_or(Refusal::NotAuthenticated)?;
    password_change::change(&deps, caller, Wish { old, new, repeated }).await?;
    Ok(Answer::ok(Changed {}))
}

impl From<ChangeError> for Refusal {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Unacceptable(error) => Self::unacceptable_password("new_password1", error),
            ChangeError::WrongPassword => {
                Self::Fields(FieldErrors::of("old_password", vec![messages::WRONG_OLD_PASSWORD.to_owned()]))
            }
            ChangeError::Attempt(error) => error.into(),
            ChangeError::Caller(error) => error.into(),
            ChangeError::Password(error) => error.into(),
            ChangeError::Store(error) => error.into(),
        }
    }
}
