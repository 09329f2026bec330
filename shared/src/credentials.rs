//! Whose username and password these are, where no app logs in: on the admin site and with HTTP Basic.
//!
//! An attempt is counted before anything is hashed, under the name and under the name and the address it comes from, so that
//! guesses at the same time cannot outrun the count. A name that nobody has is counted and costs the same.

use crate::clock::{Clock, Timestamp};
use crate::domain::password::Password;
use crate::domain::throttle::Limit;
use crate::domain::user::User;
use crate::passwords::{PasswordError, Passwords, Verdict};
use crate::randomness::Randomness;
use crate::store::{Slot, StoreError, Throttles, Users};

/// Failed attempts for one name from one address: a person mistypes a few times, a program guesses for ever.
const FROM_ONE_ADDRESS: Limit = Limit { scope: "password_from", most: 5, window_seconds: 900 };
/// Failed attempts for one name, from wherever: what many addresses together may guess. It keeps the owner out too, for as
/// long as they go on.
const FOR_ONE_NAME: Limit = Limit { scope: "password", most: 50, window_seconds: 3600 };

/// Checks usernames and passwords; clones share connection and hasher.
#[derive(Clone, Debug)]
pub struct Credentials {
    users: Users,
    throttles: Throttles,
    passwords: Passwords,
    clock: Clock,
    randomness: Randomness,
}

/// What somebody showed.
#[derive(Debug)]
pub struct Attempt {
    /// The name as it was typed.
    pub username: String,
    /// The password.
    pub password: Password,
    /// From where.
    pub source_ip: Option<String>,
}

/// Why the credentials open nothing.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// Unknown, wrong, inactive or not meant: nobody can tell which, neither by the answer nor by the time it took.
    #[error("nobody who may do this has these credentials")]
    Bad,
    /// There were too many attempts.
    #[error("too many attempts")]
    Throttled {
        /// Seconds until one is taken again; at least one.
        retry_after_seconds: u32,
    },
    /// Hashing failed.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// DynamoDB failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Credentials {
    /// A check of these parts.
    #[must_use]
    pub fn new(
        users: Users,
        throttles: Throttles,
        passwords: Passwords,
        (clock, randomness): (Clock, Randomness),
    ) -> Self {
        Self { users, throttles, passwords, clock, randomness }
    }

    /// The time that attempts are counted by.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The active user whose credentials these are, if it `may` do what is asked. Two reads, two counted attempts beside them
    /// and one hash whoever asks; for those who may, the attempts are forgotten.
    ///
    /// # Errors
    ///
    /// When nobody who may has them, there were too many attempts, or we could not tell.
    pub async fn check(&self, attempt: Attempt, may: impl Fn(&User) -> bool) -> Result<User, CredentialsError> {
        let Attempt { username, password, source_ip } = attempt;
        let now = self.clock.now();
        let name = self.users.throttle_key(&username);
        let from = format!("{}#{name}", source_ip.as_deref().unwrap_or("-"));
        let counted = self.throttles.take(&FROM_ONE_ADDRESS, &from, now);
        let (id, slot) = tokio::try_join!(self.users.find_id(&username), counted)?;
        taken(slot)?;
        // After the other one: an address that has used up its own attempts cannot use up those of the name.
        let counted = self.throttles.take(&FOR_ONE_NAME, &name, now);
        let (user, slot) = tokio::try_join!(self.users.find_or_nobody(id), counted)?;
        taken(slot)?;
        let stored = user.as_ref().map(|user| &user.password_hash);
        let verdict = self.passwords.verify(password.clone(), stored).await?;
        let user = match user {
            Some(user) if user.is_active && may(&user) && verdict != Verdict::Mismatch => user,
            _ => return Err(CredentialsError::Bad),
        };
        let outdated = (verdict == Verdict::MatchButOutdated).then_some(password);
        Box::pin(self.tidy(&user, outdated, ([(&FROM_ONE_ADDRESS, from), (&FOR_ONE_NAME, name)], now))).await;
        Ok(user)
    }

    /// What can as well be done the next time, and so never fails this one.
    async fn tidy(&self, user: &User, outdated: Option<Password>, (attempts, now): ([(&Limit, String); 2], Timestamp)) {
        let [from, name] = &attempts;
        let (first, second, rehashed) = tokio::join!(
            self.throttles.clear(from.0, &from.1, now),
            self.throttles.clear(name.0, &name.1, now),
            self.rehash(user, outdated),
        );
        let failed =
            [first.err().map(CredentialsError::from), second.err().map(CredentialsError::from), rehashed.err()];
        for error in failed.into_iter().flatten() {
            tracing::warn!(message = "a log-in could not tidy up", error = %error);
        }
    }

    /// Hashes the password anew when the parameters changed since.
    async fn rehash(&self, user: &User, password: Option<Password>) -> Result<(), CredentialsError> {
        if let Some(password) = password {
            let new = self.passwords.hash(password, self.randomness.bytes()).await?;
            self.users.rehash(user.id, &user.password_hash, &new).await?;
        }
        Ok(())
    }
}

const fn taken(slot: Slot) -> Result<(), CredentialsError> {
    match slot {
        Slot::Taken => Ok(()),
        Slot::Full { retry_after_seconds } => Err(CredentialsError::Throttled { retry_after_seconds }),
    }
}
