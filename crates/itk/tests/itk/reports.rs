//! The activity report: written as published, read as published or refused by name.

mod carried;
mod properties;

use domain::SdsUserId;
use itk::scr::report::{self, Header, Place, ReportError, Row};

use crate::support::{edit, patient};

/// A correct report in the published form; its NHS number has no valid check digit.
const MODEL: &str = "\"20150402112703\",\"1\",\"1\",\"20140109\",\"20140110\",\"5566778899\",\"\"\r\"RWA\",\"Hull and East Yorkshire NHS Foundation Trust\",\"5566778899\",\"156565656231\",\"345676767898\",\"Dr Jo Lee\",\"F\",\"\",\"20140109035501\"\r";

fn header(returned: usize) -> Header {
    Header {
        created: "20260301120000".into(),
        returned,
        matching: returned as u64,
        low: "20260201".into(),
        high: "20260228".into(),
        patient: Some(patient()),
        user: SdsUserId::parse("112233445566").ok(),
    }
}

fn row() -> Row {
    Row {
        organisation: "RKE".into(),
        organisation_name: "Example Hospital".into(),
        patient: patient().as_str().into(),
        user: "112233445566".into(),
        role_profile: "212233445566".into(),
        user_name: "Dr A Example".into(),
        emergency: true,
        reason: "unconscious".into(),
        at: "20260202101112".into(),
    }
}

fn write(rows: &[Row]) -> String {
    let csv = report::write(&header(rows.len()), rows.iter().cloned());
    String::from_utf8(csv).expect("UTF-8")
}

#[test]
fn a_report_is_written_as_published() {
    let no_filters = Header {
        matching: 152,
        patient: None,
        user: None,
        ..header(0)
    };
    let empty = report::write(&no_filters, std::iter::empty());
    assert_eq!(
        String::from_utf8_lossy(&empty),
        "\"20260301120000\",\"0\",\"152\",\"20260201\",\"20260228\",\"\",\"\"\r"
    );
    let quoted = Row {
        emergency: false,
        reason: "say \"A, B\"\r\nand\tC".into(),
        user_name: "Zoë O'Neill".into(),
        ..row()
    };
    let number = patient();
    assert_eq!(
        write(&[row(), quoted]),
        format!(
            "\"20260301120000\",\"2\",\"2\",\"20260201\",\"20260228\",\"{number}\",\"112233445566\"\r\
             \"RKE\",\"Example Hospital\",\"{number}\",\"112233445566\",\"212233445566\",\"Dr A Example\",\"T\",\"unconscious\",\"20260202101112\"\r\
             \"RKE\",\"Example Hospital\",\"{number}\",\"112233445566\",\"212233445566\",\"Zoë O'Neill\",\"F\",\"say \"\"A, B\"\"  and C\",\"20260202101112\"\r",
            number = number.as_str()
        )
    );
}

#[test]
fn the_published_form_is_read() {
    let report = report::read(MODEL.as_bytes()).expect("a report");
    assert_eq!(report.header.patient.as_deref(), Some("5566778899"));
    assert_eq!(report.header.user, None);
    assert!(!report.is_cut_short());
    assert_eq!(report.rows.len(), 1);
    assert_eq!(report.rows[0].user_name, "Dr Jo Lee");
    let cut = edit(MODEL, "\"1\",\"1\"", "\"1\",\"152\"");
    assert!(report::read(cut.as_bytes()).is_ok_and(|report| report.is_cut_short()));

    let same = |name: &str, text: String| {
        assert_eq!(
            report::read(text.as_bytes()).as_ref(),
            Ok(&report),
            "{name}"
        );
    };
    same("LF", MODEL.replace('\r', "\n"));
    same("CRLF", MODEL.replace('\r', "\r\n"));
    same("no last line end", MODEL.trim_end().to_owned());
    same("blank lines", MODEL.replace('\r', "\r\r \t\n"));
    same("blanks around fields", MODEL.replace("\",\"", "\" ,\t\""));
    same("a byte-order mark", format!("\u{feff}{MODEL}"));
}

#[test]
fn a_defect_is_named() {
    use ReportError::{
        Count, Empty, Field, Fields, LoneQuote, Matching, NoRecordEnds, TrailingComma, Unclosed,
        Unquoted,
    };
    let with = |from: &str, to: &str| edit(MODEL, from, to);
    let header_fields = |found| Fields {
        place: Place::Header,
        found,
        must: 7,
    };
    let row_fields = |found| Fields {
        place: Place::Row(1),
        found,
        must: 9,
    };
    let (line, time) = (Place::Row(1), "a time of 14 digits");
    for (name, text, defect) in [
        ("nothing", String::new(), Empty),
        ("blanks", " \r\n".into(), Empty),
        ("no line ends", MODEL.replace('\r', ""), NoRecordEnds),
        (
            "no line ends but commas",
            MODEL.trim_end().replace('\r', ","),
            NoRecordEnds,
        ),
        (
            "a comma after the header",
            with("\"\"\r\"RWA\"", "\"\",\r\"RWA\""),
            TrailingComma(Place::Header),
        ),
        (
            "a comma after the row",
            with("\"20140109035501\"", "\"20140109035501\", "),
            TrailingComma(line),
        ),
        (
            "another column",
            with("\"RWA\"", "\"1\",\"RWA\""),
            row_fields(10),
        ),
        ("a column less", with("\"Dr Jo Lee\",", ""), row_fields(8)),
        (
            "a header column less",
            with("\"20140110\",", ""),
            header_fields(6),
        ),
        (
            "a header column more",
            with("\"20140110\",", "\"20140110\",\"\","),
            header_fields(8),
        ),
        (
            "column names",
            format!("\"created\",\"returned\"\r{MODEL}"),
            header_fields(2),
        ),
        ("an unquoted field", with("\"F\"", "F"), Unquoted(line, 7)),
        (
            "an unquoted first field",
            with("\"RWA\"", "RWA"),
            Unquoted(line, 1),
        ),
        ("an empty field", with("\"F\"", ""), Unquoted(line, 7)),
        (
            "a corrupted name",
            with("Dr Jo Lee\"", "Dr Jo Lee\"t\""),
            LoneQuote(line, 6),
        ),
        (
            "a quote that is not doubled",
            with("Dr Jo Lee", "Dr \"Jo\" Lee"),
            LoneQuote(line, 6),
        ),
        (
            "a quote that does not end",
            with("\"20140109035501\"\r", "\"20140109035501\r"),
            Unclosed(line, 9),
        ),
        (
            "a row too few",
            with("\"1\",\"1\"", "\"40\",\"40\""),
            Count { said: 40, found: 1 },
        ),
        (
            "a row too many",
            with("\"1\",\"1\"", "\"0\",\"1\""),
            Count { said: 0, found: 1 },
        ),
        (
            "more than match",
            with("\"1\",\"1\"", "\"1\",\"0\""),
            Matching,
        ),
        (
            "a count in words",
            with("\"1\",\"1\"", "\"one\",\"1\""),
            Field(Place::Header, 2, "a number"),
        ),
        (
            "a negative count",
            with("\"1\",\"1\"", "\"1\",\"-1\""),
            Field(Place::Header, 3, "a number"),
        ),
        (
            "a count past all bounds",
            with("\"1\",\"1\"", "\"1\",\"99999999999999999999\""),
            Field(Place::Header, 3, "a number"),
        ),
        (
            "a made-up time",
            with("20150402112703", "2 April 2015"),
            Field(Place::Header, 1, time),
        ),
        (
            "a day with time",
            with("\"20140109\"", "\"20140109000000\""),
            Field(Place::Header, 4, "a day of 8 digits"),
        ),
        (
            "a filter that is none",
            with("\"5566778899\",\"\"\r", "\"556 677 8899\",\"\"\r"),
            Field(Place::Header, 6, "empty or 10 digits"),
        ),
        (
            "a user filter that is none",
            with(",\"\"\r", ",\"Dr Jo Lee\"\r"),
            Field(Place::Header, 7, "empty or 12 digits"),
        ),
        (
            "a row without patient",
            with("Trust\",\"5566778899\"", "Trust\",\"\""),
            Field(line, 3, "10 digits"),
        ),
        (
            "a short user",
            with("156565656231", "15656565623"),
            Field(line, 4, "12 digits"),
        ),
        (
            "a short role",
            with("345676767898", "34567676789"),
            Field(line, 5, "12 digits"),
        ),
        (
            "Y for yes",
            with("\"F\"", "\"Y\""),
            Field(line, 7, "T or F"),
        ),
        (
            "no time",
            with("20140109035501", "201401090355"),
            Field(line, 9, time),
        ),
    ] {
        assert_eq!(report::read(text.as_bytes()), Err(defect), "{name}");
    }
    let latin = MODEL.replace("Jo", "Zo\u{eb}");
    let latin: Vec<u8> = latin.chars().map(|c| c as u8).collect();
    assert_eq!(report::read(&latin), Err(ReportError::Encoding));
}

#[test]
fn a_defect_is_told_in_words() {
    let told = |defect: ReportError| defect.to_string();
    assert_eq!(
        told(ReportError::LoneQuote(Place::Row(40), 6)),
        "row 40 of the report: a double quote inside field 6 is not doubled"
    );
    assert_eq!(
        told(ReportError::TrailingComma(Place::Header)),
        "the header of the report ends with a comma"
    );
    assert_eq!(
        told(ReportError::Field(Place::Row(2), 7, "T or F")),
        "row 2 of the report: field 7 must be T or F"
    );
}

#[test]
fn whom_it_is_about_is_not_shown() {
    let report = report::read(MODEL.as_bytes()).expect("a report");
    let shown = format!("{report:?} {:?}", header(1));
    for hidden in ["5566778899", "Jo Lee", patient().as_str()] {
        assert!(!shown.contains(hidden), "{shown}");
    }
}
