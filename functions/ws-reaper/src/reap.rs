//! The use case: every socket that may not stay is closed.

use faregate::domain::socket::Connection;
use faregate::domain::user::UserId;
use faregate::store::{ConnectionPage, PageStart, StoreError, keys};
use futures_util::stream::{FuturesUnordered, StreamExt as _};

use crate::Deps;
use crate::management::Closed;

/// Whose sockets are looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Whose {
    Of(UserId),
    Everybody,
}

/// How many sockets there were to close.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reaped {
    pub(crate) closed: usize,
    pub(crate) failed: usize,
}

/// How many sockets are looked at with one batch read: DynamoDB takes 100 keys, a user and a session each.
const BATCH: usize = 50;
/// How many sockets are closed at once.
const CLOSING: usize = 16;

/// Looks at sockets a page at a time: one query a page, one batch read for 50 sockets, one call and one delete for each
/// that is closed.
pub(crate) async fn reap(deps: &Deps, whose: Whose) -> Result<Reaped, StoreError> {
    let mut reaped = Reaped::default();
    match whose {
        Whose::Of(user_id) => {
            let mut from = None;
            while let Some(next) = reap_page(deps, deps.connections.of_user(user_id, from).await?, &mut reaped).await? {
                from = Some(next);
            }
        }
        Whose::Everybody => {
            for shard in keys::CONNECTION_SHARDS {
                let mut from = None;
                while let Some(next) = reap_page(deps, deps.connections.page(shard, from).await?, &mut reaped).await? {
                    from = Some(next);
                }
            }
        }
    }
    Ok(reaped)
}

/// Where the next page begins, if there is one.
async fn reap_page(deps: &Deps, page: ConnectionPage, reaped: &mut Reaped) -> Result<Option<PageStart>, StoreError> {
    let own: Vec<_> = page.connections.iter().filter(|connection| connection.endpoint == deps.endpoint).collect();
    for batch in own.chunks(BATCH) {
        let owners: Vec<_> = batch.iter().map(|connection| connection.owner.clone()).collect();
        let states = deps.sessions.of_owners(&owners).await?;
        let now = deps.clock.now();
        let mut closing = FuturesUnordered::new();
        for connection in batch {
            if connection.close_reason(states.of(&connection.owner), deps.reactivation, now).is_some() {
                closing.push(close(deps, connection));
            }
            if closing.len() == CLOSING {
                reaped.count(closing.next().await)?;
            }
        }
        while let Some(closed) = closing.next().await {
            reaped.count(Some(closed))?;
        }
    }
    Ok(page.next)
}

impl Reaped {
    fn count(&mut self, closed: Option<Result<bool, StoreError>>) -> Result<(), StoreError> {
        match closed.transpose()? {
            Some(true) => self.closed += 1,
            Some(false) => self.failed += 1,
            None => {}
        }
        Ok(())
    }
}

/// Closes the socket, then forgets it: one that could not be closed is found again.
async fn close(deps: &Deps, connection: &Connection) -> Result<bool, StoreError> {
    match deps.management.close(&connection.id).await {
        Closed::Yes | Closed::Before => {
            deps.connections.remove(connection.owner.user_id, &connection.id).await?;
            Ok(true)
        }
        Closed::No => Ok(false),
    }
}
