//! `POST /api/sign_up/`: makes a user.

mod sign_up;

use std::sync::Arc;

use axum::Router;
use faregate::attempts::AddressLimit;
use faregate::authentication::Authenticator;
use faregate::clock::Clock;
use faregate::domain::password_policy::{PasswordPolicy, Unacceptable};
use faregate::domain::username::{MAX_LENGTH, Username};
use faregate::http::{
    Answer, Authentication, Call, Field, FieldErrors, FieldReader, Refusal, Success, Text, UserBody, Verb, View,
    ViewContext, messages, view_router,
};
use faregate::passwords::Passwords;
use faregate::randomness::Randomness;
use faregate::service::{Service, StartError, check_case};
use faregate::store::Users;
use faregate::telemetry::{Metric, count};
use faregate::tokens::KeyAccess;

use crate::sign_up::{SignUpError, Wish};

/// What this function may touch: users (read an identifier, write a user), counted sign-ups, the public keys; for a request
/// that brings an access token also users and sessions (read).
pub struct Deps {
    users: Users,
    limit: AddressLimit,
    passwords: Passwords,
    policy: PasswordPolicy,
    clock: Clock,
    randomness: Randomness,
    authenticator: Authenticator,
    context: ViewContext,
}

impl Deps {
    /// Takes its part of the service and warms it.
    ///
    /// # Errors
    ///
    /// When the password engine does not work here or the table was started with other settings.
    pub async fn start(service: &Service) -> Result<Self, StartError> {
        let users = service.users();
        let (keyring, case_agreed) = tokio::join!(service.warm_keyring(KeyAccess::Public), check_case(&users));
        case_agreed?;
        Ok(Self {
            users,
            limit: service.sign_up_limit(),
            passwords: service.passwords()?,
            policy: service.settings.password_policy,
            clock: service.clock.clone(),
            randomness: service.randomness.clone(),
            authenticator: service.authenticator(keyring),
            context: service.view_context(),
        })
    }
}

const VIEW: View = View {
    path: "/api/sign_up",
    name: "Sign Up",
    description: "",
    about: "Makes a user. It logs nobody in: go on with POST /api/log_in/. Two usernames must differ in \
            more than their case, unless the service is set otherwise, and the password must pass the \
            password policy.",
    method: Verb::Post,
    authentication: Authentication::Optional,
    fields: &[
        // An integer in the reference and in the recorded answer; here it is a string.
        Field { kind: "integer", ..Field::read_only("id", "ID") },
        Field {
            help_text: Some("Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only."),
            max_length: Some(MAX_LENGTH),
            ..Field::required("username", "Username")
        },
        Field::secret("password1", "Password1"),
        Field::secret("password2", "Password2"),
        Field { max_length: Some(MAX_LENGTH), ..Field::optional("first_name", "First name") },
        Field { max_length: Some(MAX_LENGTH), ..Field::optional("last_name", "Last name") },
    ],
    extras: &[],
    knows_devices: false,
    success: Success::created::<UserBody>("The new user."),
    refusals: || {
        let refused = [SignUpError::UsernameTaken, SignUpError::Unacceptable(Unacceptable::Differs)];
        refused.map(Refusal::from).into_iter().chain([Refusal::Throttled { retry_after_seconds: 600 }]).collect()
    },
};

/// What other code describes.
pub const VIEWS: &[&View] = &[&VIEW];

/// `/api/sign_up` and `/api/sign_up/`.
pub fn router(deps: Deps) -> Router {
    let context = ViewContext { authenticator: Some(deps.authenticator.clone()), ..deps.context.clone() };
    view_router(&VIEW, context, deps, handle)
}

async fn handle(deps: Arc<Deps>, call: Call) -> Result<Answer, Refusal> {
    let mut fields = call.fields().await?;
    let source_ip = call.client.source_ip.as_deref();
    let username = username(&mut fields);
    let passwords = (fields.password("password1"), fields.password("password2"));
    let names = (name(&mut fields, "first_name"), name(&mut fields, "last_name"));
    let (Some((username, typed)), (Some(password1), Some(password2)), (Some(first_name), Some(last_name))) =
        (username.clone(), passwords, names)
    else {
        return Err(refuse_fields(&deps, fields, (username.map(|(parsed, _)| parsed), source_ip)).await);
    };
    let wish =
        Wish { username, typed_username: typed, password: password1, repeated: password2, first_name, last_name };
    let user = sign_up::sign_up(&deps, wish, source_ip).await?;
    count(Metric::SignUps);
    Ok(Answer::created(UserBody::from(user)))
}

/// The username, parsed and as typed.
fn username(fields: &mut FieldReader) -> Option<(Username, String)> {
    let mut parsed = None;
    let check = |text: &str| match Username::parse(text) {
        Ok(username) => {
            parsed = Some(username);
            Vec::new()
        }
        Err(errors) => errors.into_iter().map(messages::username).collect(),
    };
    let typed = fields.text_with("username", Text::REQUIRED, check)?;
    Some((parsed?, typed))
}

fn name(fields: &mut FieldReader, field: &'static str) -> Option<String> {
    fields.text(field, Text { optional: true, max_length: Some(MAX_LENGTH) })
}

/// The errors of the fields; a taken name is reported beside them.
async fn refuse_fields(
    deps: &Deps,
    fields: FieldReader,
    (username, source_ip): (Option<Username>, Option<&str>),
) -> Refusal {
    let mut errors = fields.into_errors();
    if let Some(username) = username {
        match sign_up::is_taken(deps, &username, source_ip).await {
            Ok(true) => errors.put_first("username", vec![messages::USERNAME_TAKEN.to_owned()]),
            Ok(false) => {}
            Err(error) => return error.into(),
        }
    }
    Refusal::Fields(errors)
}

impl From<SignUpError> for Refusal {
    fn from(error: SignUpError) -> Self {
        match error {
            SignUpError::UsernameTaken => {
                Self::Fields(FieldErrors::of("username", vec![messages::USERNAME_TAKEN.to_owned()]))
            }
            SignUpError::Attempt(error) => error.into(),
            SignUpError::Unacceptable(error) => Self::unacceptable_password("password1", error),
            SignUpError::Password(error) => error.into(),
            SignUpError::Store(error) => error.into(),
        }
    }
}
