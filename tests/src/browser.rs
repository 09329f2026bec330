//! An actor with a browser: it keeps cookies, sends forms with what is hidden in them, and goes where it is sent.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderValue, Method, Request, header};

use super::{PASSWORD, Reply, TestApp};

/// A browser.
#[derive(Debug)]
pub struct Browser<'a> {
    app: &'a TestApp,
    /// The cookies that it keeps, by name.
    pub cookies: BTreeMap<String, String>,
    /// Where its pages come from.
    pub origin: Option<&'static str>,
    /// From which address it asks, if it is known.
    pub source_ip: Option<IpAddr>,
}

impl TestApp {
    /// A browser without cookies.
    pub fn browser(&self) -> Browser<'_> {
        Browser { app: self, cookies: BTreeMap::new(), origin: Some("http://localhost:8000"), source_ip: None }
    }

    /// A browser without cookies, at the address `source_ip`.
    pub fn browser_at(&self, source_ip: [u8; 4]) -> Browser<'_> {
        Browser { source_ip: Some(source_ip.into()), ..self.browser() }
    }

    /// A new member of staff with the usual password, on the admin site.
    pub async fn administrator(&self, username: &str) -> Browser<'_> {
        self.staff(username).await;
        let mut browser = self.browser();
        browser.log_in(username, PASSWORD).await.is(303);
        browser
    }

    /// A new member of staff with the usual password; the id.
    pub async fn staff(&self, username: &str) -> String {
        let id = self.sign_up(username).await.field("id");
        self.change(id.parse().expect("an id"), faregate::domain::administration::UserChange::Staff(true)).await;
        id
    }
}

impl Browser<'_> {
    /// Opens `path`.
    pub async fn get(&mut self, path: &str) -> Reply {
        self.send(Request::builder().method(Method::GET).uri(path), Body::empty()).await
    }

    /// Opens `path`, and where that leads.
    pub async fn open(&mut self, path: &str) -> Reply {
        let mut reply = self.get(path).await;
        while let Some(next) = reply.header("location") {
            reply = self.get(&next).await;
        }
        reply
    }

    /// Opens the form at `path` and sends it with `fields` filled in.
    pub async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let page = self.get(path).await;
        page.is(200);
        self.post(path, &page, fields).await
    }

    /// Sends the form of `page` to `path`, with `fields` filled in.
    pub async fn post(&mut self, path: &str, page: &Reply, fields: &[(&str, &str)]) -> Reply {
        let hidden = ["csrfmiddlewaretoken", "version", "next"].map(|name| (name, hidden(&page.text, name)));
        let hidden = hidden.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?)));
        let given = |name: &str| fields.iter().any(|(known, _)| *known == name);
        let all: Vec<(&str, &str)> = hidden.filter(|(name, _)| !given(name)).chain(fields.iter().copied()).collect();
        self.post_alone(path, &all).await
    }

    /// Sends `fields` and nothing else.
    pub async fn post_alone(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::builder().method(Method::POST).uri(path);
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let request = match self.origin {
            Some(origin) => request.header(header::ORIGIN, origin),
            None => request,
        };
        self.send(request, Body::from(body)).await
    }

    /// Logs in on the admin site.
    pub async fn log_in(&mut self, username: &str, password: &str) -> Reply {
        self.submit("/admin/login/", &[("username", username), ("password", password)]).await
    }

    /// Sends a request with its cookies, and keeps those of the answer.
    pub async fn send(&mut self, request: axum::http::request::Builder, body: Body) -> Reply {
        let mut request = request.body(body).expect("a request");
        if !self.cookies.is_empty() {
            let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let cookies = HeaderValue::from_str(&pairs.join("; ")).expect("cookies");
            request.headers_mut().insert(header::COOKIE, cookies);
        }
        if let Some(source_ip) = self.source_ip {
            request.extensions_mut().insert(ConnectInfo(SocketAddr::new(source_ip, 50_000)));
        }
        let reply = self.app.send(request).await;
        for line in reply.headers.get_all(header::SET_COOKIE) {
            let line = line.to_str().expect("a cookie");
            let (name, value) = line.split(';').next().and_then(|pair| pair.split_once('=')).expect("a pair");
            if line.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        reply
    }
}

/// The value of the hidden field `name`, if the page has one.
fn hidden(html: &str, name: &str) -> Option<String> {
    let (_, rest) = html.split_once(&format!("type=\"hidden\" name=\"{name}\" value=\""))?;
    rest.split('"').next().map(str::to_owned)
}
