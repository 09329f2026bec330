//! One user.

use faregate::administrator::Administrator;
use faregate::domain::device::{Client, DeviceName};
use faregate::domain::session::Session;
use faregate::domain::user::User;
use maud::{Markup, html};

use super::add::names;
use super::form::{field, summary};
use super::{Frame, Part, badges, done, form_token, framed, moment, person, trail, user_address};
use crate::trail::Told;
use crate::web::fields::Errors;

/// What the page shows.
pub(in crate::web) struct UserPage<'a> {
    pub(in crate::web) administrator: &'a Administrator,
    pub(in crate::web) user: &'a User,
    pub(in crate::web) sessions: &'a [Session],
    pub(in crate::web) trail: &'a Told,
    /// The names as the form has them: what was typed, when it could not be saved.
    pub(in crate::web) names: (&'a str, &'a str),
    pub(in crate::web) errors: &'a Errors,
    pub(in crate::web) done: Option<&'static str>,
}

impl UserPage<'_> {
    fn is_self(&self) -> bool {
        self.user.id == self.administrator.user.id
    }

    /// What every form on the page holds: whose it is, and for which version of the user it was made.
    fn hidden(&self) -> Markup {
        html! {
            (form_token(&self.administrator.secret.form_token()))
            input type="hidden" name="version" value=(self.user.version);
        }
    }

    /// A form that is one button.
    fn button(&self, action: &str, text: &str, is_dangerous: bool) -> Markup {
        html! {
            form method="post" action="?" {
                (self.hidden())
                button.danger[is_dangerous] name="action" value=(action) { (text) }
            }
        }
    }
}

pub(in crate::web) fn page(shown: &UserPage<'_>) -> Markup {
    let above = [("Users", "/admin/users/".to_owned())];
    let title = shown.user.username.as_str();
    let frame = Frame { title, administrator: shown.administrator, part: Part::Users, above: &above, leads_to: None };
    let content = html! {
        (done(shown.done))
        (summary(shown.errors))
        (facts(shown))
        h2 { "Names" }
        (names_form(shown))
        h2 { "Access" }
        (access(shown))
        h2 { "Open sessions" }
        (sessions(shown))
        h2 { "Audit trail" }
        @if shown.trail.entries.is_empty() { div.message { p { "Nothing was done to this user here." } } }
        @else { (trail::table(shown.trail, false)) }
        @if shown.trail.has_older { p { a href=(trail::trail_address(shown.user.id)) { "All of it" } } }
        h2 { "Delete" }
        @if shown.is_self() { p { "Your own account can be deleted by another administrator." } }
        @else { div.actions { a.button.danger href={ (user_address(shown.user.id)) "delete/" } { "Delete user…" } } }
    };
    framed(&frame, &content)
}

/// The user in short: the stub says who and whether, the rest since when.
fn facts(shown: &UserPage<'_>) -> Markup {
    let user = shown.user;
    html! {
        section.ticket aria-label="User" {
            div.stub {
                p.code { (user.id) }
                p { (badges(user.is_active, user.is_staff)) }
            }
            div {
                dl.facts {
                    dt { "Name" } dd { @if has_names(user) { (person(&user.first_name, &user.last_name)) } @else { "-" } }
                    dt { "Since" } dd { (moment(user.created_at)) }
                    dt { "Open sessions" } dd { (shown.sessions.len()) }
                }
            }
        }
    }
}

fn has_names(user: &User) -> bool {
    !(user.first_name.is_empty() && user.last_name.is_empty())
}

fn names_form(shown: &UserPage<'_>) -> Markup {
    let [first_name, last_name] = names(shown.names.0, shown.names.1);
    let user = shown.user;
    html! {
        form.card method="post" action="?" {
            (shown.hidden())
            @if shown.names != (user.first_name.as_str(), user.last_name.as_str()) {
                p {
                    "Stored now: "
                    strong { @if has_names(user) { (person(&user.first_name, &user.last_name)) } @else { "no names" } }
                }
            }
            div.columns { (field(&first_name, shown.errors)) (field(&last_name, shown.errors)) }
            div.actions { button.primary name="action" value="names" { "Save names" } }
        }
    }
}

fn access(shown: &UserPage<'_>) -> Markup {
    let user = shown.user;
    html! {
        div.card {
            @if shown.is_self() {
                p { "This is you: another administrator can deactivate you or take staff away." }
            } @else if user.is_active {
                p { "Deactivating ends every session and keeps the user from logging in, until you activate again." }
            } @else {
                p { "The user cannot log in." }
            }
            div.actions {
                @if !shown.is_self() {
                    @if user.is_active { (shown.button("deactivate", "Deactivate", true)) }
                    @else { (shown.button("activate", "Activate", false)) }
                    @if user.is_staff { (shown.button("revoke_staff", "Take staff away", true)) }
                    @else { (shown.button("grant_staff", "Make staff", false)) }
                }
                a.button href={ (user_address(user.id)) "password/" } { "Set password…" }
            }
        }
    }
}

fn sessions(shown: &UserPage<'_>) -> Markup {
    html! {
        @if shown.sessions.is_empty() {
            div.message { p { "The user is logged in nowhere." } }
        } @else {
            div.scroll tabindex="0" role="region" aria-label="Open sessions" {
                table.stack {
                    caption { "The last used one first." }
                    thead {
                        tr {
                            th scope="col" { "Device" }
                            th scope="col" { "Since" }
                            th scope="col" { "Last used" }
                            th scope="col" { "Until" }
                            th scope="col" { span.hidden { "End it" } }
                        }
                    }
                    tbody { @for session in shown.sessions { (session_row(shown, session)) } }
                }
            }
            div.actions { (shown.button("end_sessions", "End all sessions", true)) }
        }
    }
}

fn session_row(shown: &UserPage<'_>, session: &Session) -> Markup {
    let name = session.device.name.as_ref().map(DeviceName::as_str);
    let client = session.device.client.as_ref().map(Client::as_str);
    html! {
        tr {
            th scope="row" data-label="Device" {
                @match (name, client) {
                    (None, None) => "Unknown",
                    (name, client) => {
                        bdi { (name.unwrap_or_default()) } " "
                        span.soft { bdi { (client.unwrap_or_default()) } }
                    }
                }
            }
            td data-label="Since" { (moment(session.created_at)) }
            td data-label="Last used" { (moment(session.last_used_at)) }
            td data-label="Until" { (moment(session.expires_at.min(session.absolute_expires_at))) }
            td.deed {
                form method="post" action="?" {
                    (shown.hidden())
                    input type="hidden" name="session" value=(session.id);
                    button name="action" value="end_session" aria-label={ "End the session since " (session.created_at.rfc3339()) } { "End" }
                }
            }
        }
    }
}
