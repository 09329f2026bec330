//! Whose username and password these are, where no app logs in: on the admin site and with HTTP Basic.

use crate::attempts::{AttemptError, Attempts, Claimant};
use crate::clock::{Clock, Timestamp};
use crate::domain::device::KnownDevice;
use crate::domain::password::Password;
use crate::domain::user::User;
use crate::passwords::{PasswordError, Passwords, Verdict};
use crate::randomness::Randomness;
use crate::store::{StoreError, Users};

/// Checks usernames and passwords; clones share connection and hasher.
#[derive(Clone, Debug)]
pub struct Credentials {
    users: Users,
    attempts: Attempts,
    passwords: Passwords,
    clock: Clock,
    randomness: Randomness,
}

/// What somebody showed.
#[derive(Debug)]
pub struct Presented {
    /// The name as it was typed.
    pub username: String,
    /// The password.
    pub password: Password,
    /// From where.
    pub source_ip: Option<String>,
    /// The browser, if its user has logged in with it before.
    pub browser: Option<KnownDevice>,
}

/// Why the credentials open nothing.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// Unknown, wrong, inactive or not meant: nobody can tell which, neither by the answer nor by the time it took.
    #[error("nobody who may do this has these credentials")]
    Bad,
    /// There were too many attempts, or we could not tell.
    #[error(transparent)]
    Attempt(#[from] AttemptError),
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
        attempts: Attempts,
        passwords: Passwords,
        (clock, randomness): (Clock, Randomness),
    ) -> Self {
        Self { users, attempts, passwords, clock, randomness }
    }

    /// The time that attempts are counted by.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The active user whose credentials these are, if it `may` do what is asked. Two reads, a counted attempt beside the
    /// first and one hash whoever asks.
    ///
    /// # Errors
    ///
    /// When nobody who may has them, there were too many attempts, or we could not tell.
    pub async fn check(&self, presented: Presented, may: impl Fn(&User) -> bool) -> Result<User, CredentialsError> {
        let Presented { username, password, source_ip, browser } = presented;
        let claimant = Claimant { username: &username, source_ip: source_ip.as_deref(), device: browser };
        let mut attempt = self.attempts.begin(claimant).await?;
        let user = self.users.find_or_nobody(attempt.user_id).await?;
        if let (Some(browser), Some(user)) = (attempt.device, &user)
            && !browser.is_of(user)
        {
            attempt = self.attempts.begin(Claimant { device: None, ..claimant }).await?;
        }
        let stored = user.as_ref().map(|user| &user.password_hash);
        let verdict = self.passwords.verify(password.clone(), stored).await?;
        let user = match user {
            Some(user) if user.is_active && may(&user) && verdict != Verdict::Mismatch => user,
            _ => {
                self.attempts.failed(&attempt).await?;
                return Err(CredentialsError::Bad);
            }
        };
        let outdated = (verdict == Verdict::MatchButOutdated).then_some(password);
        // What can as well be done the next time never fails this one.
        let rehash = self.rehash(&user, outdated);
        let ((), rehashed) = Box::pin(async { tokio::join!(self.attempts.succeeded(&attempt), rehash) }).await;
        if let Err(error) = rehashed {
            tracing::warn!(message = "a log-in could not tidy up", error = %error);
        }
        Ok(user)
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
