//! What users do in a month, and what that takes of each service.

use super::arguments::CostArguments;
use super::record::Record;
use crate::failure::Failure;

/// Seconds of a month: a twelfth of 365.25 days.
pub(crate) const SECONDS: f64 = 2_629_800.0;
/// One invocation in so many starts a new environment, and what that adds, in milliseconds. Assumed.
pub(crate) const ONE_COLD_START_IN: f64 = 200.0;
pub(crate) const COLD_START_MS: f64 = 300.0;
/// Bytes of an HTTP answer with its headers: two tokens under RS256. Assumed.
pub(crate) const ANSWER_BYTES: f64 = 2200.0;
/// Bytes of log lines for each invocation, with Lambda's own three. Assumed.
pub(crate) const LOG_BYTES: f64 = 700.0;
/// Bytes of a line of the access log. Assumed.
pub(crate) const ACCESS_LOG_BYTES: f64 = 430.0;
/// Bytes of table and indexes for each user of the month: about 2,000 are its own, the others of users who come no more.
/// Assumed.
pub(crate) const STORED_BYTES: f64 = 5000.0;
/// How long one call of `ws-reaper` takes, in milliseconds; it looks at fifty sockets with one. Assumed.
pub(crate) const SWEEP_CALL_MS: f64 = 10.0;
pub(crate) const SOCKETS_A_CALL: f64 = 50.0;
/// Read units for the record of a socket: some 400 bytes of the 4 KB that a unit reads.
const SOCKET_RECORD_UNITS: f64 = 0.1;

/// Where an operation comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The stack's own HTTP API.
    Http,
    /// Its WebSocket API, somebody else's API, or a schedule.
    Event,
}

/// What is done in a month.
#[derive(Debug)]
pub(crate) struct Load {
    pub(crate) operation: &'static str,
    pub(crate) times: f64,
    pub(crate) source: Source,
    pub(crate) gb_seconds: f64,
    /// How long all of it takes.
    pub(crate) seconds: f64,
    pub(crate) read_units: f64,
    pub(crate) write_units: f64,
}

/// A month.
#[derive(Debug)]
pub(crate) struct Month {
    pub(crate) users: f64,
    pub(crate) socket_minutes: f64,
    pub(crate) loads: Vec<Load>,
}

impl Month {
    /// The month of `arguments`.
    pub(crate) fn of(arguments: &CostArguments, record: &Record) -> Result<Self, Failure> {
        let habits = &arguments.habits;
        #[expect(clippy::cast_precision_loss, reason = "at most a billion")]
        let users = arguments.mau as f64;
        let (hash, other) = (habits.hashing_ms, habits.other_ms);
        // Who mistypes a password gets it right on the same day.
        let after_another = habits.failed_log_ins.min(habits.log_ins);
        let sockets = habits.socket_hours;
        let rows = [
            ("sign_up", "sign-up", habits.sign_ups, Source::Http, hash),
            ("log_in", "log-in", habits.log_ins - after_another, Source::Http, hash),
            ("log_in_after_another", "log-in", after_another, Source::Http, hash),
            ("log_in_refused", "log-in", habits.failed_log_ins, Source::Http, hash),
            ("token_refresh", "token-refresh", habits.refreshes, Source::Http, other),
            ("me", "me", habits.looks, Source::Http, other),
            ("log_out", "log-out", habits.log_outs, Source::Http, other),
            ("authorizer", "authorizer", habits.session_checks, Source::Event, other),
            // A socket lives for an hour, as the token that opened it.
            ("ws_ticket", "ws-ticket", sockets, Source::Http, other),
            ("ws_authorizer", "ws-authorizer", sockets, Source::Event, other),
            ("ws_connect", "ws-connect", sockets, Source::Event, other),
            ("ws_disconnect", "ws-connect", sockets, Source::Event, other),
        ];
        let mut loads = Vec::new();
        for (operation, package, times, source, ms) in rows {
            let (reads, writes) = record.units(operation)?;
            loads.push(load((operation, times * users, source), record.memory_gb(package)?, ms, (reads, writes)));
        }
        let open = users * sockets * 3600.0 / SECONDS;
        loads.push(sweeps(open, record)?);
        Ok(Self { users, socket_minutes: users * sockets * 60.0, loads })
    }

    pub(crate) fn requests(&self) -> f64 {
        self.sum(|load| if load.source == Source::Http { load.times } else { 0.0 })
    }

    /// The sum of `part` over everything that is done.
    pub(crate) fn sum(&self, part: impl Fn(&Load) -> f64) -> f64 {
        self.loads.iter().map(part).sum()
    }

    /// How often the operations whose names begin with `prefix` are done.
    pub(crate) fn times(&self, prefix: &str) -> f64 {
        self.sum(|load| if load.operation.starts_with(prefix) { load.times } else { 0.0 })
    }
}

fn load(
    (operation, times, source): (&'static str, f64, Source),
    memory_gb: f64,
    milliseconds: f64,
    (reads, writes): (f64, f64),
) -> Load {
    let seconds = times * (milliseconds + COLD_START_MS / ONE_COLD_START_IN) / 1000.0;
    let (read_units, write_units) = (times * reads, times * writes);
    Load { operation, times, source, gb_seconds: seconds * memory_gb, seconds, read_units, write_units }
}

/// `ws-reaper` by its schedule, every minute, with so many sockets open: it reads each with its user and session.
fn sweeps(open: f64, record: &Record) -> Result<Load, Failure> {
    let (idle, _) = record.units("sweep")?;
    let (with_one, _) = record.units("sweep_with_one_socket")?;
    let calls = record.number("/operations/sweep/calls")? + open / SOCKETS_A_CALL;
    let reads = idle + open * (with_one - idle + SOCKET_RECORD_UNITS);
    let sweep = ("sweep", SECONDS / 60.0, Source::Event);
    Ok(load(sweep, record.memory_gb("ws-reaper")?, calls * SWEEP_CALL_MS, (reads, 0.0)))
}
