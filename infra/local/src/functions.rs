//! Every function of the service, as one set of routes.

use axum::Router;
use faregate::http::app;
use faregate::service::{Service, StartError};
use futures_util::future::{BoxFuture, FutureExt as _, try_join_all};

/// The service: what API Gateway and its functions are on AWS.
///
/// # Errors
///
/// When a function cannot start.
pub async fn service(service: &Service) -> Result<Router, StartError> {
    // It makes the first key; the others, which start after it, find one.
    let log_in = log_in::router(log_in::Deps::start(service).await?);
    let starting: [BoxFuture<'_, Result<Router, StartError>>; _] = [
        async { Ok(sign_up::router(sign_up::Deps::start(service).await?)) }.boxed(),
        async { Ok(token_refresh::router(token_refresh::Deps::start(service).await?)) }.boxed(),
        async { Ok(token_verify::router(token_verify::Deps::start(service).await?)) }.boxed(),
        async { Ok(log_out::router(log_out::Deps::start(service).await?)) }.boxed(),
        async { Ok(me::router(me::Deps::start(service).await?)) }.boxed(),
    ];
    let routers = try_join_all(starting).await?;
    let routes = routers.into_iter().fold(not_found::router().merge(log_in), Router::merge);
    Ok(app(routes, service.randomness.clone()))
}
