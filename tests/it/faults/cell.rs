//! One operation, one of its calls, one fault.

use std::time::{Duration, Instant};

use faregate_tests::{Fault, Plan, Reply};
use serde_json::json;

use super::lane::Lane;
use super::row::{Case, Row};

/// How long an answer may take. The service gives up after eight seconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// Which calls meet the fault.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Calls {
    /// The nth call of an operation of DynamoDB's.
    One(&'static str, usize),
    /// All from the nth call on.
    From(usize),
}

/// A cell of the matrix.
#[derive(Clone, Copy)]
pub(crate) struct Cell {
    pub(crate) number: usize,
    pub(crate) row: &'static Row,
    pub(crate) fault: Fault,
    pub(crate) calls: Calls,
}

impl std::fmt::Display for Cell {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} {:?} {:?} (cell {})", self.row.name, self.fault, self.calls, self.number)
    }
}

impl Cell {
    fn plan(self) -> Plan {
        match self.calls {
            Calls::One(operation, nth) => Plan::once(nth, self.fault).among(&[operation]),
            Calls::From(nth) => Plan::from(nth, self.fault),
        }
    }

    /// Tries it. A panic is a failure.
    pub(crate) async fn run(self, lane: &Lane) {
        lane.calm().await;
        let case = (self.row.needs)(lane, &format!("user-{}", self.number)).await;
        let before = lane.proxy.injected();
        lane.proxy.plan(self.plan());
        let asked = Instant::now();
        let reply = (self.row.ask)(lane, &case).await;
        assert!(asked.elapsed() < PATIENCE, "an answer after {:?}", asked.elapsed());
        assert!(lane.proxy.injected() > before, "the fault did not come to pass");
        lane.calm().await;
        if reply.status == self.row.status {
            (self.row.left)(lane, &case, Some(&reply)).await;
        } else {
            is_our_trouble(&reply);
            self.run_again(lane, &case).await;
        }
    }

    /// The same request, now that nothing is in its way.
    async fn run_again(self, lane: &Lane, case: &Case) {
        let reply = (self.row.ask)(lane, case).await;
        let was_done = self.row.again.contains(&reply.status);
        assert!(reply.status == self.row.status || was_done, "again: {} {}", reply.status, reply.text);
        (self.row.left)(lane, case, Some(&reply).filter(|_| !was_done)).await;
    }
}

/// 503 in the contract's shape, or as a page; an event's has neither.
fn is_our_trouble(reply: &Reply) {
    assert_eq!(reply.status, 503, "{}", reply.text);
    if reply.headers.is_empty() {
        return;
    }
    assert_eq!(reply.header("retry-after").as_deref(), Some("1"));
    if reply.header("content-type").as_deref() == Some("text/html; charset=utf-8") {
        assert!(reply.text.contains("<h1>Temporarily unavailable</h1>"), "{}", reply.text);
        return;
    }
    let body = json!({"detail": "Service temporarily unavailable, try again later.", "action": "retry"});
    assert_eq!(reply.json, body);
    assert_eq!(reply.header("faregate-action").as_deref(), Some("retry"));
}
