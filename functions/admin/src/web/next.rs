//! Where a log-in leads: to an address of this site, whatever the link said.

/// Where a log-in leads that was asked for by itself.
const DEFAULT: &str = "/admin/users/";

/// `next` if it is a path of this site, as the browser will read it too: it takes `//host` and `/\host` for another host, and
/// drops tabs and line ends first (WHATWG URL, 4.4).
pub(super) fn local(next: &str) -> &str {
    let is_path = next.strip_prefix('/').is_some_and(|rest| !rest.starts_with(['/', '\\']));
    let is_plain = next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    // The log-in itself would only lead here again.
    if is_path && is_plain && !next.starts_with("/admin/log") { next } else { DEFAULT }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_this_site_is_taken() {
        for path in ["/", "/admin/users/?q=a%20b&staff=yes", "/api/me/"] {
            assert_eq!(local(path), path);
        }
    }

    #[test]
    fn anything_that_could_lead_elsewhere_is_not() {
        for next in [
            "",
            "admin",
            "//evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            " //evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "/a\\b",
            "/ä",
            "/admin/login/?next=/admin/login/",
            "/admin/logout/",
        ] {
            assert_eq!(local(next), DEFAULT, "{next:?}");
        }
    }
}
