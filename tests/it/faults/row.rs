//! One operation of the matrix.

use std::collections::BTreeMap;

use faregate_tests::{Record, Reply, TestApp};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::lane::Lane;

/// An operation: what it needs, what is asked for, and what must be there once it has succeeded.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// The routes that this is a deed of; none for an event.
    pub(crate) routes: &'static [&'static str],
    /// How many of its calls, the first ones, say who asks, as those of other rows do: one row for each way tries them.
    pub(crate) gate: usize,
    /// Makes what the request needs, for a user of the name that it is given.
    pub(crate) needs: for<'a> fn(&'a Lane, &'a str) -> BoxFuture<'a, Case>,
    /// The request; the same one, however often it is called.
    pub(crate) ask: for<'a> fn(&'a Lane, &'a Case) -> BoxFuture<'a, Reply>,
    /// What it answers when all goes well.
    pub(crate) status: u16,
    /// What it may answer instead where an earlier try, whose answer was lost, has done the work.
    pub(crate) again: &'static [u16],
    /// Looks, by a way without faults, whether the work is done; of the answer that said so, if it was the success itself.
    pub(crate) left: for<'a> fn(&'a Lane, &'a Case, Option<&'a Reply>) -> BoxFuture<'a, ()>,
}

impl Row {
    /// A row of which nothing is said: it is named and filled in. Nobody is told apart by it, it answers 200, to a second try as
    /// well, and leaves nothing to look for.
    pub(crate) const PLAIN: Self = Self {
        name: "",
        routes: &[],
        gate: 0,
        needs: |_, _| async { Case::default() }.boxed(),
        ask: |_, _| async { unreachable!("a row that asks nothing") }.boxed(),
        status: 200,
        again: &[],
        left: |_, _, _| async {}.boxed(),
    };
}

/// What a request is made of.
#[derive(Clone, Debug, Default)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) access: String,
    pub(crate) refresh: String,
    /// A second session of the same user.
    pub(crate) other_access: String,
    pub(crate) other_refresh: String,
    pub(crate) record: Option<Record>,
    pub(crate) ticket: String,
    /// What a browser holds, and the page whose form it sends.
    pub(crate) cookies: BTreeMap<String, String>,
    pub(crate) page: Option<Reply>,
}

/// Nobody yet.
pub(crate) async fn nobody(name: &str) -> Case {
    Case { name: name.to_owned(), ..Case::default() }
}

/// A user who is logged in nowhere.
pub(crate) async fn stranger(app: &TestApp, name: &str) -> Case {
    let reply = app.sign_up(name).await;
    reply.is(201);
    Case { id: reply.field("id"), ..nobody(name).await }
}

/// A user with two sessions.
pub(crate) async fn user(app: &TestApp, name: &str) -> Case {
    let case = stranger(app, name).await;
    let (one, other) = (app.log_in(name).await, app.log_in(name).await);
    let Case { name, id, .. } = case;
    Case {
        access: one.access,
        refresh: one.refresh,
        other_access: other.access,
        other_refresh: other.refresh,
        ..Case { name, id, ..Case::default() }
    }
}
