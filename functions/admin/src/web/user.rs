//! One user: what is known of it, and what can be done to it.

use axum::http::StatusCode;
use faregate::domain::administration::UserChange;
use faregate::domain::user::User;

use super::fields::{Errors, names};
use super::pages::user::{self, UserPage};
use super::pages::user_address;
use super::trouble::Trouble;
use super::{Page, Visit};
use crate::manage_users::{self, ManageError};
use crate::trail;

/// What the later of two administrators is told.
pub(super) const CHANGED_MEANWHILE: &str = "Somebody else changed this user since you loaded the page. Nothing of yours was saved yet: look at what is stored now, \
     and send again what still holds.";

/// The user. A read, then the sessions and the trail side by side.
pub(crate) async fn show(visit: Visit) -> Result<Page, Trouble> {
    let user = visit.user().await?;
    let names = (user.first_name.clone(), user.last_name.clone());
    shown(&visit, &user, (&names.0, &names.1), (StatusCode::OK, &Errors::default())).await
}

/// Does what the form asks, or shows the user again with what is wrong.
pub(crate) async fn change(visit: Visit) -> Result<Page, Trouble> {
    let (user, seen) = (visit.user().await?, visit.seen()?);
    let mut errors = Errors::default();
    let wanted = wanted(&visit, &mut errors)?;
    let deed = visit.deed();
    let Some((wish, done)) = wanted else {
        return typed_again(&visit, &user, (StatusCode::BAD_REQUEST, &errors)).await;
    };
    let outcome = match wish {
        Wish::Change(change) => manage_users::change(&visit.deps, visit.by(&deed), (&user, seen), change).await,
        Wish::EndSession(id) => manage_users::end_session(&visit.deps, visit.by(&deed), (user.id, id)).await,
    };
    let (status, text) = match outcome {
        // A session that is over already is over.
        Ok(()) | Err(ManageError::NoSuchSession) => {
            return Ok(Page::redirect(format!("{}?done={done}", user_address(user.id))));
        }
        Err(ManageError::ChangedMeanwhile) => (StatusCode::CONFLICT, CHANGED_MEANWHILE),
        Err(ManageError::OwnAccess) => {
            (StatusCode::BAD_REQUEST, "Your own access can be taken away by another administrator.")
        }
        Err(error) => return Err(error.into()),
    };
    errors.push("", vec![text.to_owned()]);
    // As it is by now.
    let user = visit.user().await?;
    typed_again(&visit, &user, (status, &errors)).await
}

enum Wish {
    Change(UserChange),
    EndSession(faregate::domain::session::SessionId),
}

/// What the form asks for, and what is said when it is done; `None` when something is wrong with it.
fn wanted(visit: &Visit, errors: &mut Errors) -> Result<Option<(Wish, &'static str)>, Trouble> {
    let form = &visit.form;
    let change = |change, done| Ok(Some((Wish::Change(change), done)));
    match form.get("action") {
        "names" => Ok(names(form, errors)
            .map(|(first_name, last_name)| (Wish::Change(UserChange::Names { first_name, last_name }), "names"))),
        "activate" => change(UserChange::Activate, "activated"),
        "deactivate" => change(UserChange::Deactivate, "deactivated"),
        "grant_staff" => change(UserChange::Staff(true), "staff"),
        "revoke_staff" => change(UserChange::Staff(false), "no_staff"),
        "end_sessions" => change(UserChange::EndSessions, "sessions"),
        "end_session" => {
            let id = form.get("session").parse().map_err(|_| Trouble::NotFound)?;
            Ok(Some((Wish::EndSession(id), "session")))
        }
        _ => Err(Trouble::NotFound),
    }
}

/// The user, and the names as they were typed if they were: nothing that somebody wrote is lost.
async fn typed_again(visit: &Visit, user: &User, what: (StatusCode, &Errors)) -> Result<Page, Trouble> {
    let names = match visit.form.get("action") {
        "names" => (visit.form.get("first_name"), visit.form.get("last_name")),
        _ => (user.first_name.as_str(), user.last_name.as_str()),
    };
    shown(visit, user, names, what).await
}

async fn shown(
    visit: &Visit,
    user: &User,
    names: (&str, &str),
    (status, errors): (StatusCode, &Errors),
) -> Result<Page, Trouble> {
    let deps = &visit.deps;
    let (sessions, trail) = tokio::try_join!(manage_users::sessions(deps, user), trail::in_short(deps, user.id))?;
    let page = UserPage {
        administrator: &visit.administrator,
        user,
        sessions: &sessions,
        trail: &trail,
        names,
        errors,
        done: done(visit.query.get("done")),
    };
    Ok(Page::html(status, user::page(&page)))
}

/// What was done, by the word in the address.
fn done(word: &str) -> Option<&'static str> {
    Some(match word {
        "added" => "The user is added.",
        "names" => "The names are saved.",
        "activated" => "The user may log in again.",
        "deactivated" => "The user is deactivated; every session is over.",
        "staff" => "The user is staff.",
        "no_staff" => "The user is not staff any more.",
        "sessions" => "Every session is over.",
        "session" => "The session is over.",
        "password" => "The password is set; every session is over.",
        _ => return None,
    })
}
