//! Giving a user a new password.

use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use faregate::domain::user::User;
use faregate::http::browser::{ADMIN_COOKIE, set_cookie};

use super::fields::{Errors, passwords};
use super::pages::{password, user_address};
use super::trouble::Trouble;
use super::user::CHANGED_MEANWHILE;
use super::{Page, Visit};
use crate::manage_users::{self, ManageError};

/// The empty form.
pub(crate) async fn form(visit: Visit) -> Result<Page, Trouble> {
    let user = visit.user().await?;
    Ok(Page::ok(password::page(&visit.administrator, &user, &Errors::default())))
}

/// Sets the password, or shows the form again with what is wrong.
pub(crate) async fn set(visit: Visit) -> Result<Page, Trouble> {
    let (user, seen) = (visit.user().await?, visit.seen()?);
    let mut errors = Errors::default();
    let mut status = StatusCode::BAD_REQUEST;
    if let Some(passwords) = passwords(&visit.form, &mut errors) {
        let deed = visit.deed();
        match manage_users::set_password(&visit.deps, visit.by(&deed), (&user, seen), passwords).await {
            Ok(()) => return done(&visit, &user).await,
            Err(ManageError::Unacceptable(error)) => errors.push_unacceptable(error),
            Err(ManageError::ChangedMeanwhile) => {
                status = StatusCode::CONFLICT;
                errors.push("", vec![CHANGED_MEANWHILE.to_owned()]);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Page::html(status, password::page(&visit.administrator, &user, &errors)))
}

/// Back to the user. Who set the own password has ended the own session with the others, and gets another one; who cannot get
/// one logs in with the new password.
async fn done(visit: &Visit, user: &User) -> Result<Page, Trouble> {
    let back = Page::redirect(format!("{}?done=password", user_address(user.id)));
    if user.id != visit.administrator.user.id {
        return Ok(back);
    }
    match manage_users::stay(&visit.deps, &visit.administrator, visit.source_ip()).await {
        Ok(Some(secret)) => Ok(back.with(SET_COOKIE, set_cookie(ADMIN_COOKIE, &secret))),
        Ok(None) => Err(Trouble::SessionOver),
        Err(error) => {
            tracing::warn!(message = "an administrator with a new password has to log in", error = %error);
            Ok(Page::redirect("/admin/login/"))
        }
    }
}
