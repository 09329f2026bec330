//! The events of a WebSocket API, as API Gateway writes them.

use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::Sockets;

/// What a client asked with.
pub(super) struct Handshake {
    pub(super) connection_id: String,
    request: Map<String, Value>,
    context: Map<String, Value>,
}

impl Handshake {
    pub(super) fn new(sockets: &Sockets, headers: &HeaderMap, query: &str, source_ip: &str) -> Self {
        let randomness = &sockets.0.randomness;
        // As on AWS: 16 characters, the last of which is an equals sign.
        let connection_id = STANDARD.encode(randomness.bytes::<11>());
        let now = sockets.0.clock.now().milliseconds();
        let user_agent = headers.get("user-agent").map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let context = members(json!({
            "routeKey": "$connect",
            "eventType": "CONNECT",
            "messageDirection": "IN",
            "stage": "local",
            "apiId": "local",
            "domainName": sockets.0.domain_name,
            "connectionId": connection_id,
            "requestId": randomness.hex_128(),
            "connectedAt": now,
            "requestTimeEpoch": now,
            "identity": {"sourceIp": source_ip, "userAgent": user_agent},
        }));
        let named = headers
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
        let mut request = grouped("headers", "multiValueHeaders", named);
        let pairs = form_urlencoded::parse(query.as_bytes()).into_owned();
        request.extend(grouped("queryStringParameters", "multiValueQueryStringParameters", pairs));
        Self { connection_id, request, context }
    }

    /// What the authorizer gets.
    pub(super) fn authorizer(&self) -> Value {
        let mut event = self.request.clone();
        event.insert("type".to_owned(), json!("REQUEST"));
        event.insert("methodArn".to_owned(), json!("arn:aws:execute-api:local:000000000000:local/local/$connect"));
        event.insert("requestContext".to_owned(), json!(self.context));
        Value::Object(event)
    }

    /// What the function behind `$connect` gets, once the authorizer has written `authorizer`.
    pub(super) fn connect(&self, authorizer: &Value) -> Value {
        let mut event = self.request.clone();
        let mut context = self.context.clone();
        context.insert("authorizer".to_owned(), authorizer.clone());
        event.insert("requestContext".to_owned(), json!(context));
        event.insert("isBase64Encoded".to_owned(), json!(false));
        Value::Object(event)
    }

    /// What later events of this socket are made of.
    pub(super) fn into_route(self, authorizer: Value) -> Route {
        let mut context = self.context;
        context.insert("authorizer".to_owned(), authorizer);
        Route { connection_id: self.connection_id, context }
    }
}

fn members(object: Value) -> Map<String, Value> {
    match object {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// Names and values, apart and with the last of each name.
fn grouped(singles: &str, lists: &str, pairs: impl Iterator<Item = (String, String)>) -> Map<String, Value> {
    let (mut single, mut list) = (Map::new(), Map::new());
    for (name, value) in pairs {
        if let Some(values) = list.entry(&name).or_insert_with(|| json!([])).as_array_mut() {
            values.push(json!(value));
        }
        single.insert(name, json!(value));
    }
    Map::from_iter([(singles.to_owned(), Value::Object(single)), (lists.to_owned(), Value::Object(list))])
}

/// Writes the events of one open socket.
pub(super) struct Route {
    pub(super) connection_id: String,
    context: Map<String, Value>,
}

impl Route {
    /// A message, of any route: there is no other than `$default`.
    pub(super) fn message(&self, body: &str, is_base64: bool) -> Value {
        let context = self.context("$default", "MESSAGE");
        json!({"requestContext": context, "body": body, "isBase64Encoded": is_base64})
    }

    /// The socket has closed.
    pub(super) fn disconnect(&self, code: u16) -> Value {
        let mut context = self.context("$disconnect", "DISCONNECT");
        context.insert("disconnectStatusCode".to_owned(), json!(code));
        json!({"requestContext": context, "isBase64Encoded": false})
    }

    fn context(&self, route_key: &str, event_type: &str) -> Map<String, Value> {
        let mut context = self.context.clone();
        context.insert("routeKey".to_owned(), json!(route_key));
        context.insert("eventType".to_owned(), json!(event_type));
        context
    }
}
