//! An open WebSocket: whose it is, and when it has to go.

use super::principal::Principal;
use super::session::{Reactivation, Session};
use super::user::User;
use crate::clock::Timestamp;

/// A socket that is open as far as we know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// API Gateway's id of it.
    pub id: String,
    /// The management endpoint of the API that holds it: no other can close it, or say that it is closed.
    pub endpoint: String,
    /// Whose it is.
    pub owner: Principal,
    /// When it was opened.
    pub connected_at: Timestamp,
}

/// Why a socket is to be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// The access token behind it has expired.
    TokenExpired,
    /// Its user is gone.
    UserGone,
    /// Its user was deactivated.
    UserInactive,
    /// Its session is over: log-out, a replay, a new password, or it gave way to a newer one.
    SessionOver,
}

impl Connection {
    /// Why it has to be closed, if it has to: `user` and `session` of its owner as they are `now`.
    #[must_use]
    pub fn close_reason(
        &self,
        (user, session): (Option<&User>, Option<&Session>),
        reactivation: Reactivation,
        now: Timestamp,
    ) -> Option<CloseReason> {
        let Some(user) = user else { return Some(CloseReason::UserGone) };
        let open = session.is_some_and(|session| session.is_open(user.epochs, reactivation));
        if self.owner.token_expires_at <= now {
            Some(CloseReason::TokenExpired)
        } else if !user.is_active {
            Some(CloseReason::UserInactive)
        } else if self.owner.session_id.is_some() && !open {
            Some(CloseReason::SessionOver)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::password::PasswordHash;
    use crate::domain::session::{SessionId, SessionPolicy};
    use crate::domain::user::{Epochs, NewUser, UserId};
    use crate::domain::username::Username;

    const START: Timestamp = Timestamp::from_seconds(1_000_000);
    const POLICY: SessionPolicy = SessionPolicy {
        rotate: true,
        grace_seconds: 30,
        refresh_lifetime_seconds: 86_400,
        absolute_lifetime_seconds: 2_592_000,
        sessions_per_user: 20,
        reactivation: Reactivation::LeavesSessionsEnded,
    };

    fn user() -> User {
        let new = NewUser {
            username: Username::from_stored("ann".to_owned()),
            first_name: String::new(),
            last_name: String::new(),
            password_hash: PasswordHash::from_stored(String::new()),
        };
        User::new(UserId::new(Uuid::from_u128(2)), new, START)
    }

    fn session() -> Session {
        let id = SessionId::new(Uuid::from_u128(1));
        Session::open(id, (user().id, Epochs::default()), START, &POLICY)
    }

    fn connection(session_id: Option<SessionId>) -> Connection {
        let owner = Principal {
            user_id: user().id,
            username: "ann".to_owned(),
            session_id,
            token_expires_at: START.plus_seconds(3600),
        };
        Connection { id: "c".to_owned(), endpoint: String::new(), owner, connected_at: START }
    }

    fn reason(user: Option<&User>, session: Option<&Session>, seconds: i64) -> Option<CloseReason> {
        let connection = connection(Some(SessionId::new(Uuid::from_u128(1))));
        connection.close_reason((user, session), POLICY.reactivation, START.plus_seconds(seconds))
    }

    #[test]
    fn a_socket_lives_as_long_as_its_token_its_user_and_its_session() {
        let (ann, open) = (user(), session());
        assert_eq!(reason(Some(&ann), Some(&open), 3599), None);
        assert_eq!(reason(Some(&ann), Some(&open), 3600), Some(CloseReason::TokenExpired));
        assert_eq!(reason(None, Some(&open), 0), Some(CloseReason::UserGone));
        assert_eq!(reason(Some(&ann), None, 0), Some(CloseReason::SessionOver));
        let ended = Session { ended_at: Some(START), ..session() };
        assert_eq!(reason(Some(&ann), Some(&ended), 0), Some(CloseReason::SessionOver));
        let inactive = User { is_active: false, ..user() };
        assert_eq!(reason(Some(&inactive), Some(&open), 0), Some(CloseReason::UserInactive));
        let revoked = User { epochs: Epochs { revocations: 1, deactivations: 0 }, ..user() };
        assert_eq!(reason(Some(&revoked), Some(&open), 0), Some(CloseReason::SessionOver));
    }

    #[test]
    fn a_socket_without_a_session_rests_on_its_user() {
        let ann = user();
        assert_eq!(connection(None).close_reason((Some(&ann), None), POLICY.reactivation, START), None);
    }
}
