//! Which limit comes first as users become more, and at how many.

use faregate::store::keys;

use super::month::{Month, SECONDS, SOCKETS_A_CALL, SWEEP_CALL_MS};
use super::record::Record;
use crate::failure::Failure;

/// Seconds for which a function keeps the key ring.
const RING_SECONDS: f64 = 300.0;
/// Writes and strongly consistent reads of one key that DynamoDB serves in a second ("Best practices for partition keys").
const PARTITION_WRITES: f64 = 1000.0;
const PARTITION_READS: f64 = 3000.0;

/// How long `ws-reaper` may look at sockets before its minute is over (its time-out in infra/template.yaml).
const SWEEP_SECONDS: f64 = 50.0;

/// A limit.
#[derive(Debug)]
pub(crate) struct Limit {
    pub(crate) what: &'static str,
    /// Who sets it, and who raises it.
    pub(crate) whose: &'static str,
    pub(crate) most: f64,
    pub(crate) unit: &'static str,
    /// How much of it this month takes at its peak.
    pub(crate) used: f64,
}

impl Limit {
    /// With how many users it is reached; infinite for what they do not use.
    pub(crate) fn users(&self, month: &Month) -> f64 {
        month.users * self.most / self.used
    }
}

const STACK: &str = "the stack's parameter";
const QUOTA: &str = "a quota, raised on request";
const ACCOUNT: &str = "a new account's, raised on request";
const DESIGN: &str = "DynamoDB's, by how keys are made";

/// The limits, the first to come first, where the peak is `peak` times the mean.
pub(crate) fn limits(month: &Month, peak: f64, record: &Record) -> Result<Vec<Limit>, Failure> {
    let (each, hashing) = (record.number("/requests_per_second")?, record.number("/hashing_requests_per_second")?);
    let rate = |a_month: f64| a_month / SECONDS * peak;
    let environments = rate(month.sum(|load| load.seconds));
    let requests = rate(month.requests());
    let (reads, writes) = (rate(month.sum(|load| load.read_units)), rate(month.sum(|load| load.write_units)));
    let (sign_ups, log_ins) = (rate(month.times("sign_up")), rate(month.times("log_in")));
    #[expect(clippy::cast_precision_loss, reason = "a handful")]
    let parts = |count: usize| count as f64;
    let list = parts(keys::list_partitions(Some(true), Some(false)).len()) * PARTITION_WRITES;
    let sockets = parts(keys::CONNECTION_SHARDS.len()) * PARTITION_WRITES;
    let open_sockets = rate(month.socket_minutes * 60.0);
    let looked_at = SWEEP_SECONDS * 1000.0 / SWEEP_CALL_MS * SOCKETS_A_CALL;
    let rows = [
        ("HashingRequestsPerSecond, log-in", STACK, hashing, A_SECOND, log_ins),
        ("HashingRequestsPerSecond, sign-up", STACK, hashing, A_SECOND, sign_ups),
        ("RequestsPerSecond", STACK, each, A_SECOND, requests),
        ("Lambda, environments at a time", ACCOUNT, 10.0, "", environments),
        ("Lambda, environments at a time", QUOTA, 1000.0, "", environments),
        ("API Gateway, requests of an account", QUOTA, 10_000.0, A_SECOND, requests),
        ("API Gateway, new sockets of an account", QUOTA, 500.0, A_SECOND, rate(month.times("ws_connect"))),
        ("DynamoDB, writes of a new table", "DynamoDB's, grows with use", 4000.0, UNITS, writes),
        ("DynamoDB, reads of a new table", "DynamoDB's, grows with use", 12_000.0, UNITS, reads),
        ("DynamoDB, writes of a table", QUOTA, 40_000.0, UNITS, writes),
        ("DynamoDB, reads of a table", QUOTA, 40_000.0, UNITS, reads),
        ("sign-ups into the list's partitions", DESIGN, list, A_SECOND, sign_ups),
        ("sockets into their partitions", DESIGN, sockets, A_SECOND, rate(month.times("ws_connect"))),
        ("ws-reaper, open sockets in its 50 s", "the function's, by its time-out", looked_at, "", open_sockets),
        ("key ring, read by each environment", DESIGN, PARTITION_READS, A_SECOND, environments / RING_SECONDS),
    ];
    let limits = rows.map(|(what, whose, most, unit, used)| Limit { what, whose, most, unit, used });
    let mut limits: Vec<Limit> = limits.into_iter().filter(|limit| limit.used > 0.0).collect();
    limits.sort_by(|left, right| left.users(month).total_cmp(&right.users(month)));
    Ok(limits)
}

const A_SECOND: &str = " a second";
const UNITS: &str = " units a second";
