//! The list of users.

use faregate::administrator::Administrator;
use faregate::store::{Filter, ListPage, ListedUser};
use maud::{Markup, html};

use super::{Frame, Part, badges, done, framed, moment, person, user_address};

/// What the page shows.
pub(in crate::web) struct List<'a> {
    pub(in crate::web) administrator: &'a Administrator,
    pub(in crate::web) filter: &'a Filter,
    pub(in crate::web) page: &'a ListPage,
    /// The addresses of the pages before and behind.
    pub(in crate::web) previous: Option<String>,
    pub(in crate::web) next: Option<String>,
    pub(in crate::web) done: Option<&'static str>,
}

pub(in crate::web) fn page(list: &List<'_>) -> Markup {
    let leads_to = Some(("Add user", "/admin/users/add/"));
    let frame = Frame { title: "Users", administrator: list.administrator, part: Part::Users, above: &[], leads_to };
    let content = html! {
        (done(list.done))
        (filters(list.filter))
        @if list.page.users.is_empty() { (nobody(list.filter)) } @else { (table(list)) }
        (pages(list))
    };
    framed(&frame, &content)
}

fn filters(filter: &Filter) -> Markup {
    html! {
        form.card method="get" action="/admin/users/" role="search" aria-label="Users" {
            div.columns.three {
                div.field {
                    label for="id_q" { "Username begins with" }
                    input id="id_q" name="q" type="search" value=(filter.prefix.as_deref().unwrap_or_default())
                        maxlength="150" autocomplete="off" autocapitalize="none" spellcheck="false" dir="auto"
                        aria-describedby="id_q_help";
                    small id="id_q_help" { "Or a user's whole id." }
                }
                (choice("active", "May log in", filter.is_active))
                (choice("staff", "Staff", filter.is_staff))
            }
            div.actions {
                button { "Show" }
                @if *filter != Filter::default() { a href="/admin/users/" { "Show all" } }
            }
        }
    }
}

fn choice(name: &str, label: &str, chosen: Option<bool>) -> Markup {
    let id = format!("id_{name}");
    html! {
        div.field {
            label for=(id) { (label) }
            select id=(id) name=(name) {
                @for (value, text, choice) in [("", "All", None), ("yes", "Yes", Some(true)), ("no", "No", Some(false))] {
                    option value=(value) selected[choice == chosen] { (text) }
                }
            }
        }
    }
}

fn nobody(filter: &Filter) -> Markup {
    html! {
        div.message {
            @if *filter == Filter::default() {
                p { "There are no users here yet. They come by signing up in the app, or you add them." }
            } @else {
                p { "Nobody is like this. A name is found by its beginning; capital letters count only where they do at log-in." }
            }
        }
    }
}

fn table(list: &List<'_>) -> Markup {
    let order = if list.filter.prefix.is_some() { "by name" } else { "the newest first" };
    html! {
        div.scroll tabindex="0" role="region" aria-label="List of users" {
            table.stack {
                caption { "Users, " (order) ". One that was made or changed a moment ago may be missing." }
                thead { tr { th scope="col" { "Username" } th scope="col" { "Name" } th scope="col" { "Access" } th scope="col" { "Since" } } }
                tbody { @for user in &list.page.users { (row(user)) } }
            }
        }
    }
}

fn row(user: &ListedUser) -> Markup {
    html! {
        tr {
            th scope="row" data-label="Username" { a href=(user_address(user.id)) { bdi { (user.username) } } }
            td data-label="Name" { (person(&user.first_name, &user.last_name)) }
            td data-label="Access" { (badges(user.is_active, user.is_staff)) }
            td data-label="Since" { (moment(user.created_at)) }
        }
    }
}

fn pages(list: &List<'_>) -> Markup {
    html! {
        @if list.previous.is_some() || list.next.is_some() {
            nav.pages aria-label="Pages" {
                ul {
                    @if let Some(address) = &list.previous { li { a href=(address) rel="prev" { "Previous" } } }
                    @if let Some(address) = &list.next { li { a href=(address) rel="next" { "Next" } } }
                }
            }
        }
    }
}
