//! A user as answers show one.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::user::User;

/// A user: all that anybody is told of one.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = User)]
pub struct UserBody {
    /// A UUID of version 7, in lower case.
    #[schema(format = "uuid")]
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
