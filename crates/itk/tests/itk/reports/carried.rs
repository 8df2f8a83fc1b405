//! The report as an answer carries it, ours and the published ones.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use itk::scr::query_scr_activity::{Response, write_response};
use itk::scr::report::{self, Report};

use super::{MODEL, row, write};
use crate::payloads::written;
use crate::support::{PAYLOAD, edit};
use crate::vectors::files;

const SUCCESS: (&str, &str) = ("SMSP-0000", "Success");

/// The `text` of an answer around a report.
fn text_of(csv: &str) -> String {
    let encoded = STANDARD.encode(csv);
    format!("<text mediaType=\"text/csv\" representation=\"B64\">{encoded}</text>")
}

fn answer(code: &str, text: &str) -> String {
    format!(
        "<QuerySCRActivityResponse xmlns=\"urn:hl7-org:v3\"><id root=\"{PAYLOAD}\"/>{text}<value code=\"{code}\" codeSystem=\"2.16.840.1.113883.2.1.3.2.4.17.506\" displayName=\"x\"/></QuerySCRActivityResponse>"
    )
}

fn read(answer: &str) -> Result<Option<Report>, String> {
    let doc = xml::Document::parse(answer.as_bytes()).expect("well-formed");
    let read = Response::read(&doc.root());
    read.map(|read| read.report).map_err(|error| error.message)
}

#[test]
fn an_answer_carries_it_as_base64() {
    let csv = write(&[row(), row()]);
    let text = written(|w| write_response(w, PAYLOAD, SUCCESS, Some(csv.as_bytes())));
    let schema = "smsp-scr/schemas/Schemas/REPC_MT150014GB01.xsd";
    testkit::xsd::assert_valid(schema, text.as_bytes());
    assert!(text.contains("<text mediaType=\"text/csv\" representation=\"B64\">"));
    let expected = report::read(csv.as_bytes()).expect("a report");
    assert_eq!(read(&text), Ok(Some(expected.clone())));
    // Folded, in pieces, with a comment: still the same bytes.
    let folded = text
        .replace("MC", "M\r\n    C")
        .replace("B64\">", "B64\"><!-- a report --><![CDATA[]]>");
    assert_eq!(read(&folded), Ok(Some(expected)));
}

#[test]
fn other_forms_of_the_text_are_refused() {
    let text = text_of(MODEL);
    let with = |from: &str, to: &str| answer("SMSP-0000", &edit(&text, from, to));
    let plain = MODEL.replace('\r', "&#13;");
    let of_base64 =
        |text: &str| format!("<text mediaType=\"text/csv\" representation=\"B64\">{text}</text>");
    let base64 = "the report must be base64 (representation B64)";
    let here = "the report must be given here, uncompressed";
    for (name, answer, error) in [
        (
            "plain text",
            answer(
                "SMSP-0000",
                &format!("<text representation=\"TXT\">{plain}</text>"),
            ),
            base64,
        ),
        (
            "plain text by default",
            answer("SMSP-0000", &format!("<text>{plain}</text>")),
            base64,
        ),
        (
            "plain text that says base64",
            answer("SMSP-0000", &of_base64(&plain)),
            "the report is not base64",
        ),
        (
            "base64 without its padding",
            answer("SMSP-0000", &of_base64("YQ")),
            "the report is not base64",
        ),
        (
            "another media type",
            with("text/csv", "application/pdf"),
            "the media type of the report must be text/csv",
        ),
        (
            "compressed",
            with("<text ", "<text compression=\"GZ\" "),
            here,
        ),
        (
            "a reference",
            with(
                "</text>",
                "<reference value=\"http://example.org/\"/></text>",
            ),
            here,
        ),
        (
            "an empty report",
            answer("SMSP-0000", &of_base64("")),
            "the report has no header",
        ),
        (
            "no report",
            answer("SMSP-0000", ""),
            "the answer says Success and has no report",
        ),
        (
            "two reports",
            answer("SMSP-0000", &text.repeat(2)),
            "element text is given twice",
        ),
        (
            "a report and a refusal",
            answer("SMSP-0005", &text),
            "the answer has a report and does not say Success",
        ),
    ] {
        assert_eq!(read(&answer), Err(error.to_owned()), "{name}");
    }
    assert_eq!(read(&answer("SMSP-0005", "")), Ok(None));
    let unlabelled = with("mediaType=\"text/csv\"", "");
    assert!(read(&unlabelled).is_ok_and(|report| report.is_some()));
}

/// The text of a template, which is plain, as the published form wants it: a record a line, no
/// comma at its end, base64.
fn mended(text: &str) -> String {
    let records: Vec<&str> = text
        .lines()
        .map(|line| line.trim().trim_end_matches(','))
        .filter(|line| !line.is_empty())
        .collect();
    records.join("\r")
}

#[test]
fn every_published_report_is_refused_by_name_and_read_when_mended() {
    let test = "every_published_report_is_refused_by_name_and_read_when_mended";
    let corrupted = "row 51 of the report: a double quote inside field 6 is not doubled";
    for (name, bytes) in files(test, "smsp-scr/response-templates") {
        let Some(trigger) = name
            .strip_prefix("querySCRActivityResponse")
            .and_then(|rest| rest.strip_suffix(".xml"))
        else {
            continue;
        };
        let doc = xml::Document::parse(&bytes).expect("well-formed");
        let root = doc.root();
        let payload = root.find(xml::ns::HL7, "QuerySCRActivityResponse");
        let payload = payload.expect("a payload");
        let found = Response::read(&payload).map_err(|error| error.message);
        let Some(text) = payload.child(xml::ns::HL7, "text") else {
            assert!(found.is_ok_and(|found| found.report.is_none()), "{name}");
            continue;
        };
        let expected = match trigger {
            "_9454201387" => "the records of the report are not separated by line ends",
            _ => "the report must be base64 (representation B64)",
        };
        assert_eq!(found.err().as_deref(), Some(expected), "{name}");
        if trigger == "_9454201387" {
            continue;
        }
        let mended = read(&answer("SMSP-0000", &text_of(&mended(&text.text()))));
        match trigger {
            "_20140103" | "_20140107" => assert_eq!(mended, Err(corrupted.into()), "{name}"),
            _ => {
                let report = mended.unwrap_or_else(|e| panic!("{name}: {e}"));
                let report = report.expect("a report");
                assert_eq!(report.rows.len(), report.header.returned, "{name}");
            }
        }
    }
}
