//! What an authorizer tells the functions behind it: strings, for API Gateway takes nothing nested.

use serde_json::{Map, Value, json};

use super::Event;
use crate::clock::Timestamp;
use crate::domain::principal::Principal;

/// The context of an authorizer's answer: `id`, `username`, `sid` (empty without a session) and `expires_at`, when the
/// token expires, in Unix seconds.
#[must_use]
pub fn context_of(owner: &Principal) -> Map<String, Value> {
    Map::from_iter([
        ("id".to_owned(), json!(owner.user_id.to_string())),
        ("username".to_owned(), json!(owner.username)),
        ("sid".to_owned(), json!(owner.session_id.map(|id| id.to_string()).unwrap_or_default())),
        ("expires_at".to_owned(), json!(owner.token_expires_at.seconds().to_string())),
    ])
}

/// Reads it back from the event of a function behind a WebSocket authorizer; `None` when no authorizer of ours wrote it.
#[must_use]
pub fn owner_of(event: Event<'_>) -> Option<Principal> {
    let text = |name| event.text(&["requestContext", "authorizer", name]);
    let session_id = match text("sid")? {
        "" => None,
        id => Some(id.parse().ok()?),
    };
    Some(Principal {
        user_id: text("id")?.parse().ok()?,
        username: text("username")?.to_owned(),
        session_id,
        token_expires_at: Timestamp::from_seconds(text("expires_at")?.parse().ok()?),
    })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::session::SessionId;
    use crate::domain::user::UserId;

    #[test]
    fn what_one_function_writes_the_next_one_reads() {
        for session_id in [None, Some(SessionId::new(Uuid::from_u128(1)))] {
            let owner = Principal {
                user_id: UserId::new(Uuid::from_u128(2)),
                username: "ann".to_owned(),
                session_id,
                token_expires_at: Timestamp::from_seconds(7),
            };
            let event = json!({"requestContext": {"authorizer": context_of(&owner)}});
            assert_eq!(owner_of(Event::new(&event)), Some(owner));
        }
    }

    #[test]
    fn a_context_that_lacks_something_is_none() {
        let full = json!({"id": Uuid::from_u128(2).to_string(), "username": "ann", "sid": "", "expires_at": "7"});
        for name in ["id", "username", "sid", "expires_at"] {
            let mut context = full.clone();
            context[name] = json!(7);
            assert_eq!(owner_of(Event::new(&json!({"requestContext": {"authorizer": context}}))), None, "{name}");
        }
    }
}
