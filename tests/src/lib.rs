//! The whole service in a test: an embedded DynamoDB of its own, a clock that stands, seeded randomness.
//!
//! A test starts a [`TestApp`], plays an actor with its verbs (`sign_up`, `log_in`, `refresh`, ...) and looks at the
//! [`Reply`]. Requests go through the same routers as on Lambda, in process.

#![expect(clippy::expect_used, reason = "test support: a panic is a failure")]
#![expect(clippy::panic, reason = "test support: a panic is a failure")]
#![expect(clippy::indexing_slicing, reason = "test support: a panic is a failure; what JSON lacks is null")]
#![expect(clippy::missing_panics_doc, reason = "test support: a panic is a failure")]
#![expect(clippy::must_use_candidate, reason = "test support: asserting verbs are called for their assertion")]

mod browser;
mod calls;
mod crowd;
mod document;
mod faults;
mod guard;
mod imported;
mod operations;
mod phone;
mod record;
mod referential;
mod reply;
mod requests;
mod rights;
mod socket;
mod template;
mod told;
mod verbs;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_dynamodb::types::AttributeValue;
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use faregate::clock::{Clock, Timestamp};
use faregate::domain::user::UserId;
use faregate::randomness::Randomness;
use faregate::reaper::Reaper;
use faregate::service::Service;
use faregate::settings::Settings;
use faregate::store::schema::create_missing_tables;
use faregate::store::{Client, connect, keys};
use faregate::telemetry::Telemetry;
use futures_util::future::join_all;
use local::database::{Data, Running};
use local::functions::EventFunctions;
use local::websocket::Sockets;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::mpsc::unbounded_channel;
use tokio::task::AbortHandle;
use tower::ServiceExt as _;
use tracing::level_filters::LevelFilter;

pub use browser::Browser;
pub use calls::{Calls, Cost};
pub use crowd::Crowd;
pub use document::Document;
pub use faults::{Fault, FaultProxy, Plan};
pub use guard::Deeds;
pub use imported::{DJANGO_HASH, DJANGO_PASSWORD, SIMPLEJWT_KEY, imported, simplejwt, simplejwt_refresh};
pub use operations::Operations;
pub use phone::Phone;
pub use record::{Record, fresh_id, hash_of};
pub use referential::{broken_references, orphaned_sessions};
pub use reply::Reply;
pub use requests::{basic, claim, claims, dynamodb_json, empty_request, json_request, raw_request, with_bearer};
pub use rights::{Rights, TableName, statements, texts};
pub use socket::{Socket, bearer, protocols};
pub use template::Template;
pub use told::Told;

/// A password that satisfies the policy.
pub const PASSWORD: &str = "Vq7!tramline-Oak";
/// When a test's clock stands: 2026-01-01T00:00:00Z.
pub const START: Timestamp = Timestamp::from_seconds(1_767_225_600);

/// The service under test.
#[derive(Debug)]
pub struct TestApp {
    /// The parts it was built of.
    pub service: Service,
    /// The clock it goes by.
    pub clock: Clock,
    /// The DynamoDB calls it made.
    pub calls: Calls,
    /// What its functions did to DynamoDB; each had the rights of its own policy and no others.
    pub deeds: Deeds,
    /// The metrics that it told.
    pub metrics: Told,
    /// DynamoDB, not counted.
    pub client: Client,
    router: Router,
    database: Option<Running>,
    /// Where it listens, if it does.
    listening: Option<Listening>,
}

/// A service on a port of its own: what sockets need.
#[derive(Debug)]
struct Listening {
    address: SocketAddr,
    serving: AbortHandle,
}

/// How a [`TestApp`] is started.
#[derive(Debug)]
pub struct Builder {
    settings: Vec<(String, String)>,
    deeds: Deeds,
    clock: Clock,
    endpoint_url: Option<String>,
    listens: bool,
}

/// The two tokens of a log-in.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// Opens routes.
    pub access: String,
    /// Gets the next access token.
    pub refresh: String,
}

impl TestApp {
    /// A service with default settings but a cheap hash, at [`START`].
    pub fn builder() -> Builder {
        let_log_lines_be_made();
        let builder = Builder {
            settings: Vec::new(),
            deeds: Deeds::default(),
            clock: Clock::held_at(START),
            endpoint_url: None,
            listens: false,
        };
        builder
            .with("FAREGATE_ARGON2_MEMORY_KIB", "64")
            .with("FAREGATE_ARGON2_ITERATIONS", "1")
            .with("FAREGATE_BROWSABLE_API", "on")
            .with("FAREGATE_ISSUER", "http://localhost:8000")
            .with("FAREGATE_WS_ENDPOINT", "http://127.0.0.1:9")
            .with("FAREGATE_METRICS_NAMESPACE", "Faregate/tests")
    }

    /// [`TestApp::builder`], started.
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// A second service of the same settings on the same DynamoDB: another Lambda environment.
    pub async fn another(&self, settings: &[(&str, &str)]) -> Self {
        let mut builder = Self::builder().clock(self.clock.clone()).endpoint(&self.endpoint_url());
        for (name, value) in settings {
            builder = builder.with(name, value);
        }
        builder.start().await
    }

    /// The parts of a service of other `settings` on the same DynamoDB, not started.
    pub fn another_service(&self, settings: &[(&str, &str)]) -> Service {
        let mut builder = Self::builder();
        for (name, value) in settings {
            builder = builder.with(name, value);
        }
        let settings = Settings::from_pairs(builder.settings).expect("good settings");
        Service::new(settings, self.client.clone(), self.clock.clone(), Randomness::from_seed(next_seed()))
    }

    /// Where its DynamoDB is.
    pub fn endpoint_url(&self) -> String {
        self.database.as_ref().expect("a service with a database of its own").endpoint_url()
    }

    /// Sends `request`.
    pub async fn send(&self, request: Request<Body>) -> Reply {
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let reply = Reply::of(self.router.clone().oneshot(request).await.expect("a router never fails")).await;
        Document::served().describes(&method, &uri, &reply).expect("an answer as the OpenAPI document describes it");
        reply
    }

    /// The service as the function `package` has it: with the rights of its own policy.
    pub fn function(&self, package: &'static str) -> Service {
        guarded(&self.service, &self.deeds, package)
    }

    /// Every item of the users table.
    pub async fn items(&self) -> Vec<HashMap<String, AttributeValue>> {
        let scan = self.client.scan().table_name(&self.service.settings.table).consistent_read(true);
        let pages = scan.into_paginator().items().send().collect::<Result<Vec<_>, _>>();
        pages.await.expect("a scan")
    }

    /// The functions that answer events, on this service's parts.
    pub async fn events(&self) -> EventFunctions {
        local::functions::events_of(|name| self.function(name)).await.expect("functions that start")
    }

    /// Tries to open a WebSocket; the status when it does not open.
    ///
    /// # Errors
    ///
    /// The status of the refusal.
    pub async fn connect(&self, query: &str, headers: &[(&'static str, String)]) -> Result<Socket, u16> {
        let address = self.listening.as_ref().expect("a service that listens").address;
        Socket::open(&format!("ws://{address}/ws/{query}"), headers).await
    }

    /// Gives the attribute `name` of the user `id` another text, as an import or a migration might.
    pub async fn set_profile(&self, id: UserId, name: &str, value: &str) {
        let keys::Key { partition, sort } = keys::profile(id);
        let update = self.client.update_item().table_name("faregate").update_expression("SET #name = :value");
        let update = update.key("pk", AttributeValue::S(partition)).key("sk", AttributeValue::S(sort));
        let update = update.expression_attribute_names("#name", name);
        let update = update.expression_attribute_values(":value", AttributeValue::S(value.to_owned()));
        update.send().await.expect("an update");
    }

    /// The item of the session that the access token `access` belongs to.
    pub async fn session_item(&self, access: &str) -> HashMap<String, AttributeValue> {
        self.item_of(access, &format!("SESSION#{}", claim(access, "sid"))).await
    }

    /// The item of the user that the access token `access` belongs to.
    pub async fn profile_item(&self, access: &str) -> HashMap<String, AttributeValue> {
        self.item_of(access, keys::PROFILE).await
    }

    async fn item_of(&self, access: &str, sort: &str) -> HashMap<String, AttributeValue> {
        let get = self.client.get_item().table_name("faregate").consistent_read(true);
        let get = get.key("pk", AttributeValue::S(format!("USER#{}", claim(access, "id"))));
        let get = get.key("sk", AttributeValue::S(sort.to_owned()));
        get.send().await.expect("an answer").item.expect("an item")
    }

    /// The next batch read finds `profile` and `session`, whatever stands there.
    pub fn stale_batch(&self, profile: HashMap<String, AttributeValue>, session: HashMap<String, AttributeValue>) {
        let items = [profile, session].map(|item| dynamodb_json(&item));
        let answer = json!({"Responses": {"faregate": items}, "UnprocessedKeys": {}});
        self.calls.replace_next_answer("BatchGetItem", 200, answer);
    }

    /// Writes `item`, whatever stood there.
    pub async fn put(&self, item: HashMap<String, AttributeValue>) {
        self.client.put_item().table_name("faregate").set_item(Some(item)).send().await.expect("a write");
    }

    /// Whether any socket is on record.
    pub async fn has_open_sockets(&self) -> bool {
        let shards = keys::CONNECTION_SHARDS.into_iter();
        let connections = self.service.connections();
        let pages = join_all(shards.map(|shard| connections.page(shard, None))).await;
        pages.into_iter().any(|page| !page.expect("a page").connections.is_empty())
    }

    /// The router itself.
    pub fn router(&self) -> Router {
        self.router.clone()
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if let Some(listening) = &self.listening {
            listening.serving.abort();
        }
        if std::thread::panicking() {
            return;
        }
        assert!(!self.calls.is_waiting(), "a fault was prepared that never came to pass");
        assert_eq!(self.deeds.refused(), [""; 0], "infra/template.yaml does not allow what a function does");
    }
}

impl Builder {
    /// One more setting.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Another clock.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// A DynamoDB that is there already, or is not.
    #[must_use]
    pub fn endpoint(mut self, url: &str) -> Self {
        self.endpoint_url = Some(url.to_owned());
        self
    }

    /// What its functions do is noted in `deeds` too.
    #[must_use]
    pub fn noting(mut self, deeds: &Deeds) -> Self {
        self.deeds = deeds.clone();
        self
    }

    /// On a port, with WebSockets.
    #[must_use]
    pub fn listening(mut self) -> Self {
        self.listens = true;
        self
    }

    /// Starts it.
    pub async fn start(self) -> TestApp {
        self.try_start().await.expect("the service starts")
    }

    /// Starts it, or says why not.
    ///
    /// # Errors
    ///
    /// When a setting is wrong or the table was started with other settings.
    pub async fn try_start(self) -> Result<TestApp, faregate::service::StartError> {
        // Boxed: it holds every function's start.
        Box::pin(self.assemble()).await
    }

    async fn assemble(self) -> Result<TestApp, faregate::service::StartError> {
        let mut settings = Settings::from_pairs(self.settings)?;
        let database = match &self.endpoint_url {
            Some(_) => None,
            None => Some(local::database::start(&Data::Memory, 0).await.expect("a database in memory")),
        };
        let endpoint_url = self.endpoint_url.or_else(|| database.as_ref().map(Running::endpoint_url));
        let client = connect(endpoint_url.as_deref()).await;
        if database.is_some() {
            create_missing_tables(&client, &settings.table, &settings.keys_table).await.expect("tables");
        }
        let calls = Calls::default();
        let watched = calls.watching(&client);
        let randomness = Randomness::from_seed(next_seed());
        let listener = if self.listens { Some(TcpListener::bind("127.0.0.1:0").await.expect("a port")) } else { None };
        let address = listener.as_ref().map(|listener| listener.local_addr().expect("an address"));
        if let Some(address) = address {
            settings.sockets.management_endpoint = Some(format!("http://{address}"));
        }
        let (told, telling) = unbounded_channel();
        let metrics = Told::default();
        let telemetry = Telemetry::new(settings.metrics_namespace.clone(), self.clock.clone());
        let mut service = Service::new(settings, watched, self.clock.clone(), randomness.clone())
            .with_telemetry(telemetry.writing_to(metrics.clone()));
        if self.listens {
            service = service.with_local_reaper(Reaper::queue(told));
        }
        let deeds = self.deeds;
        let routes = local::functions::routes_of(|name| guarded(&service, &deeds, name), service.edge()).await?;
        let router = local::gateway::gateway(routes, "localhost:8000", randomness.clone());
        let listening = match listener.zip(address) {
            None => None,
            Some((listener, address)) => {
                let events = local::functions::events_of(|name| guarded(&service, &deeds, name)).await?;
                let sockets = Sockets::new(events.clone(), "localhost:8000", (self.clock.clone(), randomness));
                let app = router.clone().merge(sockets.router());
                let app = app.into_make_service_with_connect_info::<SocketAddr>();
                let serving = async move {
                    let server = axum::serve(listener, app);
                    tokio::select! {
                        ended = server => ended.expect("a server that ends well"),
                        () = local::schedules::run_told(events, telling) => {}
                    }
                };
                #[expect(clippy::disallowed_methods, reason = "a server of a test, which ends it")]
                let serving = tokio::spawn(serving).abort_handle();
                Some(Listening { address, serving })
            }
        };
        Ok(TestApp { service, clock: self.clock, calls, deeds, metrics, client, router, database, listening })
    }
}

/// Gives every log line of this process somewhere to go. `tracing` remembers of each line whether anybody listens, and a
/// line that was met on another thread while a test began to listen could stay unheard.
pub fn let_log_lines_be_made() {
    // Only the first call of a process can; the others find it done.
    let _done =
        tracing::subscriber::set_global_default(faregate::logging::json_lines(LevelFilter::INFO, std::io::sink));
}

fn guarded(service: &Service, deeds: &Deeds, package: &'static str) -> Service {
    service.clone().with_client(deeds.guarding(service.client(), package, &service.settings))
}

/// A seed that no other service of this process has: two that share a DynamoDB must not make equal ids.
fn next_seed() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
