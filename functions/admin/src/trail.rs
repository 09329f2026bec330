//! The use case: reading what administrators and operators did.

use std::collections::{HashMap, HashSet};

use faregate::domain::administration::{Actor, TrailEntry};
use faregate::domain::user::UserId;
use faregate::domain::username::Username;
use faregate::store::{StoreError, TrailPage};

use crate::Deps;

/// How many entries a page has: two users in each, and a batch read takes a hundred.
pub(crate) const ENTRIES_PER_PAGE: usize = 50;

/// A part of the trail, with the names of those in it who are still there.
pub(crate) struct Told {
    pub(crate) entries: Vec<TrailEntry>,
    pub(crate) has_older: bool,
    pub(crate) names: HashMap<UserId, Username>,
}

/// The newest entries about the user `id` that are older than `before`. Two reads.
pub(crate) async fn of_user(deps: &Deps, id: UserId, before: Option<&str>) -> Result<Told, StoreError> {
    told(deps, deps.trail.of_user(id, before, ENTRIES_PER_PAGE).await?).await
}

/// The newest entries of `month` that are older than `before`. Two reads.
pub(crate) async fn in_month(deps: &Deps, month: &str, before: Option<&str>) -> Result<Told, StoreError> {
    told(deps, deps.trail.in_month(month, before, ENTRIES_PER_PAGE).await?).await
}

async fn told(deps: &Deps, page: TrailPage) -> Result<Told, StoreError> {
    let mut ids = HashSet::new();
    for entry in &page.entries {
        ids.insert(entry.user_id);
        if let Actor::Administrator(id) = entry.deed.actor {
            ids.insert(id);
        }
    }
    let names = deps.users.names(&ids).await?;
    Ok(Told { entries: page.entries, has_older: page.has_older, names })
}
