//! Stopping: on Ctrl-C or SIGTERM, after the running requests, within a bounded time, at once when asked twice.

use std::io::Write as _;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::timeout;

/// How long running requests may take once the service is asked to stop.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long nothing is said about waiting for them.
const QUIET: Duration = Duration::from_millis(500);

/// The signals that ask the service to stop.
#[derive(Debug)]
pub struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
}

impl StopSignals {
    /// Takes both signals over from now on.
    ///
    /// # Errors
    ///
    /// When the operating system refuses.
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Resolves on the next signal.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    /// Resolves when requests still run ten seconds later, or on the next signal; says so when it takes a while.
    pub async fn out_of_patience(&mut self) {
        if timeout(QUIET, self.next()).await.is_ok() {
            return;
        }
        let _closed = writeln!(anstream::stderr(), "Waiting for a running request; Ctrl-C again to stop at once.");
        let _asked_again = timeout(PATIENCE, self.next()).await;
    }
}
