//! `rotate-keys`: moves the key ring on by one step, on a schedule. Hourly is enough; more often does no harm.

use std::sync::Arc;

use faregate::domain::signing_key::{Occasion, Step};
use faregate::service::{Service, StartError};
use faregate::tokens::{Outcome, Rotation, RotationError, StepTaken};
use serde_json::{Value, json};

/// What this function may touch: where all keys are in their lives (read), keys (write).
pub struct Deps {
    rotation: Rotation,
    period_seconds: i64,
    /// With one key shared with a Django there is no ring.
    has_ring: bool,
}

impl Deps {
    /// Takes its part of the service.
    ///
    /// # Errors
    ///
    /// Never; the signature is that of every function.
    #[expect(clippy::unused_async, reason = "every function starts alike")]
    pub async fn start(service: &Service) -> Result<Self, StartError> {
        let tokens = &service.settings.tokens;
        Ok(Self {
            rotation: service.rotation(),
            period_seconds: tokens.key_period_seconds,
            has_ring: tokens.hs256_key.is_none(),
        })
    }
}

/// Takes one step for access keys and one for refresh secrets, whatever the event says. Answers with the steps.
///
/// # Errors
///
/// When DynamoDB fails or a key cannot be made: Lambda calls again.
pub async fn handle(deps: Arc<Deps>, _event: Value) -> Result<Value, RotationError> {
    if !deps.has_ring {
        return Ok(json!({"steps": []}));
    }
    let steps = deps.rotation.step(Occasion::Schedule { period_seconds: deps.period_seconds }).await?;
    for taken in &steps {
        log(taken);
    }
    Ok(json!({"steps": steps.iter().map(name).collect::<Vec<_>>()}))
}

fn log(taken: &StepTaken) {
    let (key_use, step) = (taken.key_use.as_str(), name(taken));
    if taken.step == Step::NoActiveKey {
        tracing::warn!(target: "faregate", message = "no key signs", key.usage = key_use);
    } else {
        tracing::info!(target: "faregate", message = "the key ring was looked at", key.usage = key_use, step);
    }
}

const fn name(taken: &StepTaken) -> &'static str {
    match &taken.step {
        // The next hour looks again.
        _ if matches!(taken.outcome, Outcome::Crossed) => "crossed",
        Step::Publish { .. } => "publish",
        Step::Activate { .. } => "activate",
        Step::Retire { .. } => "retire",
        Step::Wait { .. } => "wait",
        Step::NoActiveKey => "no active key",
    }
}
