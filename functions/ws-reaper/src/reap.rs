//! The use case: every socket that may not stay is closed.

use faregate::domain::socket::Connection;
use faregate::domain::user::UserId;
use faregate::store::{ConnectionPage, StoreError, keys};
use futures_util::stream::{FuturesUnordered, StreamExt as _};

use crate::Deps;
use crate::management::Closed;

/// Whose sockets are looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Whose {
    Of(UserId),
    Everybody,
}

/// Where they are.
#[derive(Clone, Copy, Debug)]
enum Partition {
    User(UserId),
    Shard(char),
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
/// How long after it was recorded a socket may not be open yet, in seconds: API Gateway opens it once the function behind
/// `$connect` has answered, for which it waits 29 s at most.
const OPENING_SECONDS: i64 = 60;

/// Looks at sockets a page at a time: one query a page, one batch read for 50 sockets, one call and one delete for each
/// that is closed.
///
/// Trouble with one shard or one socket keeps no other open.
pub(crate) async fn reap(deps: &Deps, whose: Whose) -> Result<Reaped, StoreError> {
    let mut reaped = Reaped::default();
    if let Whose::Of(user_id) = whose {
        reap_partition(deps, Partition::User(user_id), &mut reaped).await?;
        return Ok(reaped);
    }
    // Another shard comes first each minute: where time runs out, it is not always the same that wait.
    let first = usize::try_from(deps.clock.now().seconds() / 60).unwrap_or(0);
    let shards = keys::CONNECTION_SHARDS.iter().cycle().skip(first % keys::CONNECTION_SHARDS.len());
    let mut trouble = Ok(());
    for shard in shards.take(keys::CONNECTION_SHARDS.len()) {
        if let Err(error) = reap_partition(deps, Partition::Shard(*shard), &mut reaped).await {
            trouble = Err(error);
        }
    }
    trouble.map(|()| reaped)
}

async fn reap_partition(deps: &Deps, partition: Partition, reaped: &mut Reaped) -> Result<(), StoreError> {
    let mut from = None;
    loop {
        let ConnectionPage { connections, next } = match partition {
            Partition::User(user_id) => deps.connections.of_user(user_id, from).await?,
            Partition::Shard(shard) => deps.connections.page(shard, from).await?,
        };
        reap_page(deps, &connections, reaped).await?;
        match next {
            None => return Ok(()),
            next => from = next,
        }
    }
}

async fn reap_page(deps: &Deps, page: &[Connection], reaped: &mut Reaped) -> Result<(), StoreError> {
    let own: Vec<_> = page.iter().filter(|connection| connection.endpoint == deps.endpoint).collect();
    for batch in own.chunks(BATCH) {
        let owners: Vec<_> = batch.iter().map(|connection| connection.owner.clone()).collect();
        let states = deps.sessions.states(&owners).await?;
        let now = deps.clock.now();
        let mut closing = FuturesUnordered::new();
        for connection in batch {
            if !connection.may_stay(states.of(&connection.owner), deps.reactivation, now) {
                closing.push(close(deps, connection));
            }
            if closing.len() == CLOSING {
                reaped.count(closing.next().await);
            }
        }
        while let Some(closed) = closing.next().await {
            reaped.count(Some(closed));
        }
    }
    Ok(())
}

impl Reaped {
    fn count(&mut self, closed: Option<bool>) {
        match closed {
            Some(true) => self.closed += 1,
            Some(false) => self.failed += 1,
            None => {}
        }
    }
}

/// Closes the socket, then forgets it: one that could not be closed is found again, and so is one that may be opening.
async fn close(deps: &Deps, connection: &Connection) -> bool {
    let gone = match deps.management.close(&connection.id).await {
        Closed::Yes => true,
        Closed::NotOpen => connection.connected_at.plus_seconds(OPENING_SECONDS) <= deps.clock.now(),
        Closed::No => false,
    };
    if !gone {
        return false;
    }
    match deps.connections.remove(connection.owner.user_id, &connection.id).await {
        Ok(()) => true,
        Err(error) => {
            tracing::warn!(target: "faregate", message = "a closed socket could not be forgotten", error = %error);
            false
        }
    }
}
