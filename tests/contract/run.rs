//! Running one case.

use std::error::Error;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Method, Request, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use faregate::clock::Clock;
use faregate::domain::administration::{Deed, UserChange};
use faregate::randomness::Randomness;
use faregate::store::{Administration, Users};
use serde_json::Value;

use crate::case::Case;
use crate::compare::{differences, dig};
use crate::craft::{craft, tamper};
use crate::target::Target;
use crate::variables::Variables;

const BOUNDARY: &str = "contract-boundary-7MA4YWxk";

/// The differences that `case` found, up to the first step that has some.
pub(crate) async fn run(case: &Case, target: &Target) -> Vec<String> {
    let randomness = Randomness::from_system().unwrap();
    let mut variables = Variables::new(&randomness);
    for (number, step) in case.steps.iter().enumerate() {
        if let Some(spec) = step.get("craft") {
            let token = craft(spec, target.signing_key(), &variables, &randomness);
            variables.set(spec["var"].as_str().unwrap(), token.into());
        } else if let Some(spec) = step.get("tamper") {
            let token = tamper(spec, &variables, &randomness);
            variables.set(spec["var"].as_str().unwrap(), token.into());
        } else if let Some(spec) = step.get("admin") {
            let (action, username) = (spec["action"].as_str().unwrap(), spec["username"].as_str().unwrap());
            if let Err(error) = administer(&target.users(), action, &variables.fill(username)).await {
                return vec![format!("step {}: {action} {username}", number + 1), error.to_string()];
            }
        } else {
            let found = exchange(step, &mut variables, target).await;
            if !found.is_empty() {
                let head = format!("step {}: {} {}", number + 1, step["request"]["method"], step["request"]["path"]);
                return std::iter::once(head).chain(found).collect();
            }
        }
    }
    Vec::new()
}

/// Sends a step's request; the differences, or that there was no answer. What the step saves is kept if there are none.
async fn exchange(step: &Value, variables: &mut Variables, target: &Target) -> Vec<String> {
    let reply = match target.send(request(&step["request"], variables)).await {
        Ok(reply) => reply,
        Err(reason) => return vec![reason],
    };
    let found = differences(&step["expect"], &reply, target.signing_key(), variables);
    if found.is_empty() {
        for (name, path) in step["save"].as_object().into_iter().flatten() {
            variables.set(name, dig(&reply.json, path.as_str().unwrap()).clone());
        }
    }
    found
}

async fn administer(users: &Users, action: &str, username: &str) -> Result<(), Box<dyn Error>> {
    let id = users.find_id(username).await?.ok_or("no such user in the table")?;
    let administration = Administration::new(users.clone());
    let deed = Deed::of_operator(Clock::system().now());
    match action {
        "activate" => drop(administration.change_now(id, &UserChange::Activate, &deed).await?),
        "deactivate" => drop(administration.change_now(id, &UserChange::Deactivate, &deed).await?),
        "delete" => drop(administration.delete(&users.find(id).await?.ok_or("no profile")?, &deed).await?),
        other => panic!("unknown action {other}"),
    }
    Ok(())
}

fn request(spec: &Value, variables: &Variables) -> Request<Body> {
    let path = variables.fill(spec["path"].as_str().unwrap());
    let method = Method::from_bytes(spec["method"].as_str().unwrap().as_bytes()).unwrap();
    let (content_type, body) = body(&spec["body"], variables);
    let mut request = Request::builder().method(method).uri(path).body(Body::from(body)).unwrap();
    let headers = request.headers_mut();
    if let Some(content_type) = content_type {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_str(&content_type).unwrap());
    }
    for (name, value) in spec["headers"].as_object().into_iter().flatten() {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        let value = variables.fill(value.as_str().unwrap());
        // A server strips white space around a value before anyone sees it (RFC 9112, 5).
        headers.insert(name, HeaderValue::from_bytes(value.trim().as_bytes()).unwrap());
    }
    request
}

/// The content type that belongs to the body, and its bytes.
fn body(spec: &Value, variables: &Variables) -> (Option<String>, Vec<u8>) {
    if let Some(json) = spec.get("json") {
        return (Some("application/json".to_owned()), variables.fill_all(json).to_string().into_bytes());
    }
    if let Some(pairs) = spec.get("form") {
        let mut form = form_urlencoded::Serializer::new(String::new());
        for pair in pairs.as_array().unwrap() {
            form.append_pair(pair[0].as_str().unwrap(), &variables.fill(pair[1].as_str().unwrap()));
        }
        return (Some("application/x-www-form-urlencoded".to_owned()), form.finish().into_bytes());
    }
    if let Some(parts) = spec.get("multipart") {
        let parts: String = parts.as_array().unwrap().iter().map(|part| multipart(part, variables)).collect();
        let body = format!("{parts}--{BOUNDARY}--\r\n").into_bytes();
        return (Some(format!("multipart/form-data; boundary={BOUNDARY}")), body);
    }
    if let Some(encoded) = spec.get("raw_base64") {
        return (None, STANDARD.decode(encoded.as_str().unwrap()).unwrap());
    }
    let text = variables.fill(spec["raw"].as_str().unwrap_or_default());
    (None, encoded(&text, spec["charset"].as_str().unwrap_or("utf-8")))
}

fn multipart(part: &Value, variables: &Variables) -> String {
    let name = part["name"].as_str().unwrap();
    let value = variables.fill(part["value"].as_str().unwrap());
    let file = part["filename"].as_str().map_or_else(String::new, |filename| {
        format!("; filename=\"{filename}\"\r\nContent-Type: {}", part["type"].as_str().unwrap_or("text/plain"))
    });
    format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{value}\r\n")
}

fn encoded(text: &str, charset: &str) -> Vec<u8> {
    match charset {
        "latin-1" => text.chars().map(|character| u8::try_from(u32::from(character)).unwrap()).collect(),
        "utf-16" => {
            let units = std::iter::once(0xfeff).chain(text.encode_utf16());
            units.flat_map(u16::to_le_bytes).collect()
        }
        _ => text.as_bytes().to_vec(),
    }
}
