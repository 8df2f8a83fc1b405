//! HL7 V3 timestamps: `YYYY[MM[DD[HH[MM[SS[.f]]]]]][±ZZZZ]`.
//!
//! A timestamp keeps the text it came as, because what is echoed must be the sender's own; its
//! precision, because `20140101` means a day, not midnight; and its offset, because a timestamp
//! without one is UK local time (what the Spine and its clients write).

use std::fmt;
use std::sync::LazyLock;

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize, Serializer};

#[cfg(test)]
mod tests;

/// How much of a timestamp was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Precision {
    /// `YYYY`
    Year,
    /// `YYYYMM`
    Month,
    /// `YYYYMMDD`
    Day,
    /// `YYYYMMDDHH`
    Hour,
    /// `YYYYMMDDHHMM`
    Minute,
    /// `YYYYMMDDHHMMSS`
    Second,
    /// `YYYYMMDDHHMMSS.f…`
    Fraction,
}

/// A point or period of time as an HL7 V3 message writes it.
#[derive(Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Hl7Timestamp {
    text: Box<str>,
    local: DateTime,
    offset_minutes: Option<i16>,
}

/// Why a text is not an HL7 timestamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TimestampError {
    /// Not of the form above.
    #[error("a timestamp is written YYYY[MM[DD[HH[MM[SS[.f]]]]]] with an optional ±HHMM")]
    Shape,
    /// Of the form, but no such date, time or offset exists.
    #[error("the timestamp names a date, time or offset that does not exist")]
    Range,
}

impl Hl7Timestamp {
    /// Parses the text of a `@value`.
    pub fn parse(text: &str) -> Result<Self, TimestampError> {
        let (main, zone) = match text.find(['+', '-']) {
            Some(at) => (&text[..at], Some(&text[at..])),
            None => (text, None),
        };
        let (digits, fraction) = match main.split_once('.') {
            Some((digits, fraction)) if digits.len() == 14 && !fraction.is_empty() => {
                (digits, fraction)
            }
            Some(_) => return Err(TimestampError::Shape),
            None => (main, ""),
        };
        let shaped = matches!(digits.len(), 4 | 6 | 8 | 10 | 12 | 14)
            && fraction.len() <= 9
            && digits
                .bytes()
                .chain(fraction.bytes())
                .all(|b| b.is_ascii_digit());
        if !shaped {
            return Err(TimestampError::Shape);
        }
        let part = |from: usize, to: usize, absent: i16| -> i16 {
            digits
                .get(from..to)
                .and_then(|d| d.parse().ok())
                .unwrap_or(absent)
        };
        let nanosecond = nanoseconds(fraction).ok_or(TimestampError::Shape)?;
        let local = DateTime::new(
            part(0, 4, 0),
            part(4, 6, 1) as i8,
            part(6, 8, 1) as i8,
            part(8, 10, 0) as i8,
            part(10, 12, 0) as i8,
            part(12, 14, 0) as i8,
            nanosecond,
        )
        .map_err(|_| TimestampError::Range)?;
        let offset_minutes = zone.map(parse_offset).transpose()?;
        Ok(Self {
            text: text.into(),
            local,
            offset_minutes,
        })
    }

    /// An instant as the Spine writes it: UK local time, to the second, without offset. In the
    /// hour that the autumn change repeats, the text cannot say which of the two it means; it is
    /// read back as the first.
    pub fn from_instant(instant: Timestamp) -> Self {
        let local = uk_local(instant).with().subsec_nanosecond(0).build();
        let local = local.unwrap_or_else(|_| uk_local(instant));
        Self {
            text: digits(local),
            local,
            offset_minutes: None,
        }
    }

    /// The text it came as, or is to be written as.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// How much of it was written.
    pub fn precision(&self) -> Precision {
        let end = self.text.find(['+', '-']).unwrap_or(self.text.len());
        match end {
            4 => Precision::Year,
            6 => Precision::Month,
            8 => Precision::Day,
            10 => Precision::Hour,
            12 => Precision::Minute,
            14 => Precision::Second,
            _ => Precision::Fraction,
        }
    }

    /// The first instant it covers. Without an offset it is UK local time.
    pub fn first_instant(&self) -> Timestamp {
        self.instant_of(self.local)
    }

    /// The last instant it covers, to the nanosecond: `20140101` ends as the day ends.
    pub fn last_instant(&self) -> Timestamp {
        use jiff::ToSpan;
        let span = match self.precision() {
            Precision::Year => 1.year(),
            Precision::Month => 1.month(),
            Precision::Day => 1.day(),
            Precision::Hour => 1.hour(),
            Precision::Minute => 1.minute(),
            Precision::Second => 1.second(),
            Precision::Fraction => return self.first_instant(),
        };
        let next = self.instant_of(self.local.saturating_add(span));
        let last = next
            .saturating_sub(SignedDuration::from_nanos(1))
            .unwrap_or(Timestamp::MAX);
        // At the far end of the calendar both saturate.
        last.max(self.first_instant())
    }

    fn instant_of(&self, local: DateTime) -> Timestamp {
        let zone = match self.offset_minutes {
            Some(minutes) => {
                Offset::from_seconds(i32::from(minutes) * 60).map_or(TimeZone::UTC, TimeZone::fixed)
            }
            None => uk(),
        };
        // A local time that the spring change skips or the autumn change repeats is read as the
        // earlier offset would have it (jiff's "compatible" rule); only the far ends saturate.
        zone.to_timestamp(local).unwrap_or(Timestamp::MAX)
    }
}

/// An instant as `YYYYMMDDhhmmss` in UK local time, the form of the activity report.
pub fn uk_local_digits(instant: Timestamp) -> Box<str> {
    digits(uk_local(instant))
}

/// An instant in UK local time.
pub fn uk_local(instant: Timestamp) -> DateTime {
    uk().to_datetime(instant)
}

fn uk() -> TimeZone {
    // The time-zone database is compiled in, so the name is always found. Every message has several
    // times: the zone is looked up by its name once.
    static UK: LazyLock<TimeZone> =
        LazyLock::new(|| TimeZone::get("Europe/London").unwrap_or(TimeZone::UTC));
    UK.clone()
}

/// `YYYYMMDDhhmmss`, written as one number. No message has a year before 0: of such a one its amount
/// is left.
fn digits(local: DateTime) -> Box<str> {
    let parts = [
        local.month(),
        local.day(),
        local.hour(),
        local.minute(),
        local.second(),
    ];
    let year = u64::from(local.year().unsigned_abs());
    let number = parts.iter().fold(year, |number, part| {
        number * 100 + u64::from(part.unsigned_abs())
    });
    format!("{number:014}").into()
}

/// The digits after the point of a time's seconds as nanoseconds; what is finer is cut off. `None` if
/// there is something else than digits.
pub fn nanoseconds(fraction: &str) -> Option<i32> {
    if !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let digits = fraction.bytes().chain(std::iter::repeat(b'0')).take(9);
    Some(digits.fold(0, |number, digit| number * 10 + i32::from(digit - b'0')))
}

fn parse_offset(text: &str) -> Result<i16, TimestampError> {
    let (sign, digits) = text.split_at(1);
    if !(1..=4).contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(TimestampError::Shape);
    }
    // One or two digits are hours, three or four are hours and minutes.
    let number: i16 = digits.parse().map_err(|_| TimestampError::Shape)?;
    let (hours, minutes) = if digits.len() <= 2 {
        (number, 0)
    } else {
        (number / 100, number % 100)
    };
    if hours > 14 || minutes > 59 {
        return Err(TimestampError::Range);
    }
    let total = hours * 60 + minutes;
    Ok(if sign == "-" { -total } else { total })
}

impl Serialize for Hl7Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl TryFrom<String> for Hl7Timestamp {
    type Error = TimestampError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Hl7Timestamp> for String {
    fn from(timestamp: Hl7Timestamp) -> Self {
        timestamp.text.into()
    }
}

impl fmt::Display for Hl7Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Hl7Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hl7Timestamp({})", self.text)
    }
}
