//! An actor with a phone: it has an address and keeps what a log-in gives it to be known by.

use std::net::{IpAddr, SocketAddr};

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderValue, Method, Request};
use serde_json::{Value, json};

use super::{PASSWORD, Reply, TestApp, json_request};

/// A phone.
#[derive(Clone, Debug)]
pub struct Phone<'a> {
    app: &'a TestApp,
    /// From where it asks.
    pub address: IpAddr,
    /// What it is known by.
    pub device: Option<String>,
}

impl TestApp {
    /// A phone at `address` that is not known.
    pub fn phone(&self, address: &str) -> Phone<'_> {
        Phone { app: self, address: address.parse().expect("an address"), device: None }
    }

    /// A phone at `address` on which the new user `username` has logged in.
    pub async fn owners_phone(&self, username: &str, address: &str) -> Phone<'_> {
        let mut phone = self.phone(address);
        phone.sign_up(username).await.is(201);
        phone.log_in(username, PASSWORD).await.is(200);
        phone
    }
}

impl Phone<'_> {
    /// Logs in, and keeps what it is known by from then on.
    pub async fn log_in(&mut self, username: &str, password: &str) -> Reply {
        let reply = self.post("/api/log_in/", &json!({"username": username, "password": password})).await;
        self.device = reply.header("faregate-device").or(self.device.take());
        reply
    }

    /// Signs `username` up, with the usual password.
    pub async fn sign_up(&self, username: &str) -> Reply {
        self.post("/api/sign_up/", &json!({"username": username, "password1": PASSWORD, "password2": PASSWORD})).await
    }

    /// Asks for the next tokens.
    pub async fn refresh(&self, refresh: &str) -> Reply {
        self.post("/api/token/refresh/", &json!({"refresh": refresh})).await
    }

    /// Sends `body`.
    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        let mut request = self.request(json_request(Method::POST, path, body));
        if let Some(device) = &self.device {
            let value = HeaderValue::from_str(device).expect("a header value");
            request.headers_mut().insert("faregate-device", value);
        }
        self.app.send(request).await
    }

    /// `request`, from where it asks.
    pub fn request(&self, mut request: Request<Body>) -> Request<Body> {
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(self.address, 50_000)));
        request
    }
}
