//! What must hold between the items of the users table, whatever went wrong on the way to it.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use faregate::store::keys;

type Item = HashMap<String, AttributeValue>;

/// The items, by their keys.
struct Table<'a>(HashMap<(&'a str, &'a str), &'a Item>);

/// What is wrong with `items`, all that a users table has; nothing, if all is well:
///
/// - a name, here or in the system that a user came from, points to a user who has it, and a user's names point back;
/// - a user is in the partition of the list that the kind of user belongs to;
/// - a user, a session and a socket are under the user that they name;
/// - an entry of the trail is there twice, under its user and under its month, and says the same;
/// - nothing else is in the table.
///
/// Whether the user of a session is there still is another question: [`orphaned_sessions`].
pub fn broken_references(items: &[Item]) -> Vec<String> {
    let table = Table::of(items);
    let wrong = table.0.iter().filter_map(|((partition, sort), item)| {
        let broken = table.broken(partition, sort, item)?;
        Some(format!("{partition} {sort}: {broken}"))
    });
    wrong.collect()
}

/// The sessions whose user is not there: a deletion leaves none, unless a log-in crosses it.
pub fn orphaned_sessions(items: &[Item]) -> Vec<String> {
    let table = Table::of(items);
    let sessions = table.0.keys().filter(|(_, sort)| sort.starts_with(keys::SESSION_PREFIX));
    let orphaned = sessions.filter(|(partition, _)| !table.0.contains_key(&(*partition, keys::PROFILE)));
    orphaned.map(|(partition, sort)| format!("{partition} {sort}")).collect()
}

impl<'a> Table<'a> {
    fn of(items: &'a [Item]) -> Self {
        Self(items.iter().map(|item| ((text(item, keys::PARTITION), text(item, keys::SORT)), item)).collect())
    }

    /// What is wrong with `item`.
    fn broken(&self, partition: &str, sort: &str, item: &Item) -> Option<String> {
        let (kind, of) = partition.split_once('#').unwrap_or((partition, ""));
        match (kind, sort) {
            ("USERNAME", "IDENTIFIER") => self.broken_pointer((keys::USERNAME_KEY, of), item),
            ("LEGACY_ID", "IDENTIFIER") => self.broken_pointer(("legacy_id", of), item),
            ("USER", keys::PROFILE) => self.broken_user(of, item),
            ("USER", sort) if sort.starts_with(keys::SESSION_PREFIX) => {
                let named = format!("{}{}", keys::SESSION_PREFIX, text(item, "session_id"));
                unless(text(item, "user_id") == of && named == sort, "it names another user or session")
            }
            ("CONNECTIONS", sort) => {
                let (user, id) = sort.split_once('#').unwrap_or_default();
                let named = (text(item, "user_id"), text(item, "connection_id"));
                unless(named == (user, id) && user.ends_with(of), "it names another user or connection")
            }
            ("AUDIT", entry) => self.broken_entry(of, entry, item),
            ("TICKET" | "CARRIED" | "ADMIN_SESSION" | "ADMIN_BROWSER", "-")
            | ("SETTINGS", "USERNAME_CASE")
            | ("THROTTLE", _) => None,
            _ => Some("what is it?".to_owned()),
        }
    }

    /// The user that `item` points to has `value` as its `attribute`.
    fn broken_pointer(&self, (attribute, value): (&str, &str), item: &Item) -> Option<String> {
        let partition = format!("USER#{}", text(item, "user_id"));
        let Some(user) = self.0.get(&(partition.as_str(), keys::PROFILE)) else {
            return Some(format!("it points to {partition}, which is not there"));
        };
        unless(text(user, attribute) == value, "the user has another name")
    }

    fn broken_user(&self, id: &str, item: &Item) -> Option<String> {
        let name = format!("USERNAME#{}", text(item, keys::USERNAME_KEY));
        let points_back = self.0.get(&(name.as_str(), "IDENTIFIER")).is_some_and(|name| text(name, "user_id") == id);
        if !points_back {
            return Some(format!("{name} does not point to it"));
        }
        let legacy = format!("LEGACY_ID#{}", text(item, "legacy_id"));
        let is_found = self.0.get(&(legacy.as_str(), "IDENTIFIER")).is_some_and(|found| text(found, "user_id") == id);
        if item.contains_key("legacy_id") && !is_found {
            return Some(format!("{legacy} does not point to it"));
        }
        if text(item, "user_id") != id {
            return Some("it names another user".to_owned());
        }
        let active = if flag(item, "is_active") { "active" } else { "inactive" };
        // Users have eight partitions, by the last digit of the id; staff have one.
        let shard = id.chars().next_back().and_then(|digit| digit.to_digit(16)).unwrap_or_default() % 8;
        let kind = if flag(item, "is_staff") { "staff".to_owned() } else { format!("user#{shard}") };
        unless(text(item, keys::LIST_PARTITION) == format!("LIST#{active}#{kind}"), "it is in another list")
    }

    fn broken_entry(&self, of: &str, entry: &str, item: &Item) -> Option<String> {
        // A month is seven characters long, a user's id 36.
        let other = match of.len() {
            7 => format!("AUDIT#{}", text(item, "user_id")),
            _ if text(item, "user_id") != of => return Some("it names another user".to_owned()),
            _ => format!("AUDIT#{}", month_of(item)?),
        };
        let Some(twin) = self.0.get(&(other.as_str(), entry)) else {
            return Some(format!("it is not in {other}"));
        };
        let said = |item: &Item| {
            let mut said = item.clone();
            said.remove(keys::PARTITION);
            said
        };
        unless(said(item) == said(twin), "the two entries differ")
    }
}

fn unless(holds: bool, otherwise: &str) -> Option<String> {
    (!holds).then(|| otherwise.to_owned())
}

fn text<'a>(item: &'a Item, name: &str) -> &'a str {
    item.get(name).and_then(|value| value.as_s().ok()).map_or("", String::as_str)
}

fn flag(item: &Item, name: &str) -> bool {
    item.get(name).and_then(|value| value.as_bool().ok()).copied().unwrap_or_default()
}

/// The month in which an entry was made.
fn month_of(item: &Item) -> Option<String> {
    let at = item.get("at")?.as_n().ok()?.parse().ok()?;
    Some(faregate::store::month_of(faregate::clock::Timestamp::from_milliseconds(at)))
}
