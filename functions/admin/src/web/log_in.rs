//! The log-in: the one page for everybody.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::header::{RETRY_AFTER, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use faregate::credentials::{Attempt, CredentialsError};
use faregate::domain::admin_session::CookieSecret;
use faregate::domain::password::Password;
use faregate::domain::text;
use faregate::http::Client;
use faregate::http::browser::{ADMIN_COOKIE, FORM_TOKEN, LOG_IN_COOKIE, cookie, refuse_forged, set_cookie};
use faregate::telemetry::{Metric, count};

use super::next::local;
use super::pages::log_in::{self, Done, LogInPage};
use super::trouble::Trouble;
use super::visit::{Pairs, form};
use super::{Page, administrator};
use crate::Deps;

/// The page, or what comes of its form.
pub(super) async fn answer(deps: &Arc<Deps>, request: Request) -> Result<Page, Trouble> {
    match *request.method() {
        Method::GET | Method::HEAD => {
            let (parts, _body) = request.into_parts();
            show(deps, &parts).await
        }
        Method::POST => enter(deps, request).await,
        _ => Err(Trouble::Method { posts: true }),
    }
}

async fn show(deps: &Arc<Deps>, request: &Parts) -> Result<Page, Trouble> {
    let query = Pairs::parse(request.uri.query().unwrap_or_default().as_bytes());
    let next = local(query.get("next"));
    // A link from another site comes without the cookie (SameSite=Strict); the click after it comes with it.
    if administrator(deps, cookie(&request.headers, ADMIN_COOKIE)).await?.is_some() {
        return Ok(Page::redirect(next));
    }
    let secret = secret_of(deps, &request.headers);
    let done = match query.get("done") {
        "left" => Some(Done::Left),
        "over" => Some(Done::Over),
        _ => None,
    };
    let page = LogInPage { form_token: secret.form_token(), next, username: "", done, error: None };
    Ok(Page::ok(log_in::page(&page)).with(SET_COOKIE, set_cookie(LOG_IN_COOKIE, &secret)))
}

async fn enter(deps: &Arc<Deps>, request: Request) -> Result<Page, Trouble> {
    let client = Client::of(request.extensions());
    let (parts, body) = request.into_parts();
    let form = form(body).await?;
    let secret = secret_of(deps, &parts.headers);
    refuse_forged(&parts.headers, form.given(FORM_TOKEN), &secret, &client)?;
    let (username, next) = (form.get("username"), local(form.get("next")));
    let password = Password::parse(text::trim(form.get("password")).to_owned());
    let entered = match password {
        Ok(password) => {
            let attempt = Attempt { username: username.to_owned(), password, source_ip: client.source_ip };
            crate::log_in::log_in(deps, attempt, cookie(&parts.headers, ADMIN_COOKIE)).await
        }
        // Nobody has such a password.
        Err(_too_long) => Err(CredentialsError::Bad),
    };
    let refused = |status, error| {
        let page = LogInPage { form_token: secret.form_token(), next, username, done: None, error: Some(error) };
        Page::html(status, log_in::page(&page)).with(SET_COOKIE, set_cookie(LOG_IN_COOKIE, &secret))
    };
    match entered {
        Ok(session) => {
            count(Metric::LogIns);
            Ok(Page::redirect(next).with(SET_COOKIE, set_cookie(ADMIN_COOKIE, &session)))
        }
        Err(CredentialsError::Bad) => {
            count(Metric::LogInFailures);
            let text = "Enter the username and password of an administrator. Capital letters count in the password.";
            Ok(refused(StatusCode::FORBIDDEN, text.to_owned()))
        }
        Err(CredentialsError::Throttled { retry_after_seconds }) => {
            let wait = match retry_after_seconds.div_ceil(60) {
                1 => "a minute".to_owned(),
                minutes => format!("{minutes} minutes"),
            };
            let text = format!("Too many attempts. Try again in {wait}.");
            Ok(refused(StatusCode::TOO_MANY_REQUESTS, text).with(RETRY_AFTER, HeaderValue::from(retry_after_seconds)))
        }
        Err(CredentialsError::Password(error)) => Err(error.into()),
        Err(CredentialsError::Store(error)) => Err(error.into()),
    }
}

/// What the browser's form is told by: it had a cookie already, or gets one.
fn secret_of(deps: &Deps, headers: &HeaderMap) -> CookieSecret {
    cookie(headers, LOG_IN_COOKIE).unwrap_or_else(|| CookieSecret::new(deps.randomness.bytes()))
}
