//! `faregate users list`: users, a page after the other.

use clap::Args;
use faregate::service::Service;
use faregate::store::{Filter, ListedUser, Place};
use serde_json::Value;

use crate::failure::Failure;
use crate::output::{print_lines, printable, user_value};

/// Which users, and how many.
#[derive(Args, Debug)]
pub(crate) struct ListArguments {
    /// How their names begin, in any case
    pub(crate) prefix: Option<String>,
    /// At most so many
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    pub(crate) limit: usize,
    /// Those who may enter the admin site
    #[arg(long)]
    pub(crate) staff: bool,
    /// Those who may not log in
    #[arg(long)]
    pub(crate) inactive: bool,
}

/// How many users one page has: a read of an index for each of its partitions.
const PAGE: usize = 100;

/// Prints them.
pub(crate) async fn run(service: &Service, arguments: ListArguments, as_json: bool) -> Result<(), Failure> {
    let ListArguments { prefix, limit, staff, inactive } = arguments;
    let filter = Filter { prefix, is_active: inactive.then_some(false), is_staff: staff.then_some(true) };
    let listing = service.listing();
    let (mut users, mut place) = (Vec::new(), Place::First);
    let mut has_more = true;
    while has_more && users.len() < limit {
        let page = listing.page(&filter, &place, PAGE.min(limit - users.len())).await?;
        has_more = page.has_next;
        users.extend(page.users);
        place = users.last().map_or(Place::First, |user: &ListedUser| Place::After(user.position.clone()));
    }
    if as_json {
        let all: Vec<Value> = users.iter().map(as_value).collect();
        print_lines(&format!("{:#}", Value::from(all)));
    } else {
        for user in &users {
            print_lines(&as_line(user));
        }
        print_lines(&told(users.len(), has_more));
    }
    Ok(())
}

fn told(count: usize, has_more: bool) -> String {
    let noun = if count == 1 { "user" } else { "users" };
    if has_more { format!("the first {count} {noun}; --limit for more") } else { format!("{count} {noun}") }
}

fn as_line(user: &ListedUser) -> String {
    let ListedUser { id, username, first_name, last_name, is_active, is_staff, created_at, .. } = user;
    let marks = [(*is_staff, " staff"), (!is_active, " inactive")];
    let marks: String = marks.into_iter().filter(|(holds, _)| *holds).map(|(_, mark)| mark).collect();
    let name = printable(&format!("{first_name} {last_name}"));
    format!("{id}  {}  {username}  {}{marks}", created_at.rfc3339(), name.trim()).trim_end().to_owned()
}

fn as_value(user: &ListedUser) -> Value {
    let ListedUser { id, username, first_name, last_name, is_active, is_staff, created_at, .. } = user;
    user_value((*id, username), (first_name, last_name), (*is_active, *is_staff), *created_at)
}
