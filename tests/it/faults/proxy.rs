//! The proxy does to calls what it says, as the service's own client sees it.

use std::time::Duration;

use faregate_tests::{Fault, FaultProxy, Plan, TestApp};

struct Way {
    proxy: FaultProxy,
    app: TestApp,
    healthy: TestApp,
}

impl Way {
    async fn start() -> Self {
        let healthy = TestApp::start().await;
        let proxy = FaultProxy::before(&healthy.endpoint_url()).await;
        // Nothing is counted, so that each look-up makes the same calls.
        let app = TestApp::builder().clock(healthy.clock.clone()).endpoint(proxy.endpoint());
        let app = app.with("FAREGATE_THROTTLE", "off").start().await;
        proxy.seen();
        Self { proxy, app, healthy }
    }

    async fn knows(&self, username: &str) -> bool {
        self.healthy.service.users().find_id(username).await.unwrap().is_some()
    }
}

#[tokio::test]
async fn every_fault_that_is_met_once_is_got_over_but_garbage() {
    let way = Way::start().await;
    for (number, fault) in Fault::ALL.into_iter().enumerate() {
        let name = format!("ann{number}");
        way.proxy.plan(Plan::once(0, fault));
        let reply = way.app.sign_up(&name).await;
        let (status, calls) = match fault {
            // The SDK takes what it cannot read for an answer, and asks no second time.
            Fault::Garbage => (503, 1),
            Fault::Late(delay) if delay < Duration::from_secs(2) => (201, 1),
            _ => (201, 2),
        };
        assert_eq!(reply.status, status, "{fault:?}");
        assert_eq!(way.proxy.injected(), number + 1, "{fault:?}");
        assert_eq!(way.proxy.seen(), vec!["TransactWriteItems"; calls], "{fault:?}");
        assert!(way.knows(&name).await);
    }
}

#[tokio::test]
async fn a_fault_that_stays_has_done_the_work_or_has_not() {
    let way = Way::start().await;
    for (fault, is_done) in [
        (Fault::Throttled, false),
        (Fault::Internal, true),
        (Fault::Unavailable, false),
        (Fault::Conflict, false),
        (Fault::ResetBefore, false),
        (Fault::ResetAfter, true),
        (Fault::Truncated, true),
        (Fault::Garbage, true),
        (Fault::Hang, false),
        (Fault::Late(Duration::from_millis(2_500)), true),
    ] {
        let name = format!("{fault:?}").to_lowercase().replace(['(', ')'], "");
        way.proxy.plan(Plan::from(0, fault).among(&["TransactWriteItems"]));
        way.app.sign_up(&name).await.is(503);
        way.proxy.until_idle().await;
        assert_eq!(way.knows(&name).await, is_done, "{fault:?}");
    }
}

#[tokio::test]
async fn a_call_is_held_before_or_after_its_work() {
    let way = Way::start().await;
    for (name, fault, is_done) in [("ann", Fault::HeldBefore, false), ("ben", Fault::HeldAfter, true)] {
        way.proxy.plan(Plan::once(0, fault));
        let held = async {
            way.proxy.until_held().await;
            assert_eq!(way.knows(name).await, is_done);
            way.proxy.release();
        };
        let (reply, ()) = tokio::join!(way.app.sign_up(name), held);
        reply.is(201);
    }
    way.proxy.plan(Plan::once(0, Fault::HeldAfter));
    let cut = async {
        way.proxy.until_held().await;
        way.proxy.cut();
    };
    let (reply, ()) = tokio::join!(way.app.sign_up("cid"), cut);
    assert!(reply.is(201), "the client's own second attempt");
}

/// The calls that ten look-ups make, those that are repeated after a fault too.
async fn calls_of(way: &Way, seed: u64) -> usize {
    way.proxy
        .plan(Plan::sometimes(300, &[Fault::Unavailable, Fault::ResetBefore], seed).among(&["BatchGetItem", "Query"]));
    way.proxy.seen();
    for _ in 0..10 {
        way.app.try_log_in("nobody", "x").await;
    }
    way.proxy.seen().len()
}

#[tokio::test]
async fn a_seed_has_its_faults() {
    let way = Way::start().await;
    let first = calls_of(&way, 1).await;
    assert_eq!(calls_of(&way, 1).await, first);
    let mut different = 0;
    for seed in 2..6 {
        different += usize::from(calls_of(&way, seed).await != first);
    }
    assert!(first > 20 && different > 0);
}
