//! What functions find when they start: an embedded DynamoDB with a key ring and users, and events that are worth answering.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use faregate::clock::Clock;
use faregate::http::convertible;
use faregate::randomness::Randomness;
use faregate::service::Service;
use faregate::settings::Settings;
use faregate::store::connect;
use faregate::store::schema::create_missing_tables;
use faregate_tests::{PASSWORD, Reply, Template, claims};
use local::database::{Data, Running};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;
use tower::ServiceExt as _;

use crate::actor::ANOTHER_PASSWORD;
use crate::bootstrap::environment;

/// Where API Gateway says that it was called; tokens are issued by it.
const DOMAIN_NAME: &str = "abcdef1234.execute-api.eu-central-1.amazonaws.com";

/// Where Amazon Linux, Debian and Alpine have their trusted roots in one file.
const BUNDLES: [&str; 3] =
    ["/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/cert.pem"];

/// A service in use.
#[derive(Debug)]
pub struct House {
    router: Router,
    database: Running,
    lambda: Lambda,
    guests: AtomicU32,
}

/// Stands in for Lambda where functions invoke `ws-reaper`: takes everything and does nothing.
#[derive(Debug)]
struct Lambda {
    address: SocketAddr,
    serving: AbortHandle,
}

/// A user with a session.
struct Guest {
    username: String,
    source_ip: String,
    access: String,
    refresh: String,
}

/// An HTTP request as API Gateway hands it to a function: method, path and where it came from.
type Line<'a> = (&'a str, &'a str, &'a str);

impl House {
    /// A database in memory, its tables, the first keys, and all functions in this process, to make guests with.
    pub async fn start() -> Self {
        let database = local::database::start(&Data::Memory, 0).await.expect("a database in memory");
        let client = connect(Some(&database.endpoint_url())).await;
        let given = environment(&Template::load(), "log-in");
        // Metrics are lines on standard output, where the benchmark's results go.
        let is_wanted = |name: &str| name.starts_with("FAREGATE_") && name != "FAREGATE_METRICS_NAMESPACE";
        let wanted = given.into_iter().filter(|(name, _)| is_wanted(name));
        let settings = Settings::from_pairs(wanted).expect("settings as the template has them");
        create_missing_tables(&client, &settings.table, &settings.keys_table).await.expect("tables");
        let randomness = Randomness::from_system().expect("random bytes");
        let service = Service::new(settings, client, Clock::system(), randomness);
        let router = local::functions::routes(&service).await.expect("functions that start");
        Self { router, database, lambda: Lambda::start().await, guests: AtomicU32::default() }
    }

    /// Where functions find AWS's services, and this machine's trusted roots in the place of those of Amazon Linux: about as
    /// many, read and parsed as there though the services are reached without TLS.
    #[must_use]
    pub fn surroundings(&self) -> BTreeMap<String, String> {
        let bundle = BUNDLES.into_iter().find(|bundle| Path::new(bundle).exists()).expect("a bundle of trusted roots");
        BTreeMap::from([
            ("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), self.database.endpoint_url()),
            ("AWS_ENDPOINT_URL_LAMBDA".to_owned(), format!("http://{}", self.lambda.address)),
            ("SSL_CERT_FILE".to_owned(), bundle.to_owned()),
        ])
    }

    /// An event for the function `package` that it has not had before, from or about a guest of its own.
    pub async fn event(&self, package: &str) -> Value {
        match package {
            "empty" | "not-found" => http(("GET", "/nowhere", "203.0.113.7"), None, None),
            "admin" => http(("GET", "/admin/login/", "203.0.113.7"), None, None),
            "issuer" => http(("GET", "/.well-known/jwks.json", "203.0.113.7"), None, None),
            "schema" => http(("GET", "/api/schema/", "203.0.113.7"), None, None),
            "rotate-keys" => json!({"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}),
            "sign-up" => {
                let (username, source_ip) = self.name();
                sign_up(&username, &source_ip)
            }
            _ => self.guest().await.event(package),
        }
    }

    fn name(&self) -> (String, String) {
        let number = self.guests.fetch_add(1, Ordering::Relaxed);
        let [_, upper, middle, lower] = number.to_be_bytes();
        // Of an address of its own: sign-ups are counted for each.
        (format!("guest{number}@example.com"), format!("10.{upper}.{middle}.{lower}"))
    }

    async fn guest(&self) -> Guest {
        let (username, source_ip) = self.name();
        self.send(&sign_up(&username, &source_ip)).await.is(201);
        let reply = self.send(&log_in(&username, &source_ip)).await;
        reply.is(200);
        Guest { username, source_ip, access: reply.field("access"), refresh: reply.field("refresh") }
    }

    async fn send(&self, event: &Value) -> Reply {
        let event = serde_json::from_value(event.clone()).expect("an event of API Gateway");
        let request = Request::<lambda_http::Body>::from(convertible(event));
        Reply::of(self.router.clone().oneshot(request.map(Body::new)).await.expect("a router never fails")).await
    }
}

impl Lambda {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let router = Router::new().fallback(|| async { StatusCode::ACCEPTED });
        let serving = async move { axum::serve(listener, router).await.expect("a server that ends well") };
        #[expect(clippy::disallowed_methods, reason = "a server of a benchmark, which ends it")]
        let serving = tokio::spawn(serving).abort_handle();
        Self { address, serving }
    }
}

impl Drop for Lambda {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Guest {
    /// What this guest sends to the function `package`, or what happens to its socket there.
    fn event(&self, package: &str) -> Value {
        let Self { username, source_ip, access, refresh } = self;
        let post = |path, body: Value, bearer| http(("POST", path, source_ip), bearer, Some(body));
        let get = |path| http(("GET", path, source_ip), Some(access.as_str()), None);
        match package {
            "log-in" => log_in(username, source_ip),
            "token-refresh" => post("/api/token/refresh/", json!({"refresh": refresh}), None),
            "token-verify" => post("/api/token/verify/", json!({"token": access}), None),
            "log-out" => post("/api/log_out/", json!({"refresh": refresh}), None),
            "me" => get("/api/me/"),
            "manage-sessions" => get("/api/sessions/"),
            "ws-ticket" => post("/api/ws_ticket/", json!({}), Some(access)),
            "password-change" => {
                let new = ANOTHER_PASSWORD;
                let body = json!({"old_password": PASSWORD, "new_password1": new, "new_password2": new});
                post("/api/password/change/", body, Some(access))
            }
            "account-delete" => post("/api/account/delete/", json!({"password": PASSWORD}), Some(access)),
            "authorizer" => {
                let arn = "arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/prod/GET/rides/7";
                let mut event = get("/rides/7");
                insert(&mut event, json!({"type": "REQUEST", "routeArn": arn, "identitySource": [bearer(access)]}));
                event
            }
            "ws-authorizer" => self.socket(json!({"routeKey": "$connect"})),
            "ws-connect" => {
                let claims = claims(access);
                let claim = |name: &str| claims.get(name).cloned().unwrap_or_default();
                let who = json!({"id": claim("id"), "username": username, "sid": claim("sid"),
                    "expires_at": claim("exp").to_string()});
                self.socket(json!({"routeKey": "$connect", "authorizer": who}))
            }
            "ws-reaper" => json!({"user_id": claims(access).get("id")}),
            other => panic!("{other} is a function that this benchmark does not know yet"),
        }
    }

    fn socket(&self, context: Value) -> Value {
        let mut event = json!({
            "type": "REQUEST",
            "methodArn": "arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/live/$connect",
            "headers": {"Authorization": bearer(&self.access)},
            "requestContext": {"connectionId": "JKJaXmPLvHcESHA=", "eventType": "CONNECT", "stage": "live"},
        });
        insert(event.get_mut("requestContext").expect("a context"), context);
        event
    }
}

/// Whether `answer` is that of the function `package` to its event.
#[must_use]
pub fn is_good(package: &str, answer: &Value) -> bool {
    let status = answer.get("statusCode").and_then(Value::as_u64);
    match package {
        "sign-up" | "ws-ticket" => status == Some(201),
        "not-found" => status == Some(404),
        "authorizer" => answer.get("isAuthorized") == Some(&json!(true)),
        "ws-authorizer" => answer.pointer("/policyDocument/Statement/0/Effect") == Some(&json!("Allow")),
        "rotate-keys" => answer.get("steps").is_some(),
        "ws-reaper" => *answer == json!({"closed": 0, "failed": 0}),
        _ => status == Some(200),
    }
}

fn sign_up(username: &str, source_ip: &str) -> Value {
    let body = json!({"username": username, "password1": PASSWORD, "password2": PASSWORD,
        "first_name": "Test", "last_name": "User"});
    http(("POST", "/api/sign_up/", source_ip), None, Some(body))
}

fn log_in(username: &str, source_ip: &str) -> Value {
    let body = json!({"username": username, "password": PASSWORD});
    http(("POST", "/api/log_in/", source_ip), None, Some(body))
}

/// An HTTP API's event, payload format 2.0.
fn http((method, path, source_ip): Line<'_>, access: Option<&str>, body: Option<Value>) -> Value {
    let agent = "Taxi/7.1 (iPhone; iOS 20.1)";
    let mut headers = json!({"accept": "*/*", "host": DOMAIN_NAME, "user-agent": agent,
        "x-amzn-trace-id": "Root=1-6925f1a0-0a1b2c3d4e5f60718293a4b5", "x-forwarded-for": source_ip,
        "x-forwarded-port": "443", "x-forwarded-proto": "https"});
    if let Some(access) = access {
        insert(&mut headers, json!({"authorization": bearer(access)}));
    }
    let body = body.map(|body| body.to_string());
    if let Some(body) = &body {
        let length = body.len().to_string();
        insert(&mut headers, json!({"content-type": "application/json", "content-length": length}));
    }
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "", "headers": headers,
        "requestContext": {
            "accountId": "123456789012", "apiId": "abcdef1234", "domainName": DOMAIN_NAME, "domainPrefix": "abcdef1234",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": source_ip, "userAgent": agent},
            "requestId": "JKJaXmPLvHcESHA=", "routeKey": "$default", "stage": "$default",
            "time": "23/Nov/2026:17:00:00 +0000", "timeEpoch": 1_795_453_200_000_u64,
        },
        "isBase64Encoded": false, "body": body,
    })
}

fn bearer(access: &str) -> String {
    format!("Bearer {access}")
}

fn insert(object: &mut Value, members: Value) {
    let into: &mut Map<String, Value> = object.as_object_mut().expect("an object");
    if let Value::Object(members) = members {
        into.extend(members);
    }
}
