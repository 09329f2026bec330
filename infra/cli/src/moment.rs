//! Times as other systems write them.

use faregate::clock::Timestamp;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The time in `text`: RFC 3339, or as databases write it, with a space in the middle and no offset or a short one.
/// Without an offset it is UTC, as Django keeps it.
pub(crate) fn read(text: &str) -> Option<Timestamp> {
    let text = text.trim().replacen(' ', "T", 1);
    let (date, clock) = text.split_once('T')?;
    let offset_at = clock.find(['Z', '+', '-']).unwrap_or(clock.len());
    let (clock, offset) = clock.split_at_checked(offset_at)?;
    let offset = match offset.len() {
        0 => "Z".to_owned(),
        3 => format!("{offset}:00"),
        5 if !offset.contains(':') => format!("{}:{}", offset.get(..3)?, offset.get(3..)?),
        _ => offset.to_owned(),
    };
    let moment = OffsetDateTime::parse(&format!("{date}T{clock}{offset}"), &Rfc3339).ok()?;
    i64::try_from(moment.unix_timestamp_nanos().div_euclid(1_000_000)).ok().map(Timestamp::from_milliseconds)
}

/// The time in the field `name`; `None` where it is empty.
///
/// # Errors
///
/// When that is no time.
pub(crate) fn read_field(name: &str, text: Option<&str>) -> Result<Option<Timestamp>, String> {
    let given = text.filter(|text| !text.is_empty());
    given.map(|text| read(text).ok_or_else(|| format!("{name}: {text:?} is no time"))).transpose()
}

/// The time so many milliseconds after 1970, if it is in the years that RFC 3339 can write.
pub(crate) fn of_milliseconds(milliseconds: i64) -> Option<Timestamp> {
    let moment = Timestamp::from_milliseconds(milliseconds);
    (!write(moment).is_empty()).then_some(moment)
}

/// `moment` as RFC 3339, to the millisecond.
pub(crate) fn write(moment: Timestamp) -> String {
    let nanoseconds = i128::from(moment.milliseconds()) * 1_000_000;
    let formatted = OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).ok().and_then(|m| m.format(&Rfc3339).ok());
    formatted.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_systems_spelling_is_read() {
        for text in [
            "2024-01-02T03:04:05.678Z",
            "2024-01-02T03:04:05.678901Z",
            "2024-01-02 03:04:05.678901",
            "2024-01-02 03:04:05.678901+00",
            "2024-01-02 03:04:05.678901+00:00",
            "2024-01-02 05:04:05.678+0200",
            "2024-01-01T22:34:05.678-04:30",
        ] {
            assert_eq!(read(text), Some(Timestamp::from_milliseconds(1_704_164_645_678)), "{text}");
        }
        for text in ["", "2024-01-02", "2024-13-02T00:00:00Z", "2024-01-02 03:04", "yesterday", "2024-01-02T03:04:05+1"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for milliseconds in [0, 1, 1_704_164_645_678, 253_402_300_799_999, -1] {
            let moment = Timestamp::from_milliseconds(milliseconds);
            assert_eq!(read(&write(moment)), Some(moment), "{}", write(moment));
        }
    }
}
