//! The pause before a call to DynamoDB is made again.

use std::time::Duration;

use crate::randomness::Randomness;

/// Pauses that double, up to the longest.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    /// The first pause, in milliseconds.
    pub first_milliseconds: u32,
    /// The longest, in milliseconds.
    pub longest_milliseconds: u32,
}

impl Backoff {
    /// Waits before a call is made again after `attempt` others: half to the whole of the pause, at random.
    ///
    /// Nothing can be waited for in its place: DynamoDB does not say when the other transaction is done or when it takes more,
    /// and asks for exponential backoff ("Error retries and exponential backoff"), with jitter so that two that met do not meet
    /// again.
    pub async fn pause(self, attempt: u32, randomness: &Randomness) {
        let doubled = self.first_milliseconds.saturating_mul(1_u32.checked_shl(attempt).unwrap_or(u32::MAX));
        let pause = doubled.min(self.longest_milliseconds);
        let jittered = pause / 2 + randomness.up_to(pause / 2);
        tokio::time::sleep(Duration::from_millis(u64::from(jittered))).await;
    }
}
