//! What one invocation did: the DynamoDB calls that it made, the units that these consumed, and what it counts for.
//!
//! Kept beside the invocation (a task-local value), so that nothing between the edge and the store has to hand it on. What
//! runs outside of an invocation, a function's start for instance, is not counted.

mod metrics;

use std::fmt;
use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

pub use metrics::Metric;
use metrics::document;

use crate::clock::Clock;

tokio::task_local! {
    static METER: Arc<Meter>;
}

/// What is being counted for one invocation.
#[derive(Debug, Default)]
struct Meter {
    calls: AtomicU32,
    /// In tenths: DynamoDB counts an eventually consistent read as half a unit.
    read_tenths: AtomicU64,
    write_tenths: AtomicU64,
    counted: Mutex<Vec<Metric>>,
}

/// What one invocation did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Usage {
    /// DynamoDB calls, each attempt of the SDK counted.
    pub calls: u32,
    /// Read units that DynamoDB reported.
    pub read_units: f64,
    /// Write units that DynamoDB reported. It reports none for a write whose condition did not hold, and charges it.
    pub write_units: f64,
    /// What it counts for.
    pub counted: Vec<Metric>,
}

/// Whether units were read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Capacity {
    /// Read units.
    Read,
    /// Write units.
    Write,
}

/// The output of `invocation`, and what it did.
pub async fn metered<T>(invocation: impl Future<Output = T>) -> (T, Usage) {
    let meter = Arc::new(Meter::default());
    let output = METER.scope(Arc::clone(&meter), invocation).await;
    (output, meter.usage())
}

/// Counts the running invocation as one more of `metric`.
pub fn count(metric: Metric) {
    with_meter(|meter| meter.counted.lock().unwrap_or_else(PoisonError::into_inner).push(metric));
}

/// One call is about to be sent to DynamoDB.
pub(crate) fn note_call() {
    with_meter(|meter| {
        meter.calls.fetch_add(1, Ordering::Relaxed);
    });
}

/// DynamoDB reported that a call consumed `units`.
pub(crate) fn note_units(capacity: Capacity, units: f64) {
    // Never negative, and far below the limit of the type.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "units are small and positive")]
    let tenths = (units * 10.0).round() as u64;
    with_meter(|meter| {
        let total = if capacity == Capacity::Read { &meter.read_tenths } else { &meter.write_tenths };
        total.fetch_add(tenths, Ordering::Relaxed);
    });
}

fn with_meter(note: impl FnOnce(&Meter)) {
    // Outside of an invocation there is nobody to count for.
    let _counted = METER.try_with(|meter| note(meter));
}

impl Meter {
    fn usage(&self) -> Usage {
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let units = |tenths: &AtomicU64| tenths.load(Ordering::Relaxed) as f64 / 10.0;
        Usage {
            calls: self.calls.load(Ordering::Relaxed),
            read_units: units(&self.read_tenths),
            write_units: units(&self.write_tenths),
            counted: std::mem::take(&mut *self.counted.lock().unwrap_or_else(PoisonError::into_inner)),
        }
    }
}

/// The milliseconds since `started`, to the microsecond.
#[must_use]
pub fn milliseconds_since(started: Instant) -> f64 {
    (started.elapsed().as_secs_f64() * 1e6).round() / 1e3
}

/// How a function tells what its invocations did; clones share what is told already.
#[derive(Clone)]
pub struct Telemetry {
    clock: Clock,
    namespace: Option<String>,
    out: Arc<Mutex<dyn Write + Send>>,
    is_warm: Arc<AtomicBool>,
}

impl Telemetry {
    /// Metrics go to the namespace `namespace`, if there is one, as lines on standard output.
    #[must_use]
    pub fn new(namespace: Option<String>, clock: Clock) -> Self {
        Self { clock, namespace, out: Arc::new(Mutex::new(std::io::stdout())), is_warm: Arc::default() }
    }

    /// The same, with lines to `out`.
    #[must_use]
    pub fn writing_to(self, out: impl Write + Send + 'static) -> Self {
        Self { out: Arc::new(Mutex::new(out)), ..self }
    }

    /// Whether this is the process's first invocation: its latency has the start in it.
    #[must_use]
    pub fn is_cold_start(&self) -> bool {
        !self.is_warm.swap(true, Ordering::Relaxed)
    }

    /// Writes what `usage` counts for as one line in `CloudWatch`'s embedded metric format, if it counts for anything. The
    /// log level does not matter to it.
    pub fn tell(&self, usage: &Usage) {
        let Some(namespace) = self.namespace.as_deref().filter(|_| !usage.counted.is_empty()) else { return };
        let line = format!("{}\n", document(namespace, self.clock.now(), &usage.counted));
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        // A closed standard output is no reason to fail a request.
        let _told = out.write_all(line.as_bytes()).and_then(|()| out.flush());
    }
}

impl fmt::Debug for Telemetry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Telemetry").field("namespace", &self.namespace).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn invocations_are_metered_apart() {
        let one = metered(async {
            note_call();
            note_units(Capacity::Read, 0.5);
            note_units(Capacity::Read, 1.0);
            tokio::task::yield_now().await;
            count(Metric::LogIns);
            "done"
        });
        let other = metered(async {
            tokio::task::yield_now().await;
            note_call();
            note_call();
            note_units(Capacity::Write, 2.0);
        });
        let ((output, one), ((), other)) = tokio::join!(one, other);
        let counted = vec![Metric::LogIns];
        assert_eq!((output, one), ("done", Usage { calls: 1, read_units: 1.5, write_units: 0.0, counted }));
        assert_eq!(other, Usage { calls: 2, read_units: 0.0, write_units: 2.0, counted: Vec::new() });
    }

    #[test]
    fn outside_of_an_invocation_nothing_is_counted_and_nothing_fails() {
        note_call();
        count(Metric::Thefts);
    }
}
