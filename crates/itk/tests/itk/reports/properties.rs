//! What holds for every report and for every text.

use domain::SdsUserId;
use itk::scr::report::{self, Row};
use proptest::prelude::*;

use super::{MODEL, header, write};

/// Fields of any characters, quotes and commas among them.
fn fields() -> impl Strategy<Value = String> {
    prop_oneof!["\\PC{0,30}", "[\", a-c]{0,12}", "(?s).{0,20}"]
}

fn rows() -> impl Strategy<Value = Row> {
    let numbers = ("[0-9]{10}", "[0-9]{12}", "[0-9]{12}", "[0-9]{14}");
    let texts = (fields(), fields(), fields(), fields());
    (numbers, texts, any::<bool>()).prop_map(|(numbers, texts, emergency)| Row {
        organisation: texts.0,
        organisation_name: texts.1,
        patient: numbers.0,
        user: numbers.1,
        role_profile: numbers.2,
        user_name: texts.2,
        emergency,
        reason: texts.3,
        at: numbers.3,
    })
}

/// What the writer makes of a field: control characters are blanks.
fn without_controls(row: &Row) -> Row {
    let clean = |text: &str| text.replace(char::is_control, " ");
    Row {
        organisation: clean(&row.organisation),
        organisation_name: clean(&row.organisation_name),
        user_name: clean(&row.user_name),
        reason: clean(&row.reason),
        ..row.clone()
    }
}

proptest! {
    #[test]
    fn a_report_reads_back(rows in proptest::collection::vec(rows(), 0..8)) {
        let text = write(&rows);
        let report = report::read(text.as_bytes());
        let report = report.map_err(|error| TestCaseError::fail(error.to_string()))?;
        let expected: Vec<Row> = rows.iter().map(without_controls).collect();
        prop_assert!(report.rows == expected, "{text}");
        let sent = header(rows.len());
        let read = report.header;
        prop_assert_eq!(read.patient.as_deref(), sent.patient.as_ref().map(|p| p.as_str()));
        prop_assert_eq!(read.user.as_deref(), sent.user.as_ref().map(SdsUserId::as_str));
        prop_assert_eq!(
            (read.created, read.returned, read.matching, read.low, read.high),
            (sent.created, sent.returned, sent.matching, sent.low, sent.high)
        );
    }

    // Somebody else's reader, which knows carriage returns as record ends, sees the same.
    #[test]
    fn another_reader_agrees(rows in proptest::collection::vec(rows(), 0..8)) {
        let text = write(&rows);
        let mut other = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .terminator(csv::Terminator::Any(b'\r'))
            .from_reader(text.as_bytes());
        let mut records = other.records();
        let first = records.next().expect("a header").expect("readable");
        prop_assert_eq!(first.len(), 7);
        for row in &rows {
            let record = records.next().expect("a row").expect("readable");
            let row = without_controls(row);
            let fields: Vec<&str> = record.iter().collect();
            let expected = [
                &*row.organisation,
                &row.organisation_name,
                &row.patient,
                &row.user,
                &row.role_profile,
                &row.user_name,
                if row.emergency { "T" } else { "F" },
                &row.reason,
                &row.at,
            ];
            prop_assert_eq!(&fields[..], &expected[..]);
        }
        prop_assert!(records.next().is_none());
        // One record is one line, also for readers that know nothing of quotes.
        prop_assert_eq!(text.split_terminator('\r').count(), rows.len() + 1);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[\"\", \r\nTF0-9a]{0,80}") {
        let _ = report::read(text.as_bytes());
        let _ = report::read(format!("{MODEL}{text}").as_bytes());
        let at = text.len() % MODEL.len();
        let _ = report::read(format!("{}{text}{}", &MODEL[..at], &MODEL[at..]).as_bytes());
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = report::read(&bytes);
    }
}
