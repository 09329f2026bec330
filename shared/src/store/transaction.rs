//! Transactions: all or nothing, tried again when two of them meet.

use std::time::Duration;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{CancellationReason, TransactWriteItem};

use super::Table;
use super::error::StoreError;
use crate::randomness::Randomness;

/// How a transaction ended.
pub(super) enum Transacted {
    /// All was written.
    Done,
    /// A condition did not hold; the reasons, one for each item, in order.
    Refused(Vec<CancellationReason>),
}

/// DynamoDB's code for a condition that did not hold.
const CONDITION_FAILED: &str = "ConditionalCheckFailed";
/// How often a write is tried that met a transaction on the same item.
pub(super) const ATTEMPTS: u32 = 5;
/// The first pause, doubled each time and jittered: 25-50 ms, 50-100, 100-200, 200-400.
const FIRST_PAUSE_MILLISECONDS: u32 = 50;

impl Table {
    /// Writes `items`, with a token by which DynamoDB knows a repeated call for 10 minutes.
    ///
    /// `TransactionConflict` says that another write was under way, not that a condition failed: it is tried again.
    pub(super) async fn transact(
        &self,
        items: Vec<TransactWriteItem>,
        randomness: &Randomness,
    ) -> Result<Transacted, StoreError> {
        const OPERATION: &str = "TransactWriteItems";
        let token = randomness.hex_128();
        for attempt in 0..ATTEMPTS {
            let request = self.client.transact_write_items().client_request_token(&token);
            let Err(error) = request.set_transact_items(Some(items.clone())).send().await else {
                return Ok(Transacted::Done);
            };
            match cancellation_reasons(&error) {
                Some(reasons) if any_code(&reasons, CONDITION_FAILED) => return Ok(Transacted::Refused(reasons)),
                Some(reasons) if any_code(&reasons, "TransactionConflict") => pause(attempt, randomness).await,
                _ => return Err(self.failed(OPERATION, &error)),
            }
        }
        Err(StoreError::Unavailable { operation: OPERATION, reason: "TransactionConflict".to_owned() })
    }
}

/// The pause before a write that met a transaction is tried again after `attempt` others.
///
/// Nothing can be waited for in its place: DynamoDB does not say when the other transaction is done, and asks for
/// exponential backoff ("Error retries and exponential backoff"), with jitter so that two that met do not meet again.
pub(super) async fn pause(attempt: u32, randomness: &Randomness) {
    let pause = FIRST_PAUSE_MILLISECONDS << attempt;
    let jittered = pause / 2 + randomness.up_to(pause / 2);
    tokio::time::sleep(Duration::from_millis(u64::from(jittered))).await;
}

fn cancellation_reasons<R>(error: &SdkError<TransactWriteItemsError, R>) -> Option<Vec<CancellationReason>> {
    match error.as_service_error()? {
        TransactWriteItemsError::TransactionCanceledException(cancelled) => {
            Some(cancelled.cancellation_reasons().to_vec())
        }
        _ => None,
    }
}

/// Whether it is this part of a transaction whose condition did not hold.
pub(super) fn is_refused(reason: Option<&CancellationReason>) -> bool {
    reason.and_then(CancellationReason::code) == Some(CONDITION_FAILED)
}

fn any_code(reasons: &[CancellationReason], code: &str) -> bool {
    reasons.iter().any(|reason| reason.code() == Some(code))
}
