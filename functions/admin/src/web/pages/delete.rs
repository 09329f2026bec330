//! The question before a user is removed.

use faregate::administrator::Administrator;
use faregate::domain::user::User;
use maud::{Markup, html};

use super::form::{Field, field, summary};
use super::{Frame, Part, form_token, framed, moment, person, user_address};
use crate::web::fields::Errors;

/// The question, which names what goes.
pub(in crate::web) fn page(
    administrator: &Administrator,
    user: &User,
    open_sessions: usize,
    errors: &Errors,
) -> Markup {
    let above = [("Users", "/admin/users/".to_owned()), (user.username.as_str(), user_address(user.id))];
    let frame = Frame { title: "Delete user", administrator, part: Part::Users, above: &above, leads_to: None };
    let name =
        Field { name: "username", label: "To delete this user, type the username", required: true, ..Field::TEXT };
    let sessions = match open_sessions {
        0 => "no open session".to_owned(),
        1 => "one open session, which ends with its open WebSockets".to_owned(),
        many => format!("{many} open sessions, which end with their open WebSockets"),
    };
    let content = html! {
        (summary(errors))
        div.card {
            p { "This goes for good:" }
            ul {
                li {
                    "the user " strong { bdi { (user.username) } } " " (person(&user.first_name, &user.last_name))
                    ", here since " (moment(user.created_at))
                }
                li { (sessions) }
                li { "the password and the id " code { (user.id) } "; tokens of your own services that name it mean nobody" }
            }
            p { "The username is free again. What was done to the user stays in the audit trail, by the id." }
            form method="post" action="?" {
                (form_token(&administrator.secret.form_token()))
                input type="hidden" name="version" value=(user.version);
                (field(&name, errors))
                div.actions { button.danger { "Delete user" } a href=(user_address(user.id)) { "Cancel" } }
            }
        }
    };
    framed(&frame, &content)
}
