//! Removing a user.

use axum::http::StatusCode;
use faregate::domain::text::trim;
use faregate::domain::user::User;

use super::fields::Errors;
use super::pages::delete;
use super::trouble::Trouble;
use super::user::CHANGED_MEANWHILE;
use super::{Page, Visit};
use crate::manage_users::{self, ManageError};

/// What the later of two administrators is told when the other one came in between.
const HALF_DONE: &str = "Somebody else changed this user while it was being deleted. The user is deactivated and logged out \
                         everywhere, and still there: delete it once more.";

/// The question.
pub(crate) async fn confirm(visit: Visit) -> Result<Page, Trouble> {
    let user = visit.user().await?;
    asked(&visit, &user, StatusCode::OK, &Errors::default()).await
}

/// Removes the user, if the question was answered with the name.
pub(crate) async fn delete(visit: Visit) -> Result<Page, Trouble> {
    let (user, seen) = (visit.user().await?, visit.seen()?);
    let mut errors = Errors::default();
    if trim(visit.form.get("username")) != user.username.as_str() {
        errors.push("username", vec!["This is not the username: nothing was deleted.".to_owned()]);
        return asked(&visit, &user, StatusCode::BAD_REQUEST, &errors).await;
    }
    let deed = visit.deed();
    match manage_users::delete(&visit.deps, visit.by(&deed), (&user, seen)).await {
        Ok(()) => Ok(Page::redirect("/admin/users/?done=deleted")),
        Err(ManageError::ChangedMeanwhile) => {
            errors.push("", vec![CHANGED_MEANWHILE.to_owned()]);
            asked(&visit, &user, StatusCode::CONFLICT, &errors).await
        }
        Err(ManageError::HalfDone) => {
            errors.push("", vec![HALF_DONE.to_owned()]);
            let user = visit.user().await?;
            asked(&visit, &user, StatusCode::CONFLICT, &errors).await
        }
        Err(ManageError::OwnAccess) => {
            errors.push("", vec!["Your own account can be deleted by another administrator.".to_owned()]);
            asked(&visit, &user, StatusCode::BAD_REQUEST, &errors).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn asked(visit: &Visit, user: &User, status: StatusCode, errors: &Errors) -> Result<Page, Trouble> {
    let sessions = manage_users::sessions(&visit.deps, user).await?;
    Ok(Page::html(status, delete::page(&visit.administrator, user, sessions.len(), errors)))
}
