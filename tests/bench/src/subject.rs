//! The service under load: two processes, one of them the embedded DynamoDB, and users who have logged in.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::actor::{Actor, Operation, log_in, sign_up};
use crate::figures::count;
use crate::load::{Connection, Taken, run};
use crate::process::Process;

/// Users who take turns at logging in, so that nobody has more sessions than are kept.
const USERS: usize = 256;

/// A service of its own, with its DynamoDB.
#[derive(Debug)]
pub struct Subject {
    // In this order: a service does not outlive its DynamoDB.
    service: Process,
    store: Process,
    users: Vec<String>,
    tokens: Vec<Value>,
    /// So that no two runs ask for the same name.
    runs: usize,
}

/// What one run showed.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Times as the clients saw them.
    pub taken: Taken,
    /// Milliseconds of processor time a request: of the service, and of its DynamoDB.
    pub cpu_ms: [f64; 2],
}

impl Subject {
    /// Starts both; access tokens are signed by `algorithm`. `program` is `bench-server`, or the one that counts.
    pub async fn start(program: &Path, algorithm: &str) -> Self {
        let store = Process::start(program, &["store"], &[]);
        let url = format!("http://{}", store.address);
        // As it comes, but for what a single address may ask for: everything here comes from one.
        let settings = [("FAREGATE_ACCESS_TOKEN_ALGORITHM", algorithm), ("FAREGATE_ADDRESS_SIGN_UP_LIMIT", "1000000")];
        let service = Process::start(program, &["service", &url], &settings);
        let users: Vec<String> = (0..USERS).map(|user| format!("user{user}")).collect();
        let tokens = logged_in(service.address, &users).await;
        Self { service, store, users, tokens, runs: 0 }
    }

    /// `connections` clients ask for `operation`, `requests` times in all.
    pub async fn run(&mut self, operation: Operation, connections: usize, requests: usize) -> Seen {
        self.runs += 1;
        let actors = self.tokens.iter().take(connections).enumerate().map(|(number, tokens)| {
            let mut users = self.users.clone();
            users.rotate_left(number * self.users.len() / connections);
            Actor::new(operation, (number, format!("new-{}-{number}", self.runs)), tokens, users)
        });
        let before = [self.service.cpu(), self.store.cpu()];
        let (taken, actors) = run(self.service.address, actors.collect(), requests / connections).await;
        let after = [self.service.cpu(), self.store.cpu()];
        for actor in actors {
            actor.keep(&mut self.tokens);
        }
        let each = |spent: Duration| spent.as_secs_f64() * 1000.0 / count(taken.latencies.len());
        let [service, store] = before;
        let [service_after, store_after] = after;
        let cpu_ms = [each(service_after.saturating_sub(service)), each(store_after.saturating_sub(store))];
        Seen { taken, cpu_ms }
    }

    /// How often the service allocates for a request, in such a run, if `program` counts that.
    pub async fn allocations(&mut self, operation: Operation, connections: usize, requests: usize) -> f64 {
        let before = self.service.allocations();
        let seen = self.run(operation, connections, requests).await;
        count(self.service.allocations() - before) / count(seen.taken.latencies.len())
    }
}

/// Signs `users` up and in; the tokens of each.
async fn logged_in(address: SocketAddr, users: &[String]) -> Vec<Value> {
    let mut connection = Connection::open(address).await;
    let mut tokens = Vec::with_capacity(users.len());
    for user in users {
        let (status, _) = connection.send(sign_up(user)).await;
        assert_eq!(status, 201, "a sign-up");
        let (status, body) = connection.send(log_in(user)).await;
        assert_eq!(status, 200, "a log-in");
        tokens.push(serde_json::from_slice(&body).expect("tokens"));
    }
    tokens
}
