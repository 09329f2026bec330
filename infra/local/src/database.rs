//! The embedded DynamoDB: dynoxide on a loopback port of this process, in memory or in a file.

use std::fs::{DirBuilder, File, TryLockError};
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use dynoxide::Database;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Where the data lives.
#[derive(Clone, Debug)]
pub enum Data {
    /// In memory: gone with the process.
    Memory,
    /// In this file, made with its folders when missing.
    File(PathBuf),
}

/// Why there is no database.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The folder or file cannot be made or opened.
    #[error("cannot use {path} for data: {reason}")]
    Data {
        /// The file.
        path: PathBuf,
        /// What the operating system or SQLite says.
        reason: String,
    },
    /// Another process has the file.
    #[error("{path} is in use by another faregate; stop it, or give another file with --data")]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The port cannot be had.
    #[error("cannot listen on port {port} for DynamoDB: {reason}; give another one with --dynamodb-port")]
    Port {
        /// The port.
        port: u16,
        /// What the operating system says.
        reason: String,
    },
}

/// How long requests to the database may still run once it is asked to stop.
const PATIENCE: Duration = Duration::from_secs(2);

/// A running database; [`Running::stop`] ends it in good order.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<Result<(), String>>,
    /// Held as long as the database runs.
    _lock: Option<File>,
}

/// Starts a database on 127.0.0.1 at `port`, 0 for any free one.
///
/// # Errors
///
/// When the data or the port cannot be had.
pub async fn start(data: &Data, port: u16) -> Result<Running, DatabaseError> {
    let refused = |error: std::io::Error| DatabaseError::Port { port, reason: error.to_string() };
    let listener = TcpListener::bind(("127.0.0.1", port)).await.map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    let (database, lock) = open(data)?;
    remove_expired(&database);
    let (stop, stopped) = oneshot::channel::<()>();
    let shutdown = async { stopped.await.unwrap_or_default() };
    #[expect(clippy::disallowed_methods, reason = "a server of a laptop, which nobody freezes")]
    let server = tokio::spawn(dynoxide::server::serve_with_shutdown(listener, database, shutdown));
    Ok(Running { address, stop, server, _lock: lock })
}

impl Running {
    /// The endpoint, as an SDK takes it.
    #[must_use]
    pub fn endpoint_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Lets what runs finish and closes the file.
    pub async fn stop(self) {
        // Either fails only when the server has ended already.
        let _ended = self.stop.send(());
        // A client that never finishes its request must not keep the process: what is written is written.
        let _joined = tokio::time::timeout(PATIENCE, self.server).await;
    }
}

fn open(data: &Data) -> Result<(Database, Option<File>), DatabaseError> {
    let path = match data {
        Data::Memory => {
            let failed = |error: dynoxide::DynoxideError| DatabaseError::Data {
                path: ":memory:".into(),
                reason: error.to_string(),
            };
            return Ok((Database::memory().map_err(failed)?, None));
        }
        Data::File(path) => path,
    };
    let failed = |reason: String| DatabaseError::Data { path: path.clone(), reason };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        // Password hashes and keys are in it: the folder is for its owner alone, where we make it.
        let mut making = DirBuilder::new();
        making.recursive(true).mode(0o700);
        making.create(folder).map_err(|error| failed(error.to_string()))?;
    }
    let lock = lock(path)?;
    let text = path.to_str().ok_or_else(|| failed("the path is not UTF-8".to_owned()))?;
    let database = Database::new(text).map_err(|error| failed(error.to_string()))?;
    Ok((database, Some(lock)))
}

/// Two processes on one file would each trust their own cache of it.
fn lock(path: &Path) -> Result<File, DatabaseError> {
    let failed = |error: std::io::Error| DatabaseError::Data { path: path.to_owned(), reason: error.to_string() };
    let mut beside = path.as_os_str().to_owned();
    beside.push(".lock");
    let file = File::options().create(true).append(true).open(&beside).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(DatabaseError::InUse { path: path.to_owned() }),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// What DynamoDB's TTL does on its own; every read compares the time itself, so once at each start is enough.
fn remove_expired(database: &Database) {
    if let Err(error) = database.sweep_ttl() {
        tracing::warn!(message = "expired items could not be removed", error = %error);
    }
}
