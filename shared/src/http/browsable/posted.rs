//! What a form of a page says beside the fields of its route: a method that no form has, and an access token.
//!
//! Both are there only for a browser without JavaScript. They count in a POST of an URL-encoded form whose answer is a page,
//! and nowhere else: an app's request is never read this way.

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, Method};

use super::super::bearer::{Credentials, credentials};
use super::super::body::RequestBody;
use super::super::error::Refusal;
use super::super::view::View;
use super::Asked;
use crate::domain::text;

/// The field of the access token (RFC 6750, 2.2).
pub(super) const TOKEN_FIELD: &str = "access_token";

/// The request that `request` stands for, and what it says about who sent it.
pub(in super::super) async fn unfold(
    request: Request,
    view: &View,
    asked: &mut Asked,
) -> Result<(Request, Credentials), Refusal> {
    if request.method() != Method::POST {
        let credentials = credentials(request.headers());
        return Ok((request, credentials));
    }
    let (mut parts, body) = request.into_parts();
    let body = RequestBody::read(body, parts.headers.get(CONTENT_TYPE).cloned()).await?;
    if body.is_form()
        && let Some(method) = meant(parts.uri.query())
    {
        parts.method = method;
    }
    asked.method = parts.method.clone();
    if parts.method == Method::POST {
        asked.members = body.members().await.unwrap_or_default();
    }
    let credentials = bearer(&parts.headers, &body, view)?;
    Ok((Request::from_parts(parts, Body::from(body.into_bytes())), credentials))
}

/// The method that the query's `_method` names, if a page has a button for it.
fn meant(query: Option<&str>) -> Option<Method> {
    let (_, name) = form_urlencoded::parse(query?.as_bytes()).filter(|(name, _)| name == "_method").last()?;
    [Method::GET, Method::DELETE, Method::OPTIONS].into_iter().find(|method| method.as_str() == name)
}

/// Who sent it: by the header or, where the view's forms ask for it, by the one field; never by both (RFC 6750, 2).
fn bearer(headers: &HeaderMap, body: &RequestBody, view: &View) -> Result<Credentials, Refusal> {
    let sent = if view.asks_for_token() && body.is_form() { body.form_values(TOKEN_FIELD) } else { Vec::new() };
    match sent.as_slice() {
        [] => Ok(credentials(headers)),
        [token] if !headers.contains_key(AUTHORIZATION) => Ok(Credentials::Bearer(text::trim(token).to_owned())),
        _ => Err(Refusal::TokenSentTwice),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_methods_that_pages_have_buttons_for_are_meant() {
        assert_eq!(meant(Some("format=api&_method=DELETE")), Some(Method::DELETE));
        assert_eq!(meant(Some("_method=GET&_method=OPTIONS")), Some(Method::OPTIONS));
        for query in
            [None, Some(""), Some("_method=PUT"), Some("_method=get"), Some("_method=HEAD"), Some("method=GET")]
        {
            assert_eq!(meant(query), None, "{query:?}");
        }
    }
}
