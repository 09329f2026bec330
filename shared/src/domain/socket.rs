//! An open WebSocket: whose it is, and when it has to go.

use super::principal::Principal;
use super::session::{Reactivation, SessionState};
use super::user::UserState;
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

impl Connection {
    /// Whether it may stay open: `states` are those of its owner's user and session as they are `now`.
    #[must_use]
    pub fn may_stay(
        &self,
        states: (Option<UserState>, Option<SessionState>),
        reactivation: Reactivation,
        now: Timestamp,
    ) -> bool {
        now < self.owner.token_expires_at && self.owner.standing(states, reactivation).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::password::PasswordHash;
    use crate::domain::session::{POLICY, Session, SessionId};
    use crate::domain::user::{Epochs, NewUser, User, UserId};
    use crate::domain::username::Username;

    const START: Timestamp = Timestamp::from_seconds(1_000_000);

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

    fn stays(user: Option<&User>, session: Option<&Session>, seconds: i64) -> bool {
        let connection = connection(Some(SessionId::new(Uuid::from_u128(1))));
        connection.may_stay(
            (user.map(User::state), session.map(Session::state)),
            POLICY.reactivation,
            START.plus_seconds(seconds),
        )
    }

    #[test]
    fn a_socket_lives_as_long_as_its_token_its_user_and_its_session() {
        let (ann, open) = (user(), session());
        assert!(stays(Some(&ann), Some(&open), 3599));
        assert!(!stays(Some(&ann), Some(&open), 3600), "the token has expired");
        assert!(!stays(None, Some(&open), 0), "the user is gone");
        assert!(!stays(Some(&ann), None, 0), "the session gave way");
        let ended = Session { ended_at: Some(START), ..session() };
        assert!(!stays(Some(&ann), Some(&ended), 0));
        let inactive = User { is_active: false, ..user() };
        assert!(!stays(Some(&inactive), Some(&open), 0));
        let revoked = User { epochs: Epochs { revocations: 1, deactivations: 0 }, ..user() };
        assert!(!stays(Some(&revoked), Some(&open), 0));
    }

    #[test]
    fn a_socket_without_a_session_rests_on_its_user() {
        let ann = user();
        assert!(connection(None).may_stay((Some(ann.state()), None), POLICY.reactivation, START));
    }
}
