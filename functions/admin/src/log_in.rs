//! The use case: a member of staff enters the admin site.

use faregate::credentials::{Attempt, CredentialsError};
use faregate::domain::admin_session::{AdminSession, CookieSecret};
use faregate::domain::user::User;
use faregate::store::StoreError;

use crate::Deps;

/// Lets the owner of the credentials in, who is staff. One transaction after the check. The session that the browser had, with
/// the secret `before`, is over.
pub(crate) async fn log_in(
    deps: &Deps,
    attempt: Attempt,
    before: Option<CookieSecret>,
) -> Result<CookieSecret, CredentialsError> {
    let source_ip = attempt.source_ip.clone();
    let user = deps.credentials.check(attempt, |user| user.is_staff).await?;
    Ok(enter(deps, &user, before, source_ip).await?)
}

/// Opens a session of `user`, whose secret nobody has had before. One transaction.
pub(crate) async fn enter(
    deps: &Deps,
    user: &User,
    before: Option<CookieSecret>,
    source_ip: Option<String>,
) -> Result<CookieSecret, StoreError> {
    let secret = CookieSecret::new(deps.randomness.bytes());
    let session = AdminSession::open(&secret, user, deps.clock.now());
    let before = before.map(|secret| secret.hash());
    deps.administration.enter(&session, before.as_deref(), deps.authenticator.policy(), source_ip).await?;
    Ok(secret)
}
