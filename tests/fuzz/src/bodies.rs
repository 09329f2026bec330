//! Bodies, in each of the three types that are read.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use faregate::domain::device::DeviceName;
use faregate::domain::text::trim;
use faregate::http::{
    Answer, Authentication, Call, Classes, Field, Refusal, Success, Text, Verb, View, ViewContext, view_router,
};
use serde_json::{Map, Value, json};

use crate::House;
use crate::house::Reply;

/// A route that gives back what it read.
const VIEW: View = View {
    path: "/echo",
    name: "Echo",
    description: "",
    about: "Gives back what it read.",
    method: Verb::Post,
    authentication: Authentication::Ignored,
    fields: &[Field::required("a", "A")],
    extras: &[Field::DEVICE_NAME],
    knows_devices: false,
    success: Success::untyped("What was read."),
    refusals: Vec::new,
};

/// The route `/echo`.
pub(crate) fn echo() -> Router {
    let context = ViewContext { authenticator: None, classes: Classes::default(), browsable: false, issuer: None };
    view_router(&VIEW, context, (), handle)
}

async fn handle(_deps: Arc<()>, call: Call) -> Result<Answer, Refusal> {
    let mut fields = call.fields().await?;
    let (a, device_name) = (fields.text("a", Text::REQUIRED), fields.device_name());
    match (a, device_name) {
        (Some(a), Ok(name)) => Ok(Answer::ok(json!({"a": a, "device_name": name.as_ref().map(DeviceName::as_str)}))),
        _ => Err(fields.refusal()),
    }
}

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
/// Of hand-made bodies; no text that is sent in one holds it.
const BOUNDARY: &str = "kTbOuNdArYk";

/// JSON: whatever comes is answered; a text is read as it was written, and as another parser reads it.
pub fn json_body(data: &[u8]) {
    let echoed = answered(JSON, data);
    if let Ok(Value::Object(members)) = serde_json::from_slice(data) {
        agrees(&members, &echoed, data);
    }
    if let Ok(text) = std::str::from_utf8(data) {
        comes_back(JSON, text, json!({"a": text}).to_string().as_bytes());
    }
}

/// An URL-encoded form: whatever comes is answered, and a text is read as it was written.
pub fn form_body(data: &[u8]) {
    answered(FORM, data);
    if let Ok(text) = std::str::from_utf8(data) {
        let encoded = data.iter().fold(String::new(), |text, byte| text + &format!("%{byte:02X}"));
        comes_back(FORM, text, format!("a={encoded}").as_bytes());
    }
}

/// A multipart form with the boundary `x`: whatever comes is answered, and a text is read as it was written.
pub fn multipart_body(data: &[u8]) {
    answered("multipart/form-data; boundary=x", data);
    if let Ok(text) = std::str::from_utf8(data)
        && !text.contains(BOUNDARY)
    {
        let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
        let head = "Content-Disposition: form-data; name=\"a\"";
        let body = format!("--{BOUNDARY}\r\n{head}\r\n\r\n{text}\r\n--{BOUNDARY}--\r\n");
        comes_back(&content_type, text, body.as_bytes());
    }
}

/// The answer of `/echo`; where the body seems to hold a user, a route with a use case behind it answers too.
fn answered(content_type: &str, body: &[u8]) -> Reply {
    let echoed = post("/echo", content_type, body);
    // A form can hold a body of another type, as the browsable API's do, and that type can be one that nobody reads.
    let may_be_refused = |status| {
        status == StatusCode::BAD_REQUEST || (content_type != JSON && status == StatusCode::UNSUPPORTED_MEDIA_TYPE)
    };
    let Reply { status, text, .. } = &echoed;
    assert!(*status == StatusCode::OK || may_be_refused(*status), "{status} {text}");
    if body.windows(8).any(|window| window == b"username") {
        let Reply { status, text, .. } = post("/api/sign_up/", content_type, body);
        assert!(status == StatusCode::CREATED || may_be_refused(status), "{status} {text}");
    }
    echoed
}

/// A body that holds `text` as `a` gives it back trimmed, or is refused for what no text may be.
fn comes_back(content_type: &str, text: &str, body: &[u8]) {
    let reply = post("/echo", content_type, body);
    let (wanted, is_text) = (trim(text), !trim(text).is_empty() && !text.contains('\0'));
    assert_eq!(reply.status == StatusCode::OK, is_text, "{content_type} {text:?}: {}", reply.text);
    assert!(!is_text || json_of(&reply)["a"] == wanted, "{content_type} {text:?}: {}", reply.text);
}

/// Where another parser reads a string, so does ours.
fn agrees(members: &Map<String, Value>, echoed: &Reply, data: &[u8]) {
    let read = echoed.status == StatusCode::OK;
    match members.get("a") {
        Some(Value::String(text)) if read => assert_eq!(json_of(echoed)["a"], trim(text)),
        Some(Value::Number(_)) if read => {}
        _ => assert!(!read, "{:?}: {}", String::from_utf8_lossy(data), echoed.text),
    }
    if let (true, Some(Value::String(name))) = (read, members.get("device_name")) {
        assert_eq!(json_of(echoed)["device_name"], trim(name));
    }
}

fn post(path: &str, content_type: &str, body: &[u8]) -> Reply {
    let request = Request::post(path).header(header::CONTENT_TYPE, content_type);
    House::with(|house| house.send(request.body(Body::from(body.to_vec())).expect("a request")))
}

fn json_of(reply: &Reply) -> Value {
    serde_json::from_str(&reply.text).expect("JSON")
}
