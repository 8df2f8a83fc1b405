//! Times on the command line and in tables: UK local time, as people write it.

use anyhow::{Context, Result};
use domain::Hl7Timestamp;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// An instant as tables show it.
pub(crate) fn uk(instant: Timestamp) -> String {
    domain::time::uk_local(instant)
        .strftime("%Y-%m-%d %H:%M:%S")
        .to_string()
}

/// A day as messages write it.
pub(crate) fn hl7_day(day: Date) -> Result<Hl7Timestamp> {
    Ok(Hl7Timestamp::parse(&day.strftime("%Y%m%d").to_string())?)
}

/// A day or a minute as messages write it, with the precision it was given in.
pub(crate) fn hl7(text: &str) -> Result<Hl7Timestamp> {
    let written = match text.contains('T') {
        true => {
            let minute: DateTime = text.parse().with_context(|| wrong(text))?;
            minute.strftime("%Y%m%d%H%M").to_string()
        }
        false => {
            let day: Date = text.parse().with_context(|| wrong(text))?;
            day.strftime("%Y%m%d").to_string()
        }
    };
    Ok(Hl7Timestamp::parse(&written)?)
}

/// A day or an instant in UK local time. A day given as an end means its last instant.
pub(crate) fn instant(text: &str, end: bool) -> Result<Timestamp> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant);
    }
    let uk = TimeZone::get("Europe/London")?;
    // A date parser takes a time as well and drops it, so the form decides.
    if text.contains('T') {
        let local: DateTime = text.parse().with_context(|| wrong(text))?;
        return Ok(uk.to_timestamp(local)?);
    }
    let day: Date = text.parse().with_context(|| wrong(text))?;
    if !end {
        return Ok(uk.to_timestamp(day.at(0, 0, 0, 0))?);
    }
    let next = uk.to_timestamp(day.tomorrow()?.at(0, 0, 0, 0))?;
    Ok(next.checked_sub(jiff::SignedDuration::from_nanos(1))?)
}

fn wrong(text: &str) -> String {
    format!("{text:?} is neither a day (2026-11-01) nor a time (2026-11-01T09:30)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_uk_days() {
        let at = |text: &str| text.parse::<Timestamp>().expect("an instant");
        for (text, end, expected) in [
            ("2026-07-01", false, "2026-06-30T23:00:00Z"),
            ("2026-07-01", true, "2026-07-01T22:59:59.999999999Z"),
            ("2026-12-01", false, "2026-12-01T00:00:00Z"),
            ("2026-07-01T09:30", false, "2026-07-01T08:30:00Z"),
            ("2026-07-01T09:30:00Z", true, "2026-07-01T09:30:00Z"),
        ] {
            assert_eq!(instant(text, end).expect(text), at(expected), "{text}");
        }
        assert!(instant("yesterday", false).is_err());
    }

    #[test]
    fn messages_get_the_precision_that_was_given() {
        for (text, expected) in [
            ("2026-12-01", "20261201"),
            ("2026-12-01T09:30", "202612010930"),
        ] {
            assert_eq!(hl7(text).expect(text).as_str(), expected);
        }
        assert!(hl7("20261201T").is_err());
        assert!(hl7("tomorrow").is_err());
    }
}
