//! The edge of a function that answers events: one log line each, and an error where the trouble is ours.

use std::error::Error;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use futures_util::FutureExt as _;
use lambda_http::lambda_runtime::{self, LambdaEvent, service_fn};
use serde_json::Value;
use tracing::Instrument as _;

use crate::telemetry::{Metric, Telemetry, metered, milliseconds_since};

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

/// An event of which nothing can be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a panic")]
struct Panicked;

/// Waits for the answer and writes the line. An error, a panic and an answer with a status of 5xx are our own trouble.
async fn answer<E: Error + Send + Sync + 'static>(
    answering: impl Future<Output = Result<Value, E>>,
    telemetry: &Telemetry,
) -> Result<Value, lambda_http::Error> {
    let started = Instant::now();
    let (answered, mut usage) = metered(AssertUnwindSafe(answering).catch_unwind()).await;
    let answered: Result<Value, lambda_http::Error> = match answered {
        Ok(answered) => answered.map_err(Into::into),
        Err(_panic) => Err(Panicked.into()),
    };
    if let Err(error) = &answered {
        let source = error.source().map(ToString::to_string);
        tracing::error!(message = "the service failed", error = %error, error.source = source);
    }
    let outcome = outcome_of(answered.as_ref().ok());
    if outcome == UNAVAILABLE {
        usage.counted.push(Metric::Faults);
    }
    tracing::info!(
        message = "answered",
        outcome,
        duration_ms = milliseconds_since(started),
        cold_start = telemetry.is_cold_start(),
        dynamodb.calls = usage.calls,
        dynamodb.read_units = usage.read_units,
        dynamodb.write_units = usage.write_units,
    );
    telemetry.tell(&usage);
    answered
}

/// The outcome of trouble of our own.
const UNAVAILABLE: &str = "unavailable";

/// How an event ended, in the words that requests have: an authorizer's no and a status of 4xx are refusals.
fn outcome_of(answer: Option<&Value>) -> &'static str {
    let Some(answer) = answer else { return UNAVAILABLE };
    let denies = answer["isAuthorized"] == false
        || answer.pointer("/policyDocument/Statement/0/Effect").is_some_and(|effect| effect == "Deny");
    match answer["statusCode"].as_u64() {
        Some(500..) => UNAVAILABLE,
        Some(400..) => "refused",
        _ if denies => "refused",
        _ => "ok",
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use serde_json::json;

    use super::*;
    use crate::clock::{Clock, Timestamp};

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<String>>);

    impl std::io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().push_str(std::str::from_utf8(bytes).unwrap());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// Whether an event was answered, and whether it was counted as our trouble.
    async fn told(answering: impl Future<Output = Result<Value, Panicked>>) -> (bool, bool) {
        let lines = Lines::default();
        let clock = Clock::held_at(Timestamp::from_seconds(0));
        let telemetry = Telemetry::new(Some("tests".to_owned()), clock).writing_to(lines.clone());
        let answered = answer(answering, &telemetry).await;
        (answered.is_ok(), lines.0.lock().unwrap().contains(r#""Faults":1"#))
    }

    #[test]
    fn a_no_of_an_authorizer_is_a_refusal_in_the_log() {
        let policy = |effect| crate::events::deny(None).to_string().replace("Deny", effect);
        let policies = ["Deny", "Allow"].map(|effect| serde_json::from_str::<Value>(&policy(effect)).unwrap());
        let told = |answer: &Value| outcome_of(Some(answer));
        assert_eq!(policies.each_ref().map(told), ["refused", "ok"]);
        for (answer, outcome) in [
            (json!({"isAuthorized": false}), "refused"),
            (json!({"isAuthorized": true}), "ok"),
            (json!({"statusCode": 401}), "refused"),
            (json!({"statusCode": 200}), "ok"),
            (json!({"statusCode": 503}), "unavailable"),
            (json!({}), "ok"),
        ] {
            assert_eq!(told(&answer), outcome, "{answer}");
        }
        assert_eq!(outcome_of(None), "unavailable");
    }

    #[tokio::test]
    async fn an_error_a_panic_and_a_status_of_5xx_are_our_trouble() {
        assert_eq!(told(async { Ok(json!({"isAuthorized": false})) }).await, (true, false));
        assert_eq!(told(async { Ok(json!({"statusCode": 403})) }).await, (true, false));
        assert_eq!(told(async { Ok(json!({"statusCode": 503})) }).await, (true, true));
        assert_eq!(told(async { Err(Panicked) }).await, (false, true));
        assert_eq!(told(async { panic!("on purpose") }).await, (false, true));
    }
}
