//! The log-in.

use maud::{Markup, html};

use super::form::{Field, field};
use super::{alone, done, form_token};
use crate::web::fields::Errors;

/// What led here.
#[derive(Clone, Copy)]
pub(in crate::web) enum Done {
    /// The administrator logged out.
    Left,
    /// The session was over when something was sent.
    Over,
}

/// What the page shows.
pub(in crate::web) struct LogInPage<'a> {
    pub(in crate::web) form_token: String,
    pub(in crate::web) next: &'a str,
    pub(in crate::web) username: &'a str,
    pub(in crate::web) done: Option<Done>,
    pub(in crate::web) error: Option<String>,
}

pub(in crate::web) fn page(shown: &LogInPage<'_>) -> Markup {
    let nothing_wrong = Errors::default();
    let username = Field {
        name: "username",
        label: "Username",
        value: shown.username,
        autocomplete: "username",
        required: true,
        ..Field::TEXT
    };
    let password = Field { autocomplete: "current-password", ..Field::password("password", "Password") };
    let content = html! {
        @match shown.done {
            Some(Done::Left) => (done(Some("You are logged out."))),
            Some(Done::Over) => div.message.error role="alert" {
                p { "Your session was over. Nothing was changed: log in and do it once more." }
            },
            None => {}
        }
        @if let Some(error) = &shown.error { div.message.error role="alert" { p { (error) } } }
        form.card method="post" action="/admin/login/" {
            (form_token(&shown.form_token))
            input type="hidden" name="next" value=(shown.next);
            (field(&username, &nothing_wrong))
            (field(&password, &nothing_wrong))
            div.actions { button.primary { "Log in" } }
        }
        p.soft { "For members of staff. Others use the app." }
    };
    alone("Log in", &content)
}
