//! The life of a Lambda function, the same for all: logging, settings, what it may touch, then requests or events until
//! Lambda ends the process.
//!
//! Every `main` has one thread for what waits: Lambda gives a process one event at a time, on a fraction of a processor where
//! nothing is hashed, and more threads would only take longer to start and more memory. Hashes have threads of their own.
//!
//! A function that cannot start writes one line that says why and ends: Lambda reports the failed start, and the next
//! invocation tries again.

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;

use axum::Router;
use lambda_http::lambda_runtime;
use serde_json::Value;

use crate::clock::Clock;
use crate::events;
use crate::http::{Cors, Edge, app, lambda_service};
use crate::logging;
use crate::randomness::Randomness;
use crate::service::{Service, StartError};
use crate::settings::{Settings, is_on_lambda, log_level};
use crate::telemetry::Telemetry;

/// The names of the settings that a function must be given: their defaults are for a laptop.
pub type Required = &'static [&'static str];

/// Serves HTTP requests with the routes that `router` makes of what `start` takes from the service.
pub async fn serve_requests<D>(
    required: Required,
    start: impl AsyncFnOnce(&Service) -> Result<D, StartError>,
    router: impl FnOnce(D) -> Router,
) -> ExitCode {
    let serving = async {
        let (service, deps) = started(required, start).await?;
        lambda_runtime::run(lambda_service(app(router(deps), service.edge()))).await
    };
    ended(serving.await)
}

/// Serves HTTP requests with `routes`, which touch nothing.
pub async fn serve_routes(routes: Router) -> ExitCode {
    let serving = async {
        logging::start(log_level());
        let settings = Settings::from_environment(&[])?;
        if !is_on_lambda() {
            return Err(StartError::NotOnLambda.into());
        }
        let cors = Cors::new(&settings.cors_origins);
        let telemetry = Telemetry::new(settings.metrics_namespace, Clock::system());
        lambda_runtime::run(lambda_service(app(
            routes,
            Edge { randomness: Randomness::from_system()?, telemetry, cors },
        )))
        .await
    };
    ended(serving.await)
}

/// Serves events with `handle` and what `start` takes from the service.
pub async fn serve_events<D, H, F, E>(
    required: Required,
    start: impl AsyncFnOnce(&Service) -> Result<D, StartError>,
    handle: H,
) -> ExitCode
where
    D: Send + Sync + 'static,
    H: Fn(Arc<D>, Value) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Value, E>> + Send + 'static,
    E: Error + Send + Sync + 'static,
{
    let serving = async {
        let (service, deps) = started(required, start).await?;
        events::run(deps, service.telemetry(), handle).await
    };
    ended(serving.await)
}

async fn started<D>(
    required: Required,
    start: impl AsyncFnOnce(&Service) -> Result<D, StartError>,
) -> Result<(Service, D), StartError> {
    logging::start(log_level());
    Settings::require(required)?;
    let service = Service::from_environment().await?;
    let deps = start(&service).await?;
    Ok((service, deps))
}

fn ended(outcome: Result<(), lambda_http::Error>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(message = "the function cannot start", error = %error);
            ExitCode::FAILURE
        }
    }
}
