//! Faults while a function starts, and while the key ring moves on.

use faregate_tests::{Fault, PASSWORD, Plan, TestApp};
use futures_util::future::join_all;
use serde_json::json;

use super::lane::{Lane, shared};

/// A log-in, the first request of a service that started while `plan` held.
async fn first_request(plan: Plan) {
    let lane = Lane::start().await;
    lane.healthy.sign_up("ann").await.is(201);
    lane.proxy.plan(plan.clone());
    let before = lane.proxy.injected();
    let app = TestApp::builder().with("FAREGATE_ACCESS_TOKEN_ALGORITHM", "ES256").clock(lane.healthy.clock.clone());
    let app = app.endpoint(lane.proxy.endpoint()).start().await;
    let status = app.try_log_in("ann", PASSWORD).await.status;
    assert!([200, 503].contains(&status), "{plan:?}: {status}");
    assert!(lane.proxy.injected() > before, "{plan:?} did not come to pass");
    lane.calm().await;
    // A ring that did not come is asked for again then.
    lane.healthy.clock.advance_seconds(10);
    app.log_in("ann").await;
    lane.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_starts_under_faults_answers_as_soon_as_they_are_over() {
    let faults = Fault::ALL.into_iter().filter(|fault| *fault != Fault::Conflict);
    let plans = faults.flat_map(|fault| [Plan::once(0, fault), Plan::once(1, fault), Plan::from(0, fault)]);
    join_all(plans.map(first_request)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ring_whose_step_failed_takes_it_with_the_next_call_and_signs_on() {
    let mut lanes = Vec::new();
    for fault in Fault::BRIEF {
        lanes.push((fault, Lane::start().await));
    }
    // Side by side: they wait between the SDK's attempts.
    join_all(lanes.iter().map(|(fault, lane)| steps_under(*fault, lane))).await;
}

/// Steps of a ring that meet `fault` at one of their calls, or at all from it on.
async fn steps_under(fault: Fault, lane: &Lane) {
    lane.healthy.sign_up("ann").await.is(201);
    let mut failed = 0;
    for plan in [0, 1, 2].into_iter().flat_map(|nth| [Plan::once(nth, fault), Plan::from(nth, fault)]) {
        // Longer than the days for which a key signs.
        lane.healthy.clock.advance_seconds(91 * 86_400);
        lane.proxy.plan(plan);
        let step = || rotate_keys::handle(shared(&lane.events.rotate_keys), json!({}));
        failed += usize::from(step().await.is_err());
        lane.calm().await;
        assert!(step().await.is_ok(), "{fault:?}");
        let tokens = lane.healthy.log_in("ann").await;
        lane.healthy.me(&tokens.access).await.is(200);
        lane.healthy.refresh(&tokens.refresh).await.is(200);
    }
    assert!(failed > 0 && lane.proxy.injected() > failed, "{fault:?} came to pass {} times", lane.proxy.injected());
}
