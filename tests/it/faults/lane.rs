//! A service behind a proxy, and the same service without one.

use std::sync::Arc;

use axum::http::StatusCode;
use faregate_tests::{Browser, FaultProxy, Plan, Reply, TestApp, basic, broken_references, orphaned_sessions};
use local::functions::EventFunctions;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::row::Case;

/// Where the cells of the matrix are tried, one after the other: a DynamoDB, a service whose way there is the proxy, and one
/// that goes around it.
pub(crate) struct Lane {
    pub(crate) healthy: TestApp,
    pub(crate) proxy: FaultProxy,
    pub(crate) faulty: TestApp,
    pub(crate) events: EventFunctions,
    /// The cookies of an administrator.
    pub(crate) administrator: Case,
    /// The management API of sockets, which closes whatever it is told to.
    _management: JoinSet<()>,
}

impl Lane {
    pub(crate) async fn start() -> Self {
        let mut management = JoinSet::new();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let sockets = format!("http://{}", listener.local_addr().unwrap());
        let closes = axum::Router::new().fallback(|| async { StatusCode::NO_CONTENT });
        management.spawn(async move { axum::serve(listener, closes).await.unwrap() });

        let settings = [
            // A key of this kind is made at once.
            ("FAREGATE_ACCESS_TOKEN_ALGORITHM", "ES256"),
            ("FAREGATE_AUTHORIZER_MODE", "session"),
            ("FAREGATE_BASIC_AUTH", "on"),
            ("FAREGATE_WS_ENDPOINT", &sockets),
        ];
        let with = |settings: &[(&str, &str)]| {
            settings.iter().fold(TestApp::builder(), |builder, (name, value)| builder.with(name, value))
        };
        let healthy = with(&settings).start().await;
        let proxy = FaultProxy::before(&healthy.endpoint_url()).await;
        // A log-in behind the proxy hashes anew, and of three sessions one gives way.
        let faulty = with(&settings).with("FAREGATE_ARGON2_ITERATIONS", "2").with("FAREGATE_SESSIONS_PER_USER", "2");
        let faulty = faulty.clock(healthy.clock.clone()).endpoint(proxy.endpoint()).start().await;
        let events = faulty.events().await;
        // What is asked once in a process's life is asked.
        faulty.try_log_in("nobody", "x").await.is(401);
        faulty.send(basic("nobody", "x")).await.is(401);
        healthy.staff("boss").await;
        let mut browser = healthy.browser();
        browser.log_in("boss", faregate_tests::PASSWORD).await.is(303);
        let administrator = Case { cookies: browser.cookies, name: "boss".to_owned(), ..Case::default() };
        Self { healthy, proxy, faulty, events, administrator, _management: management }
    }

    /// No faults, and nothing under way.
    pub(crate) async fn calm(&self) {
        self.proxy.plan(Plan::none());
        self.proxy.until_idle().await;
    }

    /// The administrator's browser, around the proxy.
    pub(crate) fn browser(&self) -> Browser<'_> {
        holding(self.healthy.browser(), &self.administrator)
    }

    /// The browser of `case`, behind the proxy.
    pub(crate) fn browser_of(&self, case: &Case) -> Browser<'_> {
        holding(self.faulty.browser(), case)
    }

    /// A case with the administrator's browser.
    pub(crate) fn administering(&self, case: Case) -> Case {
        Case { cookies: self.administrator.cookies.clone(), ..case }
    }

    /// What a gateway would answer of what a function said.
    pub(crate) fn answered<E>(answer: Result<Value, E>) -> Reply {
        let (status, json) = match answer {
            Ok(json) => (json["statusCode"].as_u64().unwrap_or(200), json),
            // API Gateway's 500, and Lambda's second try of what nobody waits for.
            Err(_) => (503, Value::Null),
        };
        let status = u16::try_from(status).unwrap();
        Reply { status, headers: axum::http::HeaderMap::new(), text: json.to_string(), json }
    }

    /// Looks at everything in the table.
    pub(crate) async fn is_consistent(&self) {
        let items = self.healthy.items().await;
        assert_eq!(broken_references(&items), [""; 0], "references between items");
        assert_eq!(orphaned_sessions(&items), [""; 0], "sessions of nobody");
    }
}

/// A shared handle to one of the functions that answer events.
pub(crate) fn shared<T>(deps: &Arc<T>) -> Arc<T> {
    Arc::clone(deps)
}

fn holding<'a>(mut browser: Browser<'a>, case: &Case) -> Browser<'a> {
    browser.cookies.clone_from(&case.cookies);
    browser
}
