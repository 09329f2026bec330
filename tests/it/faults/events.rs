//! The functions that answer events. An error of theirs is 500 to API Gateway and no answer that it keeps; here it is 503.

use axum::http::Method;
use faregate_tests::{claims, empty_request, with_bearer};
use futures_util::FutureExt as _;
use serde_json::{Value, json};

use super::lane::{Lane, shared};
use super::row::{Case, Row, user};

/// The event of a client that connects with `ticket`.
pub(crate) fn offering(ticket: &str) -> Value {
    json!({"type": "REQUEST", "methodArn": "arn:aws:execute-api:local:0:x/local/$connect",
        "queryStringParameters": {"ticket": ticket}, "requestContext": {"routeKey": "$connect"}})
}

/// The event of the socket of `case` on `route`, as the authorizer leaves it.
fn on(route: &str, case: &Case) -> Value {
    let claims = claims(&case.access);
    let authorizer = json!({"id": claims["id"], "username": case.name, "sid": claims["sid"],
        "expires_at": claims["exp"].to_string()});
    json!({"requestContext": {"routeKey": route, "connectionId": case.name, "authorizer": authorizer}})
}

async fn with_a_ticket(lane: &Lane, name: &str) -> Case {
    let case = user(&lane.healthy, name).await;
    let request = with_bearer(empty_request(Method::POST, "/api/ws_ticket/"), &case.access);
    let ticket = lane.healthy.send(request).await.field("ticket");
    Case { ticket, ..case }
}

async fn connected(lane: &Lane, name: &str) -> Case {
    let case = user(&lane.healthy, name).await;
    let opened = ws_connect::handle(shared(&lane.events.ws_connect), on("$connect", &case)).await.unwrap();
    assert_eq!(opened["statusCode"], 200);
    case
}

/// Whether the socket of `case` is on record.
async fn is_on_record(lane: &Lane, case: &Case) -> bool {
    let connections = lane.healthy.service.connections();
    let page = connections.of_user(case.id.parse().unwrap(), None).await.unwrap();
    page.connections.iter().any(|connection| connection.id == case.name)
}

async fn is_forgotten(lane: &Lane, case: &Case) {
    assert!(!is_on_record(lane, case).await);
}

pub(crate) const ROWS: &[Row] = &[
    Row {
        name: "authorizer that looks at the session",
        routes: &[],
        needs: |lane, name| user(&lane.healthy, name).boxed(),
        ask: |lane, case| {
            async move {
                let headers = json!({"authorization": format!("Bearer {}", case.access)});
                let event = json!({"version": "2.0", "type": "REQUEST", "headers": headers});
                Lane::answered(authorizer::handle(shared(&lane.events.authorizer), event).await)
            }
            .boxed()
        },
        left: |_, _, reply| async move { assert_eq!(reply.unwrap().json["isAuthorized"], true) }.boxed(),
        ..Row::PLAIN
    },
    Row {
        name: "ws-authorizer with a ticket",
        routes: &[],
        needs: |lane, name| with_a_ticket(lane, name).boxed(),
        ask: |lane, case| {
            async move {
                let event = offering(&case.ticket);
                let answered = ws_authorizer::handle(shared(&lane.events.ws_authorizer), event).await;
                let mut reply = Lane::answered(answered);
                if reply.json["policyDocument"]["Statement"][0]["Effect"] == "Deny" {
                    reply.status = 403;
                }
                reply
            }
            .boxed()
        },
        // Used up by the first try, of which nothing was heard: a ticket opens one socket, and the client asks for another.
        again: &[403],
        left: |lane, case, _| {
            async move {
                let event = offering(&case.ticket);
                let policy = ws_authorizer::handle(shared(&lane.events.ws_authorizer), event).await.unwrap();
                assert_eq!(policy["policyDocument"]["Statement"][0]["Effect"], "Deny", "it opens one socket");
            }
            .boxed()
        },
        ..Row::PLAIN
    },
    Row {
        name: "ws-connect: $connect",
        routes: &[],
        needs: |lane, name| user(&lane.healthy, name).boxed(),
        ask: |lane, case| {
            async move {
                Lane::answered(ws_connect::handle(shared(&lane.events.ws_connect), on("$connect", case)).await)
            }
            .boxed()
        },
        left: |lane, case, _| async move { assert!(is_on_record(lane, case).await) }.boxed(),
        ..Row::PLAIN
    },
    Row {
        name: "ws-connect: $disconnect",
        routes: &[],
        needs: |lane, name| connected(lane, name).boxed(),
        ask: |lane, case| {
            async move {
                Lane::answered(ws_connect::handle(shared(&lane.events.ws_connect), on("$disconnect", case)).await)
            }
            .boxed()
        },
        left: |lane, case, _| is_forgotten(lane, case).boxed(),
        ..Row::PLAIN
    },
    Row {
        name: "ws-reaper for a user",
        routes: &[],
        needs: |lane, name| {
            async move {
                let case = connected(lane, name).await;
                lane.healthy.log_out(&case.refresh).await.is(200);
                case
            }
            .boxed()
        },
        ask: |lane, case| {
            async move {
                let told = json!({"user_id": case.id});
                let mut reply = Lane::answered(ws_reaper::handle(shared(&lane.events.ws_reaper), told).await);
                // One that could not be forgotten is found again by the schedule.
                if reply.json["failed"] == 1 {
                    reply.status = 503;
                }
                reply
            }
            .boxed()
        },
        left: |lane, case, _| is_forgotten(lane, case).boxed(),
        ..Row::PLAIN
    },
];
