//! What a user is, one operation after the other.

use crate::event::{Answer, Asked, Event};
use crate::linearize::Model;

/// A user at some time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum User {
    /// Nobody has the name.
    #[default]
    Nobody,
    /// May log in.
    Active,
    /// May not.
    Inactive,
}

/// The rules for one name: taken once, and by one; who is there and active gets in with the right password; whoever was let
/// in at all was active at some time in between.
#[derive(Clone, Copy, Debug)]
pub struct UserModel;

impl Model for UserModel {
    type State = User;

    fn first(&self) -> User {
        User::Nobody
    }

    fn step(&self, user: &User, event: &Event) -> Option<User> {
        use Answer::{Created, Done, Given, Nobody, Opened, Refused, Taken, Unknown};
        let is_there = *user != User::Nobody;
        let gets_in = *user == User::Active;
        let (holds, next) = match (event.asked, event.answer) {
            (Asked::SignUp { .. }, Unknown) if is_there => (true, *user),
            (Asked::SignUp { .. }, Created | Unknown) => (!is_there, User::Active),
            (Asked::SignUp { .. }, Taken) => (is_there, *user),
            (Asked::LogIn { is_right, .. }, Opened(_)) => (is_right && gets_in, *user),
            (Asked::LogIn { is_right, .. }, Refused) => (!(is_right && gets_in), *user),
            (Asked::Refresh { .. }, Given(_)) | (Asked::Look { .. }, Done) => (gets_in, *user),
            (Asked::Deactivate { .. } | Asked::Activate { .. }, Nobody) => (!is_there, *user),
            (Asked::Deactivate { .. } | Asked::Activate { .. }, Unknown) if !is_there => (true, *user),
            (Asked::Deactivate { .. }, Done | Unknown) => (is_there, User::Inactive),
            (Asked::Activate { .. }, Done | Unknown) => (is_there, User::Active),
            (_, Unknown) => (true, *user),
            _ => (false, *user),
        };
        holds.then_some(next)
    }
}
