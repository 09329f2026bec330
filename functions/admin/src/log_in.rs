//! The use case: a member of staff enters the admin site.

use faregate::clock::Timestamp;
use faregate::domain::admin_session::{AdminSession, CookieSecret};
use faregate::domain::password::Password;
use faregate::domain::throttle::Limit;
use faregate::domain::user::User;
use faregate::passwords::{PasswordError, Verdict};
use faregate::store::{Slot, StoreError};

use crate::Deps;

/// What a person sent.
pub(crate) struct Attempt {
    pub(crate) username: String,
    pub(crate) password: Password,
    pub(crate) source_ip: Option<String>,
}

/// Why nobody entered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LogInError {
    /// Unknown, wrong, inactive or not staff: nobody can tell which, neither by the answer nor by the time it took.
    #[error("no administrator has these credentials")]
    BadCredentials,
    #[error("too many attempts")]
    Throttled { retry_after_seconds: u32 },
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Failed attempts for one name from one address: a person mistypes a few times, a program guesses for ever.
const FROM_ONE_ADDRESS: Limit = Limit { scope: "admin_log_in_from", most: 5, window_seconds: 900 };
/// Failed attempts for one name, from wherever: what many addresses together may guess. It keeps the owner out too, who asks
/// another administrator or uses the command.
const FOR_ONE_NAME: Limit = Limit { scope: "admin_log_in", most: 50, window_seconds: 3600 };

/// Lets the owner of the credentials in: two reads, two counted attempts beside them and one hash whoever asks; for those who
/// may, also one transaction, and the attempts are forgotten.
pub(crate) async fn log_in(deps: &Deps, attempt: Attempt) -> Result<CookieSecret, LogInError> {
    let Attempt { username, password, source_ip } = attempt;
    let now = deps.clock.now();
    let name = deps.users.throttle_key(&username);
    let from = format!("{}#{name}", source_ip.as_deref().unwrap_or("-"));
    let (id, slot) =
        tokio::try_join!(deps.users.find_id(&username), deps.throttles.take(&FROM_ONE_ADDRESS, &from, now))?;
    taken(slot)?;
    // After the other one: an address that has used up its own attempts cannot use up those of the name.
    let (user, slot) = tokio::try_join!(deps.users.find_or_nobody(id), deps.throttles.take(&FOR_ONE_NAME, &name, now))?;
    taken(slot)?;
    let stored = user.as_ref().map(|user| &user.password_hash);
    let verdict = deps.passwords.verify(password.clone(), stored).await?;
    let user = match user {
        Some(user) if user.is_active && user.is_staff && verdict != Verdict::Mismatch => user,
        _ => return Err(LogInError::BadCredentials),
    };
    let outdated = (verdict == Verdict::MatchButOutdated).then_some(password);
    let attempts = [(&FROM_ONE_ADDRESS, from), (&FOR_ONE_NAME, name)];
    let (entered, ()) =
        tokio::join!(enter(deps, &user, source_ip), Box::pin(tidy(deps, &user, outdated, (attempts, now))));
    entered
}

const fn taken(slot: Slot) -> Result<(), LogInError> {
    match slot {
        Slot::Taken => Ok(()),
        Slot::Full { retry_after_seconds } => Err(LogInError::Throttled { retry_after_seconds }),
    }
}

/// Opens a session of `user`. One transaction.
pub(crate) async fn enter(deps: &Deps, user: &User, source_ip: Option<String>) -> Result<CookieSecret, LogInError> {
    let secret = CookieSecret::new(deps.randomness.bytes());
    let session = AdminSession::open(&secret, user, deps.clock.now());
    deps.administration.enter(&session, deps.authenticator.policy(), source_ip).await?;
    Ok(secret)
}

/// What can as well be done at the next log-in, and so never fails this one.
async fn tidy(
    deps: &Deps,
    user: &User,
    outdated: Option<Password>,
    (attempts, now): ([(&Limit, String); 2], Timestamp),
) {
    let [from, name] = &attempts;
    let (first, second, rehashed) = tokio::join!(
        deps.throttles.clear(from.0, &from.1, now),
        deps.throttles.clear(name.0, &name.1, now),
        rehash(deps, user, outdated),
    );
    let failed = [first.err().map(LogInError::from), second.err().map(LogInError::from), rehashed.err()];
    for error in failed.into_iter().flatten() {
        tracing::warn!(message = "a log-in could not tidy up", error = %error);
    }
}

/// Hashes the password anew when the parameters changed since.
async fn rehash(deps: &Deps, user: &User, password: Option<Password>) -> Result<(), LogInError> {
    if let Some(password) = password {
        let new = deps.passwords.hash(password, deps.randomness.bytes()).await?;
        deps.users.rehash(user.id, &user.password_hash, &new).await?;
    }
    Ok(())
}
