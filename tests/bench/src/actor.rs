//! What a client of the load program asks for, one request after the other.

use axum::http::request::Builder;
use axum::http::{Method, Request, StatusCode, header};
use http_body_util::Full;
use hyper::body::Bytes;
use serde_json::{Value, json};

/// A password that satisfies the policy.
pub const PASSWORD: &str = "Vq7!tramline-Oak";

/// One that no user has yet.
pub const ANOTHER_PASSWORD: &str = "Nr5?harbour-Fennel";

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// A route that does nothing, behind the same gateway.
    Empty,
    /// A route that reads one item by the same DynamoDB client.
    RoundTrip,
    /// `/api/token/verify/` with an access token.
    Verify,
    /// The function `authorizer`, stateless, payload 2.0.
    Authorizer,
    /// `/api/me/`.
    Me,
    /// `/api/token/refresh/`, each time with the token of the last answer.
    Refresh,
    /// `/api/log_in/`, of one user after the other.
    LogIn,
    /// `/api/sign_up/`, each time with a new name.
    SignUp,
    /// `/api/log_out/`.
    LogOut,
    /// `/api/sessions/`.
    Sessions,
    /// `/api/log_out/all/`.
    LogOutAll,
    /// `/api/password/change/`.
    PasswordChange,
    /// `/api/account/delete/`.
    AccountDelete,
    /// `/api/ws_ticket/`.
    WsTicket,
}

impl Operation {
    /// As the tables call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty route",
            Self::RoundTrip => "one read",
            Self::Verify => "verify",
            Self::Authorizer => "authorizer",
            Self::Me => "me",
            Self::Refresh => "refresh",
            Self::LogIn => "log_in",
            Self::SignUp => "sign_up",
            Self::LogOut => "log_out",
            Self::Sessions => "sessions",
            Self::LogOutAll => "log_out_all",
            Self::PasswordChange => "password_change",
            Self::AccountDelete => "account_delete",
            Self::WsTicket => "ws_ticket",
        }
    }
}

/// A user of the load program; it has signed up and logged in before anything is measured.
#[derive(Clone, Debug)]
pub struct Actor {
    operation: Operation,
    /// Which of the users it is.
    number: usize,
    /// What its new names begin with: no two actors ask for the same one.
    name: String,
    asked: usize,
    /// Who logs in, in turn.
    users: Vec<String>,
    access: String,
    refresh: String,
}

impl Actor {
    /// Who asks for `operation` as the user `number` whose `tokens` these are; log-ins are those of `users`.
    #[must_use]
    pub fn new(operation: Operation, (number, name): (usize, String), tokens: &Value, users: Vec<String>) -> Self {
        let token = |name: &str| tokens.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        Self { operation, number, name, asked: 0, users, access: token("access"), refresh: token("refresh") }
    }

    /// The next request.
    #[must_use]
    pub fn request(&mut self) -> Request<Full<Bytes>> {
        self.asked += 1;
        match self.operation {
            Operation::Empty => get("/bench/empty"),
            Operation::RoundTrip => get("/bench/round_trip"),
            Operation::Verify => post("/api/token/verify/", &json!({"token": self.access})),
            Operation::Authorizer => self.with_token(to(Method::POST, "/bench/authorizer"), None),
            Operation::Me => self.with_token(to(Method::GET, "/api/me/"), None),
            Operation::Refresh => post("/api/token/refresh/", &json!({"refresh": self.refresh})),
            Operation::LogIn => {
                let user = self.users.get(self.asked % self.users.len().max(1)).expect("users who log in");
                log_in(user)
            }
            Operation::SignUp => sign_up(&format!("{}-{}", self.name, self.asked)),
            Operation::LogOut => post("/api/log_out/", &json!({"refresh": self.refresh})),
            Operation::Sessions => self.with_token(to(Method::GET, "/api/sessions/"), None),
            Operation::LogOutAll => self.posted("/api/log_out/all/", &json!({})),
            Operation::PasswordChange => {
                let new = ANOTHER_PASSWORD;
                let body = json!({"old_password": PASSWORD, "new_password1": new, "new_password2": new});
                self.posted("/api/password/change/", &body)
            }
            Operation::AccountDelete => self.posted("/api/account/delete/", &json!({"password": PASSWORD})),
            Operation::WsTicket => self.posted("/api/ws_ticket/", &json!({})),
        }
    }

    /// Takes what the last request was answered with.
    pub fn answered(&mut self, status: StatusCode, body: &[u8]) {
        let text = String::from_utf8_lossy(body);
        assert!(status.is_success(), "{}: {status} {text}", self.operation.name());
        if self.operation == Operation::Refresh {
            let tokens: Value = serde_json::from_slice(body).expect("tokens");
            tokens.get("refresh").and_then(Value::as_str).expect("a token").clone_into(&mut self.refresh);
        }
    }

    /// Leaves its refresh token in the `tokens` of all users, for whoever goes on as the same one.
    pub fn keep(self, tokens: &mut [Value]) {
        if let Some(token) = tokens.get_mut(self.number).and_then(|tokens| tokens.get_mut("refresh")) {
            *token = Value::String(self.refresh);
        }
    }

    fn posted(&self, path: &str, body: &Value) -> Request<Full<Bytes>> {
        let request = to(Method::POST, path).header(header::CONTENT_TYPE, "application/json");
        self.with_token(request, Some(body))
    }

    fn with_token(&self, request: Builder, body: Option<&Value>) -> Request<Full<Bytes>> {
        let request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.access));
        let body = body.map(|body| Full::from(body.to_string())).unwrap_or_default();
        request.body(body).expect("a request")
    }
}

/// Asks for a new user.
#[must_use]
pub fn sign_up(username: &str) -> Request<Full<Bytes>> {
    post("/api/sign_up/", &json!({"username": username, "password1": PASSWORD, "password2": PASSWORD}))
}

/// Logs a user in.
#[must_use]
pub fn log_in(username: &str) -> Request<Full<Bytes>> {
    post("/api/log_in/", &json!({"username": username, "password": PASSWORD}))
}

fn get(path: &str) -> Request<Full<Bytes>> {
    to(Method::GET, path).body(Full::default()).expect("a request")
}

fn post(path: &str, body: &Value) -> Request<Full<Bytes>> {
    let request = to(Method::POST, path).header(header::CONTENT_TYPE, "application/json");
    request.body(Full::from(body.to_string())).expect("a request")
}

fn to(method: Method, path: &str) -> Builder {
    Request::builder().method(method).uri(path).header(header::HOST, "localhost")
}
