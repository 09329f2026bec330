//! The log-in: the one page for everybody.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::header::{RETRY_AFTER, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use faregate::attempts::AttemptError;
use faregate::credentials::{CredentialsError, Presented};
use faregate::domain::admin_session::{BROWSER_KNOWN_SECONDS, CookieSecret};
use faregate::domain::password::Password;
use faregate::domain::text;
use faregate::http::Client;
use faregate::http::browser::{
    ADMIN_COOKIE, BROWSER_COOKIE, FORM_TOKEN, LOG_IN_COOKIE, cookie, keep_cookie, refuse_forged, set_cookie,
};
use faregate::telemetry::{Metric, count};

use super::next::local;
use super::pages::log_in::{self, Done, LogInPage};
use super::trouble::Trouble;
use super::visit::{Pairs, form};
use super::{Page, administrator};
use crate::Deps;
use crate::log_in::{Entered, Held};

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
            let (username, source_ip) = (username.to_owned(), client.source_ip);
            let [session, browser] = [ADMIN_COOKIE, BROWSER_COOKIE].map(|name| cookie(&parts.headers, name));
            let presented = Presented { username, password, source_ip, browser: None };
            crate::log_in::log_in(deps, presented, Held { session, browser }).await
        }
        // Nobody has such a password.
        Err(_too_long) => Err(CredentialsError::Bad),
    };
    let refused = |status, error| {
        let page = LogInPage { form_token: secret.form_token(), next, username, done: None, error: Some(error) };
        Page::html(status, log_in::page(&page)).with(SET_COOKIE, set_cookie(LOG_IN_COOKIE, &secret))
    };
    match entered {
        Ok(Entered { session, browser }) => {
            count(Metric::LogIns);
            let page = Page::redirect(next).with(SET_COOKIE, set_cookie(ADMIN_COOKIE, &session));
            let kept = browser.map(|secret| keep_cookie(BROWSER_COOKIE, &secret, BROWSER_KNOWN_SECONDS));
            Ok(kept.into_iter().fold(page, |page, value| page.with(SET_COOKIE, value)))
        }
        Err(CredentialsError::Bad) => {
            count(Metric::LogInFailures);
            let text = "Enter the username and password of an administrator. Capital letters count in the password.";
            Ok(refused(StatusCode::FORBIDDEN, text.to_owned()))
        }
        Err(CredentialsError::Attempt(AttemptError::Throttled { retry_after_seconds })) => {
            let text = format!("Too many attempts. Try again in {}.", spoken(retry_after_seconds));
            Ok(refused(StatusCode::TOO_MANY_REQUESTS, text).with(RETRY_AFTER, HeaderValue::from(retry_after_seconds)))
        }
        Err(CredentialsError::Password(error)) => Err(error.into()),
        Err(CredentialsError::Attempt(AttemptError::Store(error)) | CredentialsError::Store(error)) => {
            Err(error.into())
        }
    }
}

/// So many seconds, as one says it.
fn spoken(seconds: u32) -> String {
    match (seconds, seconds.div_ceil(60), seconds.div_ceil(3_600)) {
        (1, ..) => "a second".to_owned(),
        (seconds @ ..=90, ..) => format!("{seconds} seconds"),
        (_, minutes @ ..=90, _) => format!("{minutes} minutes"),
        (.., hours) => format!("{hours} hours"),
    }
}

/// What the browser's form is told by: it had a cookie already, or gets one.
fn secret_of(deps: &Deps, headers: &HeaderMap) -> CookieSecret {
    cookie(headers, LOG_IN_COOKIE).unwrap_or_else(|| CookieSecret::new(deps.randomness.bytes()))
}
