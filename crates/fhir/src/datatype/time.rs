//! Dates and times: the text as it is written, which also says how precise it is.

use std::fmt;

use jiff::Timestamp;
use jiff::civil;

use crate::codec::{Datatype, Printer};
use crate::value::Value;

/// How much of a time is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Precision {
    /// `1999`
    Year,
    /// `1999-04`
    Month,
    /// `1999-04-01`
    Day,
    /// `1999-04-01T12:00+01:00`: not FHIR, but the national service writes it.
    Minute,
    /// `1999-04-01T12:00:00+01:00`
    Second,
    /// `1999-04-01T12:00:00.000+01:00`
    Fraction,
}

/// Not a time as FHIR R4 writes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a {0} of FHIR R4")]
pub struct BadTime(&'static str);

macro_rules! time_type {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $allowed:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash)]
        pub struct $name(String);

        impl $name {
            /// Reads the text and keeps it.
            pub fn parse(text: &str) -> Result<Self, BadTime> {
                let allowed: &[Precision] = $allowed;
                match precision(text) {
                    Some(precision) if allowed.contains(&precision) => Ok(Self(text.to_owned())),
                    _ => Err(BadTime($kind)),
                }
            }

            /// Keeps any text: for the profile that repeats what the national service writes,
            /// valid or not. [`crate::check`] finds what is not valid.
            pub fn as_written(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// How much is said; `None` for text that is no time.
            pub fn precision(&self) -> Option<Precision> {
                precision(&self.0)
            }
        }

        impl fmt::Debug for $name {
            /// Not the time: it may be a patient's.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($name))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Datatype for $name {
            fn from_value(value: Value) -> Result<Self, Value> {
                match value {
                    Value::String(text) => Ok(Self(text)),
                    other => Err(other),
                }
            }

            fn to_value(&self) -> Value {
                Value::String(self.0.clone())
            }

            fn print(&self, to: &mut Printer) {
                to.text(&self.0);
            }
        }
    };
}

time_type! {
    /// A `dateTime`: a year, a month, a day, or a time with its offset.
    FhirDateTime, "dateTime",
    &[Precision::Year, Precision::Month, Precision::Day, Precision::Second, Precision::Fraction]
}

time_type! {
    /// A `date`: a year, a month or a day.
    Date, "date", &[Precision::Year, Precision::Month, Precision::Day]
}

time_type! {
    /// An `instant`: a time with its offset.
    Instant, "instant", &[Precision::Second, Precision::Fraction]
}

impl FhirDateTime {
    /// The moment, where at least minutes are said.
    pub fn timestamp(&self) -> Option<Timestamp> {
        moment(&self.0)
    }
}

impl Instant {
    /// The moment.
    pub fn timestamp(&self) -> Option<Timestamp> {
        moment(&self.0)
    }
}

impl From<Timestamp> for Instant {
    /// In UTC, to the millisecond.
    fn from(at: Timestamp) -> Self {
        Self(at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string())
    }
}

impl From<Timestamp> for FhirDateTime {
    /// In UTC, to the second.
    fn from(at: Timestamp) -> Self {
        Self(at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
    }
}

fn moment(text: &str) -> Option<Timestamp> {
    match precision(text)? {
        Precision::Year | Precision::Month | Precision::Day => None,
        Precision::Minute => {
            let (minutes, offset) = text.split_at_checked(16)?;
            format!("{minutes}:00{offset}").parse().ok()
        }
        Precision::Second | Precision::Fraction => text.parse().ok(),
    }
}

/// The precision of a time as FHIR writes them (and of one to the minute, which FHIR does not have);
/// `None` for anything else: 30 February too.
pub(crate) fn precision(text: &str) -> Option<Precision> {
    if !text.is_ascii() || text.len() > 40 {
        return None;
    }
    let (date, rest) = match text.split_once('T') {
        Some((date, rest)) => (date, Some(rest)),
        None => (text, None),
    };
    let day = day_precision(date)?;
    let Some(rest) = rest else { return Some(day) };
    (day == Precision::Day).then_some(())?;
    let (clock, _) = split_offset(rest)?;
    clock_precision(clock)
}

fn day_precision(date: &str) -> Option<Precision> {
    let mut parts = date.split('-');
    let year = number(parts.next()?, 4)?;
    (year > 0).then_some(())?;
    let Some(month) = parts.next() else {
        return Some(Precision::Year);
    };
    let month = number(month, 2)?;
    (1..=12).contains(&month).then_some(())?;
    let Some(day) = parts.next() else {
        return Some(Precision::Month);
    };
    let day = number(day, 2)?;
    parts.next().is_none().then_some(())?;
    civil::Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    Some(Precision::Day)
}

/// `12:00:00.5` and the offset behind, which has to be there: `Z`, `+01:00`, at most 14 hours.
fn split_offset(rest: &str) -> Option<(&str, &str)> {
    if let Some(clock) = rest.strip_suffix('Z') {
        return Some((clock, "Z"));
    }
    let at = rest.find(['+', '-'])?;
    let (clock, offset) = rest.split_at_checked(at)?;
    let (hours, minutes) = offset.get(1..)?.split_once(':')?;
    let (hours, minutes) = (number(hours, 2)?, number(minutes, 2)?);
    (hours < 14 && minutes < 60 || hours == 14 && minutes == 0).then_some((clock, offset))
}

fn clock_precision(clock: &str) -> Option<Precision> {
    let mut parts = clock.split(':');
    let (hour, minute) = (number(parts.next()?, 2)?, number(parts.next()?, 2)?);
    (hour < 24 && minute < 60).then_some(())?;
    let Some(second) = parts.next() else {
        return Some(Precision::Minute);
    };
    parts.next().is_none().then_some(())?;
    let (second, fraction) = match second.split_once('.') {
        Some((second, fraction)) => (second, Some(fraction)),
        None => (second, None),
    };
    (number(second, 2)? <= 60).then_some(())?;
    match fraction {
        None => Some(Precision::Second),
        Some(digits) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => {
            Some(Precision::Fraction)
        }
        Some(_) => None,
    }
}

/// Whether it is a `time` of FHIR: `12:00:00`, with or without a fraction.
pub(crate) fn is_time(text: &str) -> bool {
    text.is_ascii()
        && text.len() <= 30
        && clock_precision(text).is_some_and(|precision| precision >= Precision::Second)
}

fn number(digits: &str, length: usize) -> Option<i16> {
    let exact = digits.len() == length && digits.bytes().all(|b| b.is_ascii_digit());
    exact.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn precisions() {
        let cases = [
            ("1999", Some(Precision::Year)),
            ("1999-04", Some(Precision::Month)),
            ("1999-04-30", Some(Precision::Day)),
            ("2024-02-29", Some(Precision::Day)),
            ("1999-04-30T01:00+01:00", Some(Precision::Minute)),
            ("1999-04-30T01:00:00Z", Some(Precision::Second)),
            ("1999-04-30T01:00:00-05:30", Some(Precision::Second)),
            ("1999-04-30T01:00:00.1234+14:00", Some(Precision::Fraction)),
            ("2023-02-29", None),
            ("1999-13", None),
            ("199904", None),
            ("99", None),
            ("0000", None),
            ("1999-4-1", None),
            ("1999-04-30T01:00:00", None),
            ("1999-04-30T24:00:00Z", None),
            ("1999-04-30T01:00:00.Z", None),
            ("1999-04-30T01:00:00+14:30", None),
            ("1999-04T01:00:00Z", None),
            ("1999-04-30T", None),
            ("1999-04-30 ", None),
            ("", None),
            ("１９９９", None),
        ];
        for (text, expected) in cases {
            assert_eq!(precision(text), expected, "{text}");
        }
    }

    #[test]
    fn each_type_takes_its_own_precisions() {
        assert!(FhirDateTime::parse("1999-04").is_ok());
        assert_eq!(
            FhirDateTime::parse("1999-04-30T01:00+01:00"),
            Err(BadTime("dateTime"))
        );
        assert_eq!(Date::parse("1999-04-30T01:00:00Z"), Err(BadTime("date")));
        assert_eq!(Instant::parse("1999-04-30"), Err(BadTime("instant")));
    }

    #[test]
    fn moments() {
        let minute = FhirDateTime::as_written("2007-03-15T01:00+00:00");
        let second = FhirDateTime::parse("2007-03-15T02:00:00+01:00").unwrap();
        assert_eq!(minute.timestamp(), second.timestamp());
        assert_eq!(FhirDateTime::parse("2007-03-15").unwrap().timestamp(), None);
        let at: Timestamp = "2007-03-15T01:00:00.5Z".parse().unwrap();
        assert_eq!(Instant::from(at).as_str(), "2007-03-15T01:00:00.500Z");
    }
}
