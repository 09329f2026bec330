//! Every function of the service, wired as the deployment wires them.

use std::sync::Arc;

use axum::Router;
use faregate::http::{Edge, app};
use faregate::service::{Service, StartError};
use futures_util::future::{BoxFuture, FutureExt as _, try_join_all};

/// The routes of all functions that answer HTTP requests.
///
/// # Errors
///
/// When a function cannot start.
pub async fn routes(service: &Service) -> Result<Router, StartError> {
    routes_of(|_function| service.clone(), service.edge()).await
}

/// The same, where each function has a service of its own, by the function's name: what it does can be told from what
/// others do.
///
/// # Errors
///
/// When a function cannot start.
pub async fn routes_of(service: impl Fn(&'static str) -> Service + Sync, edge: Edge) -> Result<Router, StartError> {
    // It makes the first key; the others, which start after it, find one.
    let log_in = log_in::router(log_in::Deps::start(&service("log-in")).await?);
    let starting: [BoxFuture<'_, Result<Router, StartError>>; _] = [
        async { Ok(sign_up::router(sign_up::Deps::start(&service("sign-up")).await?)) }.boxed(),
        async { Ok(token_refresh::router(token_refresh::Deps::start(&service("token-refresh")).await?)) }.boxed(),
        async { Ok(token_verify::router(token_verify::Deps::start(&service("token-verify")).await?)) }.boxed(),
        async { Ok(log_out::router(log_out::Deps::start(&service("log-out")).await?)) }.boxed(),
        async { Ok(me::router(me::Deps::start(&service("me")).await?)) }.boxed(),
        async { Ok(manage_sessions::router(manage_sessions::Deps::start(&service("manage-sessions")).await?)) }.boxed(),
        async { Ok(password_change::router(password_change::Deps::start(&service("password-change")).await?)) }.boxed(),
        async { Ok(account_delete::router(account_delete::Deps::start(&service("account-delete")).await?)) }.boxed(),
        async { Ok(ws_ticket::router(ws_ticket::Deps::start(&service("ws-ticket")).await?)) }.boxed(),
        async { Ok(admin::router(admin::Deps::start(&service("admin")).await?)) }.boxed(),
        async { Ok(issuer::router(issuer::Deps::start(&service("issuer")).await?)) }.boxed(),
        async { Ok(schema::router(schema::Deps::start(&service("schema")).await?)) }.boxed(),
    ];
    let routers = try_join_all(starting).await?;
    let routes = routers.into_iter().fold(not_found::router().merge(log_in), Router::merge);
    Ok(app(routes, edge))
}

/// The functions that answer events.
#[derive(Clone)]
pub struct EventFunctions {
    /// Of the WebSocket API's `$connect`.
    pub ws_authorizer: Arc<ws_authorizer::Deps>,
    /// Behind the WebSocket API's routes.
    pub ws_connect: Arc<ws_connect::Deps>,
    /// Closes sockets.
    pub ws_reaper: Arc<ws_reaper::Deps>,
    /// Moves the key ring on.
    pub rotate_keys: Arc<rotate_keys::Deps>,
    /// Of other people's APIs: nothing here calls it.
    pub authorizer: Arc<authorizer::Deps>,
}

/// The functions that answer events; `FAREGATE_WS_ENDPOINT` must be set.
///
/// # Errors
///
/// When a function cannot start.
pub async fn events(service: &Service) -> Result<EventFunctions, StartError> {
    events_of(|_function| service.clone()).await
}

/// The same, where each function has a service of its own.
///
/// # Errors
///
/// When a function cannot start.
pub async fn events_of(service: impl Fn(&'static str) -> Service + Sync) -> Result<EventFunctions, StartError> {
    Ok(EventFunctions {
        ws_authorizer: Arc::new(ws_authorizer::Deps::start(&service("ws-authorizer")).await?),
        ws_connect: Arc::new(ws_connect::Deps::start(&service("ws-connect")).await?),
        ws_reaper: Arc::new(ws_reaper::Deps::start(&service("ws-reaper")).await?),
        rotate_keys: Arc::new(rotate_keys::Deps::start(&service("rotate-keys")).await?),
        authorizer: Arc::new(authorizer::Deps::start(&service("authorizer")).await?),
    })
}
