//! What is measured, each in a process of its own so that its processor time is its own: `store` is the embedded
//! DynamoDB, `service URL` the whole service on it behind the local gateway.
//!
//! Either says on standard output where it listens, answers each line on its standard input with how often it has allocated
//! until then, and ends with its standard input.

#![expect(clippy::unwrap_used, reason = "a benchmark: a panic is a failure")]
#![expect(clippy::print_stdout, reason = "says where it listens")]

use std::net::SocketAddr;

use faregate::clock::Clock;
use faregate::logging::json_lines;
use faregate::randomness::Randomness;
use faregate::service::Service;
use faregate::settings::Settings;
use faregate::store::connect;
use faregate::store::schema::create_missing_tables;
use local::database::{self, Data};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpListener;
use tracing::level_filters::LevelFilter;

use crate::routes::behind_the_gateway;

/// Says how often the process has allocated.
pub type Allocations = fn() -> usize;

/// Runs what the command line names.
#[tokio::main]
pub async fn run(allocations: Allocations) {
    let mut arguments = std::env::args().skip(1);
    match (arguments.next().as_deref(), arguments.next()) {
        (Some("store"), None) => store(allocations).await,
        (Some("service"), Some(url)) => Box::pin(service(&url, allocations)).await,
        _ => panic!("usage: bench-server store | service URL"),
    }
}

async fn store(allocations: Allocations) {
    let running = database::start(&Data::Memory, 0).await.unwrap();
    println!("{}", running.address);
    until_left(allocations).await;
}

/// As `cargo run` starts it, with log lines written to nowhere: a terminal's time is not ours.
async fn service(url: &str, allocations: Allocations) {
    tracing::subscriber::set_global_default(json_lines(LevelFilter::INFO, std::io::sink)).unwrap();
    let settings = Settings::from_environment(&[]).unwrap();
    let client = connect(Some(url)).await;
    create_missing_tables(&client, &settings.table, &settings.keys_table).await.unwrap();
    let randomness = Randomness::from_system().unwrap();
    let service = Service::new(settings, client, Clock::system(), randomness.clone());
    let app = behind_the_gateway(&service, randomness).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap());
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    tokio::select! {
        ended = axum::serve(listener, app).into_future() => ended.unwrap(),
        () = until_left(allocations) => {}
    }
}

/// Until whoever started this process is gone, or has had enough.
async fn until_left(allocations: Allocations) {
    let mut asked = BufReader::new(tokio::io::stdin()).lines();
    while asked.next_line().await.unwrap().is_some() {
        println!("{}", allocations());
    }
}
