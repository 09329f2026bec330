//! One call of DynamoDB.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation;
use futures_util::future::BoxFuture;

/// What comes of a call.
pub(super) type Answer<C> = BoxFuture<'static, Result<<C as Call>::Output, SdkError<<C as Call>::Error>>>;

/// A request that can be sent.
///
/// Instead of the SDK's `send`: the code of a future is made where it is awaited, and the SDK's, with signing, timeouts and
/// repetition, would be made once more in each function. Boxed it is made here, once: programs with many kinds of calls are smaller
/// and sooner compiled, for one allocation a call. Whatever else is large and awaited by many functions is boxed for the same
/// reason, where it is defined.
pub(super) trait Call {
    /// What DynamoDB answers.
    type Output;
    /// How it refuses.
    type Error;

    /// Sends it; the SDK repeats what got no answer.
    fn call(self) -> Answer<Self>
    where
        Self: Sized;
}

macro_rules! calls {
    ($($operation:ident: $builder:ident => $output:ident, $error:ident;)*) => {$(
        impl Call for operation::$operation::builders::$builder {
            type Output = operation::$operation::$output;
            type Error = operation::$operation::$error;

            fn call(self) -> Answer<Self> {
                Box::pin(self.send())
            }
        }
    )*};
}

calls! {
    batch_get_item: BatchGetItemFluentBuilder => BatchGetItemOutput, BatchGetItemError;
    create_table: CreateTableFluentBuilder => CreateTableOutput, CreateTableError;
    delete_item: DeleteItemFluentBuilder => DeleteItemOutput, DeleteItemError;
    describe_table: DescribeTableFluentBuilder => DescribeTableOutput, DescribeTableError;
    get_item: GetItemFluentBuilder => GetItemOutput, GetItemError;
    put_item: PutItemFluentBuilder => PutItemOutput, PutItemError;
    query: QueryFluentBuilder => QueryOutput, QueryError;
    scan: ScanFluentBuilder => ScanOutput, ScanError;
    transact_write_items: TransactWriteItemsFluentBuilder => TransactWriteItemsOutput, TransactWriteItemsError;
    update_item: UpdateItemFluentBuilder => UpdateItemOutput, UpdateItemError;
    update_time_to_live: UpdateTimeToLiveFluentBuilder => UpdateTimeToLiveOutput, UpdateTimeToLiveError;
}
