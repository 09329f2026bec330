//! The list of all users, a page at a time: from an index, never by a scan, with the same number of reads however many
//! users there are.
//!
//! An index is written a moment after the table: a page may lack a change of the last second.

use futures_util::future::try_join_all;

use super::call::Call as _;
use super::error::StoreError;
use super::item::{Attributes, Reader, Unreadable, text};
use super::keys::{BY_AGE, BY_NAME, LIST_PARTITION, USERNAME_KEY};
use super::{Client, Table, keys};
use crate::clock::Timestamp;
use crate::domain::user::UserId;
use crate::domain::username::{CaseSensitivity, Username, UsernameKey};

/// The list in one table; clones share the connection.
#[derive(Clone, Debug)]
pub struct Listing {
    table: Table,
    case: CaseSensitivity,
}

/// Which users are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Those whose names begin so, by name; else all, the newest first.
    pub prefix: Option<String>,
    /// Those who may log in, or who may not.
    pub is_active: Option<bool>,
    /// Those who may enter the admin site, or who may not.
    pub is_staff: Option<bool>,
}

/// Where a page is in the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// At its begin.
    #[default]
    First,
    /// Behind the user with this position.
    After(String),
    /// Before the user with this position.
    Before(String),
}

/// A user as the list has it.
#[derive(Clone, Debug)]
pub struct ListedUser {
    /// Who.
    pub id: UserId,
    /// The name.
    pub username: Username,
    /// May be empty.
    pub first_name: String,
    /// May be empty.
    pub last_name: String,
    /// Whether the user may log in.
    pub is_active: bool,
    /// Whether the user may enter the admin site.
    pub is_staff: bool,
    /// When the user was made.
    pub created_at: Timestamp,
    /// Where the user is in this list, for [`Place`].
    pub position: String,
}

/// A page of the list.
#[derive(Debug)]
pub struct ListPage {
    /// The users.
    pub users: Vec<ListedUser>,
    /// Whether users come before.
    pub has_previous: bool,
    /// Whether users come after.
    pub has_next: bool,
}

/// What one page asks each partition for.
struct Question {
    index: &'static str,
    sort: &'static str,
    /// The bounds of what the list is sorted by, both included.
    bounds: (String, String),
    forward: bool,
    most: usize,
}

/// Above every id: none begins with a letter behind `f`.
const ABOVE_IDS: &str = "g";
/// The longest sort key of DynamoDB, in bytes ("Quotas in Amazon DynamoDB"): no name has a longer one.
const MAX_KEY_BYTES: usize = 1024;
/// Above every character of a name.
const ABOVE_NAMES: char = char::MAX;

impl Listing {
    /// The list in the table `name`, whose usernames are compared as `case` says.
    #[must_use]
    pub const fn new(client: Client, name: String, case: CaseSensitivity) -> Self {
        Self { table: Table { client, name }, case }
    }

    /// The page of `most` users at `place` in the list of those that `filter` wants. One read of an index for each of its
    /// partitions, side by side: 1 to 18.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn page(&self, filter: &Filter, place: &Place, most: usize) -> Result<ListPage, StoreError> {
        let question = self.question(filter, place, most);
        if question.bounds.0.len().max(question.bounds.1.len()) > MAX_KEY_BYTES {
            return Ok(ListPage { users: Vec::new(), has_previous: false, has_next: false });
        }
        let partitions = keys::list_partitions(filter.is_active, filter.is_staff);
        let asked = partitions.iter().map(|partition| self.ask(partition, &question));
        let mut users: Vec<ListedUser> = try_join_all(asked).await?.into_iter().flatten().collect();
        users.retain(|user| !matches!(place, Place::After(at) | Place::Before(at) if *at == user.position));
        users.sort_by(|left, right| left.position.cmp(&right.position));
        if !question.forward {
            users.reverse();
        }
        let has_more = users.len() > most;
        users.truncate(most);
        let backwards = matches!(place, Place::Before(_));
        if backwards {
            users.reverse();
        }
        let has_others_behind = !matches!(place, Place::First);
        let (has_previous, has_next) = if backwards { (has_more, true) } else { (has_others_behind, has_more) };
        Ok(ListPage { users, has_previous, has_next })
    }

    fn question(&self, filter: &Filter, place: &Place, most: usize) -> Question {
        let prefix = filter.prefix.as_deref().map(|typed| UsernameKey::prefix(typed, self.case));
        let prefix = prefix.filter(|prefix| !prefix.is_empty());
        // By name the list goes up, by age it goes down.
        let up = prefix.is_some();
        let (index, sort) = if up { (BY_NAME, USERNAME_KEY) } else { (BY_AGE, "user_id") };
        let (mut low, mut high) = match prefix {
            Some(prefix) => (prefix.clone(), format!("{prefix}{ABOVE_NAMES}")),
            None => ("0".to_owned(), ABOVE_IDS.to_owned()),
        };
        match place {
            Place::After(at) if up => low = low.max(at.clone()),
            Place::Before(at) if up => high = high.min(at.clone()),
            Place::After(at) => high = high.min(at.clone()),
            Place::Before(at) => low = low.max(at.clone()),
            Place::First => {}
        }
        // A bound that nobody's list has would be refused for lying above the other.
        if low > high {
            high.clone_from(&low);
        }
        // One more tells whether there is another page, and the one at the bound is the neighbour's.
        let forward = up != matches!(place, Place::Before(_));
        Question { index, sort, bounds: (low, high), forward, most: most.saturating_add(2) }
    }

    async fn ask(&self, partition: &str, question: &Question) -> Result<Vec<ListedUser>, StoreError> {
        let query = self
            .table
            .client
            .query()
            .table_name(&self.table.name)
            .index_name(question.index)
            .scan_index_forward(question.forward)
            .limit(i32::try_from(question.most).unwrap_or(i32::MAX))
            .key_condition_expression("#partition = :partition AND #sort BETWEEN :low AND :high")
            .expression_attribute_names("#partition", LIST_PARTITION)
            .expression_attribute_names("#sort", question.sort)
            .expression_attribute_values(":partition", text(partition))
            .expression_attribute_values(":low", text(&question.bounds.0))
            .expression_attribute_values(":high", text(&question.bounds.1));
        let output = query.call().await.map_err(|error| self.table.failed("Query", &error))?;
        Ok(output.items().iter().map(|item| listed(item, question.sort)).collect::<Result<_, _>>()?)
    }
}

fn listed(item: &Attributes, sort: &'static str) -> Result<ListedUser, Unreadable> {
    let read = Reader(item);
    Ok(ListedUser {
        id: read.parsed("user_id")?,
        username: Username::from_stored(read.text("username")?),
        first_name: read.text("first_name")?,
        last_name: read.text("last_name")?,
        is_active: read.flag("is_active")?,
        is_staff: read.flag("is_staff")?,
        created_at: read.milliseconds("created_at")?,
        position: read.text(sort)?,
    })
}
