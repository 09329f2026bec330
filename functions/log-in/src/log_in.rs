//! The use case: a username and its password become a session.

use faregate::attempts::{AttemptError, Claimant};
use faregate::domain::device::{Device, KnownDevice};
use faregate::domain::id::DeviceId;
use faregate::domain::password::Password;
use faregate::domain::rotation::Commitment;
use faregate::domain::session::{Session, SessionId};
use faregate::domain::user::User;
use faregate::passwords::{PasswordError, Verdict};
use faregate::store::StoreError;

use crate::Deps;

/// What a person sent.
pub(crate) struct Shown {
    pub(crate) username: String,
    pub(crate) password: Password,
    /// From where.
    pub(crate) source_ip: Option<String>,
    /// The device, if somebody has logged in as this user on it before.
    pub(crate) known: Option<KnownDevice>,
    /// What the first refresh token is anchored to.
    pub(crate) anchor: Option<Commitment>,
    pub(crate) device: Device,
    /// The secret that will sign the refresh token.
    pub(crate) kid: Option<String>,
}

/// What a log-in opens.
pub(crate) struct Opened {
    pub(crate) user: User,
    pub(crate) session: Session,
    /// The device as it is known from now on, where attempts are counted.
    pub(crate) device: Option<KnownDevice>,
}

/// Why no session was opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LogInError {
    /// Unknown, wrong or inactive: nobody can tell which, neither by the answer nor by the time it took.
    #[error("no active account has these credentials")]
    BadCredentials,
    #[error(transparent)]
    Attempt(#[from] AttemptError),
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How many sessions of a user a log-in reads before it knows the password, for each that the user may have: ended ones stay
/// for a month, and what a name costs to ask for must not grow with what its user does.
const SESSIONS_SEEN_PER_ALLOWED: usize = 3;
/// How many sessions give way in one log-in, at most.
const MAX_EVICTIONS: usize = 3;

/// Opens a session: two reads, a counted attempt beside the first and one hash whoever asks; one write more for those who may,
/// and, where addresses are counted, for those who may not.
pub(crate) async fn log_in(deps: &Deps, shown: Shown) -> Result<Opened, LogInError> {
    let claimant = Claimant { username: &shown.username, source_ip: shown.source_ip.as_deref(), device: shown.known };
    let mut attempt = deps.attempts.begin(claimant).await?;
    let found = deps.sessions.of_user(attempt.user_id, sessions_seen(deps)).await?;
    if let (Some(device), Some((user, _))) = (attempt.device, &found)
        && !device.is_of(user)
    {
        attempt = deps.attempts.begin(Claimant { device: None, ..claimant }).await?;
    }
    let stored = found.as_ref().map(|(user, _)| &user.password_hash);
    let verdict = deps.passwords.verify(shown.password.clone(), stored).await?;
    let (user, sessions) = match found {
        Some((user, sessions)) if user.is_active && verdict != Verdict::Mismatch => (user, sessions),
        _ => {
            deps.attempts.failed(&attempt).await?;
            return Err(LogInError::BadCredentials);
        }
    };
    let session = new_session(deps, &user, &shown);
    let outdated = (verdict == Verdict::MatchButOutdated).then_some(shown.password);
    let (opened, (), ()) = tokio::join!(
        deps.sessions.open(&session),
        deps.attempts.succeeded(&attempt),
        // Boxed: both are rare and would double the future.
        Box::pin(tidy(deps, (&user, sessions), outdated, &session)),
    );
    opened?;
    let device = deps.attempts.is_counting().then(|| attempt.device.unwrap_or_else(|| new_device(deps, &user)));
    Ok(Opened { user, session, device })
}

fn new_session(deps: &Deps, user: &User, shown: &Shown) -> Session {
    let now = deps.clock.now();
    let id = SessionId::new(deps.randomness.uuid_v7(now));
    let (anchor, device, kid) = (shown.anchor, shown.device.clone(), shown.kid.clone());
    Session { anchor, device, kid, ..Session::open(id, (user.id, user.epochs), now, &deps.policy) }
}

fn new_device(deps: &Deps, user: &User) -> KnownDevice {
    KnownDevice::of(DeviceId::new(deps.randomness.uuid_v7(deps.clock.now())), user)
}

/// What can as well be done at the next log-in, and so never fails this one.
async fn tidy(deps: &Deps, (user, sessions): (&User, Vec<Session>), outdated: Option<Password>, new: &Session) {
    let (rehashed, evicted) = tokio::join!(rehash(deps, user, outdated), evict(deps, user, sessions, new));
    for error in [rehashed.err(), evicted.err()].into_iter().flatten() {
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

fn sessions_seen(deps: &Deps) -> usize {
    SESSIONS_SEEN_PER_ALLOWED * deps.policy.sessions_per_user
}

/// Makes room for the session `new`: the least recently used ones give way, a few at a time. Of a user who has piled up so
/// many that not all were read, the others are read now.
async fn evict(deps: &Deps, user: &User, mut sessions: Vec<Session>, new: &Session) -> Result<(), LogInError> {
    let now = new.created_at;
    if sessions.len() >= sessions_seen(deps) {
        let last_seen = sessions.last().map(|session| session.id);
        sessions.extend(deps.sessions.open_ones(user.id, last_seen, now).await?);
    }
    let mut open: Vec<Session> = sessions
        .into_iter()
        .filter(|session| session.is_open(&user.state(), deps.policy.reactivation) && !session.is_expired(now))
        // It is being written at the same time.
        .filter(|session| session.id != new.id)
        .collect();
    open.sort_by_key(|session| session.last_used_at);
    let surplus = (open.len() + 1).saturating_sub(deps.policy.sessions_per_user);
    let given_way = surplus.min(MAX_EVICTIONS);
    for session in open.iter().take(given_way) {
        deps.sessions.remove_unused(session).await?;
    }
    if given_way > 0 {
        deps.reaper.look_at(user.id).await;
    }
    Ok(())
}
