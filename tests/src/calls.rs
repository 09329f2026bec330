//! The calls between us and DynamoDB: counted, and their answers replaced or lost after the work was done.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::config::interceptors::{
    AfterDeserializationInterceptorContextRef, BeforeDeserializationInterceptorContextMut,
    BeforeTransmitInterceptorContextMut, BeforeTransmitInterceptorContextRef,
};
use aws_sdk_dynamodb::config::retry::{RetryPartition, TokenBucket};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::{Storable, StoreReplace};
use faregate::store::Client;
use serde_json::{Value, json};

/// The DynamoDB calls of a service: which were sent, and which answers are to be replaced; clones share both.
#[derive(Clone, Debug, Default)]
pub struct Calls(Arc<Mutex<State>>);

/// What operations cost: DynamoDB calls, and the units that DynamoDB says they consumed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    /// Calls, each attempt counted.
    pub calls: usize,
    /// Read units.
    pub read_units: f64,
    /// Write units. For a write whose condition does not hold none are told, though AWS charges them.
    pub write_units: f64,
}

#[derive(Debug, Default)]
struct State {
    sent: Vec<String>,
    /// Those of them that were attempts after a first one.
    repeated: Vec<String>,
    consumed: Cost,
    replacements: Vec<Replacement>,
    kept_back: Vec<&'static str>,
    /// Whose answers are lost from then on, and after how many more.
    losing: Option<(&'static str, usize)>,
}

#[derive(Debug)]
struct Replacement {
    operation: &'static str,
    status: u16,
    body: Value,
}

impl Replacement {
    fn lost(operation: &'static str) -> Self {
        let body = json!({"__type": "com.amazonaws.dynamodb.v20120810#InternalServerError"});
        Self { operation, status: 500, body }
    }
}

impl Calls {
    /// The operations since the last time this was asked, in order.
    pub fn take(&self) -> Vec<String> {
        let mut state = self.state();
        state.consumed = Cost::default();
        state.repeated.clear();
        std::mem::take(&mut state.sent)
    }

    /// How many calls of `operation` there were since then, each counted once: when many are under way on a busy machine, the
    /// SDK may lose patience with one and send it again.
    pub fn take_first_attempts(&self, operation: &str) -> usize {
        let of_it = |sent: &[String]| sent.iter().filter(|sent| *sent == operation).count();
        let repeated = of_it(&self.state().repeated);
        of_it(&self.take()) - repeated
    }

    /// What was done since the last time this or [`Calls::take`] was asked.
    pub fn take_cost(&self) -> Cost {
        let consumed = self.state().consumed;
        Cost { calls: self.take().len(), ..consumed }
    }

    /// Whether an answer is still to be replaced: then a test has not seen what it meant to see.
    pub fn is_waiting(&self) -> bool {
        let state = self.state();
        !state.replacements.is_empty() || !state.kept_back.is_empty()
    }

    /// The next answer to `operation` is replaced, after DynamoDB has done its work: for the caller it is lost.
    pub fn lose_next_answer(&self, operation: &'static str) {
        self.state().replacements.push(Replacement::lost(operation));
    }

    /// Every answer to `operation` but the next `kept` is lost, from now on.
    pub fn lose_answers_after(&self, operation: &'static str, kept: usize) {
        self.state().losing = Some((operation, kept));
    }

    /// The next answer to `operation` has this `status` and `body` instead.
    pub fn replace_next_answer(&self, operation: &'static str, status: u16, body: Value) {
        self.state().replacements.push(Replacement { operation, status, body });
    }

    /// The next call of `operation` fails before DynamoDB does anything.
    pub fn keep_next_back(&self, operation: &'static str) {
        self.state().kept_back.push(operation);
    }

    /// `client`, with its calls watched here. The SDK counts retries for a whole process and stops at a limit: here they
    /// are without one, so that the faults of one test leave the others their retries.
    pub(crate) fn watching(&self, client: &Client) -> Client {
        let retries = RetryPartition::custom("watched").token_bucket(TokenBucket::unlimited()).build();
        let watched = client.config().to_builder().retry_partition(retries).interceptor(Watcher(self.clone()));
        Client::from_conf(watched.build())
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_kept_back(&self, operation: &str) -> bool {
        let mut state = self.state();
        let index = state.kept_back.iter().position(|kept| *kept == operation);
        index.map(|index| state.kept_back.remove(index)).is_some()
    }

    fn replacement(&self, operation: &str) -> Option<Replacement> {
        let mut state = self.state();
        if let Some((losing, kept)) = &mut state.losing
            && *losing == operation
        {
            let Some(fewer) = kept.checked_sub(1) else { return Some(Replacement::lost(losing)) };
            *kept = fewer;
        }
        let index = state.replacements.iter().position(|replacement| replacement.operation == operation)?;
        Some(state.replacements.remove(index))
    }
}

#[derive(Debug)]
struct Watcher(Calls);

/// The operation under way, from its request to its answer.
#[derive(Debug)]
struct Operation(String);

impl Storable for Operation {
    type Storer = StoreReplace<Self>;
}

fn operation_of(request: &aws_sdk_dynamodb::config::http::HttpRequest) -> String {
    let target = request.headers().get("x-amz-target").unwrap_or("?");
    target.rsplit('.').next().unwrap_or(target).to_owned()
}

/// The units in an answer: `ConsumedCapacity`, of one table or a list of them.
fn units_in(answer: &[u8]) -> f64 {
    let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
    let units = |consumed: &Value| consumed["CapacityUnits"].as_f64().unwrap_or_default();
    match &answer["ConsumedCapacity"] {
        Value::Array(tables) => tables.iter().map(units).sum(),
        table => units(table),
    }
}

type Outcome = Result<(), Box<dyn std::error::Error + Send + Sync>>;

impl Intercept for Watcher {
    fn name(&self) -> &'static str {
        "watcher"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Outcome {
        let operation = operation_of(context.request());
        let is_first = config.load::<RequestAttempts>().is_none_or(|attempts| attempts.attempts() <= 1);
        let mut state = self.0.state();
        state.sent.push(operation.clone());
        if !is_first {
            state.repeated.push(operation.clone());
        }
        drop(state);
        config.interceptor_state().store_put(Operation(operation));
        Ok(())
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Outcome {
        if self.0.is_kept_back(&operation_of(context.request())) {
            context.request_mut().headers_mut().insert("x-amz-target", "DynamoDB_20120810.Nothing");
        }
        Ok(())
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Outcome {
        let operation = config.load::<Operation>().ok_or("no operation was sent")?;
        if let Some(Replacement { status, body, .. }) = self.0.replacement(&operation.0) {
            *context.response_mut() = HttpResponse::new(status.try_into()?, SdkBody::from(body.to_string()));
        }
        Ok(())
    }
    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Outcome {
        let operation = config.load::<Operation>().ok_or("no operation was sent")?;
        let units = units_in(context.response().body().bytes().unwrap_or_default());
        let consumed = &mut self.0.state().consumed;
        if matches!(operation.0.as_str(), "GetItem" | "BatchGetItem" | "Query") {
            consumed.read_units += units;
        } else {
            consumed.write_units += units;
        }
        Ok(())
    }
}
