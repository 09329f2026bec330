//! Metrics in `CloudWatch`'s embedded metric format: a log line that `CloudWatch` makes a metric of, without a call of ours.

use serde_json::{Map, Value, json};

use crate::clock::Timestamp;

/// What is counted. The alarms of infra/template.yaml and docs/operations.md name the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// A user was made.
    SignUps,
    /// A session was opened.
    LogIns,
    /// Credentials were refused.
    LogInFailures,
    /// Somebody tried too often, and was told to wait.
    Throttled,
    /// A session was refreshed.
    Refreshes,
    /// A well-signed refresh token was refused.
    RefreshFailures,
    /// Tokens of a session have a second holder.
    Thefts,
    /// Our own trouble: an answer with 503, an event that was not handled, a socket that could not be closed.
    Faults,
}

impl Metric {
    /// Every metric.
    pub const ALL: [Self; 8] = [
        Self::SignUps,
        Self::LogIns,
        Self::LogInFailures,
        Self::Throttled,
        Self::Refreshes,
        Self::RefreshFailures,
        Self::Thefts,
        Self::Faults,
    ];

    /// Its name in `CloudWatch`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignUps => "SignUps",
            Self::LogIns => "LogIns",
            Self::LogInFailures => "LogInFailures",
            Self::Throttled => "Throttled",
            Self::Refreshes => "Refreshes",
            Self::RefreshFailures => "RefreshFailures",
            Self::Thefts => "Thefts",
            Self::Faults => "Faults",
        }
    }
}

/// The document of one invocation at `now` (`CloudWatch` user guide, "Specification: Embedded metric format"). Without
/// dimensions: each combination of them would be a metric to pay for.
pub(super) fn document(namespace: &str, now: Timestamp, counted: &[Metric]) -> Value {
    let times = |metric: &Metric| counted.iter().filter(|counted| *counted == metric).count();
    let present: Vec<Metric> = Metric::ALL.into_iter().filter(|metric| times(metric) > 0).collect();
    let definitions: Vec<Value> =
        present.iter().map(|metric| json!({"Name": metric.as_str(), "Unit": "Count"})).collect();
    let directive = json!({"Namespace": namespace, "Dimensions": [[]], "Metrics": definitions});
    let mut document = Map::new();
    document.insert("_aws".to_owned(), json!({"Timestamp": now.milliseconds(), "CloudWatchMetrics": [directive]}));
    document.extend(present.iter().map(|metric| (metric.as_str().to_owned(), json!(times(metric)))));
    Value::Object(document)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_defines_each_metric_once_and_has_its_value_at_the_root() {
        let counted = [Metric::Thefts, Metric::RefreshFailures, Metric::Thefts];
        assert_eq!(
            document("Faregate/faregate-dev", Timestamp::from_seconds(1), &counted),
            json!({
                "_aws": {"Timestamp": 1000, "CloudWatchMetrics": [{
                    "Namespace": "Faregate/faregate-dev",
                    "Dimensions": [[]],
                    "Metrics": [{"Name": "RefreshFailures", "Unit": "Count"}, {"Name": "Thefts", "Unit": "Count"}],
                }]},
                "RefreshFailures": 1,
                "Thefts": 2,
            })
        );
    }
}
