//! The bill of a month, line by line.

use faregate::telemetry::Metric;

use super::month::{ACCESS_LOG_BYTES, ANSWER_BYTES, LOG_BYTES, Month, STORED_BYTES};
use super::prices::{COGNITO, Free, Prices, tiered};
use super::record::Record;
use crate::failure::Failure;

const MILLION: f64 = 1e6;
const GB: f64 = 1e9;

/// A line of the bill.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) what: &'static str,
    pub(crate) quantity: f64,
    pub(crate) unit: &'static str,
    /// The price of the first unit.
    pub(crate) price: f64,
    pub(crate) per: &'static str,
    pub(crate) dollars: f64,
}

/// The bill of `month`.
///
/// # Errors
///
/// When sockets are open and their price is not known.
pub(crate) fn bill(month: &Month, prices: &Prices, free: &Free, record: &Record) -> Result<Vec<Line>, Failure> {
    let requests = month.requests();
    let million_requests = requests / MILLION;
    let invocations = month.sum(|load| load.times);
    let first = prices.http_requests.first().map_or(0.0, |(_, price)| *price);
    let gateway = tiered(prices.http_requests, million_requests);
    #[expect(clippy::cast_precision_loss, reason = "a handful")]
    let metrics = Metric::ALL.len() as f64;
    let (table_gb, recovery_gb) = prices.table_gb;
    let stored = month.users * STORED_BYTES / GB;
    let (log_gb, access_log_gb) = (invocations * LOG_BYTES / GB, requests * ACCESS_LOG_BYTES / GB);
    // What the functions' logs leave of the free gigabytes.
    let free_access_log_gb = (free.log_gb - log_gb).max(0.0);
    let mut lines = vec![
        Line { dollars: gateway, ..line("API Gateway, HTTP API", million_requests, 0.0, first, M_REQUESTS) },
        line("Lambda, requests", invocations / MILLION, free.million_invocations, prices.invocations, M_REQUESTS),
        line(
            "Lambda, arm64",
            month.sum(|load| load.gb_seconds) / MILLION,
            free.million_gb_seconds,
            prices.gb_seconds,
            ("M GB-s", "a million"),
        ),
        line("DynamoDB, writes", month.sum(|load| load.write_units) / MILLION, 0.0, prices.write_units, M_UNITS),
        line("DynamoDB, reads", month.sum(|load| load.read_units) / MILLION, 0.0, prices.read_units, M_UNITS),
        line("DynamoDB, storage", stored, free.table_gb, table_gb, A_GB),
        line("DynamoDB, recovery", stored, 0.0, recovery_gb, A_GB),
        line("Logs of functions", log_gb, free.log_gb, prices.log_gb, A_GB),
        line("Access logs", access_log_gb, free_access_log_gb, prices.log_gb, A_GB),
        line("Metrics of our own", metrics, free.metrics, prices.metric, ("metrics", "each")),
        line("Alarms", record.number("/alarm_metrics")?, free.alarm_metrics, prices.alarm_metric, ("metrics", "each")),
        line("Transfer to the internet", requests * ANSWER_BYTES / GB, free.transfer_gb, prices.transfer_gb, A_GB),
    ];
    if month.socket_minutes > 0.0 {
        let price = prices.socket_minutes.ok_or_else(|| {
            Failure::Usage("the price of WebSockets in this region is not known: leave --socket-hours out".to_owned())
        })?;
        lines.push(line(
            "API Gateway, WebSockets",
            month.socket_minutes / MILLION,
            0.0,
            price,
            ("M minutes", "a million"),
        ));
    }
    Ok(lines)
}

const M_REQUESTS: (&str, &str) = ("M", "a million");
const M_UNITS: (&str, &str) = ("M units", "a million");
const A_GB: (&str, &str) = ("GB", "a GB");

fn line(what: &'static str, quantity: f64, free: f64, price: f64, (unit, per): (&'static str, &'static str)) -> Line {
    Line { what, quantity, unit, price, per, dollars: (quantity - free).max(0.0) * price }
}

/// What the lines come to.
pub(crate) fn total(lines: &[Line]) -> f64 {
    lines.iter().map(|line| line.dollars).sum()
}

/// What Cognito's plans take for as many users.
pub(crate) fn cognito(users: f64) -> [(&'static str, f64); 3] {
    COGNITO.map(|(plan, tiers)| (plan, tiered(tiers, users)))
}
