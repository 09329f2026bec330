//! The edge of the admin site: what a request has to pass before a handler sees it, and how what came of it is answered.

pub(crate) mod add;
pub(crate) mod delete;
mod fields;
pub(crate) mod list;
mod log_in;
mod next;
mod pages;
pub(crate) mod password;
pub(crate) mod trail;
mod trouble;
pub(crate) mod user;
mod visit;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::header::{ALLOW, CACHE_CONTROL, LOCATION, SET_COOKIE};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::response::Response;
use axum::routing::any;
use faregate::administrator::Administrator;
use faregate::domain::admin_session::CookieSecret;
use faregate::http::browser::{ADMIN_COOKIE, cookie, remove_cookie};
use faregate::http::html;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use maud::Markup;

use crate::Deps;
use crate::web::trouble::Trouble;
pub(crate) use crate::web::visit::Visit;

/// What a handler has for the browser.
pub(crate) struct Page {
    content: Content,
    headers: Vec<(HeaderName, HeaderValue)>,
}

enum Content {
    Html(StatusCode, Markup),
    /// Another address of this site: the browser asks for it with GET, so that going back or loading again repeats nothing.
    Redirect(String),
}

/// What handles a request of an administrator.
type Handler = fn(Visit) -> BoxFuture<'static, Result<Page, Trouble>>;

/// A page's address, and who may see it.
#[derive(Clone, Copy)]
pub(crate) struct Route {
    pub(crate) path: &'static str,
    pub(crate) gate: Gate,
}

/// Who may see a page.
#[derive(Clone, Copy)]
pub(crate) enum Gate {
    /// Everybody: the log-in.
    Open,
    /// Administrators; without `post` it changes nothing.
    Administrators { get: Handler, post: Option<Handler> },
}

impl Route {
    /// `router` with this page, with and without the last slash.
    pub(crate) fn added_to(self, router: Router, deps: &Arc<Deps>) -> Router {
        let deps = Arc::clone(deps);
        let service = any(move |request: Request| {
            let deps = Arc::clone(&deps);
            async move {
                let mut response = match self.answer(&deps, request).await {
                    Ok(page) => page.into_response(),
                    Err(trouble) => trouble.into_response(),
                };
                response.extensions_mut().insert(faregate::http::Route(self.path));
                response
            }
        });
        router.route(self.path, service.clone()).route(&format!("{}/", self.path), service)
    }

    async fn answer(self, deps: &Arc<Deps>, request: Request) -> Result<Page, Trouble> {
        // Boxed, as the others are: the calls to DynamoDB are large.
        let Gate::Administrators { get, post } = self.gate else { return log_in::answer(deps, request).boxed().await };
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        let handler = match (request.method(), post) {
            _ if reads => get,
            (&Method::POST, Some(post)) => post,
            _ => return Err(Trouble::Method { posts: post.is_some() }),
        };
        let Some(administrator) = administrator(deps, cookie(request.headers(), ADMIN_COOKIE)).await? else {
            return Ok(to_log_in(&request, reads));
        };
        let visit = Visit::read(deps, administrator, request).await?;
        handler(visit).await
    }
}

/// Whose cookie this is.
async fn administrator(deps: &Deps, secret: Option<CookieSecret>) -> Result<Option<Administrator>, Trouble> {
    match secret {
        Some(secret) => Ok(deps.authenticator.administrator(secret).await?),
        None => Ok(None),
    }
}

/// Where somebody is sent whose session was over when something was sent.
const LOG_IN_AGAIN: &str = "/admin/login/?done=over";

/// To the log-in, and from there back here if the request only wanted to see something.
fn to_log_in(request: &Request, reads: bool) -> Page {
    let here = request.uri().path_and_query().map(PathAndQuery::as_str).filter(|_| reads);
    Page::redirect(match here {
        Some(here) => format!("/admin/login/?{}", encoded([("next", here)])),
        None => LOG_IN_AGAIN.to_owned(),
    })
}

/// To the list of users.
pub(crate) fn to_the_list() -> Page {
    Page::redirect("/admin/users/")
}

/// Ends the session, on the server too.
pub(crate) async fn log_out(visit: Visit) -> Result<Page, Trouble> {
    let deed = visit.deed();
    visit.deps.administration.leave(&visit.administrator.session, &deed).await?;
    Ok(Page::redirect("/admin/login/?done=left").with(SET_COOKIE, remove_cookie(ADMIN_COOKIE)))
}

impl Page {
    /// A page with status 200.
    pub(crate) const fn ok(page: Markup) -> Self {
        Self::html(StatusCode::OK, page)
    }

    /// A page.
    pub(crate) const fn html(status: StatusCode, page: Markup) -> Self {
        Self { content: Content::Html(status, page), headers: Vec::new() }
    }

    /// The way to another address of this site.
    pub(crate) fn redirect(to: impl Into<String>) -> Self {
        Self { content: Content::Redirect(to.into()), headers: Vec::new() }
    }

    /// The same with one more header.
    #[must_use]
    pub(crate) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    fn into_response(self) -> Response {
        let mut response = match self.content {
            Content::Html(status, page) => html::respond(status, page),
            Content::Redirect(to) => redirect(&to),
        };
        for (name, value) in self.headers {
            response.headers_mut().append(name, value);
        }
        response
    }
}

fn redirect(to: &str) -> Response {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::SEE_OTHER;
    let headers = response.headers_mut();
    // Made of our own words and of what was encoded: always fit for a header.
    headers.insert(LOCATION, HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/admin/users/")));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Which methods a page has.
fn allowed(posts: bool) -> (HeaderName, HeaderValue) {
    (ALLOW, HeaderValue::from_static(if posts { "GET, HEAD, POST" } else { "GET, HEAD" }))
}

/// `pairs` as a query.
fn encoded<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}
