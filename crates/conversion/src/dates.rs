//! Dates and times of one side on the other.
//!
//! What is said is kept: a month stays a month. HL7 V3 times without an offset are UK local time.
//! Profile Compatible writes what the national service writes, oddities included: V3 times in its
//! published answers carry `+00:00` in summer too, minutes stay minutes although R4 has no such
//! form, and on the way to V3 months keep their dash.

mod form;

pub use form::{TimeForm, When, back, time_form, when};

use domain::Hl7Timestamp;
use domain::time::Precision as V3Precision;
use fhir::{FhirDateTime, Instant, Precision};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::Profile;

/// A time that cannot be said on the other side.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Unsupported date format: {0}")]
pub struct DateError(
    /// As it is written.
    pub String,
);

/// A V3 time as a FHIR `dateTime`.
pub fn to_fhir(v3: &str, profile: Profile) -> Result<FhirDateTime, DateError> {
    let text = match profile {
        Profile::Compatible => national(v3),
        Profile::Full => exact(v3).map(|exact| exact.text),
    };
    let text = text.ok_or_else(|| DateError(v3.to_owned()))?;
    Ok(FhirDateTime::as_written(text))
}

/// A V3 time as a FHIR `instant`. R4 wants it to the second: in profile Full a time that says less
/// becomes its first moment.
pub fn to_instant(v3: &str, profile: Profile) -> Result<Instant, DateError> {
    let text = match profile {
        Profile::Compatible => national(v3),
        Profile::Full => exact(v3).map(|exact| match exact.whole {
            true => exact.text,
            false => in_london(exact.first),
        }),
    };
    let text = text.ok_or_else(|| DateError(v3.to_owned()))?;
    Ok(Instant::as_written(text))
}

/// A FHIR `dateTime` as a V3 time in UK local time.
pub fn to_v3(fhir: &FhirDateTime, profile: Profile) -> Result<String, DateError> {
    let error = || DateError(fhir.as_str().to_owned());
    let text = fhir.as_str();
    match fhir.precision().ok_or_else(error)? {
        Precision::Month if profile == Profile::Compatible => Ok(text.to_owned()),
        Precision::Year | Precision::Month | Precision::Day => Ok(text.replace('-', "")),
        Precision::Minute | Precision::Second | Precision::Fraction => {
            let at = fhir.timestamp().ok_or_else(error)?;
            Ok(Hl7Timestamp::from_instant(at).as_str().to_owned())
        }
    }
}

/// A FHIR `instant` as a V3 time: UK local time, in profile Compatible UTC, which is what the
/// national service runs in.
pub fn instant_to_v3(fhir: &Instant, profile: Profile) -> Result<String, DateError> {
    let at = fhir.timestamp();
    let at = at.ok_or_else(|| DateError(fhir.as_str().to_owned()))?;
    Ok(match profile {
        Profile::Full => Hl7Timestamp::from_instant(at).as_str().to_owned(),
        Profile::Compatible => at.strftime("%Y%m%d%H%M%S").to_string(),
    })
}

struct Exact {
    text: String,
    /// Whether it says at least the second.
    whole: bool,
    first: Timestamp,
}

/// In R4's forms. An hour or a minute is written with zeros after it, because R4 has no such
/// precision and leaving the hour out would lose more.
fn exact(v3: &str) -> Option<Exact> {
    let dashless = month_with_dash(v3).map(|(year, month)| [year, month].concat());
    let time = Hl7Timestamp::parse(dashless.as_deref().unwrap_or(v3)).ok()?;
    let digits = time.as_str();
    let first = time.first_instant();
    // A day has no offset, and `2004-13` is no year with one.
    let is_odd = time.precision() < V3Precision::Hour && digits.contains(['+', '-']);
    if is_odd || digits.starts_with("0000") {
        return None;
    }
    let part = |from: usize, to: usize| digits.get(from..to);
    let (text, whole) = match time.precision() {
        V3Precision::Year => (part(0, 4)?.to_owned(), false),
        V3Precision::Month => ([part(0, 4)?, "-", part(4, 6)?].concat(), false),
        V3Precision::Day => (day(digits)?, false),
        V3Precision::Hour | V3Precision::Minute => (with_offset(&time)?, false),
        V3Precision::Second | V3Precision::Fraction => (with_offset(&time)?, true),
    };
    Some(Exact { text, whole, first })
}

fn day(digits: &str) -> Option<String> {
    let (year, month, day) = (digits.get(..4)?, digits.get(4..6)?, digits.get(6..8)?);
    Some([year, "-", month, "-", day].concat())
}

/// A time with the offset it came with, or the one the United Kingdom had then.
fn with_offset(time: &Hl7Timestamp) -> Option<String> {
    let text = time.as_str();
    let Some(at) = text.find(['+', '-']) else {
        let fraction = text.split_once('.').map(|(_, fraction)| fraction);
        let whole = in_london(time.first_instant());
        return Some(match fraction {
            Some(fraction) => {
                let (clock, offset) = whole.split_at_checked(19)?;
                [clock, ".", fraction, offset].concat()
            }
            None => whole,
        });
    };
    let (main, offset) = text.split_at_checked(at)?;
    let (digits, fraction) = main.split_once('.').unwrap_or((main, ""));
    let part = |from: usize| digits.get(from..from + 2).unwrap_or("00");
    let mut written = [&day(digits)?, "T", part(8), ":", part(10), ":", part(12)].concat();
    if !fraction.is_empty() {
        written.extend([".", fraction]);
    }
    let (sign, zone) = offset.split_at_checked(1)?;
    let zone = match zone.len() {
        1 => ["0", zone, ":00"].concat(),
        2 => [zone, ":00"].concat(),
        3 => ["0", zone.get(..1)?, ":", zone.get(1..)?].concat(),
        _ => [zone.get(..2)?, ":", zone.get(2..)?].concat(),
    };
    written.extend([sign, &zone]);
    Some(written)
}

fn in_london(at: Timestamp) -> String {
    // The time-zone database is compiled in, so the name is always found.
    let zone = TimeZone::get("Europe/London").unwrap_or(TimeZone::UTC);
    at.to_zoned(zone)
        .strftime("%Y-%m-%dT%H:%M:%S%:z")
        .to_string()
}

/// As the national service writes it.
fn national(v3: &str) -> Option<String> {
    if v3 == "1" {
        return Some("1970-01-01".to_owned());
    }
    if month_with_dash(v3).is_some() {
        return Some(v3.to_owned());
    }
    if !v3.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Hl7Timestamp::parse(v3).ok()?;
    let part = |from: usize, to: usize| v3.get(from..to).unwrap_or_default();
    Some(match v3.len() {
        4 => v3.to_owned(),
        6 => [part(0, 4), "-", part(4, 6)].concat(),
        8 => day(v3)?,
        12 => [&day(v3)?, "T", part(8, 10), ":", part(10, 12), "+00:00"].concat(),
        14 => {
            let clock = [part(8, 10), ":", part(10, 12), ":", part(12, 14)].concat();
            [&day(v3)?, "T", &clock, "+00:00"].concat()
        }
        _ => return None,
    })
}

/// `2004-08`, which some senders write.
fn month_with_dash(v3: &str) -> Option<(&str, &str)> {
    let (year, month) = v3.split_once('-')?;
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_month = year.len() == 4 && month.len() == 2 && are_digits(year) && are_digits(month);
    (is_month && ("01"..="12").contains(&month)).then_some((year, month))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(v3: &str, full: Option<&str>, compatible: Option<&str>) {
        for (profile, expected) in [(Profile::Full, full), (Profile::Compatible, compatible)] {
            let got = to_fhir(v3, profile);
            let expected = expected.ok_or_else(|| DateError(v3.to_owned()));
            assert_eq!(
                got.as_ref().map(FhirDateTime::as_str),
                expected.as_ref().map(|text| *text),
                "{v3} {profile:?}"
            );
        }
    }

    #[test]
    fn from_v3() {
        check("2004", Some("2004"), Some("2004"));
        check("200408", Some("2004-08"), Some("2004-08"));
        check("2004-08", Some("2004-08"), Some("2004-08"));
        check("20040803", Some("2004-08-03"), Some("2004-08-03"));
        check("2004080310", Some("2004-08-03T10:00:00+01:00"), None);
        check(
            "200703150100",
            Some("2007-03-15T01:00:00+00:00"),
            Some("2007-03-15T01:00+00:00"),
        );
        check(
            "20180621161151",
            Some("2018-06-21T16:11:51+01:00"),
            Some("2018-06-21T16:11:51+00:00"),
        );
        check(
            "20180621161151.25",
            Some("2018-06-21T16:11:51.25+01:00"),
            None,
        );
        check(
            "20180621161151-0500",
            Some("2018-06-21T16:11:51-05:00"),
            None,
        );
        check("1", None, Some("1970-01-01"));
        check("20040230", None, None);
        check("2004-13", None, None);
        check("yesterday", None, None);
        check("", None, None);
    }

    #[test]
    fn to_v3_both_profiles() {
        for (fhir, full, compatible) in [
            ("2004", "2004", "2004"),
            ("2004-08", "200408", "2004-08"),
            ("2004-08-03", "20040803", "20040803"),
            (
                "2021-09-25T01:00:00+00:00",
                "20210925020000",
                "20210925020000",
            ),
            ("2021-09-25T01:00+00:00", "20210925020000", "20210925020000"),
            (
                "2021-01-25T01:00:00.500Z",
                "20210125010000",
                "20210125010000",
            ),
        ] {
            let fhir = FhirDateTime::as_written(fhir);
            assert_eq!(to_v3(&fhir, Profile::Full).as_deref(), Ok(full));
            assert_eq!(to_v3(&fhir, Profile::Compatible).as_deref(), Ok(compatible));
        }
        let wrong = FhirDateTime::as_written("2004-8");
        assert_eq!(
            to_v3(&wrong, Profile::Full),
            Err(DateError("2004-8".to_owned()))
        );
    }

    #[test]
    fn instants() {
        let full = to_instant("20200601", Profile::Full);
        assert_eq!(
            full.as_ref().map(Instant::as_str),
            Ok("2020-06-01T00:00:00+01:00")
        );
        let summer = Instant::as_written("2021-09-25T01:00:00Z");
        assert_eq!(
            instant_to_v3(&summer, Profile::Full).as_deref(),
            Ok("20210925020000")
        );
        assert_eq!(
            instant_to_v3(&summer, Profile::Compatible).as_deref(),
            Ok("20210925010000")
        );
    }
}
