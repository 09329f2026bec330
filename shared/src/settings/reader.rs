//! Values, read by name and kind; a bad one is an error that names the setting.

use std::collections::BTreeMap;
use std::str::FromStr;

use zeroize::Zeroizing;

use super::{Origin, SettingsError, SharedKey, table};
use crate::aws::is_loopback;
use crate::passwords::{Cost, NotACost};

/// The given values over the table's defaults.
pub(super) struct Reader(pub(super) BTreeMap<String, String>);

impl Reader {
    pub(super) fn text(&self, name: &'static str) -> Result<String, SettingsError> {
        let text = self.raw(name);
        if text.is_empty() { Err(self.bad(name)) } else { Ok(text.to_owned()) }
    }

    pub(super) fn optional_text(&self, name: &'static str) -> Option<String> {
        Some(self.raw(name)).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    fn raw(&self, name: &'static str) -> &str {
        self.0.get(name).map_or_else(|| table::default_of(name), String::as_str)
    }

    fn bad(&self, name: &'static str) -> SettingsError {
        let setting = table::named(name);
        let given = (!setting.secret).then(|| self.raw(name).to_owned());
        SettingsError::BadValue { name, allowed: setting.allowed, given }
    }

    pub(super) fn choice<T: Copy>(&self, name: &'static str, choices: &[(&str, T)]) -> Result<T, SettingsError> {
        let given = self.raw(name);
        choices.iter().find(|(text, _)| *text == given).map(|(_, value)| *value).ok_or_else(|| self.bad(name))
    }

    pub(super) fn flag(&self, name: &'static str) -> Result<bool, SettingsError> {
        self.choice(name, &[("true", true), ("false", false)])
    }

    pub(super) fn switch(&self, name: &'static str) -> Result<bool, SettingsError> {
        self.choice(name, &[("on", true), ("off", false)])
    }

    pub(super) fn number<T: FromStr + TryInto<i64> + Copy>(
        &self,
        name: &'static str,
        least: i64,
        most: i64,
    ) -> Result<T, SettingsError> {
        let number: T = self.raw(name).parse().map_err(|_| self.bad(name))?;
        let in_range = number.try_into().is_ok_and(|wide| (least..=most).contains(&wide));
        if in_range { Ok(number) } else { Err(self.bad(name)) }
    }

    /// RFC 7518, 3.2: a key for HS256 has at least 256 bits.
    pub(super) fn secret(&self, name: &'static str) -> Result<Option<SharedKey>, SettingsError> {
        match self.raw(name) {
            "" => Ok(None),
            key if key.len() >= 32 => Ok(Some(SharedKey(Zeroizing::new(key.to_owned())))),
            _ => Err(self.bad(name)),
        }
    }

    /// An issuer or endpoint: `https` and a host, perhaps a path, no query and no fragment (OpenID Connect Discovery 1.0,
    /// 3); `http` on this machine alone.
    pub(super) fn url(&self, name: &'static str) -> Result<Option<String>, SettingsError> {
        let given = self.raw(name);
        if given.is_empty() {
            return Ok(None);
        }
        let uri: http::Uri = given.parse().map_err(|_| self.bad(name))?;
        let plain_http = uri.scheme_str() == Some("http") && is_loopback(given);
        let secure = plain_http || uri.scheme_str() == Some("https");
        let complete = secure && uri.host().is_some_and(|host| !host.is_empty()) && !given.contains('@');
        let plain = uri.query().is_none() && !given.contains('#') && !given.ends_with('/');
        if complete && plain { Ok(Some(given.to_owned())) } else { Err(self.bad(name)) }
    }

    /// Origins, with commas between them.
    pub(super) fn origins(&self, name: &'static str) -> Result<Vec<Origin>, SettingsError> {
        let given = self.raw(name);
        if given.is_empty() {
            return Ok(Vec::new());
        }
        let read = |text: &str| {
            Origin::parse(text).map_err(|reason| SettingsError::BadOrigin { name, given: text.to_owned(), reason })
        };
        given.split(',').map(|text| read(text.trim_matches(' '))).collect()
    }

    /// DynamoDB's rule for table names: 3 to 255 of `a-zA-Z0-9_.-`.
    pub(super) fn table_name(&self, name: &'static str) -> Result<String, SettingsError> {
        let given = self.raw(name);
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
        if (3..=255).contains(&given.len()) && given.bytes().all(allowed) {
            Ok(given.to_owned())
        } else {
            Err(self.bad(name))
        }
    }

    /// `CloudWatch`'s rule for namespaces (API reference, `PutMetricData`), without its space.
    pub(super) fn metrics_namespace(&self, name: &'static str) -> Result<Option<String>, SettingsError> {
        self.word(name, 255, b".-_/#:")
    }

    /// The name of a claim (RFC 7519, 4: a text or, where it could collide, a URI).
    pub(super) fn claim(&self, name: &'static str) -> Result<Option<String>, SettingsError> {
        self.word(name, 128, b"._-:/")
    }

    /// At most `most` letters and digits of ASCII and bytes of `others`, if there are any.
    fn word(&self, name: &'static str, most: usize, others: &[u8]) -> Result<Option<String>, SettingsError> {
        let Some(given) = self.optional_text(name) else { return Ok(None) };
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || others.contains(&byte);
        if given.len() <= most && given.bytes().all(allowed) { Ok(Some(given)) } else { Err(self.bad(name)) }
    }

    /// What a hash costs; `None` for one of ours.
    pub(super) fn cost(&self, name: &'static str) -> Result<Option<Cost>, SettingsError> {
        match self.raw(name) {
            "argon2id" => Ok(None),
            given => given.parse().map(Some).map_err(|NotACost| self.bad(name)),
        }
    }
}
