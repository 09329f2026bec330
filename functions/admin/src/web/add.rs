//! Adding a user.

use axum::http::StatusCode;
use faregate::http::messages;

use super::fields::{Errors, names, passwords, username};
use super::pages::{add, user_address};
use super::trouble::Trouble;
use super::visit::Pairs;
use super::{Page, Visit};
use crate::manage_users::{self, ManageError, Wish};

/// The empty form.
pub(crate) fn form(visit: &Visit) -> Page {
    Page::ok(add::page(&visit.administrator, &Pairs::default(), &Errors::default()))
}

/// Adds the user, or shows the form again with what is wrong.
pub(crate) async fn add(visit: Visit) -> Result<Page, Trouble> {
    let mut errors = Errors::default();
    let form = &visit.form;
    let (username, names) = (username(form, &mut errors), names(form, &mut errors));
    let passwords = passwords(form, &mut errors);
    if let (Some(username), Some((first_name, last_name)), Some((password, repeated))) = (username, names, passwords) {
        let is_staff = form.get("is_staff") == "yes";
        let wish = Wish { username, first_name, last_name, password, repeated, is_staff };
        let deed = visit.deed();
        match manage_users::add(&visit.deps, visit.by(&deed), wish).await {
            Ok(user) => return Ok(Page::redirect(format!("{}?done=added", user_address(user.id)))),
            Err(ManageError::UsernameTaken) => errors.push("username", vec![messages::USERNAME_TAKEN.to_owned()]),
            Err(ManageError::Unacceptable(error)) => errors.push_unacceptable(error),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Page::html(StatusCode::BAD_REQUEST, add::page(&visit.administrator, form, &errors)))
}
