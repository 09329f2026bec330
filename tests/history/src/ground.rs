//! Where a run takes place: one DynamoDB, and two environments of the service that reach it by a way on which things go
//! wrong.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use faregate::clock::Clock;
use faregate_tests::{Builder, Fault, FaultProxy, Plan, TestApp, broken_references, orphaned_sessions};
use serde_json::json;

use crate::door::Door;

/// All that goes wrong, quickly for the most part: each of the slow ones keeps a client for seconds.
fn faults() -> Vec<Fault> {
    let delayed = Fault::Late(Duration::from_millis(200));
    let brief = [&Fault::BRIEF[..], &[delayed]].concat();
    [brief.as_slice(), &brief, &[Fault::Hang, Fault::Late(Duration::from_millis(2_500))]].concat()
}

/// The service under faults.
#[derive(Debug)]
pub struct Ground {
    /// A service that no fault meets; the database is its own.
    pub calm: TestApp,
    way: FaultProxy,
    environments: [TestApp; 2],
}

impl Ground {
    /// Starts everything, without faults so far.
    pub async fn start() -> Self {
        let calm = settings().start().await;
        let way = FaultProxy::before(&calm.endpoint_url()).await;
        let environments =
            [settings().endpoint(way.endpoint()).start().await, settings().endpoint(way.endpoint()).start().await];
        Self { calm, way, environments }
    }

    /// The ways in.
    #[must_use]
    pub fn doors(&self) -> Vec<Door> {
        let door = |app: &TestApp| Door { routes: app.router(), service: app.service.clone() };
        self.environments.iter().map(door).collect()
    }

    /// From now on about so many calls of a thousand meet a fault, as `seed` says.
    pub fn disturb(&self, per_thousand: u32, seed: u64) {
        self.way.plan(Plan::sometimes(per_thousand, &faults(), seed));
    }

    /// The next `count` transactions of the first environment are lost on their way, and it hears that they were carried out.
    pub fn deceive(&self, count: usize) {
        let [deceived, _] = &self.environments;
        for _transaction in 0..count {
            deceived.calls.keep_next_back("TransactWriteItems");
            deceived.calls.replace_next_answer("Nothing", 200, json!({}));
        }
    }

    /// No more faults; waits until what is late has happened.
    pub async fn calm_down(&self) {
        self.way.plan(Plan::none());
        self.way.until_idle().await;
    }

    /// How many calls have met a fault.
    #[must_use]
    pub fn faults(&self) -> usize {
        self.way.injected()
    }

    /// How many items the users table has, and what is wrong between them.
    pub async fn table(&self) -> (usize, Vec<String>) {
        let items = self.calm.items().await;
        let mut wrong = broken_references(&items);
        wrong.extend(orphaned_sessions(&items));
        (items.len(), wrong)
    }

    /// What the key ring must not tell: what its items hold beside names and states.
    pub async fn keys(&self) -> HashSet<String> {
        let table = &self.calm.service.settings.keys_table;
        let scan = self.calm.client.scan().table_name(table).consistent_read(true);
        let found = scan.send().await.map(|found| found.items.unwrap_or_default());
        found.unwrap_or_default().iter().flat_map(secret_texts).collect()
    }
}

fn secret_texts(item: &HashMap<String, AttributeValue>) -> impl Iterator<Item = String> {
    let texts = ["pem", "secret"].into_iter().filter_map(|name| item.get(name)?.as_s().ok());
    texts.flat_map(|text| text.split_whitespace()).map(|text| text.trim_end_matches('=').to_owned())
}

/// Those of a test, but that time goes on, that nothing runs out within a run, and that no session gives way to others.
fn settings() -> Builder {
    TestApp::builder()
        .clock(Clock::system())
        .with("FAREGATE_THROTTLE", "off")
        .with("FAREGATE_REFRESH_GRACE_SECONDS", "3600")
        .with("FAREGATE_SESSIONS_PER_USER", "1000")
}
