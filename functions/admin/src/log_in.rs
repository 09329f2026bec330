//! The use case: a member of staff enters the admin site.

use faregate::credentials::{CredentialsError, Presented};
use faregate::domain::admin_session::{AdminSession, CookieSecret};
use faregate::domain::device::KnownDevice;
use faregate::domain::id::DeviceId;
use faregate::domain::user::User;
use faregate::store::StoreError;

use crate::Deps;

/// What a browser holds before it comes in.
pub(crate) struct Held {
    /// The secret of the session that it had.
    pub(crate) session: Option<CookieSecret>,
    /// By what it is known if somebody has come in with it before.
    pub(crate) browser: Option<CookieSecret>,
}

/// What it holds from then on.
pub(crate) struct Entered {
    pub(crate) session: CookieSecret,
    /// Where attempts are counted.
    pub(crate) browser: Option<CookieSecret>,
}

/// Lets the owner of the credentials in, who is staff. One read before the check, for a browser that may be known, and one
/// transaction after it, with a write beside it. The session that the browser had is over.
pub(crate) async fn log_in(deps: &Deps, presented: Presented, held: Held) -> Result<Entered, CredentialsError> {
    let source_ip = presented.source_ip.clone();
    let browser = match (&deps.browsers, &held.browser) {
        (Some(browsers), Some(secret)) => browsers.find(secret, deps.clock.now()).await?,
        _ => None,
    };
    let presented = Presented { browser, ..presented };
    let user = deps.credentials.check(presented, |user| user.is_staff).await?;
    let known = browser.filter(|browser| browser.is_of(&user));
    // Another's browser is made known anew: its lane stays that of the other.
    let secret = held.browser.filter(|_| known.is_some());
    let secret = secret.unwrap_or_else(|| CookieSecret::new(deps.randomness.bytes()));
    let (session, browser) =
        tokio::join!(enter(deps, &user, held.session, source_ip), remember(deps, &user, (secret, known)));
    Ok(Entered { session: session?, browser })
}

/// Knows the browser from now on. What can as well be done at the next log-in never fails this one.
async fn remember(
    deps: &Deps,
    user: &User,
    (secret, known): (CookieSecret, Option<KnownDevice>),
) -> Option<CookieSecret> {
    let (browsers, now) = (deps.browsers.as_ref()?, deps.clock.now());
    let new = || KnownDevice::of(DeviceId::new(deps.randomness.uuid_v7(now)), user);
    match browsers.remember(&secret, &known.unwrap_or_else(new), now).await {
        Ok(()) => Some(secret),
        Err(error) => {
            tracing::warn!(message = "a browser could not be remembered", error = %error);
            None
        }
    }
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
