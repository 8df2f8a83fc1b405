//! The times of a Timestamp.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// An `xs:dateTime` as the Toolkit's workbench takes it: a fraction of any length, and a zone that
/// is `Z`, `±hh:mm`, `±hhmm` or absent, which means UTC.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let (date_time, rest) = text.split_at_checked(19)?;
    let shape = b"dddd-dd-ddTdd:dd:dd";
    let in_shape = date_time.bytes().zip(shape).all(|(b, s)| match s {
        b'd' => b.is_ascii_digit(),
        s => b == *s,
    });
    if !in_shape || date_time.starts_with('0') {
        return None;
    }
    let (fraction, zone) = match rest.strip_prefix('.') {
        Some(rest) => {
            let end = rest
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(rest.len());
            (Some(&rest[..end]), &rest[end..])
        }
        None => (None, rest),
    };
    let nanosecond = match fraction {
        Some("") => return None,
        Some(digits) => domain::time::nanoseconds(digits)?,
        None => 0,
    };
    let part = |from: usize, to: usize| date_time[from..to].parse::<i8>().ok();
    let civil = DateTime::new(
        date_time[..4].parse().ok()?,
        part(5, 7)?,
        part(8, 10)?,
        part(11, 13)?,
        part(14, 16)?,
        part(17, 19)?,
        nanosecond,
    )
    .ok()?;
    offset(zone)?.to_timestamp(civil).ok()
}

fn offset(zone: &str) -> Option<Offset> {
    if matches!(zone, "" | "Z") {
        return Some(Offset::UTC);
    }
    let sign = match zone.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits = &zone.as_bytes()[1..];
    let (hours, minutes) = match digits {
        [h1, h2, b':', m1, m2] | [h1, h2, m1, m2] => ([*h1, *h2], [*m1, *m2]),
        _ => return None,
    };
    let number = |pair: [u8; 2]| {
        let digits = pair.iter().all(u8::is_ascii_digit);
        digits.then(|| i32::from(pair[0] - b'0') * 10 + i32::from(pair[1] - b'0'))
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    if hours > 14 || minutes > 59 {
        return None;
    }
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_every_published_form() {
        let noon: Timestamp = "2026-06-01T12:00:00Z".parse().expect("a time");
        for same in [
            "2026-06-01T12:00:00Z",
            "2026-06-01T12:00:00",
            "2026-06-01T12:00:00.000Z",
            "2026-06-01T12:00:00.000000000000Z",
            "2026-06-01T13:00:00+01:00",
            "2026-06-01T13:00:00+0100",
            "2026-06-01T06:30:00.0-0530",
        ] {
            assert_eq!(parse(same), Some(noon), "{same}");
        }
        let later = parse("2026-06-01T12:00:00.1234567899Z").expect("a time");
        assert_eq!(later.subsec_nanosecond(), 123_456_789);
    }

    #[test]
    fn other_forms_are_refused() {
        for wrong in [
            "",
            "2026-06-01",
            "2026-06-01 12:00:00Z",
            "0026-06-01T12:00:00Z",
            "2026-13-01T12:00:00Z",
            "2026-02-30T12:00:00Z",
            "2026-06-01T24:00:00Z",
            "2026-06-01T12:00:60Z",
            "2026-06-01T12:00:00.Z",
            "2026-06-01T12:00:00z",
            "2026-06-01T12:00:00+1",
            "2026-06-01T12:00:00+1:000",
            "2026-06-01T12:00:00+15:00",
            "2026-06-01T12:00:00Zx",
            "2026-06-01T12:00:0é",
            "2026-06-01T12:00:00é",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
