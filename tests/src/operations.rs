//! Every operation, done once by a user among others, and what DynamoDB did for it.

use std::sync::Arc;

use axum::http::Method;
use local::functions::EventFunctions;
use serde_json::{Value, json};

use super::{Browser, Cost, PASSWORD, Phone, Reply, TestApp, Tokens, claim, empty_request, with_bearer};

/// From where the user asks: sign-ups and failures are counted for the address, as API Gateway always tells it.
const ADDRESS: &str = "203.0.113.7";
const ARN: &str = "arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/prod/GET/rides";

/// Does operations and notes what each cost. The names are those in infra/cli/data/operations.json.
#[derive(Debug)]
pub struct Operations<'a> {
    app: &'a TestApp,
    costs: Vec<(&'static str, Cost)>,
}

impl<'a> Operations<'a> {
    /// An app in which every operation can be done: with `authorizer` in session mode.
    pub async fn app() -> TestApp {
        TestApp::builder().with("FAREGATE_AUTHORIZER_MODE", "session").start().await
    }

    /// What each operation of the user `name`, who is there already and is gone afterwards, costs `app`; and of a new user,
    /// whose name begins with `name`. `staff` is a browser on the admin site.
    pub async fn costs(app: &'a TestApp, name: &str, staff: &mut Browser<'_>) -> Vec<(&'static str, Cost)> {
        let mut operations = Self { app, costs: Vec::new() };
        let phone = operations.enter(name).await;
        let tokens = operations.look(&phone, name).await;
        operations.open_socket(&tokens.access).await;
        operations.leave(name, &tokens).await;
        operations.administer(staff).await;
        operations.costs
    }

    async fn note<T>(&mut self, name: &'static str, operation: impl Future<Output = T>) -> T {
        self.app.calls.take();
        let done = operation.await;
        self.costs.push((name, self.app.calls.take_cost()));
        done
    }

    /// The new user signs up; the other one logs in.
    async fn enter(&mut self, name: &str) -> Phone<'a> {
        let mut phone = self.app.phone(ADDRESS);
        self.note("sign_up", phone.sign_up(&format!("{name}-new"))).await.is(201);
        self.note("log_in", phone.log_in(name, PASSWORD)).await.is(200);
        let mut unknown = self.app.phone(ADDRESS);
        self.note("log_in_refused", unknown.log_in(name, "wrong")).await.is(401);
        self.note("log_in_after_another", unknown.log_in(name, PASSWORD)).await.is(200);
        phone
    }

    /// What happens all day; the tokens at the end of it.
    async fn look(&mut self, phone: &Phone<'_>, name: &str) -> Tokens {
        let app = self.app;
        let refresh = app.log_in(name).await.refresh;
        let refreshed = self.note("token_refresh", phone.refresh(&refresh)).await;
        let tokens = tokens_of(&refreshed);
        self.note("token_verify", app.verify(&tokens.refresh)).await.is(200);
        self.note("me", app.me(&tokens.access)).await.is(200);
        self.note("sessions", app.sessions(&tokens.access)).await.is(200);
        let events = app.events().await;
        let asked = self.note("authorizer", authorizer::handle(Arc::clone(&events.authorizer), asking(&tokens.access)));
        assert_eq!(asked.await.expect("an answer")["isAuthorized"], true);
        tokens
    }

    /// A ticket, a socket, and what the schedule finds.
    async fn open_socket(&mut self, access: &str) {
        let app = self.app;
        let request = with_bearer(empty_request(Method::POST, "/api/ws_ticket/"), access);
        let ticket = self.note("ws_ticket", app.send(request)).await.field("ticket");
        let EventFunctions { ws_authorizer, ws_connect, ws_reaper, .. } = app.events().await;
        let entering = json!({"type": "REQUEST", "methodArn": ARN, "queryStringParameters": {"ticket": ticket},
            "requestContext": {"routeKey": "$connect"}});
        let allowed = self.note("ws_authorizer", ws_authorizer::handle(ws_authorizer, entering)).await;
        let owner = &allowed.expect("an answer")["context"];
        let route = |key: &str| json!({"requestContext": {"routeKey": key, "connectionId": "L0SM9cOFvHcCIhw=", "authorizer": owner}});
        let sweep = || ws_reaper::handle(Arc::clone(&ws_reaper), json!({"source": "aws.events"}));
        self.note("sweep", sweep()).await.expect("a sweep");
        let opened = self.note("ws_connect", ws_connect::handle(Arc::clone(&ws_connect), route("$connect"))).await;
        assert_eq!(opened.expect("an answer")["statusCode"], 200);
        let swept = self.note("sweep_with_one_socket", sweep()).await.expect("a sweep");
        assert_eq!(swept, json!({"closed": 0, "failed": 0}));
        let closed = self.note("ws_disconnect", ws_connect::handle(ws_connect, route("$disconnect"))).await;
        assert_eq!(closed.expect("an answer")["statusCode"], 200);
    }

    /// Sessions end, and at last the account.
    async fn leave(&mut self, name: &str, tokens: &Tokens) {
        let app = self.app;
        let other = app.log_in(name).await;
        self.note("log_out", app.log_out(&other.refresh)).await.is(200);
        let other = claim(&app.log_in(name).await.access, "sid");
        self.note("session_end", app.end_session(&tokens.access, &other)).await.is(204);
        self.note("password_change", app.change_password(&tokens.access, "another-Oak-77")).await.is(200);
        let body = json!({"password": "another-Oak-77"});
        self.note("account_delete", app.post_as(&tokens.access, "/api/account/delete/", &body)).await.is(200);
    }

    async fn administer(&mut self, staff: &mut Browser<'_>) {
        for (name, address) in [
            ("admin_list", "/admin/users/"),
            ("admin_list_by_name", "/admin/users/?q=rider"),
            ("admin_list_of_staff", "/admin/users/?staff=yes&active=yes"),
        ] {
            self.note(name, staff.get(address)).await.is(200);
        }
    }
}

fn tokens_of(reply: &Reply) -> Tokens {
    reply.is(200);
    Tokens { access: reply.field("access"), refresh: reply.field("refresh") }
}

/// The event with which an HTTP API asks `authorizer`.
fn asking(access: &str) -> Value {
    let line = format!("Bearer {access}");
    json!({"version": "2.0", "type": "REQUEST", "routeArn": ARN, "identitySource": [line],
        "headers": {"authorization": line}, "requestContext": {"stage": "prod"}})
}
