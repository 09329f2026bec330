//! Transactions: all or nothing, tried again when two of them meet.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{CancellationReason, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem};

use super::Table;
use super::backoff::Backoff;
use super::call::Call as _;
use super::error::{StoreError, unbuildable};
use super::item::Attributes;
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
/// The pauses between them: 25-50 ms, 50-100, 100-200, 200-400.
pub(super) const BACKOFF: Backoff = Backoff { first_milliseconds: 50, longest_milliseconds: 400 };

impl Table {
    /// The part of a transaction that stores `item`, where nothing is under its key; what is there comes back with the refusal.
    pub(super) fn put_new(&self, item: Attributes) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder()
            .table_name(&self.name)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(|error| unbuildable(&error))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

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
            let Err(error) = request.set_transact_items(Some(items.clone())).call().await else {
                return Ok(Transacted::Done);
            };
            match cancellation_reasons(&error) {
                Some(reasons) if any_code(&reasons, CONDITION_FAILED) => return Ok(Transacted::Refused(reasons)),
                Some(reasons) if any_code(&reasons, "TransactionConflict") => BACKOFF.pause(attempt, randomness).await,
                _ => return Err(self.failed(OPERATION, &error)),
            }
        }
        Err(StoreError::Unavailable { operation: OPERATION, reason: "TransactionConflict".to_owned() })
    }
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
