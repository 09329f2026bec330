//! Whole requests: lines and headers as a client sends them, and events as a gateway does.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Method, Request, Uri, header};
use faregate::http::convertible;
use lambda_http::request::LambdaRequest;

use crate::House;
use crate::house::Reply;

/// A request as it stands on the wire, `METHOD TARGET`, headers, an empty line and the body, with a line feed behind each: any
/// method, path, query, `Accept`, `Content-Type`, `Authorization`, cookie. It is answered, and the answer is a safe one.
pub fn request(data: &[u8]) {
    House::with(|house| {
        if let Some(request) = read(&house.filled(data)) {
            is_safe(&house.send(request));
        }
    });
}

/// An event of API Gateway (payload 2.0), as JSON.
pub fn gateway_event(data: &[u8]) {
    House::with(|house| {
        if let Ok(event) = serde_json::from_slice::<LambdaRequest>(&house.filled(data)) {
            is_safe(&house.send(lambda_http::Request::from(convertible(event)).map(Body::new)));
        }
    });
}

fn read(data: &[u8]) -> Option<Request<Body>> {
    let mut lines = data.split_inclusive(|byte| *byte == b'\n');
    let first = lines.next()?.trim_ascii_end();
    let space = first.iter().position(|byte| *byte == b' ')?;
    let (method, target) = first.split_at(space);
    let mut request = Request::new(Body::empty());
    *request.method_mut() = Method::from_bytes(method).ok()?;
    *request.uri_mut() = Uri::try_from(target.get(1..)?).ok()?;
    let mut used = data.split_inclusive(|byte| *byte == b'\n').next()?.len();
    for line in lines {
        used += line.len();
        let line = line.trim_ascii();
        if line.is_empty() {
            break;
        }
        let colon = line.iter().position(|byte| *byte == b':')?;
        let (name, value) = line.split_at(colon);
        let name = HeaderName::from_bytes(name).ok()?;
        request.headers_mut().append(name, HeaderValue::from_bytes(value.get(1..)?.trim_ascii()).ok()?);
    }
    *request.body_mut() = Body::from(data.get(used..)?.to_vec());
    Some(request)
}

/// No fault of ours, no markup that the client sent, no way to another site, no cookie that a script or another site reads.
fn is_safe(reply: &Reply) {
    let Reply { status, headers, text } = reply;
    assert!(!status.is_server_error(), "{status} {text}");
    let of = |name| headers.get_all(name).iter().map(|value| value.to_str().expect("a text"));
    let is_page = of(header::CONTENT_TYPE).any(|value| value.starts_with("text/html"));
    assert!(!is_page || !text.contains("<fuzz"), "{text}");
    for place in of(header::LOCATION) {
        assert!(place.starts_with('/') && !place.starts_with("//") && !place.contains('\\'), "{place}");
    }
    for cookie in of(header::SET_COOKIE) {
        assert!(cookie.contains("; Path=/; Secure; HttpOnly; SameSite=Strict"), "{cookie}");
    }
    assert_eq!(headers.get(header::X_CONTENT_TYPE_OPTIONS).map(HeaderValue::as_bytes), Some(&b"nosniff"[..]));
}
