//! A user as answers show one.

use serde::Serialize;

use crate::domain::user::User;

/// `{id, username, first_name, last_name}`: all that anybody is told of a user.
#[derive(Clone, Debug, Serialize)]
pub struct UserBody {
    id: String,
    username: String,
    first_name: String,
    last_name: String,
}

impl From<User> for UserBody {
    fn from(user: User) -> Self {
        let User { id, username, first_name, last_name, .. } = user;
        Self { id: id.to_string(), username: username.to_string(), first_name, last_name }
    }
}
