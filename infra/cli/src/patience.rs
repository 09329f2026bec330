//! Patience with a table that throttles, or does not answer for a while.

use faregate::randomness::Randomness;
use faregate::store::{Backoff, StoreError};

/// How often a call is tried: together some two minutes, in which a table on demand doubles what it takes ("DynamoDB on-demand
/// capacity mode").
const ATTEMPTS: u32 = 12;
const BACKOFF: Backoff = Backoff { first_milliseconds: 100, longest_milliseconds: 20_000 };

/// Makes `call` until it succeeds, fails for good, or has failed too often.
///
/// # Errors
///
/// Those of the last one.
pub(crate) async fn patiently<T, F>(randomness: &Randomness, call: impl Fn() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let mut attempt = 0;
    loop {
        match call().await {
            Err(error) if error.may_pass() && attempt + 1 < ATTEMPTS => {
                BACKOFF.pause(attempt, randomness).await;
                attempt += 1;
            }
            outcome => return outcome,
        }
    }
}
