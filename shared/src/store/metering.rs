//! Has DynamoDB say what each call consumed, and notes it for the invocation under way.

use aws_sdk_dynamodb::config::interceptors::{
    BeforeSerializationInterceptorContextMut, BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::operation::batch_get_item::{BatchGetItemInput, BatchGetItemOutput};
use aws_sdk_dynamodb::operation::delete_item::{DeleteItemInput, DeleteItemOutput};
use aws_sdk_dynamodb::operation::get_item::{GetItemInput, GetItemOutput};
use aws_sdk_dynamodb::operation::put_item::{PutItemInput, PutItemOutput};
use aws_sdk_dynamodb::operation::query::{QueryInput, QueryOutput};
use aws_sdk_dynamodb::operation::transact_write_items::{TransactWriteItemsInput, TransactWriteItemsOutput};
use aws_sdk_dynamodb::operation::update_item::{UpdateItemInput, UpdateItemOutput};
use aws_sdk_dynamodb::types::{ConsumedCapacity, ReturnConsumedCapacity};

use crate::telemetry::{Capacity, note_call, note_units};

/// Watches a client's calls.
#[derive(Debug)]
pub(super) struct Metering;

type Outcome = Result<(), Box<dyn std::error::Error + Send + Sync>>;

impl Intercept for Metering {
    fn name(&self) -> &'static str {
        "metering"
    }

    fn modify_before_serialization(
        &self,
        context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Outcome {
        macro_rules! ask {
            ($($input:ty),*) => {$(
                if let Some(input) = context.input_mut().downcast_mut::<$input>() {
                    input.return_consumed_capacity = Some(ReturnConsumedCapacity::Total);
                }
            )*};
        }
        ask!(GetItemInput, BatchGetItemInput, QueryInput, PutItemInput, UpdateItemInput, DeleteItemInput);
        ask!(TransactWriteItemsInput);
        Ok(())
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Outcome {
        note_call();
        Ok(())
    }

    fn read_after_execution(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Outcome {
        let Some(Ok(output)) = context.output_or_error() else { return Ok(()) };
        macro_rules! note {
            ($capacity:expr, $($output:ty),*) => {$(
                if let Some(output) = output.downcast_ref::<$output>() {
                    // One table's or a list of them.
                    output.consumed_capacity.iter().for_each(|consumed| consumed.note($capacity));
                }
            )*};
        }
        note!(Capacity::Read, GetItemOutput, QueryOutput, BatchGetItemOutput);
        note!(Capacity::Write, PutItemOutput, UpdateItemOutput, DeleteItemOutput, TransactWriteItemsOutput);
        Ok(())
    }
}

/// What an output says of its consumption.
trait Consumed {
    fn note(&self, capacity: Capacity);
}

impl Consumed for ConsumedCapacity {
    fn note(&self, capacity: Capacity) {
        note_units(capacity, self.capacity_units.unwrap_or_default());
    }
}

impl Consumed for Vec<ConsumedCapacity> {
    fn note(&self, capacity: Capacity) {
        for consumed in self {
            consumed.note(capacity);
        }
    }
}
