//! The origins of pages that may call the API from elsewhere, written as browsers write them.

use std::net::{Ipv4Addr, Ipv6Addr};

/// An origin as browsers write it in `Origin` (HTML, 7.1.1; RFC 6454, 6.1): scheme, host and, where it is not the scheme's
/// own, port. Equal origins are equal texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

/// Why a text is not what a browser that we serve writes in `Origin`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnOrigin {
    /// Nothing stands between two commas, or after the last.
    #[error("it is empty")]
    Empty,
    /// `*`, or a host with `*` in it.
    #[error("each origin is named, never by a pattern")]
    Pattern,
    /// `null`: frames in a sandbox, files and redirects of anybody have that origin.
    #[error("anybody's page can be of the origin null")]
    Null,
    /// Another scheme, or `http` where the way to the browser is a network.
    #[error("it must begin with https://, on this machine with http://localhost, http://127.0.0.1 or http://[::1]")]
    Scheme,
    /// There is something before the host or behind the port.
    #[error("an origin has scheme, host and port alone: no user, no path, not even a slash at the end")]
    TooMuch,
    /// The host has capitals.
    #[error("browsers write hosts in lower case")]
    UpperCase,
    /// No host looks like that.
    #[error("its host is none that a browser writes (a name of another script is written as xn--...)")]
    Host,
    /// The port is that of the scheme.
    #[error("browsers leave out the port of the scheme, :443 of https and :80 of http")]
    DefaultPort,
    /// The port is no number from 1 to 65535.
    #[error("its port is none")]
    Port,
}

impl Origin {
    /// Reads `text`.
    ///
    /// # Errors
    ///
    /// When no browser would write it so, or anybody could.
    pub fn parse(text: &str) -> Result<Self, NotAnOrigin> {
        match text {
            "" => return Err(NotAnOrigin::Empty),
            "null" => return Err(NotAnOrigin::Null),
            _ if text.contains('*') => return Err(NotAnOrigin::Pattern),
            _ => {}
        }
        let (scheme, rest) = text.split_once("://").ok_or(NotAnOrigin::Scheme)?;
        if rest.contains(['/', '?', '#', '@']) {
            return Err(NotAnOrigin::TooMuch);
        }
        let (host, port) = host_and_port(rest);
        check_host(host)?;
        let own_port = match scheme {
            "https" => "443",
            "http" if matches!(host, "localhost" | "127.0.0.1" | "[::1]") => "80",
            _ => return Err(NotAnOrigin::Scheme),
        };
        match port {
            Some(port) if port == own_port => return Err(NotAnOrigin::DefaultPort),
            Some(port) => check_port(port)?,
            None => {}
        }
        Ok(Self(text.to_owned()))
    }

    /// As browsers write it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The colons in `[...]` are the host's own.
fn host_and_port(text: &str) -> (&str, Option<&str>) {
    let behind_brackets = text.rfind(']').unwrap_or(0);
    match text.rfind(':').filter(|colon| *colon > behind_brackets).and_then(|colon| text.split_at_checked(colon)) {
        Some((host, port)) => (host, port.strip_prefix(':')),
        None => (text, None),
    }
}

/// A name, or an address in the one form that browsers write (URL standard, 3.5: the last part of a name is no number).
fn check_host(host: &str) -> Result<(), NotAnOrigin> {
    if host.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(NotAnOrigin::UpperCase);
    }
    let is_one = if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        address.parse::<Ipv6Addr>().is_ok_and(|parsed| parsed.to_string() == address)
    } else if host.rsplit('.').next().is_some_and(|last| last.starts_with(|first: char| first.is_ascii_digit())) {
        host.parse::<Ipv4Addr>().is_ok()
    } else {
        host.split('.').all(is_label)
    };
    if is_one { Ok(()) } else { Err(NotAnOrigin::Host) }
}

fn is_label(label: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
    (1..=63).contains(&label.len()) && label.bytes().all(fits)
}

fn check_port(port: &str) -> Result<(), NotAnOrigin> {
    let is_one = port.parse::<u16>().is_ok_and(|number| number > 0 && number.to_string() == port);
    if is_one { Ok(()) } else { Err(NotAnOrigin::Port) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_what_a_browser_writes() {
        for origin in [
            "https://app.example.com",
            "https://app.example.com:8443",
            "https://localhost",
            "https://192.0.2.7",
            "https://[2001:db8::7]:8443",
            "https://xn--bcher-kva.example",
            "https://my_app.4ever.example",
            "http://localhost:5173",
            "http://localhost",
            "http://127.0.0.1:5173",
            "http://[::1]:5173",
            "http://localhost:443",
        ] {
            assert_eq!(Origin::parse(origin).unwrap().as_str(), origin);
        }
    }

    #[test]
    fn what_no_browser_writes_or_anybody_could_is_refused_with_the_reason() {
        for (text, reason) in [
            ("", NotAnOrigin::Empty),
            ("null", NotAnOrigin::Null),
            ("*", NotAnOrigin::Pattern),
            ("https://*.example.com", NotAnOrigin::Pattern),
            ("app.example.com", NotAnOrigin::Scheme),
            ("http://app.example.com", NotAnOrigin::Scheme),
            ("http://127.0.0.2", NotAnOrigin::Scheme),
            ("http://app.localhost", NotAnOrigin::Scheme),
            ("HTTPS://app.example.com", NotAnOrigin::Scheme),
            ("ftp://app.example.com", NotAnOrigin::Scheme),
            ("capacitor://localhost", NotAnOrigin::Scheme),
            ("https:app.example.com", NotAnOrigin::Scheme),
            ("https://app.example.com/", NotAnOrigin::TooMuch),
            ("https://app.example.com/app", NotAnOrigin::TooMuch),
            ("https://app.example.com?", NotAnOrigin::TooMuch),
            ("https://app.example.com#x", NotAnOrigin::TooMuch),
            ("https://App.example.com", NotAnOrigin::UpperCase),
            ("https://[2001:DB8::7]", NotAnOrigin::UpperCase),
            ("https://", NotAnOrigin::Host),
            ("https://:8443", NotAnOrigin::Host),
            ("https://user@app.example.com", NotAnOrigin::TooMuch),
            ("https://user:pw@app.example.com", NotAnOrigin::TooMuch),
            ("https://bücher.example", NotAnOrigin::Host),
            ("https://app.example.com.", NotAnOrigin::Host),
            ("https://app..example.com", NotAnOrigin::Host),
            ("https://app example.com", NotAnOrigin::Host),
            ("https://a.example, https://b.example", NotAnOrigin::TooMuch),
            ("https://127.1", NotAnOrigin::Host),
            ("https://127.0.0.01", NotAnOrigin::Host),
            ("https://0x7f.0.0.1", NotAnOrigin::Host),
            ("https://[2001:db8:0::7]", NotAnOrigin::Host),
            ("https://[2001:db8::7", NotAnOrigin::Host),
            ("https://app.example.com:443", NotAnOrigin::DefaultPort),
            ("http://localhost:80", NotAnOrigin::DefaultPort),
            ("https://app.example.com:", NotAnOrigin::Port),
            ("https://app.example.com:0", NotAnOrigin::Port),
            ("https://app.example.com:08443", NotAnOrigin::Port),
            ("https://app.example.com:65536", NotAnOrigin::Port),
            ("https://app.example.com:http", NotAnOrigin::Port),
        ] {
            assert_eq!(Origin::parse(text), Err(reason), "{text}");
        }
    }
}
