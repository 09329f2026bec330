//! Cookies and form tokens.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use faregate::domain::admin_session::CookieSecret;
use faregate::http::Client;
use faregate::http::browser::{ADMIN_COOKIE, cookie as secret_in, refuse_forged};

use crate::House;

/// What our own pages may call themselves where the API is at `localhost:8000`.
const ORIGINS: [&str; 3] = ["http://localhost:8000", "http://127.0.0.1:8000", "http://[::1]:8000"];

/// Four lines: `Cookie`, `Origin`, `Sec-Fetch-Site`, a form token; an empty one is not sent. A secret is taken from a cookie
/// of its name alone, and a request for our own alone that says where it comes from and holds the token of the secret.
pub fn cookie(data: &[u8]) {
    House::with(|house| {
        let filled = house.filled(data);
        let mut lines = filled.split(|byte| *byte == b'\n').chain(std::iter::repeat(&[][..]));
        let mut headers = HeaderMap::new();
        for name in ["cookie", "origin", "sec-fetch-site"] {
            let line = lines.next().unwrap_or_default();
            if let (false, Ok(value)) = (line.is_empty(), HeaderValue::from_bytes(line)) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        let form_token = lines.next().and_then(|line| std::str::from_utf8(line).ok()).unwrap_or_default();
        let found = secret_in(&headers, ADMIN_COOKIE);
        if let Some(secret) = &found {
            let pair = format!("{ADMIN_COOKIE}={}", secret.expose());
            assert!(String::from_utf8_lossy(&filled).contains(&pair), "{pair} was not sent");
        }
        holds(&headers, form_token, &found.unwrap_or_else(|| CookieSecret::new([0; 16])));
    });
}

fn holds(headers: &HeaderMap, form_token: &str, secret: &CookieSecret) {
    let client = Client { domain_name: Some("localhost:8000".to_owned()), ..Client::default() };
    let text = |name: &str| headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let is_ours = match text("origin") {
        Some(origin) => ORIGINS.contains(&origin.as_str()),
        None => text("sec-fetch-site").as_deref() == Some("same-origin"),
    };
    let taken = refuse_forged(headers, Some(form_token), secret, &client).is_ok();
    assert_eq!(taken, is_ours && form_token == secret.form_token(), "{headers:?} {form_token}");
}
