//! Who is at the other end: what API Gateway says of a request, never what the request says of itself.

use axum::http::Extensions;
use lambda_http::Context;
use lambda_http::request::RequestContext;

/// The other end of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Client {
    /// `requestContext.http.sourceIp`; `X-Forwarded-For` is the client's own word and is never read.
    pub source_ip: Option<String>,
    /// `requestContext.requestId`.
    pub request_id: Option<String>,
    /// `requestContext.domainName`: the name of the API, not the `Host` header.
    pub domain_name: Option<String>,
    /// What X-Ray calls this request (`Lambda-Runtime-Trace-Id`), which the SDK hands on to DynamoDB and Lambda.
    pub trace_id: Option<String>,
}

impl Client {
    /// The issuer of tokens when none is set: the API's own URL.
    #[must_use]
    pub fn issuer(&self) -> String {
        let domain = self.domain_name.as_deref().unwrap_or("localhost");
        // API Gateway serves HTTPS alone; the local gateway calls itself localhost and serves HTTP.
        let scheme = if domain.split(':').next() == Some("localhost") { "http" } else { "https" };
        format!("{scheme}://{domain}")
    }

    /// Reads what the gateway put beside the request; nothing when there was no gateway.
    #[must_use]
    pub fn of(extensions: &Extensions) -> Self {
        let trace_id = extensions.get::<Context>().and_then(|context| context.xray_trace_id.clone());
        match extensions.get::<RequestContext>() {
            Some(RequestContext::ApiGatewayV2(context)) => Self {
                source_ip: context.http.source_ip.clone(),
                request_id: context.request_id.clone(),
                domain_name: context.domain_name.clone(),
                trace_id,
            },
            _ => Self { trace_id, ..Self::default() },
        }
    }
}
