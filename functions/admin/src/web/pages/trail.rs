//! The audit trail, of a month or of a user.

use faregate::administrator::Administrator;
use faregate::domain::administration::{Action, Actor, TrailEntry};
use faregate::domain::user::UserId;
use maud::{Markup, html};

use super::{Frame, Part, framed, moment, user_address};
use crate::trail::Told;

/// What the page shows.
pub(in crate::web) struct TrailPage<'a> {
    pub(in crate::web) administrator: &'a Administrator,
    pub(in crate::web) told: &'a Told,
    /// The address of what is older of the same.
    pub(in crate::web) older: Option<String>,
    pub(in crate::web) around: Around<'a>,
}

/// What the entries have in common.
pub(in crate::web) enum Around<'a> {
    /// The user, who may be deleted.
    User(UserId),
    /// The month, and the addresses of the months beside it.
    Month { name: &'a str, month_before: String, month_after: Option<String> },
}

pub(in crate::web) fn page(shown: &TrailPage<'_>) -> Markup {
    let above = [("Audit trail", "/admin/trail/".to_owned())];
    let (title, above, with_users) = match shown.around {
        Around::User(_) => ("One user", &above[..], false),
        Around::Month { .. } => ("Audit trail", &[][..], true),
    };
    let frame = Frame { title, administrator: shown.administrator, part: Part::Trail, above, leads_to: None };
    let content = html! {
        p { "What administrators did here and operators did by the command " code { "faregate" } ", kept for 400 days." }
        h2 { (heading(shown)) }
        @if shown.told.entries.is_empty() { (nothing(&shown.around)) }
        @else { (table(shown.told, with_users)) }
        (ways(shown))
    };
    framed(&frame, &content)
}

fn heading(shown: &TrailPage<'_>) -> Markup {
    html! {
        @match shown.around {
            Around::User(id) => (somebody(shown.told, id)),
            Around::Month { name, .. } => (name),
        }
    }
}

fn nothing(around: &Around<'_>) -> Markup {
    let text = match around {
        Around::User(_) => "Nothing was done to this user here.",
        Around::Month { .. } => "Nothing was done in this month.",
    };
    html! { div.message { p { (text) } } }
}

/// Where else there are entries.
fn ways(shown: &TrailPage<'_>) -> Markup {
    let (before, after) = match &shown.around {
        Around::User(_) => (None, None),
        Around::Month { month_before, month_after, .. } => (Some(month_before), month_after.as_ref()),
    };
    html! {
        @if shown.older.is_some() || before.is_some() {
            nav.pages aria-label="Pages" {
                ul {
                    @if let Some(address) = &shown.older { li { a href=(address) rel="next" { "Older" } } }
                    @if let Some(address) = before { li { a href=(address) { "The month before" } } }
                    @if let Some(address) = after { li { a href=(address) { "The month after" } } }
                }
            }
        }
    }
}

/// Where all that was done to a user is told, also to one who is deleted.
pub(super) fn trail_address(id: UserId) -> String {
    format!("/admin/trail/?user={id}")
}

/// Entries as a table; `with_users` says to whom each was done.
pub(super) fn table(told: &Told, with_users: bool) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Entries of the audit trail" {
            table.stack {
                caption { "The newest first." }
                thead {
                    tr {
                        th scope="col" { "When" }
                        th scope="col" { "Who" }
                        th scope="col" { "What" }
                        @if with_users { th scope="col" { "User" } }
                        th scope="col" { "From" }
                    }
                }
                tbody { @for entry in &told.entries { (row(told, entry, with_users)) } }
            }
        }
    }
}

fn row(told: &Told, entry: &TrailEntry, with_users: bool) -> Markup {
    html! {
        tr {
            td data-label="When" { (moment(entry.deed.at)) }
            td data-label="Who" {
                @match entry.deed.actor {
                    Actor::Operator => "Operator",
                    Actor::Administrator(id) => (somebody(told, id)),
                }
            }
            td data-label="What" { (in_words(entry.action)) }
            @if with_users { td data-label="User" { (somebody(told, entry.user_id)) } }
            td data-label="From" { (entry.deed.source_ip.as_deref().unwrap_or("-")) }
        }
    }
}

/// A user's name as it is now; of one who is gone there is only the id, and what was done to it.
fn somebody(told: &Told, id: UserId) -> Markup {
    html! {
        @match told.names.get(&id) {
            Some(name) => a href=(user_address(id)) { bdi { (name) } },
            None => a.soft href=(trail_address(id)) { code { (id) } " (deleted)" },
        }
    }
}

const fn in_words(action: Action) -> &'static str {
    match action {
        Action::Created => "Added the user",
        Action::NamesChanged => "Changed the names",
        Action::Activated => "Activated",
        Action::Deactivated => "Deactivated",
        Action::StaffGranted => "Made staff",
        Action::StaffRevoked => "Took staff away",
        Action::PasswordSet => "Set a password",
        Action::SessionEnded => "Ended a session",
        Action::SessionsEnded => "Ended all sessions",
        Action::Deleted => "Deleted the user",
        Action::Unlocked => "Let unknown devices in again",
        Action::Entered => "Logged in here",
        Action::Left => "Logged out here",
    }
}
