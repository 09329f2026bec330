//! The use case: a socket goes on record, unless its session ended while it was opening.

use faregate::domain::socket::Connection;
use faregate::store::StoreError;

use crate::Deps;

/// Records `connection`, then says whether it may open: one write, one batch read, in this order.
///
/// Whoever ends a session does it the other way round, ends it and then looks for sockets. So of a session's end and
/// a socket's opening at the same time, one sees the other. What `ws-reaper` finds on record and cannot close, since it is
/// not open yet, it keeps on record and closes with its next call.
pub(crate) async fn connect(deps: &Deps, connection: &Connection) -> Result<bool, StoreError> {
    deps.connections.put(connection).await?;
    let states = deps.sessions.states(std::slice::from_ref(&connection.owner)).await?;
    let may_stay = connection.may_stay(states.of(&connection.owner), deps.reactivation, deps.clock.now());
    if !may_stay {
        deps.connections.remove(connection.owner.user_id, &connection.id).await?;
    }
    Ok(may_stay)
}
