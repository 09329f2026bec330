//! The audit trail.

use faregate::administrator::Administrator;
use faregate::domain::administration::{Action, Actor, TrailEntry};
use faregate::domain::user::UserId;
use maud::{Markup, html};

use super::{Frame, Part, framed, moment, user_address};
use crate::trail::Told;

/// What the page shows.
pub(in crate::web) struct TrailOfMonth<'a> {
    pub(in crate::web) administrator: &'a Administrator,
    pub(in crate::web) month: &'a str,
    pub(in crate::web) told: &'a Told,
    /// The addresses of older entries of this month, and of the month before.
    pub(in crate::web) older: Option<String>,
    pub(in crate::web) month_before: Option<String>,
}

pub(in crate::web) fn page(shown: &TrailOfMonth<'_>) -> Markup {
    let frame = Frame {
        title: "Audit trail",
        administrator: shown.administrator,
        part: Part::Trail,
        above: &[],
        leads_to: None,
    };
    let content = html! {
        p { "What administrators did here and operators did by the command " code { "faregate" } ", kept for 400 days." }
        h2 { (shown.month) }
        @if shown.told.entries.is_empty() { div.message { p { "Nothing was done in this month." } } }
        @else { (table(shown.told, true)) }
        nav.pages aria-label="Pages" {
            ul {
                @if let Some(address) = &shown.older { li { a href=(address) rel="next" { "Older" } } }
                @if let Some(address) = &shown.month_before { li { a href=(address) { "The month before" } } }
            }
        }
    };
    framed(&frame, &content)
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

/// A user's name as it is now; of one who is gone there is only the id.
fn somebody(told: &Told, id: UserId) -> Markup {
    html! {
        @match told.names.get(&id) {
            Some(name) => a href=(user_address(id)) { bdi { (name) } },
            None => span.soft { code { (id) } " (deleted)" },
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
        Action::Entered => "Logged in here",
        Action::Left => "Logged out here",
    }
}
