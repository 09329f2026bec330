//! List prices in US dollars as known in 2025, without taxes: the only place that has any.
//!
//! From the pricing pages of each service (API Gateway, Lambda, DynamoDB since its cut of November 2024, `CloudWatch`, EC2 for
//! transfer, Cognito since its plans of November 2024) and the public price lists behind them. Only HTTP APIs and Cognito have
//! tiers here: of the others it is the first, so that what is beyond 10 TB of logs or transfer is told too dear.

use clap::ValueEnum;

/// Above how much which price holds, in ascending order.
type Tiers = &'static [(f64, f64)];

/// Where the stack is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Region {
    #[value(name = "us-east-1")]
    UsEast1,
    #[value(name = "eu-central-1")]
    EuCentral1,
}

/// The prices of a region.
#[derive(Debug)]
pub(crate) struct Prices {
    /// A million requests to an HTTP API (up to 512 KB each), by millions a month.
    pub(crate) http_requests: Tiers,
    /// A million minutes that a WebSocket is open; nothing where we do not know it for sure.
    pub(crate) socket_minutes: Option<f64>,
    /// A million invocations of Lambda functions.
    pub(crate) invocations: f64,
    /// A million GB-seconds on arm64.
    pub(crate) gb_seconds: f64,
    /// A million write units, on demand.
    pub(crate) write_units: f64,
    /// A million read units, on demand.
    pub(crate) read_units: f64,
    /// A GB of table for a month, and the same for recovery to a point in time.
    pub(crate) table_gb: (f64, f64),
    /// A GB of logs taken in.
    pub(crate) log_gb: f64,
    /// A metric of our own, for a month.
    pub(crate) metric: f64,
    /// A metric that an alarm looks at, for a month.
    pub(crate) alarm_metric: f64,
    /// A GB sent to the internet.
    pub(crate) transfer_gb: f64,
}

const US_EAST_1: Prices = Prices {
    http_requests: &[(0.0, 1.00), (300.0, 0.90)],
    socket_minutes: Some(0.25),
    invocations: 0.20,
    gb_seconds: 13.3334,
    write_units: 0.625,
    read_units: 0.125,
    table_gb: (0.25, 0.20),
    log_gb: 0.50,
    metric: 0.30,
    alarm_metric: 0.10,
    transfer_gb: 0.09,
};

const EU_CENTRAL_1: Prices = Prices {
    http_requests: &[(0.0, 1.20), (300.0, 1.08)],
    socket_minutes: None,
    write_units: 0.7625,
    read_units: 0.1525,
    table_gb: (0.306, 0.2448),
    log_gb: 0.63,
    ..US_EAST_1
};

impl Region {
    pub(crate) const fn prices(self) -> Prices {
        match self {
            Self::UsEast1 => US_EAST_1,
            Self::EuCentral1 => EU_CENTRAL_1,
        }
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::UsEast1 => "us-east-1",
            Self::EuCentral1 => "eu-central-1",
        }
    }
}

/// What is free every month for as long as the account lives ("AWS Free Tier", always free). What is free for a year, or paid
/// by the credits of a new account, is not in it.
#[derive(Debug, Default)]
pub(crate) struct Free {
    pub(crate) million_invocations: f64,
    pub(crate) million_gb_seconds: f64,
    pub(crate) table_gb: f64,
    pub(crate) log_gb: f64,
    pub(crate) metrics: f64,
    pub(crate) alarm_metrics: f64,
    pub(crate) transfer_gb: f64,
}

/// The free tier of an account that has nothing else.
pub(crate) const FREE: Free = Free {
    million_invocations: 1.0,
    million_gb_seconds: 0.4,
    table_gb: 25.0,
    log_gb: 5.0,
    metrics: 10.0,
    alarm_metrics: 10.0,
    transfer_gb: 100.0,
};

/// Cognito's plans: a user that was active in the month, by how many there were; the same in both regions.
pub(crate) const COGNITO: [(&str, Tiers); 3] = [
    ("Lite", &[(0.0, 0.0), (10_000.0, 0.0055), (100_000.0, 0.0046), (1_000_000.0, 0.003_25), (10_000_000.0, 0.0025)]),
    ("Essentials", &[(0.0, 0.0), (10_000.0, 0.015)]),
    ("Plus", &[(0.0, 0.02)]),
];

/// What `quantity` costs.
pub(crate) fn tiered(tiers: Tiers, quantity: f64) -> f64 {
    let ends = tiers.iter().skip(1).map(|(start, _)| *start).chain([f64::INFINITY]);
    let parts = tiers.iter().zip(ends).map(|((start, price), end)| (quantity.min(end) - start).max(0.0) * price);
    parts.sum()
}
