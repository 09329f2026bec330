//! The form that adds a user.

use faregate::administrator::Administrator;
use faregate::domain::user::MAX_PERSON_NAME_LENGTH;
use faregate::domain::username::MAX_LENGTH;
use maud::{Markup, html};

use super::form::{Field, field, summary};
use super::{Frame, Part, form_token, framed};
use crate::web::fields::Errors;
use crate::web::visit::Pairs;

/// The form, with what was typed and what is wrong with it.
pub(in crate::web) fn page(administrator: &Administrator, typed: &Pairs, errors: &Errors) -> Markup {
    let above = [("Users", "/admin/users/".to_owned())];
    let frame = Frame { title: "Add user", administrator, part: Part::Users, above: &above, leads_to: None };
    let username = Field {
        name: "username",
        label: "Username",
        value: typed.get("username"),
        required: true,
        max_length: Some(MAX_LENGTH),
        help: Some("150 characters or fewer. Letters, digits and @/./+/-/_ only."),
        ..Field::TEXT
    };
    let [first_name, last_name] = names(typed.get("first_name"), typed.get("last_name"));
    let content = html! {
        (summary(errors))
        form.card method="post" action="/admin/users/add/" {
            (form_token(&administrator.secret.form_token()))
            (field(&username, errors))
            div.columns { (field(&first_name, errors)) (field(&last_name, errors)) }
            div.columns {
                (field(&Field::password("password1", "Password"), errors))
                (field(&Field::password("password2", "Password, once more"), errors))
            }
            label.check {
                input type="checkbox" name="is_staff" value="yes" checked[typed.get("is_staff") == "yes"];
                "Staff: may enter this site and do all of this"
            }
            div.actions { button.primary { "Add" } a href="/admin/users/" { "Cancel" } }
        }
    };
    framed(&frame, &content)
}

/// The fields of a person's names.
pub(super) fn names<'a>(first_name: &'a str, last_name: &'a str) -> [Field<'a>; 2] {
    let max_length = Some(MAX_PERSON_NAME_LENGTH);
    [
        Field { name: "first_name", label: "First name", value: first_name, max_length, ..Field::TEXT },
        Field { name: "last_name", label: "Last name", value: last_name, max_length, ..Field::TEXT },
    ]
}
