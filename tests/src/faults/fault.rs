//! What can go wrong on the way to DynamoDB and back.

use std::time::Duration;

use serde_json::{Value, json};

use super::wire::{Asked, answer};

/// What can meet a transaction.
const WRITES: [&str; 4] = ["PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"];
/// What DynamoDB says of a write that met one.
const ONGOING: &str = "Transaction is ongoing for the item";

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// 400 `ProvisionedThroughputExceededException`: nothing is done.
    Throttled,
    /// 500 `InternalServerError`: the work is done, and DynamoDB says that it does not know.
    Internal,
    /// 503 `ServiceUnavailable`: nothing is done.
    Unavailable,
    /// A write meets another transaction on the same item: nothing is done, and the call is refused as DynamoDB refuses one.
    /// What only reads meets none.
    Conflict,
    /// The connection is reset before anything is done.
    ResetBefore,
    /// The connection is reset once the work is done.
    ResetAfter,
    /// The work is done; of the answer comes one half, then the connection closes.
    Truncated,
    /// The work is done; the answer is 200 with bytes that are no JSON.
    Garbage,
    /// Nothing is done, and nothing ever comes.
    Hang,
    /// The work is done so much later, whether anybody still waits for it or not.
    Late(Duration),
    /// The call waits, before anything is done, until [`super::FaultProxy::release`].
    HeldBefore,
    /// The answer waits, once the work is done, until [`super::FaultProxy::release`].
    HeldAfter,
}

impl Fault {
    /// Those that are over at once, so that many of them can be met one after the other.
    pub const BRIEF: [Self; 8] = [
        Self::Throttled,
        Self::Internal,
        Self::Unavailable,
        Self::Conflict,
        Self::ResetBefore,
        Self::ResetAfter,
        Self::Truncated,
        Self::Garbage,
    ];

    /// All that end by themselves, with two delays: one that an attempt has the time for, one that it has not.
    pub const ALL: [Self; 11] = [
        Self::Throttled,
        Self::Internal,
        Self::Unavailable,
        Self::Conflict,
        Self::ResetBefore,
        Self::ResetAfter,
        Self::Truncated,
        Self::Garbage,
        Self::Hang,
        Self::Late(Duration::from_millis(200)),
        Self::Late(Duration::from_millis(2_500)),
    ];

    /// Whether it can happen to `operation`.
    pub(super) fn concerns(self, operation: &str) -> bool {
        self != Self::Conflict || WRITES.contains(&operation)
    }

    /// Whether DynamoDB is asked at all.
    pub(super) fn is_done(self) -> bool {
        !matches!(self, Self::Throttled | Self::Unavailable | Self::Conflict | Self::ResetBefore | Self::Hang)
    }

    /// What comes in place of DynamoDB's answer, if this fault is an answer.
    pub(super) fn replacement(self, asked: &Asked) -> Option<Vec<u8>> {
        match self {
            Self::Throttled => {
                let message = "The level of configured provisioned throughput for the table was exceeded. \
                               Consider increasing your provisioning level with the UpdateTable API.";
                Some(error(400, "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException", message))
            }
            Self::Internal => Some(error(500, "com.amazon.coral.service#InternalServerError", "Internal server error")),
            Self::Unavailable => {
                let message = "The service is temporarily unavailable.";
                Some(error(503, "com.amazon.coral.availability#ServiceUnavailable", message))
            }
            Self::Conflict => Some(conflict(asked)),
            Self::Garbage => Some(answer(200, b"\x00\xff<html>no JSON")),
            _ => None,
        }
    }
}

fn error(status: u16, code: &str, message: &str) -> Vec<u8> {
    answer(status, json!({"__type": code, "message": message}).to_string().as_bytes())
}

/// How DynamoDB refuses a write that meets a transaction.
fn conflict(asked: &Asked) -> Vec<u8> {
    if asked.operation == "TransactWriteItems" {
        return answer(400, cancelled(asked).to_string().as_bytes());
    }
    error(400, "com.amazonaws.dynamodb.v20120810#TransactionConflictException", ONGOING)
}

/// A transaction that is cancelled for the first of its items.
fn cancelled(asked: &Asked) -> Value {
    let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
    let items = body["TransactItems"].as_array().map_or(1, Vec::len);
    let codes = (0..items).map(|item| if item == 0 { "TransactionConflict" } else { "None" });
    let codes: Vec<&str> = codes.collect();
    let reasons = codes.iter().map(|code| match *code {
        "None" => json!({"Code": "None"}),
        code => json!({"Code": code, "Message": ONGOING}),
    });
    json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": format!("Transaction cancelled, please refer cancellation reasons for specific reasons [{}]", codes.join(", ")),
        "CancellationReasons": reasons.collect::<Vec<_>>(),
    })
}
