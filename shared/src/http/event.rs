//! An event of API Gateway on its way to `lambda_http`, which makes a request of it and panics where it cannot.
//!
//! A panic would be API Gateway's 500, outside the contract, and some of what leads to it is the client's to choose. What the
//! service does not need for its answer is taken away, the rest is spelled so that it can be read.

use axum::Router;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, HeaderValue, Uri, header};
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, LambdaEvent};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use tower::ServiceExt as _;
use tower::util::MapRequest;
use url::Url;

/// What may not stand in a query as it is (RFC 3986, 3.4; the WHATWG's query set). A `%` stays: it begins what is encoded.
const NOT_IN_A_QUERY: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>');

/// What API Gateway may have decoded in a path and the URL's parser would take for more than a sign: it ends a path, leaves it
/// out or makes a slash of it.
const NOT_OF_A_PATH: &AsciiSet = &CONTROLS.add(b'?').add(b'#').add(b'\\');

/// The longest query, encoded, and the longest path, which may become three times as long. API Gateway takes a request line and
/// headers of 10,240 bytes; `http::Uri` holds 65,534.
const MOST_QUERY_BYTES: usize = 32_768;
const MOST_PATH_BYTES: usize = 10_240;

/// The longest name of a host (RFC 1035, 2.3.4), with a port.
const MOST_HOST_BYTES: usize = 261;

const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// An event that is handed through.
type Event = LambdaEvent<LambdaRequest>;

/// What Lambda calls for each event of API Gateway: `app`, behind [`convertible`].
#[must_use]
pub fn lambda_service(app: Router) -> MapRequest<Adapter<'static, Response, Router>, fn(Event) -> Event> {
    Adapter::from(app).map_request(|LambdaEvent { payload, context }| LambdaEvent::new(convertible(payload), context))
}

/// An event of payload 2.0 without what `lambda_http` panics at when it makes a request of it:
///
/// - a query with a sign that no URI holds gets it percent-encoded, which says the same, and so does a path with one that would
///   be taken for its end; a query or a path that is longer than any that API Gateway takes is left out;
/// - a `Host` and an `X-Forwarded-Proto` that make no URL are replaced: no route reads them. The domain, which routes read, stays;
/// - a body that is called base64 and is none is taken as it stands, for the parsers to refuse.
#[must_use]
pub fn convertible(mut event: LambdaRequest) -> LambdaRequest {
    if let LambdaRequest::ApiGatewayV2(event) = &mut event {
        let query = event.raw_query_string.take().map(|query| utf8_percent_encode(&query, NOT_IN_A_QUERY).to_string());
        event.raw_query_string = query.filter(|query| query.len() <= MOST_QUERY_BYTES);
        event.raw_path = event.raw_path.take().map(|path| readable(&path));
        let scheme = event.headers.get(&FORWARDED_PROTO).and_then(|scheme| scheme.to_str().ok());
        if scheme.is_some_and(|scheme| !matches!(scheme, "http" | "https")) {
            event.headers.remove(&FORWARDED_PROTO);
        }
        let named = event.headers.get(header::HOST).and_then(|host| host.to_str().ok());
        if named.or(event.request_context.domain_name.as_deref()).is_some_and(|host| !makes_a_url(host)) {
            event.headers.insert(header::HOST, HeaderValue::from_static("localhost"));
        }
        if event.is_base64_encoded {
            event.is_base64_encoded = event.body.as_ref().is_none_or(|body| STANDARD.decode(body).is_ok());
        }
    }
    event
}

fn readable(path: &str) -> String {
    let path = if path.len() > MOST_PATH_BYTES { "" } else { path };
    let slash = if path.starts_with('/') { "" } else { "/" };
    format!("{slash}{}", utf8_percent_encode(path, NOT_OF_A_PATH))
}

fn makes_a_url(host: &str) -> bool {
    let is_one = |url: Url| {
        let ends_there = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        ends_there && Uri::try_from(url.as_str()).is_ok()
    };
    host.len() <= MOST_HOST_BYTES && Url::parse(&format!("https://{host}/")).is_ok_and(is_one)
}

#[cfg(test)]
mod tests {
    use lambda_http::request::RequestContext;
    use lambda_http::{Body, Request};
    use serde_json::{Value, json};

    use super::*;

    /// The request that is made of a minimal event with `changed` in it.
    fn request_of(changed: &Value) -> Request {
        let mut event = json!({
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": "/api/log_in/",
            "rawQueryString": "",
            "headers": {"host": "id.execute-api.eu-central-1.amazonaws.com", "x-forwarded-proto": "https"},
            "requestContext": {
                "domainName": "id.execute-api.eu-central-1.amazonaws.com",
                "http": {"method": "POST", "path": "/api/log_in/", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"},
                "stage": "$default",
                "timeEpoch": 1,
            },
            "isBase64Encoded": false,
        });
        for (pointer, value) in changed.as_object().unwrap() {
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            event.pointer_mut(parent).unwrap()[key] = value.clone();
        }
        Request::from(convertible(serde_json::from_value(event).unwrap()))
    }

    #[test]
    fn what_is_well_formed_stays() {
        let query = "format=json&next=%2Fa%3Fb&x=a+b&y=[1]{2}|3^";
        let request = request_of(&json!({"/rawQueryString": query, "/body": "e30=", "/isBase64Encoded": true}));
        assert_eq!(request.uri().host(), Some("id.execute-api.eu-central-1.amazonaws.com"));
        assert_eq!(request.uri().path(), "/api/log_in/");
        assert_eq!(request.uri().query(), Some(query));
        assert_eq!(request.headers().get(header::HOST).unwrap(), "id.execute-api.eu-central-1.amazonaws.com");
        assert_eq!(*request.body(), Body::Binary(b"{}".to_vec()));
    }

    #[test]
    fn a_query_with_signs_that_no_uri_holds_says_the_same_encoded() {
        for (raw, encoded) in [
            ("a=\"b\"", "a=%22b%22"),
            ("a=<b>", "a=%3Cb%3E"),
            ("a= b", "a=%20b"),
            ("a=#b", "a=%23b"),
            ("a=\u{7f}\n", "a=%7F%0A"),
            ("a=ü", "a=%C3%BC"),
            ("a=%\"", "a=%%22"),
        ] {
            let request = request_of(&json!({"/rawQueryString": raw}));
            assert_eq!(request.uri().query(), Some(encoded), "{raw}");
        }
    }

    #[test]
    fn a_query_that_is_too_long_for_a_uri_is_left_out() {
        let query_of = |bytes| {
            let request = request_of(&json!({"/rawQueryString": "\"".repeat(bytes)}));
            request.uri().query().map(str::len)
        };
        assert_eq!(query_of(MOST_QUERY_BYTES / 3), Some(MOST_QUERY_BYTES / 3 * 3));
        assert_eq!(query_of(MOST_QUERY_BYTES), None);
    }

    #[test]
    fn the_domain_stays_whatever_it_is() {
        let request = request_of(&json!({"/requestContext/domainName": "a b", "/headers/host": "a b"}));
        let context = request.extensions().get::<RequestContext>().unwrap();
        let RequestContext::ApiGatewayV2(context) = context else { panic!("{context:?}") };
        assert_eq!(context.domain_name.as_deref(), Some("a b"));
    }

    #[test]
    fn a_path_a_host_and_a_scheme_that_make_no_url_are_no_panic() {
        for (path, read) in [
            ("", "/"),
            ("api", "/api"),
            (":99999", "/:99999"),
            ("@", "/@"),
            ("/a b\"<>`{}", "/a%20b%22%3C%3E%60%7B%7D"),
            ("//", "//"),
            ("/ü%", "/%C3%BC%"),
            ("/a?b#c", "/a%3Fb%23c"),
            ("/a\\b\n\tc", "/a%5Cb%0A%09c"),
            (&format!("/{}", "ü".repeat(MOST_PATH_BYTES)), "/"),
        ] {
            assert_eq!(request_of(&json!({"/rawPath": path})).uri().path(), read, "{path}");
        }
        let long = "a".repeat(MOST_HOST_BYTES + 1);
        for host in [&long, "", " ", "a b", "a:b", "a:99999", "xn--a", "[", "a%b", "a/b?c#d", "@", "a@b", "\\", "%41"] {
            for pointer in ["/headers/host", "/requestContext/domainName"] {
                let without = json!({pointer: host, "/headers/x-amzn-trace-id": "Root=1"});
                assert_eq!(request_of(&without).uri().path(), "/api/log_in/", "{pointer} {host}");
            }
            let both = json!({"/headers/host": host, "/requestContext/domainName": host});
            assert_eq!(request_of(&both).uri().path(), "/api/log_in/", "{host}");
        }
        for scheme in ["", "a b", "1", "javascript", "http, https", "data", "file"] {
            let request = request_of(&json!({"/headers/x-forwarded-proto": scheme}));
            assert_eq!(request.uri().path(), "/api/log_in/", "{scheme}");
        }
    }

    #[test]
    fn a_body_that_is_no_base64_is_taken_as_it_stands() {
        for (body, taken) in [("YT!i", "YT!i"), ("YWI", "YWI"), ("YWI=", "ab"), ("", "")] {
            let request = request_of(&json!({"/body": body, "/isBase64Encoded": true}));
            assert_eq!(request.body().as_ref(), taken.as_bytes(), "{body}");
        }
    }
}
