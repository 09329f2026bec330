//! The admin site: its log-in, what it shows and what it does.

use faregate_tests::{PASSWORD, claim};
use futures_util::FutureExt as _;

use super::accounts::NEW_PASSWORD;
use super::lane::Lane;
use super::row::{Case, Row, nobody, stranger, user};

/// The pages that ask DynamoDB for something, and `/admin` itself, which leads to the list.
pub(crate) const PATHS: [&str; 8] = [
    "/admin/login",
    "/admin/logout",
    "/admin/users",
    "/admin/users/add",
    "/admin/users/{id}",
    "/admin/users/{id}/password",
    "/admin/users/{id}/delete",
    "/admin/trail",
];

fn address(case: &Case) -> String {
    format!("/admin/users/{}/", case.id)
}

/// A user, logged in twice, and the page at `form` of the user that the administrator sees.
async fn shown(lane: &Lane, name: &str, form: &str) -> Case {
    let case = lane.administering(user(&lane.healthy, name).await);
    let page = lane.browser().get(&format!("{}{form}", address(&case))).await;
    page.is(200);
    Case { page: Some(page), ..case }
}

/// Sends the form of the page that `case` holds.
async fn send(lane: &Lane, case: &Case, (path, fields): (&str, &[(&str, &str)])) -> faregate_tests::Reply {
    lane.browser_of(case).post(path, case.page.as_ref().unwrap(), fields).await
}

/// Opens a page as the administrator.
async fn open(lane: &Lane, case: &Case, path: &str) -> faregate_tests::Reply {
    lane.browser_of(case).get(path).await
}

/// What the administrator sees of the user says `text`.
async fn says(lane: &Lane, case: &Case, text: &str) {
    let page = lane.browser().get(&address(case)).await;
    assert!(page.text.contains(text), "no {text} in {}", page.text);
}

async fn is_logged_in_nowhere(lane: &Lane, case: &Case) {
    lane.healthy.refresh(&case.refresh).await.is(401);
    lane.healthy.refresh(&case.other_refresh).await.is(401);
}

/// A member of staff who sees the log-in.
async fn at_the_log_in(lane: &Lane, name: &str) -> Case {
    lane.healthy.staff(name).await;
    let mut browser = lane.healthy.browser();
    let page = browser.get("/admin/login/").await;
    Case { page: Some(page), cookies: browser.cookies, ..nobody(name).await }
}

/// A member of staff on the site, on the page that has the form for leaving it.
async fn on_the_site(lane: &Lane, name: &str) -> Case {
    let mut browser = lane.healthy.administrator(name).await;
    let page = browser.get("/admin/users/?q=nobody").await;
    Case { page: Some(page), cookies: browser.cookies, ..nobody(name).await }
}

pub(crate) const ROWS: &[Row] = &[
    Row {
        name: "admin: log-in",
        routes: &["/admin/login"],
        needs: |lane, name| at_the_log_in(lane, name).boxed(),
        ask: |lane, case| {
            async move {
                let mut browser = lane.browser_of(case);
                let fields = [("username", case.name.as_str()), ("password", PASSWORD)];
                let mut reply = browser.post("/admin/login/", case.page.as_ref().unwrap(), &fields).await;
                // What the browser holds then, for who looks at it.
                reply.json = serde_json::json!(browser.cookies);
                reply
            }
            .boxed()
        },
        status: 303,
        left: |lane, _, reply| {
            async move {
                let mut browser = lane.healthy.browser();
                browser.cookies = serde_json::from_value(reply.unwrap().json.clone()).unwrap();
                browser.get("/admin/trail/").await.is(200);
            }
            .boxed()
        },
        ..Row::PLAIN
    },
    Row {
        name: "admin: log-out",
        routes: &["/admin/logout"],
        needs: |lane, name| on_the_site(lane, name).boxed(),
        ask: |lane, case| send(lane, case, ("/admin/logout/", &[])).boxed(),
        status: 303,
        left: |lane, case, _| {
            async move {
                let mut browser = lane.healthy.browser();
                browser.cookies.clone_from(&case.cookies);
                browser.get("/admin/trail/").await.is(303);
            }
            .boxed()
        },
        ..Row::PLAIN
    },
    Row {
        name: "admin: the list",
        routes: &["/admin/users"],
        gate: 2,
        needs: |lane, name| async move { lane.administering(stranger(&lane.healthy, name).await) }.boxed(),
        ask: |lane, case| open(lane, case, "/admin/users/").boxed(),
        left: |_, _, reply| async move { assert!(reply.unwrap().text.contains("<a href=\"/admin/users/")) }.boxed(),
        ..Row::PLAIN
    },
    Row {
        name: "admin: the list, sought by name",
        routes: &["/admin/users"],
        gate: 2,
        needs: |lane, name| async move { lane.administering(stranger(&lane.healthy, name).await) }.boxed(),
        ask: |lane, case| {
            async move { open(lane, case, &format!("/admin/users/?q={}&active=yes&staff=no", case.name)).await }.boxed()
        },
        left: |_, case, reply| async move { assert!(reply.unwrap().text.contains(&case.id)) }.boxed(),
        ..Row::PLAIN
    },
    Row {
        name: "admin: the trail",
        routes: &["/admin/trail"],
        needs: |lane, name| async move { lane.administering(nobody(name).await) }.boxed(),
        ask: |lane, case| open(lane, case, "/admin/trail/").boxed(),
        ..Row::PLAIN
    },
    Row {
        name: "admin: a user",
        routes: &["/admin/users/{id}"],
        gate: 2,
        needs: |lane, name| shown(lane, name, "").boxed(),
        ask: |lane, case| async move { open(lane, case, &address(case)).await }.boxed(),
        left: |_, case, reply| async move { assert!(reply.unwrap().text.contains(&case.name)) }.boxed(),
        ..Row::PLAIN
    },
    Row {
        name: "admin: adding a user",
        routes: &["/admin/users/add"],
        gate: 2,
        needs: |lane, name| {
            async move {
                let page = lane.browser().get("/admin/users/add/").await;
                Case { page: Some(page), ..lane.administering(nobody(name).await) }
            }
            .boxed()
        },
        ask: |lane, case| {
            async move {
                let fields = [
                    ("username", case.name.as_str()),
                    ("password1", PASSWORD),
                    ("password2", PASSWORD),
                    ("is_staff", "yes"),
                ];
                send(lane, case, ("/admin/users/add/", &fields)).await
            }
            .boxed()
        },
        status: 303,
        // "already exists": the first try made it.
        again: &[400],
        left: |lane, case, _| {
            async move {
                lane.healthy.browser().log_in(&case.name, PASSWORD).await.is(303);
            }
            .boxed()
        },
    },
    Row {
        name: "admin: new names",
        routes: &["/admin/users/{id}"],
        gate: 2,
        needs: |lane, name| shown(lane, name, "").boxed(),
        ask: |lane, case| {
            async move { send(lane, case, (&address(case), &[("action", "names"), ("first_name", "Benno")])).await }
                .boxed()
        },
        status: 303,
        // "changed in between": by the first try.
        again: &[409],
        left: |lane, case, _| says(lane, case, "value=\"Benno\"").boxed(),
    },
    Row {
        name: "admin: deactivating a user",
        routes: &["/admin/users/{id}"],
        gate: 2,
        needs: |lane, name| shown(lane, name, "").boxed(),
        ask: |lane, case| async move { send(lane, case, (&address(case), &[("action", "deactivate")])).await }.boxed(),
        status: 303,
        again: &[409],
        left: |lane, case, _| {
            async move {
                is_logged_in_nowhere(lane, case).await;
                lane.healthy.try_log_in(&case.name, PASSWORD).await.is(401);
            }
            .boxed()
        },
    },
    Row {
        name: "admin: making staff",
        routes: &["/admin/users/{id}"],
        gate: 2,
        needs: |lane, name| shown(lane, name, "").boxed(),
        ask: |lane, case| async move { send(lane, case, (&address(case), &[("action", "grant_staff")])).await }.boxed(),
        status: 303,
        again: &[409],
        left: |lane, case, _| {
            async move {
                lane.healthy.browser().log_in(&case.name, PASSWORD).await.is(303);
            }
            .boxed()
        },
    },
    Row {
        name: "admin: ending a session",
        routes: &["/admin/users/{id}"],
        gate: 2,
        needs: |lane, name| shown(lane, name, "").boxed(),
        ask: |lane, case| {
            async move {
                let session = claim(&case.other_access, "sid");
                send(lane, case, (&address(case), &[("action", "end_session"), ("session", &session)])).await
            }
            .boxed()
        },
        status: 303,
        left: |lane, case, _| {
            async move {
                lane.healthy.refresh(&case.refresh).await.is(200);
                lane.healthy.refresh(&case.other_refresh).await.is(401);
            }
            .boxed()
        },
        ..Row::PLAIN
    },
    Row {
        name: "admin: ending all sessions",
        routes: &["/admin/users/{id}"],
        gate: 2,
        needs: |lane, name| shown(lane, name, "").boxed(),
        ask: |lane, case| {
            async move { send(lane, case, (&address(case), &[("action", "end_sessions")])).await }.boxed()
        },
        status: 303,
        again: &[409],
        left: |lane, case, _| is_logged_in_nowhere(lane, case).boxed(),
    },
    Row {
        name: "admin: a new password",
        routes: &["/admin/users/{id}/password"],
        gate: 2,
        needs: |lane, name| shown(lane, name, "password/").boxed(),
        ask: |lane, case| {
            async move {
                let path = format!("{}password/", address(case));
                send(lane, case, (&path, &[("password1", NEW_PASSWORD), ("password2", NEW_PASSWORD)])).await
            }
            .boxed()
        },
        status: 303,
        again: &[409],
        left: |lane, case, _| {
            async move {
                is_logged_in_nowhere(lane, case).await;
                lane.healthy.try_log_in(&case.name, NEW_PASSWORD).await.is(200);
            }
            .boxed()
        },
    },
    Row {
        name: "admin: a deletion",
        routes: &["/admin/users/{id}/delete"],
        gate: 2,
        needs: |lane, name| shown(lane, name, "delete/").boxed(),
        ask: |lane, case| {
            async move {
                let path = format!("{}delete/", address(case));
                // The question is asked anew each time, as whoever was told 409 does.
                let page = lane.browser().get(&path).await;
                if page.status == 404 {
                    return page;
                }
                let fields = [("username", case.name.as_str())];
                lane.browser_of(case).post(&path, &page, &fields).await
            }
            .boxed()
        },
        status: 303,
        // The first try did it.
        again: &[404],
        left: |lane, case, _| {
            async move {
                lane.browser().get(&address(case)).await.is(404);
                lane.healthy.sign_up(&case.name).await.is(201);
            }
            .boxed()
        },
    },
];
