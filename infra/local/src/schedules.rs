//! What EventBridge and Lambda's queue do on AWS: call functions by the clock, and when another function says so.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{MissedTickBehavior, interval};

use crate::functions::EventFunctions;

/// How often sockets are looked at: twice as often as on AWS, whose schedules know no less than a minute.
const SOCKETS: Duration = Duration::from_secs(30);
/// How often the key ring is looked at.
const KEYS: Duration = Duration::from_hours(1);

/// Calls `ws-reaper` with each event of `told`, until nobody is left to tell it any.
pub async fn run_told(functions: EventFunctions, mut told: UnboundedReceiver<Value>) {
    while let Some(event) = told.recv().await {
        reap(&functions, event).await;
    }
}

/// Calls `ws-reaper` and `rotate-keys` by the clock. Never ends.
pub async fn run(functions: EventFunctions) {
    let (mut sockets, mut keys) = (interval(SOCKETS), interval(KEYS));
    for timer in [&mut sockets, &mut keys] {
        // A laptop that slept owes nothing.
        timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    }
    let scheduled = || json!({"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}});
    loop {
        tokio::select! {
            _ = sockets.tick() => reap(&functions, scheduled()).await,
            _ = keys.tick() => {
                if let Err(error) = rotate_keys::handle(Arc::clone(&functions.rotate_keys), scheduled()).await {
                    tracing::error!(message = "rotate-keys failed", error = %error);
                }
            }
        }
    }
}

async fn reap(functions: &EventFunctions, event: Value) {
    if let Err(error) = ws_reaper::handle(Arc::clone(&functions.ws_reaper), event).await {
        tracing::error!(message = "ws-reaper failed", error = %error);
    }
}
