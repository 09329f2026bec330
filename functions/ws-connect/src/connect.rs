//! The use case: a socket goes on record, unless its session ended while it was opening.

use faregate::domain::socket::{CloseReason, Connection};
use faregate::store::StoreError;

use crate::Deps;

/// Records `connection`, then looks whether it may stay: one write, one batch read, in this order.
///
/// Whoever ends a session does it the other way round, ends it and then looks for sockets. So of a log-in's end and a
/// socket's opening at the same time, one sees the other.
pub(crate) async fn connect(deps: &Deps, connection: &Connection) -> Result<Option<CloseReason>, StoreError> {
    deps.connections.put(connection).await?;
    let states = deps.sessions.of_owners(std::slice::from_ref(&connection.owner)).await?;
    let reason = connection.close_reason(states.of(&connection.owner), deps.reactivation, deps.clock.now());
    if reason.is_some() {
        deps.connections.remove(connection.owner.user_id, &connection.id).await?;
    }
    Ok(reason)
}
