//! How the pages look. They are given what they show and decide nothing.

pub(super) mod add;
pub(super) mod delete;
mod form;
pub(super) mod list;
pub(super) mod log_in;
pub(super) mod password;
pub(super) mod trail;
pub(super) mod user;

use faregate::administrator::Administrator;
use faregate::clock::Timestamp;
use faregate::domain::user::UserId;
use faregate::http::browser::FORM_TOKEN;
use faregate::http::html::page;
use maud::{Markup, html};

/// The parts of the site.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Users,
    Trail,
}

/// What is around the content of every page behind the log-in.
pub(super) struct Frame<'a> {
    pub(super) title: &'a str,
    pub(super) administrator: &'a Administrator,
    pub(super) part: Part,
    /// The pages above this one, with their addresses.
    pub(super) above: &'a [(&'a str, String)],
    /// What somebody most often wants here, with its address: beside the title.
    pub(super) leads_to: Option<(&'a str, &'a str)>,
}

/// A page behind the log-in.
pub(super) fn framed(frame: &Frame<'_>, content: &Markup) -> Markup {
    let current = |part| (frame.part == part).then_some("true");
    let body = html! {
        header.band {
            div {
                a.brand href="/admin/users/" { "Faregate" }
                nav aria-label="Parts of the site" {
                    a href="/admin/users/" aria-current=[current(Part::Users)] { "Users" }
                    " "
                    a href="/admin/trail/" aria-current=[current(Part::Trail)] { "Audit trail" }
                }
                div.end {
                    a href=(user_address(frame.administrator.user.id)) { bdi { (frame.administrator.user.username) } }
                    form method="post" action="/admin/logout/" {
                        (form_token(&frame.administrator.secret.form_token()))
                        button { "Log out" }
                    }
                }
            }
        }
        main id="main" {
            @if !frame.above.is_empty() {
                nav.crumbs aria-label="Where this page is" {
                    ol {
                        @for (name, address) in frame.above { li { a href=(address) { bdi { (name) } } } }
                        li { span aria-current="page" { bdi { (frame.title) } } }
                    }
                }
            }
            div.title {
                h1 { bdi { (frame.title) } }
                @if let Some((text, address)) = frame.leads_to { a.button.primary href=(address) { (text) } }
            }
            (content)
        }
    };
    page(&format!("{} - Admin", frame.title), &body)
}

/// A page of its own: the log-in, or why there is no page.
fn alone(title: &str, content: &Markup) -> Markup {
    let body = html! {
        header.band { div { a.brand href="/admin/" { "Faregate" } span { "Admin site" } } }
        main.narrow id="main" {
            h1 { (title) }
            (content)
        }
    };
    page(&format!("{title} - Admin"), &body)
}

/// Why there is no page.
pub(super) fn trouble(title: &str, text: &str) -> Markup {
    let content = html! {
        div.message.error role="alert" { p { (text) } }
        div.actions { a.button href="/admin/users/" { "To the list of users" } }
    };
    alone(title, &content)
}

/// What tells a form of ours.
fn form_token(token: &str) -> Markup {
    html! { input type="hidden" name=(FORM_TOKEN) value=(token); }
}

/// A moment, to the minute, in the one time that all administrators share.
fn moment(at: Timestamp) -> Markup {
    let exact = at.rfc3339();
    let shown: String = exact.chars().take(16).map(|c| if c == 'T' { ' ' } else { c }).collect();
    html! { time datetime=(exact) { (shown) " UTC" } }
}

/// Where a user's page is.
pub(super) fn user_address(id: UserId) -> String {
    format!("/admin/users/{id}/")
}

/// Whether a user may log in and enter this site, in words and not by colour alone.
fn badges(is_active: bool, is_staff: bool) -> Markup {
    html! {
        @if is_active { span.badge.good { "Active" } } @else { span.badge.bad { "Inactive" } }
        @if is_staff { " " span.badge.accent { "Staff" } }
    }
}

/// A person's names, as far as there are any.
fn person(first_name: &str, last_name: &str) -> Markup {
    html! {
        @if !first_name.is_empty() { bdi { (first_name) } " " }
        @if !last_name.is_empty() { bdi { (last_name) } }
    }
}

/// That something was done.
fn done(text: Option<&str>) -> Markup {
    html! { @if let Some(text) = text { div.message.success role="status" { p { (text) } } } }
}
