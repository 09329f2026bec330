//! How AWS's services are reached: credentials and region as every AWS tool finds them, and time limits that fit a phone's
//! patience.

use std::sync::OnceLock;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
pub use aws_smithy_runtime_api::client::http::SharedHttpClient as HttpClient;
use aws_smithy_runtime_api::client::http::{HttpConnectorSettings, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use futures_util::future::BoxFuture;

/// How long a connection may take to be there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// The configuration of a service's client: as the environment says (`AWS_REGION`, `AWS_ENDPOINT_URL_<SERVICE>`, the usual
/// credentials), or at `endpoint_url`; it connects through `http_client`.
///
/// A loopback endpoint brings a region and dummy credentials: a local service asks for neither, the SDK for both.
///
/// Boxed: what finds credentials is a large future, which whoever connects would hold; and store/call.rs says why.
#[must_use]
pub fn configuration(endpoint_url: Option<&str>, http_client: HttpClient) -> BoxFuture<'static, SdkConfig> {
    let mut loader = aws_config::from_env().http_client(http_client).timeout_config(timeouts()).retry_config(
        // Three attempts within the operation's time limit; the SDK backs off with jitter between them.
        RetryConfig::standard().with_max_attempts(3).with_max_backoff(Duration::from_secs(1)),
    );
    if let Some(url) = endpoint_url {
        loader = loader.endpoint_url(url);
        if is_loopback(url) {
            let dummy = Credentials::new("local", "local", None, None, "loopback endpoint");
            loader = loader.region(Region::new("local")).credentials_provider(dummy);
        }
    }
    Box::pin(loader.load())
}

/// An HTTPS client as the SDK makes it (rustls with aws-lc, the machine's trusted roots, a proxy that the environment names),
/// but with one connector for all who share it, made with the first request.
///
/// The SDK makes one more for each client that is built, only to see that it can, and another for its first request; each
/// parses all roots. Whoever shares this one, the SDK's credential providers too, has a second to connect and no read timeout of its
/// own: operations have theirs. With `ws-reaper`'s client that was four times in one start (docs/performance.md).
#[must_use]
pub fn http_client() -> HttpClient {
    let connector = OnceLock::new();
    http_client_fn(move |_settings, components| connector.get_or_init(|| https(components)).clone())
}

fn https(components: &RuntimeComponents) -> SharedHttpConnector {
    let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT_TIMEOUT).build();
    let mut connector = Connector::builder()
        .connector_settings(settings)
        .proxy_config(ProxyConfig::from_env())
        .tls_provider(Provider::rustls(CryptoMode::AwsLc));
    connector.set_sleep_impl(components.sleep_impl());
    SharedHttpConnector::new(connector.build())
}

/// Connect 1 s, one attempt 2 s, the whole operation 6 s.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(Duration::from_secs(2))
        .operation_timeout(Duration::from_secs(6))
        .build()
}

/// Whether `url` names this machine.
#[must_use]
pub fn is_loopback(url: &str) -> bool {
    let Ok(uri) = url.parse::<http::Uri>() else { return false };
    let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_loopback() {
        for url in ["http://127.0.0.1:8001", "http://localhost:8001", "http://[::1]:8001"] {
            assert!(is_loopback(url), "{url}");
        }
        for url in
            ["http://127.0.0.1.example.com", "https://dynamodb.eu-central-1.amazonaws.com", "", "http://10.0.0.1"]
        {
            assert!(!is_loopback(url), "{url}");
        }
    }
}
