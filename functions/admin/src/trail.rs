//! The use case: reading what administrators and operators did.

use std::collections::{HashMap, HashSet};

use faregate::domain::administration::{Actor, TrailEntry};
use faregate::domain::id::EntryId;
use faregate::domain::user::UserId;
use faregate::domain::username::Username;
use faregate::store::{Excerpt, StoreError};

use crate::Deps;

/// How many entries a page has: two users in each, and a batch read takes a hundred.
const ENTRIES_PER_PAGE: usize = 50;
/// How many the page of a user shows, which has more to show.
const ENTRIES_IN_SHORT: usize = 10;

/// A part of the trail, with the names of those in it who are still there.
pub(crate) struct Told {
    pub(crate) entries: Vec<TrailEntry>,
    pub(crate) has_older: bool,
    pub(crate) names: HashMap<UserId, Username>,
}

/// Whose trail is read.
#[derive(Clone, Copy)]
pub(crate) enum Subject<'a> {
    /// What was done to a user, who may be deleted.
    User(UserId),
    /// What was done in a month, such as `2026-01`.
    Month(&'a str),
}

/// The newest few entries about the user `id`. Two reads.
pub(crate) async fn in_short(deps: &Deps, id: UserId) -> Result<Told, StoreError> {
    read(deps, Subject::User(id), (None, ENTRIES_IN_SHORT)).await
}

/// The newest entries about `subject` that are older than `before`. Two reads.
pub(crate) async fn page(deps: &Deps, subject: Subject<'_>, before: Option<EntryId>) -> Result<Told, StoreError> {
    read(deps, subject, (before, ENTRIES_PER_PAGE)).await
}

async fn read(deps: &Deps, subject: Subject<'_>, (before, most): (Option<EntryId>, usize)) -> Result<Told, StoreError> {
    let excerpt = Excerpt { before, most, now: deps.clock.now() };
    let mut ids = HashSet::new();
    let page = match subject {
        Subject::User(id) => {
            ids.insert(id);
            deps.trail.of_user(id, excerpt).await?
        }
        Subject::Month(month) => deps.trail.in_month(month, excerpt).await?,
    };
    for entry in &page.entries {
        ids.insert(entry.user_id);
        if let Actor::Administrator(id) = entry.deed.actor {
            ids.insert(id);
        }
    }
    let names = deps.users.names(&ids).await?;
    Ok(Told { entries: page.entries, has_older: page.has_older, names })
}
