//! Requests, and what is in a token.

use std::collections::HashMap;
use std::hash::BuildHasher;

use aws_sdk_dynamodb::types::AttributeValue;
use axum::body::Body;
use axum::http::{HeaderValue, Method, Request, header};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// The claims of `token`, whatever its signature.
pub fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).expect("three parts");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("claims")
}

/// The claim `name` of `token`, a text.
pub fn claim(token: &str, name: &str) -> String {
    claims(token).get(name).and_then(Value::as_str).expect("a claim").to_owned()
}

/// `item` as DynamoDB writes it.
pub fn dynamodb_json<S: BuildHasher>(item: &HashMap<String, AttributeValue, S>) -> Value {
    let members = item.iter().map(|(name, value)| {
        let value = match value {
            AttributeValue::S(text) => json!({"S": text}),
            AttributeValue::N(number) => json!({"N": number}),
            AttributeValue::Bool(flag) => json!({"BOOL": flag}),
            other => panic!("{name}: {other:?}"),
        };
        (name.clone(), value)
    });
    Value::Object(members.collect())
}

/// A request without a body.
pub fn empty_request(method: Method, path: &str) -> Request<Body> {
    Request::builder().method(method).uri(path).body(Body::empty()).expect("a request")
}

/// `request` from the holder of an access token.
pub fn with_bearer(mut request: Request<Body>, access: &str) -> Request<Body> {
    let value = HeaderValue::from_str(&format!("Bearer {access}")).expect("a token is a header value");
    request.headers_mut().insert(header::AUTHORIZATION, value);
    request
}

/// A request with a JSON body.
pub fn json_request(method: Method, path: &str, body: &Value) -> Request<Body> {
    raw_request(method, path, ("application/json", body.to_string()))
}

/// A request with any body.
pub fn raw_request(method: Method, path: &str, (content_type, body): (&str, impl Into<Body>)) -> Request<Body> {
    let builder = Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, content_type);
    builder.body(body.into()).expect("a request")
}

/// `GET /api/me/` with HTTP Basic (RFC 7617).
pub fn basic(username: &str, password: &str) -> Request<Body> {
    let value = format!("Basic {}", STANDARD.encode(format!("{username}:{password}")));
    let mut request = empty_request(Method::GET, "/api/me/");
    request.headers_mut().insert(header::AUTHORIZATION, HeaderValue::from_str(&value).expect("a header"));
    request
}
