//! The form that gives a user a new password.

use faregate::administrator::Administrator;
use faregate::domain::user::User;
use maud::{Markup, html};

use super::form::{Field, field, summary};
use super::{Frame, Part, form_token, framed, user_address};
use crate::web::fields::Errors;

/// The form, with what is wrong with what was typed.
pub(in crate::web) fn page(administrator: &Administrator, user: &User, errors: &Errors) -> Markup {
    let above = [("Users", "/admin/users/".to_owned()), (user.username.as_str(), user_address(user.id))];
    let frame = Frame { title: "Set password", administrator, part: Part::Users, above: &above, leads_to: None };
    let content = html! {
        (summary(errors))
        p { "Every session of " strong { bdi { (user.username) } } " ends, on every device. The old password is no longer good." }
        form.card method="post" action="?" {
            (form_token(&administrator.secret.form_token()))
            input type="hidden" name="version" value=(user.version);
            div.columns {
                (field(&Field::password("password1", "New password"), errors))
                (field(&Field::password("password2", "New password, once more"), errors))
            }
            div.actions { button.primary { "Set password" } a href=(user_address(user.id)) { "Cancel" } }
        }
    };
    framed(&frame, &content)
}
