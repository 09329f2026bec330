//! What browsers send by themselves, and how a request that another site made them send is told (OWASP, Cross-Site Request
//! Forgery Prevention Cheat Sheet): by a token that only our pages hold, and by where the request says it comes from.

use axum::http::header::{COOKIE, ORIGIN};
use axum::http::{HeaderMap, HeaderValue};

use super::client::Client;
use crate::domain::admin_session::CookieSecret;

/// The cookie of a session on the admin site. The prefix keeps it from being set without `Secure`, with another path or for
/// another host (RFC 6265bis, 4.1.3.2).
pub const ADMIN_COOKIE: &str = "__Host-faregate_admin";
/// The cookie of a browser that is about to log in there.
pub const LOG_IN_COOKIE: &str = "__Host-faregate_log_in";
/// The cookie of a browser in which an administrator has logged in. It opens nothing; it has attempts counted apart.
pub const BROWSER_COOKIE: &str = "__Host-faregate_browser";
/// The field of forms, as Django calls it.
pub const FORM_TOKEN: &str = "csrfmiddlewaretoken";
/// The header for what is no form, as Django calls it.
const TOKEN_HEADER: &str = "x-csrftoken";

/// Why a request is taken for one that another site made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Forged {
    /// It comes from elsewhere.
    #[error("Origin checking failed - {0} does not match any trusted origins.")]
    Origin(String),
    /// It does not say where it comes from.
    #[error("Origin checking failed - no Origin.")]
    NoOrigin,
    /// It has no token.
    #[error("CSRF token missing.")]
    NoToken,
    /// Its token is not of this browser.
    #[error("CSRF token incorrect.")]
    WrongToken,
}

impl Forged {
    /// A word for it that holds nothing of what was sent: what a log line may say.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Origin(_) => "origin",
            Self::NoOrigin => "no_origin",
            Self::NoToken => "no_token",
            Self::WrongToken => "wrong_token",
        }
    }
}

/// The secret in the cookie `name`, if it can be one.
#[must_use]
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<CookieSecret> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(known, _)| *known == name).find_map(|(_, value)| CookieSecret::parse(value))
}

/// `Set-Cookie` for the cookie `name`: until the browser is closed, for this host alone, never for scripts, and never with a
/// request that another site caused.
#[must_use]
pub fn set_cookie(name: &str, secret: &CookieSecret) -> HeaderValue {
    header(&format!("{name}={}; Path=/; Secure; HttpOnly; SameSite=Strict", secret.expose()))
}

/// The same, for so many `seconds` instead, whether the browser is closed or not.
#[must_use]
pub fn keep_cookie(name: &str, secret: &CookieSecret, seconds: i64) -> HeaderValue {
    let value = secret.expose();
    header(&format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age={seconds}"))
}

/// `Set-Cookie` that takes the cookie `name` away.
#[must_use]
pub fn remove_cookie(name: &str) -> HeaderValue {
    header(&format!("{name}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0"))
}

fn header(text: &str) -> HeaderValue {
    // Base64 and words: always fit for a header.
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// Makes sure that a request that changes something comes from a page of ours: from our own origin, and with the token of
/// `secret`, in the form as `form_token` or in the header `X-CSRFToken`.
///
/// # Errors
///
/// Why it is taken for a forged one.
pub fn refuse_forged(
    headers: &HeaderMap,
    form_token: Option<&str>,
    secret: &CookieSecret,
    client: &Client,
) -> Result<(), Forged> {
    check_origin(headers, client)?;
    let in_header = headers.get(TOKEN_HEADER).and_then(|value| value.to_str().ok());
    match form_token.or(in_header) {
        None | Some("") => Err(Forged::NoToken),
        Some(token) if secret.takes(token) => Ok(()),
        Some(_) => Err(Forged::WrongToken),
    }
}

/// By `Origin`, which every browser sends with a POST (Fetch, 3.1); where it is missing, by `Sec-Fetch-Site`.
fn check_origin(headers: &HeaderMap, client: &Client) -> Result<(), Forged> {
    let text = |name: &str| headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    match (text(ORIGIN.as_str()), text("sec-fetch-site").as_deref()) {
        (Some(origin), _) if is_ours(&origin, client) => Ok(()),
        (Some(origin), _) => Err(Forged::Origin(origin)),
        (None, Some("same-origin")) => Ok(()),
        (None, _) => Err(Forged::NoOrigin),
    }
}

/// Whether `origin` is that of this service: the domain that API Gateway says it was called by; on a laptop, this machine
/// under any of its names.
fn is_ours(origin: &str, client: &Client) -> bool {
    let own = client.issuer();
    let local = own
        .strip_prefix("http://localhost")
        .map(|port| ["127.0.0.1", "[::1]"].map(|host| format!("http://{host}{port}")));
    origin == own || local.is_some_and(|names| names.iter().any(|name| name == origin))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(domain: &str) -> Client {
        Client { domain_name: Some(domain.to_owned()), ..Client::default() }
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_str(value).unwrap())).collect()
    }

    fn secret() -> CookieSecret {
        CookieSecret::new([1; 16])
    }

    #[test]
    fn a_cookie_is_read_by_its_whole_name() {
        let text = format!("a=b; x{ADMIN_COOKIE}=no; {ADMIN_COOKIE}={}; c", secret().expose());
        assert_eq!(cookie(&headers(&[("cookie", &text)]), ADMIN_COOKIE), Some(secret()));
        for other in
            ["", "x", "; ;=", &format!("{ADMIN_COOKIE}=short"), &format!("{LOG_IN_COOKIE}={}", secret().expose())]
        {
            assert_eq!(cookie(&headers(&[("cookie", other)]), ADMIN_COOKIE), None, "{other}");
        }
    }

    #[test]
    fn a_cookie_is_for_this_host_alone_and_for_no_script() {
        let set = set_cookie(ADMIN_COOKIE, &secret());
        let set = set.to_str().unwrap();
        assert!(set.starts_with("__Host-") && set.ends_with("; Path=/; Secure; HttpOnly; SameSite=Strict"), "{set}");
    }

    #[test]
    fn a_request_from_our_own_page_passes() {
        let api = client("auth.example.com");
        let token = secret().form_token();
        let from = headers(&[("origin", "https://auth.example.com")]);
        assert_eq!(refuse_forged(&from, Some(&token), &secret(), &api), Ok(()));
        let by_header = headers(&[("sec-fetch-site", "same-origin"), ("x-csrftoken", &token)]);
        assert_eq!(refuse_forged(&by_header, None, &secret(), &api), Ok(()));
        for own in ["http://localhost:8000", "http://127.0.0.1:8000", "http://[::1]:8000"] {
            let from = headers(&[("origin", own)]);
            assert_eq!(refuse_forged(&from, Some(&token), &secret(), &client("localhost:8000")), Ok(()), "{own}");
        }
    }

    #[test]
    fn a_request_from_elsewhere_is_refused_whatever_it_knows() {
        let token = secret().form_token();
        for (domain, origin) in [
            ("auth.example.com", "https://evil.example"),
            ("auth.example.com", "http://auth.example.com"),
            ("auth.example.com", "https://auth.example.com.evil.example"),
            ("auth.example.com", "http://localhost"),
            ("auth.example.com", "null"),
            ("localhost:8000", "http://localhost:8001"),
            ("localhost:8000", "http://localhost.evil.example:8000"),
        ] {
            let found = refuse_forged(&headers(&[("origin", origin)]), Some(&token), &secret(), &client(domain));
            assert_eq!(found, Err(Forged::Origin(origin.to_owned())), "{domain}");
        }
        for elsewhere in
            [headers(&[]), headers(&[("sec-fetch-site", "cross-site")]), headers(&[("sec-fetch-site", "same-site")])]
        {
            let found = refuse_forged(&elsewhere, Some(&token), &secret(), &client("localhost:8000"));
            assert_eq!(found, Err(Forged::NoOrigin));
        }
    }

    #[test]
    fn a_token_that_is_missing_or_another_browsers_is_refused() {
        let from = headers(&[("origin", "http://localhost:8000")]);
        let api = client("localhost:8000");
        let check = |token: Option<&str>| refuse_forged(&from, token, &secret(), &api);
        assert_eq!(check(None), Err(Forged::NoToken));
        assert_eq!(check(Some("")), Err(Forged::NoToken));
        assert_eq!(check(Some(&CookieSecret::new([2; 16]).form_token())), Err(Forged::WrongToken));
        assert_eq!(check(Some(secret().expose())), Err(Forged::WrongToken));
    }
}
