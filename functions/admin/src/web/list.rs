//! The list of users.

use faregate::domain::user::UserId;
use faregate::store::{Filter, Place};

use super::pages::list::{self, List};
use super::pages::user_address;
use super::trouble::Trouble;
use super::visit::Pairs;
use super::{Page, Visit, encoded};

/// Users on a page.
const USERS_PER_PAGE: usize = 50;

/// A page of the list. One read of an index for each of its partitions, side by side.
pub(crate) async fn show(visit: Visit) -> Result<Page, Trouble> {
    if let Ok(id) = visit.query.get("q").trim().parse::<UserId>() {
        return Ok(Page::redirect(user_address(id)));
    }
    let filter = filter(&visit.query);
    let page = visit.deps.listing.page(&filter, &place(&visit.query), USERS_PER_PAGE).await?;
    let at = |name, position: Option<&str>| position.map(|position| address(&visit.query, (name, position)));
    let (first, last) = (page.users.first(), page.users.last());
    let list = List {
        administrator: &visit.administrator,
        filter: &filter,
        page: &page,
        previous: at("before", first.filter(|_| page.has_previous).map(|user| user.position.as_str())),
        next: at("after", last.filter(|_| page.has_next).map(|user| user.position.as_str())),
        done: (visit.query.get("done") == "deleted").then_some("The user is deleted."),
    };
    Ok(Page::ok(list::page(&list)))
}

fn filter(query: &Pairs) -> Filter {
    let flag = |name| match query.get(name) {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    };
    let prefix = Some(query.get("q").trim()).filter(|prefix| !prefix.is_empty());
    Filter { prefix: prefix.map(str::to_owned), is_active: flag("active"), is_staff: flag("staff") }
}

fn place(query: &Pairs) -> Place {
    match (query.given("after"), query.given("before")) {
        (Some(position), _) => Place::After(position.to_owned()),
        (None, Some(position)) => Place::Before(position.to_owned()),
        (None, None) => Place::First,
    }
}

/// The address of another page of the same list.
fn address(query: &Pairs, place: (&str, &str)) -> String {
    let kept = ["q", "active", "staff"].map(|name| (name, query.get(name)));
    format!("/admin/users/?{}", encoded(kept.into_iter().filter(|(_, value)| !value.is_empty()).chain([place])))
}
