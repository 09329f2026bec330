//! The edge of a function that answers events: one log line each, and an error where the trouble is ours.

use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use futures_util::FutureExt as _;
use lambda_http::lambda_runtime::{self, LambdaEvent, service_fn};
use serde_json::Value;
use tracing::Instrument as _;

use crate::telemetry::{Metric, Telemetry, metered};

/// Serves events with `handle` for as long as Lambda keeps this environment.
///
/// # Errors
///
/// When Lambda's runtime cannot be reached.
pub async fn run<D, H, F, E>(deps: D, telemetry: Telemetry, handle: H) -> Result<(), lambda_http::Error>
where
    D: Send + Sync + 'static,
    H: Fn(Arc<D>, Value) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Value, E>> + Send + 'static,
    E: Error + Send + Sync + 'static,
{
    let deps = Arc::new(deps);
    let serve = service_fn(move |event: LambdaEvent<Value>| {
        let (deps, handle, telemetry) = (Arc::clone(&deps), handle.clone(), telemetry.clone());
        let LambdaEvent { payload, context } = event;
        let span =
            tracing::info_span!("event", request.id = %context.request_id, xray.trace_id = context.xray_trace_id);
        // Boxed: the SDK's futures nest so deep that the compiler would give up on the layout.
        async move { answer(handle(deps, payload).boxed(), &telemetry).await }.instrument(span)
    });
    lambda_runtime::run(serve).await
}

/// Waits for the answer and writes the line.
async fn answer<E: Error + Send + Sync + 'static>(
    answering: impl Future<Output = Result<Value, E>>,
    telemetry: &Telemetry,
) -> Result<Value, lambda_http::Error> {
    let started = Instant::now();
    let (answered, mut usage) = metered(answering).await;
    if let Err(error) = &answered {
        usage.counted.push(Metric::Faults);
        let source = error.source().map(ToString::to_string);
        tracing::error!(message = "the service failed", error = %error, error.source = source);
    }
    tracing::info!(
        message = "answered",
        outcome = if answered.is_ok() { "ok" } else { "unavailable" },
        duration_ms = started.elapsed().as_secs_f64() * 1000.0,
        cold_start = telemetry.is_cold_start(),
        dynamodb.calls = usage.calls,
        dynamodb.read_units = usage.read_units,
        dynamodb.write_units = usage.write_units,
    );
    telemetry.tell(&usage);
    answered.map_err(Into::into)
}
