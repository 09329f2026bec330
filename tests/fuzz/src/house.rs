//! The service with all that an input can meet: every function, a user who is logged in, an administrator.

use std::borrow::Cow;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use faregate::clock::{Clock, Timestamp};
use faregate::domain::admin_session::CookieSecret;
use faregate::http::app;
use faregate::randomness::Randomness;
use faregate::service::Service;
use faregate::settings::Settings;
use faregate::store::{Client, connect};
use faregate::tokens::{KeyAccess, Verifier};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt as _;

use crate::table::Table;

/// The time: 2026-01-01T00:00:00Z.
pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_767_225_600);

/// Everything switched on, at little cost.
const SETTINGS: [(&str, &str); 11] = [
    ("FAREGATE_ACCESS_TOKEN_ALGORITHM", "EdDSA"),
    ("FAREGATE_ADMIN_SITE", "on"),
    ("FAREGATE_ARGON2_ITERATIONS", "1"),
    ("FAREGATE_ARGON2_MEMORY_KIB", "8"),
    ("FAREGATE_AUTHORIZER_MODE", "session"),
    ("FAREGATE_BASIC_AUTH", "on"),
    ("FAREGATE_BROWSABLE_API", "on"),
    ("FAREGATE_ISSUER", "http://localhost:8000"),
    ("FAREGATE_KEYS_TABLE", "keys"),
    ("FAREGATE_THROTTLE", "off"),
    ("FAREGATE_WS_ENDPOINT", "http://127.0.0.1:9"),
];

const PASSWORD: &str = "Vq7!tramline-Oak";

/// A service of its own for each thread; every input finds it as the first one did.
pub(crate) struct House {
    runtime: Runtime,
    table: Table,
    router: Router,
    /// With the keys that signed [`Issued`].
    pub(crate) verifier: Verifier,
    /// The functions that answer events.
    pub(crate) authorizer: Arc<authorizer::Deps>,
    pub(crate) ws_authorizer: Arc<ws_authorizer::Deps>,
    pub(crate) ws_connect: Arc<ws_connect::Deps>,
    /// What was given out.
    pub(crate) issued: Issued,
}

/// What the service gave to its user.
pub(crate) struct Issued {
    pub(crate) access: String,
    pub(crate) refresh: String,
    /// Names in braces, and what they stand for.
    pub(crate) named: Vec<(&'static str, String)>,
}

/// An answer.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

thread_local! {
    static HOUSE: House = House::build();
}

impl House {
    /// Calls `visit` with this thread's service, as it was at first.
    pub(crate) fn with<T>(visit: impl FnOnce(&Self) -> T) -> T {
        HOUSE.with(|house| {
            house.table.restore();
            visit(house)
        })
    }

    /// Waits for `future`.
    pub(crate) fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// The answer to `request`.
    pub(crate) fn send(&self, request: Request<Body>) -> Reply {
        self.wait(reply(&self.router, request))
    }

    /// `input` with what its names in braces stand for: `{access}` and `{refresh}`, the tokens of a log-in, whose parts are
    /// `{header}`, `{claims}`, `{signature}`, `{refresh_header}`, `{refresh_claims}` and `{refresh_signature}`; `{id}` and
    /// `{sid}`, whose they are; `{cookie}` and `{form_token}`, a session on the admin site; `{log_in_form_token}`, that of the
    /// cookie whose secret is zeros, `AAAAAAAAAAAAAAAAAAAAAA`.
    pub(crate) fn filled<'a>(&self, input: &'a [u8]) -> Cow<'a, [u8]> {
        let named = |rest: &[u8]| self.issued.named.iter().find(|(name, _)| rest.starts_with(name.as_bytes()));
        if !input.contains(&b'{') {
            return Cow::Borrowed(input);
        }
        let (mut filled, mut rest) = (Vec::new(), input);
        while let Some((first, others)) = rest.split_first() {
            if let Some((name, value)) = named(rest) {
                filled.extend_from_slice(value.as_bytes());
                rest = rest.get(name.len()..).unwrap_or_default();
            } else {
                filled.push(*first);
                rest = others;
            }
        }
        Cow::Owned(filled)
    }

    fn build() -> Self {
        // One thread: an input is done with when it is answered.
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let table = Table::default();
        let service = runtime.block_on(service(&table, &SETTINGS));
        let (router, verifier) = runtime.block_on(async {
            let router = Box::pin(routes(&service)).await;
            (router, service.verifier(service.warm_keyring(KeyAccess::PublicAndRefresh).await))
        });
        let issued = runtime.block_on(Issued::by(&router, &table));
        let (authorizer, ws_authorizer, ws_connect) = runtime.block_on(async {
            (
                Arc::new(authorizer::Deps::start(&service).await.expect("a start")),
                Arc::new(ws_authorizer::Deps::start(&service).await.expect("a start")),
                Arc::new(ws_connect::Deps::start(&service).await.expect("a start")),
            )
        });
        table.keep();
        Self { runtime, table, router, verifier, authorizer, ws_authorizer, ws_connect, issued }
    }
}

/// A service of `settings` on `table`.
pub(crate) async fn service(table: &Table, settings: &[(&str, &str)]) -> Service {
    let pairs = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let settings = Settings::from_pairs(pairs).expect("good settings");
    let client = connect(Some("http://127.0.0.1:9")).await;
    let client = Client::from_conf(client.config().to_builder().http_client(table.http_client()).build());
    Service::new(settings, client, Clock::held_at(NOW), Randomness::from_seed(1))
}

async fn routes(service: &Service) -> Router {
    // It makes the keys.
    let log_in = log_in::router(log_in::Deps::start(service).await.expect("a start"));
    let routes = log_in
        .merge(sign_up::router(sign_up::Deps::start(service).await.expect("a start")))
        .merge(token_refresh::router(token_refresh::Deps::start(service).await.expect("a start")))
        .merge(token_verify::router(token_verify::Deps::start(service).await.expect("a start")))
        .merge(log_out::router(log_out::Deps::start(service).await.expect("a start")))
        .merge(manage_sessions::router(manage_sessions::Deps::start(service).await.expect("a start")))
        .merge(me::router(me::Deps::start(service).await.expect("a start")))
        .merge(admin::router(admin::Deps::start(service).await.expect("a start")))
        .merge(crate::bodies::echo());
    app(routes, service.edge())
}

async fn reply(router: &Router, request: Request<Body>) -> Reply {
    let response = router.clone().oneshot(request).await.expect("a router never fails");
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.expect("a body").to_bytes();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Reply { status: parts.status, headers: parts.headers, text }
}

impl Issued {
    /// Signs a user up, logs it in, and makes it an administrator who logs in too.
    async fn by(router: &Router, table: &Table) -> Self {
        let user = json!({"username": "ann", "password1": PASSWORD, "password2": PASSWORD});
        let signed_up = post(router, "/api/sign_up/", &user).await;
        let tokens = post(router, "/api/log_in/", &json!({"username": "ann", "password": PASSWORD})).await;
        let of = |name: &str| tokens[name].as_str().expect("a token").to_owned();
        let (access, refresh) = (of("access"), of("refresh"));
        table.set("PROFILE", "is_staff", &json!({"BOOL": true}));
        let secret = administrator(router).await;
        let [header, claims, signature] = parts(&access);
        let [refresh_header, refresh_claims, refresh_signature] = parts(&refresh);
        let decoded = URL_SAFE_NO_PAD.decode(&claims).expect("base64url");
        let said: Value = serde_json::from_slice(&decoded).expect("JSON");
        let named = vec![
            ("{access}", access.clone()),
            ("{refresh}", refresh.clone()),
            ("{header}", header),
            ("{claims}", claims),
            ("{signature}", signature),
            ("{refresh_header}", refresh_header),
            ("{refresh_claims}", refresh_claims),
            ("{refresh_signature}", refresh_signature),
            ("{id}", signed_up["id"].as_str().expect("an id").to_owned()),
            ("{sid}", said["sid"].as_str().expect("an id").to_owned()),
            ("{cookie}", secret.expose().to_owned()),
            ("{form_token}", secret.form_token()),
            ("{log_in_form_token}", CookieSecret::new([0; 16]).form_token()),
        ];
        Self { access, refresh, named }
    }
}

fn parts(token: &str) -> [String; 3] {
    let parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    parts.try_into().expect("three parts")
}

async fn post(router: &Router, path: &str, body: &Value) -> Value {
    let request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
    let reply = reply(router, request.body(Body::from(body.to_string())).expect("a request")).await;
    assert!(reply.status.is_success(), "{path}: {}", reply.text);
    serde_json::from_str(&reply.text).expect("JSON")
}

/// The secret of the administrator's session.
async fn administrator(router: &Router) -> CookieSecret {
    let secret = CookieSecret::new([0; 16]);
    let form = [("username", "ann"), ("password", PASSWORD), ("csrfmiddlewaretoken", &secret.form_token())];
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let request = Request::post("/admin/login/")
        .header(header::COOKIE, format!("__Host-faregate_log_in={}", secret.expose()))
        .header(header::ORIGIN, "http://localhost");
    let reply = reply(router, request.body(Body::from(form)).expect("a request")).await;
    let set = reply.headers.get(header::SET_COOKIE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let value = set.strip_prefix("__Host-faregate_admin=").and_then(|rest| rest.split(';').next());
    CookieSecret::parse(value.unwrap_or_default()).expect("a session on the admin site")
}
