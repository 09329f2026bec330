//! What becomes of a session: refresh, verify, log-out, the list, and tickets.

use axum::http::Method;
use faregate_tests::{Record, claim, empty_request, with_bearer};
use futures_util::FutureExt as _;
use serde_json::json;

use super::lane::{Lane, shared};
use super::row::{Case, Row, stranger, user};

/// A user with one session, of a client that sends rotation ids.
async fn client(lane: &Lane, name: &str) -> Case {
    let case = stranger(&lane.healthy, name).await;
    let (record, access) = lane.healthy.log_in_with_ids(name).await;
    Case { record: Some(record), access, ..case }
}

fn record(case: &Case) -> &Record {
    case.record.as_ref().unwrap()
}

/// The first session is over, the second is not.
async fn is_logged_out(lane: &Lane, case: &Case) {
    lane.healthy.refresh(&case.refresh).await.is(401);
    lane.healthy.me(&case.access).await.is(401);
    lane.healthy.refresh(&case.other_refresh).await.is(200);
}

async fn are_all_logged_out(lane: &Lane, case: &Case) {
    lane.healthy.refresh(&case.refresh).await.is(401);
    lane.healthy.refresh(&case.other_refresh).await.is(401);
}

async fn is_the_other_logged_out(lane: &Lane, case: &Case) {
    lane.healthy.me(&case.access).await.is(200);
    lane.healthy.refresh(&case.refresh).await.is(200);
    lane.healthy.refresh(&case.other_refresh).await.is(401);
}

pub(crate) const ROWS: &[Row] = &[
    Row {
        name: "token/refresh",
        routes: &["/api/token/refresh"],
        needs: |lane, name| user(&lane.healthy, name).boxed(),
        ask: |lane, case| async move { lane.faulty.refresh(&case.refresh).await }.boxed(),
        left: |lane, case, reply| {
            async move {
                let given = reply.unwrap().field("refresh");
                // Within the grace the spent token gets the same answer.
                assert_eq!(lane.healthy.refresh(&case.refresh).await.field("refresh"), given);
                lane.healthy.refresh(&given).await.is(200);
            }
            .boxed()
        },
        ..Row::PLAIN
    },
    Row {
        name: "token/refresh with rotation ids",
        routes: &["/api/token/refresh"],
        needs: |lane, name| client(lane, name).boxed(),
        ask: |lane, case| async move { lane.faulty.refresh_with(record(case)).await }.boxed(),
        left: |lane, case, reply| {
            async move {
                let given = reply.unwrap().field("refresh");
                assert_eq!(lane.healthy.refresh_with(record(case)).await.field("refresh"), given);
                lane.healthy.refresh_with(&record(case).after(reply.unwrap())).await.is(200);
            }
            .boxed()
        },
        ..Row::PLAIN
    },
    Row {
        name: "token/refresh of a thief without the id",
        routes: &["/api/token/refresh"],
        needs: |lane, name| client(lane, name).boxed(),
        ask: |lane, case| async move { lane.faulty.refresh(&record(case).refresh).await }.boxed(),
        status: 401,
        left: |lane, case, _| {
            async move {
                lane.healthy.refresh_with(record(case)).await.is(401);
            }
            .boxed()
        },
        ..Row::PLAIN
    },
    Row {
        name: "token/verify of a refresh token",
        routes: &["/api/token/verify"],
        needs: |lane, name| user(&lane.healthy, name).boxed(),
        ask: |lane, case| async move { lane.faulty.verify(&case.refresh).await }.boxed(),
        ..Row::PLAIN
    },
    Row {
        name: "log_out",
        routes: &["/api/log_out"],
        needs: |lane, name| user(&lane.healthy, name).boxed(),
        ask: |lane, case| async move { lane.faulty.log_out(&case.refresh).await }.boxed(),
        // "blacklisted": the first try ended it.
        again: &[401],
        left: |lane, case, _| is_logged_out(lane, case).boxed(),
        ..Row::PLAIN
    },
    Row {
        name: "log_out/all",
        routes: &["/api/log_out/all"],
        gate: 1,
        needs: |lane, name| user(&lane.healthy, name).boxed(),
        ask: |lane, case| {
            async move { lane.faulty.post_as(&case.access, "/api/log_out/all/", &json!({})).await }.boxed()
        },
        // The first try ended the session that asks, too.
        again: &[401],
        left: |lane, case, _| are_all_logged_out(lane, case).boxed(),
        ..Row::PLAIN
    },
    Row {
        name: "log_out/others",
        routes: &["/api/log_out/others"],
        gate: 1,
        needs: |lane, name| user(&lane.healthy, name).boxed(),
        ask: |lane, case| {
            async move { lane.faulty.post_as(&case.access, "/api/log_out/others/", &json!({})).await }.boxed()
        },
        left: |lane, case, _| is_the_other_logged_out(lane, case).boxed(),
        ..Row::PLAIN
    },
    Row {
        name: "sessions",
        routes: &["/api/sessions"],
        gate: 1,
        needs: |lane, name| user(&lane.healthy, name).boxed(),
        ask: |lane, case| async move { lane.faulty.sessions(&case.access).await }.boxed(),
        left: |_, _, reply| async move { assert_eq!(reply.unwrap().json.as_array().unwrap().len(), 2) }.boxed(),
        ..Row::PLAIN
    },
    Row {
        name: "sessions/{sid}",
        routes: &["/api/sessions/{sid}"],
        gate: 1,
        needs: |lane, name| user(&lane.healthy, name).boxed(),
        ask: |lane, case| {
            async move { lane.faulty.end_session(&case.access, &claim(&case.other_access, "sid")).await }.boxed()
        },
        status: 204,
        left: |lane, case, _| is_the_other_logged_out(lane, case).boxed(),
        ..Row::PLAIN
    },
    Row {
        name: "ws_ticket",
        routes: &["/api/ws_ticket"],
        gate: 1,
        needs: |lane, name| user(&lane.healthy, name).boxed(),
        ask: |lane, case| {
            let request = with_bearer(empty_request(Method::POST, "/api/ws_ticket/"), &case.access);
            async move { lane.faulty.send(request).await }.boxed()
        },
        status: 201,
        left: |lane, _, reply| {
            async move {
                let event = super::events::offering(&reply.unwrap().field("ticket"));
                let policy = ws_authorizer::handle(shared(&lane.events.ws_authorizer), event).await.unwrap();
                assert_eq!(policy["policyDocument"]["Statement"][0]["Effect"], "Allow");
            }
            .boxed()
        },
        ..Row::PLAIN
    },
];
