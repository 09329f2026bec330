//! How often somebody may try.

use super::SettingsError;
use super::reader::Reader;
use crate::domain::throttle::{Limit, RisingDelay};

const HOUR_SECONDS: i64 = 3_600;
/// The most that a limit can be.
const MOST: i64 = 1_000_000;

/// How often somebody may try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThrottleSettings {
    /// Whether anything is counted at all.
    pub enabled: bool,
    /// Attempts at one password.
    pub password: RisingDelay,
    address_failures: u32,
    address_sign_ups: u32,
    address_refresh_failures: u32,
}

impl ThrottleSettings {
    /// Failed log-ins from one address.
    #[must_use]
    pub const fn address_failures(&self) -> Limit {
        an_hour("address", self.address_failures)
    }

    /// Sign-ups from one address.
    #[must_use]
    pub const fn address_sign_ups(&self) -> Limit {
        an_hour("sign_up", self.address_sign_ups)
    }

    /// Refresh tokens from one address that are none of ours.
    #[must_use]
    pub const fn address_refresh_failures(&self) -> Limit {
        an_hour("refresh", self.address_refresh_failures)
    }
}

const fn an_hour(scope: &'static str, most: u32) -> Limit {
    Limit { scope, most, window_seconds: HOUR_SECONDS }
}

pub(super) fn throttle(read: &Reader) -> Result<ThrottleSettings, SettingsError> {
    Ok(ThrottleSettings {
        enabled: read.switch("FAREGATE_THROTTLE")?,
        password: RisingDelay {
            free: read.number("FAREGATE_ACCOUNT_FREE_FAILURES", 1, 100)?,
            // Seconds, never minutes: the owner who comes from an unknown device waits as long.
            max_seconds: read.number("FAREGATE_ACCOUNT_MAX_DELAY_SECONDS", 1, 59)?,
            most_a_day: read.number("FAREGATE_ACCOUNT_FAILURE_LIMIT", 0, MOST)?,
        },
        address_failures: read.number("FAREGATE_ADDRESS_FAILURE_LIMIT", 0, MOST)?,
        address_sign_ups: read.number("FAREGATE_ADDRESS_SIGN_UP_LIMIT", 0, MOST)?,
        address_refresh_failures: read.number("FAREGATE_ADDRESS_REFRESH_FAILURE_LIMIT", 0, MOST)?,
    })
}
