//! Timestamps: what they cover, and what is none.

use proptest::prelude::*;

use super::*;

fn parse(text: &str) -> Hl7Timestamp {
    Hl7Timestamp::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn instant(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

/// Compares precision, first instant and last instant.
fn check(text: &str, precision: Precision, first: &str, last: &str) {
    let timestamp = parse(text);
    assert_eq!(timestamp.as_str(), text);
    assert_eq!(timestamp.precision(), precision, "{text}");
    assert_eq!(timestamp.first_instant(), instant(first), "{text}");
    assert_eq!(timestamp.last_instant(), instant(last), "{text}");
}

#[test]
fn every_precision() {
    use Precision::{Day, Fraction, Hour, Minute, Month, Second, Year};
    check(
        "2014",
        Year,
        "2014-01-01T00:00:00Z",
        "2014-12-31T23:59:59.999999999Z",
    );
    check(
        "201401",
        Month,
        "2014-01-01T00:00:00Z",
        "2014-01-31T23:59:59.999999999Z",
    );
    check(
        "20140109",
        Day,
        "2014-01-09T00:00:00Z",
        "2014-01-09T23:59:59.999999999Z",
    );
    check(
        "2014010920",
        Hour,
        "2014-01-09T20:00:00Z",
        "2014-01-09T20:59:59.999999999Z",
    );
    check(
        "201401092047",
        Minute,
        "2014-01-09T20:47:00Z",
        "2014-01-09T20:47:59.999999999Z",
    );
    check(
        "20140109204730",
        Second,
        "2014-01-09T20:47:30Z",
        "2014-01-09T20:47:30.999999999Z",
    );
    let fraction = "2014-01-09T20:47:30.003Z";
    check("20140109204730.003", Fraction, fraction, fraction);
    let nanosecond = "2014-01-09T20:47:30.123456789Z";
    check("20140109204730.123456789", Fraction, nanosecond, nanosecond);
}

#[test]
fn offsets() {
    use Precision::{Day, Fraction, Second};
    check(
        "20140109204730+0100",
        Second,
        "2014-01-09T19:47:30Z",
        "2014-01-09T19:47:30.999999999Z",
    );
    check(
        "20140109204730-05",
        Second,
        "2014-01-10T01:47:30Z",
        "2014-01-10T01:47:30.999999999Z",
    );
    check(
        "20140109204730+0530",
        Second,
        "2014-01-09T15:17:30Z",
        "2014-01-09T15:17:30.999999999Z",
    );
    check(
        "20140701+0000",
        Day,
        "2014-07-01T00:00:00Z",
        "2014-07-01T23:59:59.999999999Z",
    );
    let fraction = "2014-07-01T11:00:00.5Z";
    check("20140701120000.5+0100", Fraction, fraction, fraction);
    // The wrong sign of nothing.
    check(
        "20140701-0000",
        Day,
        "2014-07-01T00:00:00Z",
        "2014-07-01T23:59:59.999999999Z",
    );
}

#[test]
fn without_an_offset_it_is_uk_local_time() {
    use Precision::{Day, Hour, Second};
    check(
        "20140701120000",
        Second,
        "2014-07-01T11:00:00Z",
        "2014-07-01T11:00:00.999999999Z",
    );
    check(
        "20141201120000",
        Second,
        "2014-12-01T12:00:00Z",
        "2014-12-01T12:00:00.999999999Z",
    );
    // The days of the changes have 23 and 25 hours.
    check(
        "20140330",
        Day,
        "2014-03-30T00:00:00Z",
        "2014-03-30T22:59:59.999999999Z",
    );
    check(
        "20141026",
        Day,
        "2014-10-25T23:00:00Z",
        "2014-10-26T23:59:59.999999999Z",
    );
    // The hour that exists twice is covered twice; the hour that does not is the one after.
    check(
        "2014102601",
        Hour,
        "2014-10-26T00:00:00Z",
        "2014-10-26T01:59:59.999999999Z",
    );
    check(
        "20140330013000",
        Second,
        "2014-03-30T01:30:00Z",
        "2014-03-30T01:30:00.999999999Z",
    );
}

#[test]
fn leap_days() {
    use Precision::{Day, Month};
    check(
        "20240229",
        Day,
        "2024-02-29T00:00:00Z",
        "2024-02-29T23:59:59.999999999Z",
    );
    check(
        "202402",
        Month,
        "2024-02-01T00:00:00Z",
        "2024-02-29T23:59:59.999999999Z",
    );
    check(
        "20000229",
        Day,
        "2000-02-29T00:00:00Z",
        "2000-02-29T23:59:59.999999999Z",
    );
    for none in ["20230229", "19000229"] {
        assert_eq!(
            Hl7Timestamp::parse(none),
            Err(TimestampError::Range),
            "{none}"
        );
    }
}

#[test]
fn what_is_no_timestamp() {
    use TimestampError::{Range, Shape};
    for (text, error) in [
        ("", Shape),
        ("2", Shape),
        ("20140", Shape),
        ("2014010", Shape),
        ("201401092", Shape),
        ("2014010920473", Shape),
        ("201401092047300", Shape),
        ("20140109204730.", Shape),
        ("20140109204730.0123456789", Shape),
        ("201401092047.5", Shape),
        ("20140109 204730", Shape),
        ("2014-01-09", Shape),
        ("2014-01-09T20:47:30Z", Shape),
        ("20140109204730Z", Shape),
        ("20140109204730+", Shape),
        ("20140109204730+01:00", Shape),
        ("20140109204730+01000", Shape),
        ("20140109204730+0100+0100", Shape),
        ("+0100", Shape),
        (" 20140109", Shape),
        ("２０１４", Shape),
        ("2014é", Shape),
        ("20140001", Range),
        ("20141301", Range),
        ("20140100", Range),
        ("20140431", Range),
        ("2014010924", Range),
        ("201401092060", Range),
        ("20140109204760", Range),
        ("20140109204730+1500", Range),
        ("20140109204730+0060", Range),
    ] {
        assert_eq!(Hl7Timestamp::parse(text), Err(error), "{text}");
    }
}

#[test]
fn the_ends_of_time_do_not_overflow() {
    for text in [
        "0000",
        "9999",
        "99991231235959",
        "00000101000000+1400",
        "99991231235959-1400",
    ] {
        let timestamp = parse(text);
        assert!(
            timestamp.first_instant() <= timestamp.last_instant(),
            "{text}"
        );
    }
}

#[test]
fn an_instant_is_written_in_uk_local_time() {
    for (at, written) in [
        ("2014-01-09T20:47:30.003Z", "20140109204730"),
        ("2014-07-01T11:00:00Z", "20140701120000"),
        ("2014-03-30T00:59:59Z", "20140330005959"),
        ("2014-03-30T01:00:00Z", "20140330020000"),
    ] {
        let timestamp = Hl7Timestamp::from_instant(instant(at));
        assert_eq!(timestamp.as_str(), written);
        assert_eq!(&*uk_local_digits(instant(at)), written);
        assert_eq!(timestamp, parse(written), "equal to what is read back");
    }
}

#[test]
fn stored_forms_stay() {
    let timestamp = parse("20140109204730.003+0000");
    let stored = serde_json::to_string(&timestamp).expect("plain data");
    assert_eq!(stored, r#""20140109204730.003+0000""#);
    assert_eq!(
        serde_json::from_str::<Hl7Timestamp>(&stored).expect("as written"),
        timestamp
    );
    assert!(serde_json::from_str::<Hl7Timestamp>(r#""tomorrow""#).is_err());
    assert_eq!(timestamp.to_string(), timestamp.as_str());
}

proptest! {
    /// Back to the second, but for the hour that the autumn change repeats.
    #[test]
    fn instants_round_trip(seconds in -2_000_000_000i64..4_000_000_000, nanosecond in 0i32..1_000_000_000) {
        let at = Timestamp::new(seconds, 0).expect("in range");
        let written = Hl7Timestamp::from_instant(
            at.saturating_add(SignedDuration::from_nanos(nanosecond.into())).expect("in range"),
        );
        let read = parse(written.as_str());
        prop_assert_eq!(&read, &written);
        let late = at.as_second() - read.first_instant().as_second();
        prop_assert!(late == 0 || late == 3600, "{} read {} s early", written, late);
        let repeated = uk_local(read.first_instant()) == uk_local(at);
        prop_assert!(late == 0 || repeated);
    }

    #[test]
    fn texts_round_trip(
        date in (1i16..9999, 1i8..=12, 1i8..=28),
        time in (0i8..24, 0i8..60, 0i8..60),
        digits in proptest::sample::select(&[4usize, 6, 8, 10, 12, 14][..]),
        offset in proptest::option::of((any::<bool>(), 0i16..=14, 0i16..60)),
    ) {
        let ((year, month, day), (hour, minute, second)) = (date, time);
        let mut text = format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}");
        text.truncate(digits);
        let mut shift = 0;
        if let Some((west, hours, minutes)) = offset {
            text.push_str(&format!("{}{hours:02}{minutes:02}", if west { '-' } else { '+' }));
            shift = i64::from(hours * 60 + minutes) * if west { -60 } else { 60 };
        }
        let timestamp = parse(&text);
        prop_assert_eq!(timestamp.as_str(), &text);
        let (first, last) = (timestamp.first_instant(), timestamp.last_instant());
        prop_assert!(first < last);
        if offset.is_some() {
            let local = Offset::UTC.to_datetime(first + SignedDuration::from_secs(shift));
            prop_assert_eq!(local.year(), year);
            prop_assert_eq!(local.second(), if digits == 14 { second } else { 0 });
            let next = Offset::UTC.to_datetime(last + SignedDuration::from_nanos(1) + SignedDuration::from_secs(shift));
            prop_assert!(next > local);
        }
    }

    #[test]
    fn any_text_is_taken_or_refused(text in any::<String>(), close in "[0-9+.Z-]{0,24}") {
        for text in [text, close] {
            if let Ok(timestamp) = Hl7Timestamp::parse(&text) {
                prop_assert_eq!(timestamp.as_str(), &text);
                prop_assert!(timestamp.first_instant() <= timestamp.last_instant());
            }
        }
    }
}

#[test]
fn fractions_are_nanoseconds() {
    for (digits, expected) in [
        ("", Some(0)),
        ("5", Some(500_000_000)),
        ("000000001", Some(1)),
        ("9999999999", Some(999_999_999)),
        ("1a", None),
        ("0000000000x", None),
    ] {
        assert_eq!(nanoseconds(digits), expected, "{digits}");
    }
}
