//! The edge of a function that answers events: one log line each, and an error where the trouble is ours.

use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use futures_util::FutureExt as _;
use lambda_http::lambda_runtime::{self, LambdaEvent, service_fn};
use serde_json::Value;
use tracing::Instrument as _;

/// Serves events with `handle` for as long as Lambda keeps this environment.
///
/// # Errors
///
/// When Lambda's runtime cannot be reached.
pub async fn run<D, H, F, E>(deps: D, handle: H) -> Result<(), lambda_http::Error>
where
    D: Send + Sync + 'static,
    H: Fn(Arc<D>, Value) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Value, E>> + Send + 'static,
    E: Error + Send + Sync + 'static,
{
    let deps = Arc::new(deps);
    let serve = service_fn(move |event: LambdaEvent<Value>| {
        let (deps, handle) = (Arc::clone(&deps), handle.clone());
        let span = tracing::info_span!("event", request.id = %event.context.request_id);
        // Boxed: the SDK's futures nest so deep that the compiler would give up on the layout.
        async move { answer(handle(deps, event.payload).boxed()).await }.instrument(span)
    });
    lambda_runtime::run(serve).await
}

/// Waits for the answer and writes the line.
async fn answer<E: Error + Send + Sync + 'static>(
    answering: impl Future<Output = Result<Value, E>>,
) -> Result<Value, lambda_http::Error> {
    let started = Instant::now();
    let outcome = answering.await;
    let duration_ms = started.elapsed().as_secs_f64() * 1000.0;
    match outcome {
        Ok(answer) => {
            tracing::info!(message = "answered", duration_ms);
            Ok(answer)
        }
        Err(error) => {
            let source = error.source().map(ToString::to_string);
            tracing::error!(message = "the service failed", error = %error, error.source = source, duration_ms);
            Err(error.into())
        }
    }
}
