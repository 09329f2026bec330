//! Who somebody is: sign-up, log-in, `me`, a new password, the end of an account.

use axum::body::Body;
use axum::http::{Method, Request};
use faregate_tests::{PASSWORD, Reply, basic, json_request, with_bearer};
use futures_util::FutureExt as _;
use serde_json::{Value, json};

use super::lane::Lane;
use super::row::{Case, Row, nobody, stranger, user};

pub(crate) const NEW_PASSWORD: &str = "another-Oak-77";

fn wish(name: &str) -> Value {
    json!({"username": name, "password1": PASSWORD, "password2": PASSWORD, "first_name": "Test", "last_name": "User"})
}

/// Whether there is such a user, with the usual password.
async fn can_log_in(lane: &Lane, case: &Case) {
    lane.healthy.try_log_in(&case.name, PASSWORD).await.is(200);
}

pub(crate) const ROWS: &[Row] = &[
    Row {
        name: "sign_up",
        routes: &["/api/sign_up"],
        needs: |_, name| nobody(name).boxed(),
        ask: |lane, case| async move { lane.faulty.sign_up(&case.name).await }.boxed(),
        status: 201,
        // "already exists": it was made by the first try, with that password.
        again: &[400],
        left: |lane, case, _| can_log_in(lane, case).boxed(),
        ..Row::PLAIN
    },
    Row {
        name: "sign_up with a bad field",
        routes: &["/api/sign_up"],
        needs: |_, name| nobody(name).boxed(),
        ask: |lane, case| {
            async move { lane.faulty.post("/api/sign_up/", &json!({"username": case.name})).await }.boxed()
        },
        status: 400,
        left: |lane, case, reply| {
            async move {
                assert_eq!(reply.unwrap().json["password1"], json!(["This field is required."]));
                assert!(reply.unwrap().json["username"].is_null(), "the name is free");
                lane.healthy.try_log_in(&case.name, PASSWORD).await.is(401);
            }
            .boxed()
        },
        ..Row::PLAIN
    },
    Row {
        name: "sign_up with an access token",
        routes: &["/api/sign_up"],
        gate: 1,
        needs: |lane, name| user(&lane.healthy, name).boxed(),
        ask: |lane, case| {
            let request = json_request(Method::POST, "/api/sign_up/", &wish(&format!("{}-2", case.name)));
            async move { lane.faulty.send(with_bearer(request, &case.access)).await }.boxed()
        },
        status: 201,
        again: &[400],
        left: |lane, case, _| {
            async move {
                lane.healthy.try_log_in(&format!("{}-2", case.name), PASSWORD).await.is(200);
            }
            .boxed()
        },
    },
    Row {
        name: "log_in",
        routes: &["/api/log_in"],
        needs: |lane, name| stranger(&lane.healthy, name).boxed(),
        ask: |lane, case| async move { lane.faulty.try_log_in(&case.name, PASSWORD).await }.boxed(),
        left: |lane, _, reply| {
            async move {
                lane.healthy.me(&reply.unwrap().field("access")).await.is(200);
                lane.healthy.refresh(&reply.unwrap().field("refresh")).await.is(200);
            }
            .boxed()
        },
        ..Row::PLAIN
    },
    Row {
        name: "log_in for which another session gives way",
        routes: &["/api/log_in"],
        needs: |lane, name| user(&lane.healthy, name).boxed(),
        ask: |lane, case| async move { lane.faulty.try_log_in(&case.name, PASSWORD).await }.boxed(),
        left: |lane, _, reply| {
            async move {
                lane.healthy.me(&reply.unwrap().field("access")).await.is(200);
            }
            .boxed()
        },
        ..Row::PLAIN
    },
    Row {
        name: "log_in with a wrong password",
        routes: &["/api/log_in"],
        needs: |lane, name| stranger(&lane.healthy, name).boxed(),
        ask: |lane, case| async move { lane.faulty.try_log_in(&case.name, NEW_PASSWORD).await }.boxed(),
        status: 401,
        left: |lane, case, _| can_log_in(lane, case).boxed(),
        ..Row::PLAIN
    },
    Row {
        name: "me",
        routes: &["/api/me"],
        needs: |lane, name| user(&lane.healthy, name).boxed(),
        ask: |lane, case| async move { lane.faulty.me(&case.access).await }.boxed(),
        left: |_, case, reply| async move { is_me(case, reply) }.boxed(),
        ..Row::PLAIN
    },
    Row {
        name: "me with HTTP Basic",
        routes: &["/api/me"],
        needs: |lane, name| stranger(&lane.healthy, name).boxed(),
        ask: |lane, case| async move { lane.faulty.send(basic(&case.name, PASSWORD)).await }.boxed(),
        left: |_, case, reply| async move { is_me(case, reply) }.boxed(),
        ..Row::PLAIN
    },
    Row {
        name: "me with a session of the admin site",
        routes: &["/api/me"],
        needs: |lane, name| async move { lane.administering(nobody(name).await) }.boxed(),
        ask: |lane, case| {
            async move { lane.browser_of(case).send(Request::get("/api/me/"), Body::empty()).await }.boxed()
        },
        left: |_, _, reply| async move { assert_eq!(reply.unwrap().json["username"], "boss") }.boxed(),
        ..Row::PLAIN
    },
    Row {
        name: "password/change",
        routes: &["/api/password/change"],
        gate: 1,
        needs: |lane, name| user(&lane.healthy, name).boxed(),
        ask: |lane, case| async move { lane.faulty.change_password(&case.access, NEW_PASSWORD).await }.boxed(),
        left: |lane, case, _| {
            async move {
                lane.healthy.me(&case.access).await.is(200);
                lane.healthy.refresh(&case.other_refresh).await.is(401);
                lane.healthy.try_log_in(&case.name, PASSWORD).await.is(401);
                lane.healthy.try_log_in(&case.name, NEW_PASSWORD).await.is(200);
            }
            .boxed()
        },
        ..Row::PLAIN
    },
    Row {
        name: "account/delete",
        routes: &["/api/account/delete"],
        gate: 1,
        needs: |lane, name| user(&lane.healthy, name).boxed(),
        ask: |lane, case| {
            let body = json!({"password": PASSWORD});
            async move { lane.faulty.post_as(&case.access, "/api/account/delete/", &body).await }.boxed()
        },
        // The first try did it: nobody has this token.
        again: &[401],
        left: |lane, case, _| {
            async move {
                lane.healthy.try_log_in(&case.name, PASSWORD).await.is(401);
                lane.healthy.refresh(&case.refresh).await.is(401);
                lane.healthy.sign_up(&case.name).await.is(201);
            }
            .boxed()
        },
        ..Row::PLAIN
    },
];

fn is_me(case: &Case, reply: Option<&Reply>) {
    assert_eq!(reply.unwrap().json["username"], case.name.as_str());
}
