//! `cargo run`: the whole service on this machine.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use axum::Router;
use clap::Parser;
use faregate::clock::Clock;
use faregate::logging;
use faregate::randomness::Randomness;
use faregate::reaper::Reaper;
use faregate::service::{Service, StartError};
use faregate::settings::{Settings, dynamodb_endpoint, log_level};
use faregate::store::connect;
use faregate::store::schema::create_missing_tables;
use local::database::{self, Data, DatabaseError, Running};
use local::shutdown::StopSignals;
use local::websocket::Sockets;
use local::{functions, gateway, schedules};
use tokio::net::TcpListener;

/// The command line.
#[derive(Parser, Debug)]
#[command(
    name = "local",
    version,
    about = "The whole Faregate service on this machine: no Docker, no AWS account",
    after_help = "Settings are FAREGATE_ environment variables: see README.md.\n\
                  With AWS_ENDPOINT_URL_DYNAMODB set, that DynamoDB is used instead of the embedded one."
)]
struct Arguments {
    /// Port of the API on this machine; 0 for any free one
    #[arg(long, default_value_t = 8000)]
    port: u16,
    /// Keep data in memory: it is gone when the service stops
    #[arg(long, conflicts_with = "data")]
    memory: bool,
    /// File that keeps the data [default: .faregate/local.db]
    #[arg(long, value_name = "PATH")]
    data: Option<PathBuf>,
    /// Port of the embedded DynamoDB, for other programs on this machine; 0 for any free one [default: 8001]
    #[arg(long, value_name = "N")]
    dynamodb_port: Option<u16>,
}

/// What stops the start, in one line, with exit code 2.
#[derive(Debug, thiserror::Error)]
enum StartFailure {
    #[error("cannot listen on port {0}: {1}; give another one with --port")]
    Port(u16, std::io::Error),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Service(#[from] StartError),
    #[error("AWS_ENDPOINT_URL_DYNAMODB is set: there is no embedded DynamoDB for --memory, --data and --dynamodb-port")]
    NotEmbedded,
    #[error("cannot handle signals: {0}")]
    Signals(std::io::Error),
    #[error("the service stopped: {0}")]
    Serve(std::io::Error),
}

const DEFAULT_DATA: &str = ".faregate/local.db";
const DEFAULT_DYNAMODB_PORT: u16 = 8001;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    logging::start(log_level());
    match run(&arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // Nobody is left to tell when standard error is closed.
            let _closed = writeln!(anstream::stderr(), "error: {failure}");
            ExitCode::from(2)
        }
    }
}

async fn run(arguments: &Arguments) -> Result<(), StartFailure> {
    let settings = settings()?;
    let refused = |error| StartFailure::Port(arguments.port, error);
    let listener = TcpListener::bind(("127.0.0.1", arguments.port)).await.map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    let database = database(arguments).await?;
    // Boxed: it holds every function's start.
    let outcome = Box::pin(serve(settings, listener, (address, &database))).await;
    if let DynamoDb::Embedded(running) = database {
        running.stop().await;
    }
    outcome
}

/// The settings, with the defaults of a laptop.
fn settings() -> Result<Settings, StartFailure> {
    let defaults = [("FAREGATE_BROWSABLE_API", "on")];
    Settings::from_environment(&defaults).map_err(|error| StartFailure::Service(error.into()))
}

enum DynamoDb {
    Embedded(Running),
    Existing(String),
}

impl DynamoDb {
    fn endpoint_url(&self) -> String {
        match self {
            Self::Embedded(running) => running.endpoint_url(),
            Self::Existing(url) => url.clone(),
        }
    }
}

async fn database(arguments: &Arguments) -> Result<DynamoDb, StartFailure> {
    let Arguments { memory, data, dynamodb_port, .. } = arguments;
    if let Some(url) = dynamodb_endpoint() {
        if *memory || data.is_some() || dynamodb_port.is_some() {
            return Err(StartFailure::NotEmbedded);
        }
        return Ok(DynamoDb::Existing(url));
    }
    let file = || data.clone().unwrap_or_else(|| DEFAULT_DATA.into());
    let data = if *memory { Data::Memory } else { Data::File(file()) };
    Ok(DynamoDb::Embedded(database::start(&data, dynamodb_port.unwrap_or(DEFAULT_DYNAMODB_PORT)).await?))
}

async fn serve(
    mut settings: Settings,
    listener: TcpListener,
    (address, database): (SocketAddr, &DynamoDb),
) -> Result<(), StartFailure> {
    let randomness = Randomness::from_system().map_err(StartError::from)?;
    let client = connect(Some(&database.endpoint_url())).await;
    create_missing_tables(&client, &settings.table, &settings.keys_table).await.map_err(StartError::from)?;
    // Sockets are closed where they are open: in this process, by its own management API.
    let management = || format!("http://127.0.0.1:{}", address.port());
    settings.sockets.management_endpoint.get_or_insert_with(management);
    let (told, telling) = tokio::sync::mpsc::unbounded_channel();
    let service = Service::new(settings, client, Clock::system(), randomness.clone());
    let service = service.with_local_reaper(Reaper::queue(told));
    let routes = functions::routes(&service).await?;
    let events = functions::events(&service).await?;
    let domain_name = format!("localhost:{}", address.port());
    let sockets = Sockets::new(events.clone(), &domain_name, (service.clock.clone(), randomness.clone()));
    let app = gateway::gateway(routes, &domain_name, randomness).merge(sockets.router());
    let signals = StopSignals::listen().map_err(StartFailure::Signals)?;
    greet(address, database);
    tokio::select! {
        ended = until_stopped(listener, app, signals, &sockets) => ended,
        () = schedules::run(events.clone()) => Ok(()),
        () = schedules::run_told(events, telling) => Ok(()),
    }
}

/// Serves `app` until a signal, then finishes what runs.
async fn until_stopped(
    listener: TcpListener,
    app: Router,
    mut signals: StopSignals,
    sockets: &Sockets,
) -> Result<(), StartFailure> {
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>());
    let server = server.with_graceful_shutdown(async { stopped.await.unwrap_or_default() });
    let mut server = server.into_future();
    tokio::select! {
        ended = &mut server => return ended.map_err(StartFailure::Serve),
        () = signals.next() => {}
    }
    sockets.close_all();
    // Fails only when the server has ended already.
    let _ended = stop.send(());
    tokio::select! {
        ended = server => ended.map_err(StartFailure::Serve),
        () = signals.out_of_patience() => Ok(()),
    }
}

/// Says where the service is and what to try; in colour on a terminal.
fn greet(address: SocketAddr, database: &DynamoDb) {
    let port = address.port();
    let url = format!("http://localhost:{port}");
    let bold = Style::new().bold();
    let green = AnsiColor::Green.on_default().bold();
    let data = match database {
        DynamoDb::Embedded(running) => format!("embedded DynamoDB on {}", running.endpoint_url()),
        DynamoDb::Existing(url) => format!("DynamoDB at {url}"),
    };
    let json = "-H 'Content-Type: application/json'";
    let log_in = format!(r#"curl -s {url}/api/log_in/ {json} -d '{{"username":"ann","password":"correct-horse-7"}}'"#);
    let text = format!(
        "{green}Faregate{green:#} is at {bold}{url}{bold:#}, WebSockets at {bold}ws://localhost:{port}/ws/{bold:#}, {data}. Ctrl-C stops it.\n\nOpen {url}/api/sign_up/ in a browser, or {url}/admin/ (README.md says how the first administrator is made), or:\n\n  \
         curl -s {url}/api/sign_up/ {json} -d '{{\"username\":\"ann\",\"password1\":\"correct-horse-7\",\
         \"password2\":\"correct-horse-7\"}}'\n  {log_in}\n  \
         curl -s {url}/api/me/ -H \"Authorization: Bearer $({log_in} | sed 's/.*\"access\":\"\\([^\"]*\\)\".*/\\1/')\"\n\n",
    );
    // A closed standard output does not stop the service.
    let _closed = anstream::stdout().write_all(text.as_bytes());
}
