//! Counting DynamoDB calls.

use std::sync::{Arc, Mutex, PoisonError};

use faregate::store::Client;
use faregate::store::config::interceptors::BeforeTransmitInterceptorContextRef;
use faregate::store::config::{ConfigBag, Intercept, RuntimeComponents};

/// The DynamoDB operations that a service sent, in order; clones share the list.
#[derive(Clone, Debug, Default)]
pub struct Calls(Arc<Mutex<Vec<String>>>);

impl Calls {
    /// The operations since the last time this was asked.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// `client`, counted here.
    pub(crate) fn counting(&self, client: &Client) -> Client {
        let config = client.config().to_builder().interceptor(Counter(self.clone())).build();
        Client::from_conf(config)
    }
}

#[derive(Debug)]
struct Counter(Calls);

impl Intercept for Counter {
    fn name(&self) -> &'static str {
        "counter"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let target = context.request().headers().get("x-amz-target").unwrap_or("?");
        let operation = target.rsplit('.').next().unwrap_or(target).to_owned();
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).push(operation);
        Ok(())
    }
}
