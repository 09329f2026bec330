//! What API Gateway does around a function: its limits, and what it says of a request's origin.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use faregate::randomness::Randomness;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequestContext;
use lambda_http::request::RequestContext;

/// The largest body, in bytes: API Gateway's payload quota for HTTP APIs, 10 MB.
pub const MAX_BODY_BYTES: usize = 10 * 1024 * 1024;
/// API Gateway's longest integration time-out for HTTP APIs.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Puts the gateway in front of `service`, which is reachable as `domain_name`.
pub fn gateway(service: Router, domain_name: &str, randomness: Randomness) -> Router {
    let domain_name = domain_name.to_owned();
    service.layer(from_fn(move |request: Request, next: Next| {
        let context = context(&request, &domain_name, &randomness);
        async move { pass(request, context, next).await }
    }))
}

async fn pass(request: Request, context: ApiGatewayV2httpRequestContext, next: Next) -> Response {
    // A request framed in two ways is read in one of them by us and perhaps in the other by what is before us: what
    // follows it on this connection is nobody's request (RFC 9112, 6.1). It gets its answer, then the line is cut.
    let ambiguous = request.headers().contains_key(header::TRANSFER_ENCODING);
    let mut response = match buffered(request).await {
        Ok(mut request) => {
            request.extensions_mut().insert(RequestContext::ApiGatewayV2(context));
            tokio::time::timeout(TIMEOUT, next.run(request))
                .await
                .unwrap_or_else(|_elapsed| gateway_error(StatusCode::SERVICE_UNAVAILABLE))
        }
        Err(status) => gateway_error(status),
    };
    if ambiguous || response.status() == StatusCode::PAYLOAD_TOO_LARGE {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// The request with its whole body, as a function gets it.
async fn buffered(request: Request) -> Result<Request, StatusCode> {
    if declared_length(request.headers()).is_some_and(|length| length > MAX_BODY_BYTES as u64) {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    let (parts, body) = request.into_parts();
    let collecting = tokio::time::timeout(TIMEOUT, Limited::new(body, MAX_BODY_BYTES).collect());
    match collecting.await.map_err(|_elapsed| StatusCode::REQUEST_TIMEOUT)? {
        Ok(collected) => Ok(Request::from_parts(parts, Body::from(collected.to_bytes()))),
        Err(error) if error.is::<LengthLimitError>() => Err(StatusCode::PAYLOAD_TOO_LARGE),
        Err(_broken) => Err(StatusCode::BAD_REQUEST),
    }
}

fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// What API Gateway itself answers.
fn gateway_error(status: StatusCode) -> Response {
    let message = match status {
        StatusCode::PAYLOAD_TOO_LARGE => r#"{"message":"Request Entity Too Large"}"#,
        StatusCode::SERVICE_UNAVAILABLE => r#"{"message":"Service Unavailable"}"#,
        _ => r#"{"message":"Bad Request"}"#,
    };
    let mut response = Response::new(Body::from(message));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn context(request: &Request, domain_name: &str, randomness: &Randomness) -> ApiGatewayV2httpRequestContext {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let mut context = ApiGatewayV2httpRequestContext::default();
    context.request_id = Some(randomness.hex_128());
    context.domain_name = Some(domain_name.to_owned());
    context.stage = Some("$default".to_owned());
    context.http.method = request.method().clone();
    context.http.path = Some(request.uri().path().to_owned());
    context.http.source_ip = peer.map(|ConnectInfo(address)| address.ip().to_string());
    context
}
