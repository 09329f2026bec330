//! Who is on the admin site, told by its cookie.

use crate::clock::{Clock, Timestamp};
use crate::domain::admin_session::{AdminSession, AdminSessionPolicy, CookieSecret};
use crate::domain::administration::{Actor, Deed};
use crate::domain::user::User;
use crate::store::{AdminSessions, StoreError, Users};

/// Tells administrators by the cookie of the admin site; clones share the connection.
#[derive(Clone, Debug)]
pub struct AdminAuthenticator {
    sessions: AdminSessions,
    users: Users,
    policy: AdminSessionPolicy,
    clock: Clock,
}

/// A user who is on the admin site.
#[derive(Clone, Debug)]
pub struct Administrator {
    /// The user, as it is now.
    pub user: User,
    /// The session.
    pub session: AdminSession,
    /// What the cookie holds: forms are told by it.
    pub secret: CookieSecret,
    /// When the session is over if nobody uses it again.
    pub expires_at: Timestamp,
}

impl Administrator {
    /// What the trail says of something that the administrator does at `now`.
    #[must_use]
    pub fn deed(&self, now: Timestamp, source_ip: Option<String>) -> Deed {
        let epochs = Some(self.user.epochs);
        Deed { actor: Actor::Administrator(self.user.id), at: now, source_ip, epochs }
    }
}

impl AdminAuthenticator {
    /// An authenticator of these parts.
    #[must_use]
    pub const fn new(sessions: AdminSessions, users: Users, policy: AdminSessionPolicy, clock: Clock) -> Self {
        Self { sessions, users, policy, clock }
    }

    /// How long sessions live.
    #[must_use]
    pub const fn policy(&self) -> &AdminSessionPolicy {
        &self.policy
    }

    /// Whose cookie this is; nobody's when the session is over or its user may not be on the site any more. Two reads, one
    /// after the other, and at most once a minute a write.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails at a read.
    pub async fn administrator(&self, secret: CookieSecret) -> Result<Option<Administrator>, StoreError> {
        let Some(mut session) = self.sessions.find(&secret.hash()).await? else { return Ok(None) };
        let Some(user) = self.users.find(session.user_id).await? else { return Ok(None) };
        let now = self.clock.now();
        if !session.lets_in(&user, now, &self.policy) {
            return Ok(None);
        }
        if session.is_worth_noting(now) {
            // What was not noted costs the administrator a log-in at worst.
            if let Err(error) = self.sessions.note(&session, now, &self.policy).await {
                tracing::warn!(message = "an administrator's visit could not be noted", error = %error);
            }
            session.last_seen_at = now;
        }
        let expires_at = session.expires_at(&self.policy);
        Ok(Some(Administrator { user, session, secret, expires_at }))
    }
}
