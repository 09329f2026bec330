//! The service for a long time in one process, as a Lambda environment lives: whole lives of users, one after the other, from
//! the sign-up to the deletion of the account. Memory must not grow, descriptors must not become more, and the slow requests
//! must not become slower. What the embedded DynamoDB needs is not ours: it runs in a process of its own.
//!
//!     cargo bench --package faregate-tests --bench soak -- 100000
//!
//! Linux only: it reads `/proc/self`.

#![expect(clippy::unwrap_used, reason = "a benchmark: a panic is a failure")]
#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]
#![expect(clippy::indexing_slicing, reason = "a benchmark: a panic is a failure")]
#![expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]

use std::fs::{read_dir, read_to_string};
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request};
use faregate::clock::Clock;
use faregate::randomness::Randomness;
use faregate::service::Service;
use faregate::settings::Settings;
use faregate::store::connect;
use faregate::store::schema::create_missing_tables;
use faregate::telemetry::Telemetry;
use faregate_tests::{PASSWORD, Reply, empty_request, json_request, let_log_lines_be_made, raw_request, with_bearer};
use futures_util::FutureExt as _;
use local::database::{self, Data};
use local::functions::{EventFunctions, events, routes};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tower::ServiceExt as _;

/// Invocations, when the command line names no number.
const INVOCATIONS: usize = 100_000;
/// Invocations of a life.
const PER_LIFE: usize = 26;
/// Lives that are lived at a time.
const AT_ONCE: usize = 4;
const FIFTHS: usize = 5;
/// Rounds of a fifth. The least of their 99th percentiles is the fifth's: what else runs on the machine can only add to it.
const ROUNDS: usize = 10;
/// How much the memory may grow after the first fifth, in percent. Of the 36 MiB that it is, 24 bytes that each of 100,000
/// invocations left behind would be more.
const MOST_GROWTH_PERCENT: f64 = 5.0;
/// How much slower than in the second fifth the slowest hundredth may be in the last; the first opens connections and fills
/// caches. Fifths of a steady run differ by up to a quarter on shared cores, while work that grows with the number of requests
/// more than doubles from the second fifth to the last.
const MOST_SLOWER: f64 = 1.5;
const NEW_PASSWORD: &str = "Wz3!harbour-Elm";

/// A process that serves the embedded DynamoDB until its standard input is closed.
struct Database {
    process: Child,
    endpoint_url: String,
}

impl Database {
    fn start() -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let mut process = command.arg("--database").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut endpoint_url = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut endpoint_url).unwrap();
        Self { process, endpoint_url: endpoint_url.trim().to_owned() }
    }

    async fn serve() {
        let running = database::start(&Data::Memory, 0).await.unwrap();
        println!("{}", running.endpoint_url());
        tokio::task::block_in_place(|| std::io::stdin().read_to_end(&mut Vec::new())).unwrap();
        running.stop().await;
    }

    fn stop(mut self) {
        drop(self.process.stdin.take());
        self.process.wait().unwrap();
    }
}

/// All functions, in this process.
struct Functions {
    router: Router,
    events: EventFunctions,
    lives: AtomicU32,
}

impl Functions {
    async fn start(endpoint_url: &str) -> Self {
        let settings = [
            ("FAREGATE_ARGON2_MEMORY_KIB", "64"),
            ("FAREGATE_ARGON2_ITERATIONS", "1"),
            ("FAREGATE_CORS_ORIGINS", "https://app.example.com"),
            ("FAREGATE_WS_ENDPOINT", "http://127.0.0.1:9"),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let settings = Settings::from_pairs(settings).unwrap();
        let client = connect(Some(endpoint_url)).await;
        create_missing_tables(&client, &settings.table, &settings.keys_table).await.unwrap();
        let randomness = Randomness::from_system().unwrap();
        let telemetry = Telemetry::new(Some("Faregate/soak".to_owned()), Clock::system());
        let service = Service::new(settings, client, Clock::system(), randomness.clone());
        let service = service.with_telemetry(telemetry.writing_to(std::io::sink()));
        let router = local::gateway::gateway(routes(&service).await.unwrap(), "localhost:8000", randomness);
        Self { router, events: events(&service).await.unwrap(), lives: AtomicU32::new(0) }
    }

    /// Lives `lives` lives, [`AT_ONCE`] at a time; how long each invocation took.
    async fn round(self: &Arc<Self>, lives: usize) -> Vec<Duration> {
        let mut running = JoinSet::new();
        for lane in 0..AT_ONCE {
            let functions = Arc::clone(self);
            running.spawn(async move {
                let mut times = Vec::with_capacity(lives / AT_ONCE * PER_LIFE);
                for _ in (lane..lives).step_by(AT_ONCE) {
                    times.append(&mut Life::new(&functions).live().await);
                }
                times
            });
        }
        running.join_all().await.concat()
    }
}

/// A user, from an address that nobody else has.
struct Life<'a> {
    functions: &'a Functions,
    name: String,
    address: SocketAddr,
    times: Vec<Duration>,
}

impl<'a> Life<'a> {
    fn new(functions: &'a Functions) -> Self {
        let number = functions.lives.fetch_add(1, Ordering::Relaxed);
        let [_, second, third, fourth] = number.to_be_bytes();
        Self {
            functions,
            name: format!("rider-{number}@example.com"),
            address: SocketAddr::from(([10, second, third, fourth], 50_000)),
            times: Vec::with_capacity(PER_LIFE),
        }
    }

    async fn live(mut self) -> Vec<Duration> {
        let refresh = Box::pin(self.comes()).await;
        let access = Box::pin(self.stays(refresh)).await;
        Box::pin(self.goes(&access)).await;
        self.times
    }

    /// Signs up and logs in, not without mistakes; the refresh token.
    async fn comes(&mut self) -> String {
        let user = json!({"username": self.name, "password1": PASSWORD, "password2": PASSWORD});
        self.post(201, "/api/sign_up/", &user).await;
        self.post(400, "/api/sign_up/", &user).await;
        self.ask(400, raw_request(Method::POST, "/api/log_in/", ("application/json", "{\"username\":"))).await;
        self.ask(415, raw_request(Method::POST, "/api/log_in/", ("text/plain", "\u{1}"))).await;
        self.ask(404, empty_request(Method::GET, "/api/nope/")).await;
        self.log_in(401, "wrong").await;
        self.log_in(200, PASSWORD).await["refresh"].as_str().unwrap().to_owned()
    }

    /// Refreshes and asks; the last access token.
    async fn stays(&mut self, mut refresh: String) -> String {
        let mut access = String::new();
        for _ in 0..4 {
            let tokens = self.post(200, "/api/token/refresh/", &json!({"refresh": refresh})).await;
            [access, refresh] = ["access", "refresh"].map(|name| tokens[name].as_str().unwrap().to_owned());
            self.ask(200, with_bearer(empty_request(Method::GET, "/api/me/"), &access)).await;
        }
        self.post(401, "/api/token/refresh/", &json!({"refresh": access})).await;
        self.post(200, "/api/token/verify/", &json!({"token": access})).await;
        self.post(200, "/api/token/verify/", &json!({"token": refresh})).await;
        self.ask(401, with_bearer(empty_request(Method::GET, "/api/me/"), "gar.ba.ge")).await;
        self.ask(200, with_bearer(empty_request(Method::GET, "/api/sessions/"), &access)).await;
        assert!(self.is_authorized(&access).await);
        assert!(!self.is_authorized("gar.ba.ge").await);
        access
    }

    /// Changes the password, logs out elsewhere and deletes the account.
    async fn goes(&mut self, access: &str) {
        let passwords = json!({"old_password": PASSWORD, "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD});
        self.ask(200, with_bearer(json_request(Method::POST, "/api/password/change/", &passwords), access)).await;
        let refresh = self.log_in(200, NEW_PASSWORD).await["refresh"].clone();
        self.post(200, "/api/log_out/", &json!({"refresh": refresh})).await;
        let deletion = json_request(Method::POST, "/api/account/delete/", &json!({"password": NEW_PASSWORD}));
        self.ask(200, with_bearer(deletion, access)).await;
    }

    async fn log_in(&mut self, status: u16, password: &str) -> Value {
        let credentials = json!({"username": self.name, "password": password});
        self.post(status, "/api/log_in/", &credentials).await
    }

    async fn post(&mut self, status: u16, path: &str, body: &Value) -> Value {
        self.ask(status, json_request(Method::POST, path, body)).await
    }

    /// Asks the functions that answer HTTP requests, as a page elsewhere; the answer has the status `status`.
    async fn ask(&mut self, status: u16, mut request: Request<Body>) -> Value {
        request.extensions_mut().insert(ConnectInfo(self.address));
        request.headers_mut().insert("origin", "https://app.example.com".parse().unwrap());
        let what = request.uri().path().to_owned();
        let started = Instant::now();
        let response = self.functions.router.clone().oneshot(request).await.unwrap();
        let reply = Reply::of(response).await;
        self.times.push(started.elapsed());
        assert_eq!(reply.status, status, "{what}: {}", reply.text);
        reply.json
    }

    async fn is_authorized(&mut self, access: &str) -> bool {
        let event =
            json!({"version": "2.0", "type": "REQUEST", "headers": {"authorization": format!("Bearer {access}")}});
        let started = Instant::now();
        let answer = authorizer::handle(Arc::clone(&self.functions.events.authorizer), event).boxed().await.unwrap();
        self.times.push(started.elapsed());
        answer["isAuthorized"] == true
    }
}

/// What a fifth left behind.
struct Sample {
    invocations: usize,
    resident_kib: u64,
    descriptors: usize,
    p99: Duration,
}

impl Sample {
    async fn of_a_fifth(functions: &Arc<Functions>, lives: usize) -> Self {
        let (mut invocations, mut p99) = (0, Duration::MAX);
        for _ in 0..ROUNDS {
            let mut times = functions.round(lives.div_ceil(ROUNDS)).await;
            invocations += times.len();
            times.sort_unstable();
            p99 = p99.min(times[times.len() * 99 / 100]);
        }
        Self { invocations, resident_kib: resident_kib(), descriptors: read_dir("/proc/self/fd").unwrap().count(), p99 }
    }
}

/// The memory of this process that is in use, as `ps` shows it (proc(5), `VmRSS`).
fn resident_kib() -> u64 {
    let status = read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[tokio::main]
async fn main() -> ExitCode {
    if std::env::args().any(|argument| argument == "--database") {
        Database::serve().await;
        return ExitCode::SUCCESS;
    }
    let wanted = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(INVOCATIONS);
    let_log_lines_be_made();
    let database = Database::start();
    let functions = Arc::new(Box::pin(Functions::start(&database.endpoint_url)).await);
    let (started, mut samples) = (Instant::now(), Vec::with_capacity(FIFTHS));
    println!("{:>11} | {:>10} | {:>11} | {:>7}", "invocations", "memory MiB", "descriptors", "p99 ms");
    for _ in 0..FIFTHS {
        let sample = Sample::of_a_fifth(&functions, wanted.div_ceil(FIFTHS * PER_LIFE)).await;
        let (mib, p99) = (sample.resident_kib as f64 / 1024.0, sample.p99.as_secs_f64() * 1000.0);
        println!("{:>11} | {mib:>10.1} | {:>11} | {p99:>7.2}", sample.invocations, sample.descriptors);
        samples.push(sample);
    }
    database.stop();
    judged(&samples, started.elapsed())
}

/// Says how it went, and whether that is well.
fn judged(samples: &[Sample], took: Duration) -> ExitCode {
    let (first, second, last) = (&samples[0], &samples[1], &samples[FIFTHS - 1]);
    let growth = (last.resident_kib as f64 / first.resident_kib as f64 - 1.0) * 100.0;
    let slower = last.p99.as_secs_f64() / second.p99.as_secs_f64();
    let is_well = growth < MOST_GROWTH_PERCENT && last.descriptors == first.descriptors && slower <= MOST_SLOWER;
    println!(
        "soak: {} invocations in {:.0} s, memory {growth:+.1} % (< {MOST_GROWTH_PERCENT} %), descriptors {} to {} (equal), \
         p99 {slower:.2} times (<= {MOST_SLOWER}): {}",
        samples.iter().map(|sample| sample.invocations).sum::<usize>(),
        took.as_secs_f64(),
        first.descriptors,
        last.descriptors,
        if is_well { "passed" } else { "failed" },
    );
    if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
