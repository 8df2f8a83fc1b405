//! Whom the records are about that an acknowledgement refuses and does not repeat.
//!
//! They are too broken to stand in an acknowledgement, which gives their places only; whoever has to
//! mend them needs the local id and the line, so both are looked up in the upload itself.

use std::path::Path;

use anyhow::Result;
use domain::CheckDigit;
use hl7v3::cpis::file::upload::{Item, Reader};
use transport::files::PlainReader;

use super::acknowledgement::Report;

/// Bytes read at one time.
const CHUNK: usize = 1 << 20;

/// Completes a report from the upload it is of, which is read no further than it has to be.
pub(super) fn look_up(path: &Path, report: &mut Report) -> Result<()> {
    let mut sought = report.unnamed();
    if sought.is_empty() {
        return Ok(());
    }
    let mut file = PlainReader::open(path)?;
    // A number with a wrong check digit may be what is wrong.
    let mut reader = Reader::new(CheckDigit::Ignored);
    while !sought.is_empty() {
        let bytes = file.read_up_to(CHUNK)?;
        let is_end = bytes.is_empty();
        match is_end {
            true => reader.finish(),
            false => reader.push(&bytes),
        }
        while let Some(item) = reader.read()? {
            if let Item::Record {
                number,
                line,
                record,
            } = item
                && let Some(at) = sought.remove(&number)
            {
                report.name(at, line, &record);
            }
        }
        if is_end {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use domain::cpis::{FileCode, RecordFault, RecordOutcome};
    use hl7v3::cpis::file::response::{Details, Heading};
    use hl7v3::cpis::file::upload;
    use serde_json::Value;

    use super::super::Numbers;
    use super::super::acknowledgement::Reading;
    use super::*;

    /// A record on a line of its own; of each it can be said who it is about.
    fn line(number: &str, local: &str, birth: &str) -> String {
        format!(
            "<record><CP-ISRecord><pertinentInformation>\
             <contentId xmlns=\"NPFIT:HL7:Localisation\" root=\"2.16.840.1.113883.2.1.3.2.4.18.16\" \
             extension=\"COCT_TP146101GB01#CPPInformation\"/><COCT_TP146101GB01.CPPInformation>\
             <component><cPPStartDate><value value=\"202601010000\"/></cPPStartDate></component>\
             </COCT_TP146101GB01.CPPInformation></pertinentInformation><subject>\
             <contentId xmlns=\"NPFIT:HL7:Localisation\" root=\"2.16.840.1.113883.2.1.3.2.4.18.16\" \
             extension=\"COCT_TP145101GB01#Child\"/><COCT_TP145101GB01.Child>\
             <id root=\"2.16.840.1.113883.2.1.4.1\" extension=\"{number}\"/>\
             <id root=\"2.16.840.1.113883.2.1.3.2.4.18.24\" extension=\"{local}\"/>\
             <childPerson>{birth}<name><given>A</given><family>B</family></name></childPerson>\
             </COCT_TP145101GB01.Child></subject></CP-ISRecord></record>\n"
        )
    }

    /// An upload of three records, of which the second and the third cannot be repeated.
    fn file() -> String {
        let born = "<birthTime value=\"20200101\"/>";
        let rows = [
            line("9990000018", "L1", born),
            line("9990000026", "L2", ""),
            line("twelve", "L3", ""),
        ];
        format!("<File xmlns=\"urn:hl7-org:v3\">\n{}</File>", rows.concat())
    }

    /// The acknowledgement of a file that is refused altogether.
    fn acknowledgement(file: &str, code: FileCode) -> Vec<u8> {
        let read = upload::read_whole(file.as_bytes(), CheckDigit::Ignored);
        let (head, records) = read.expect("an upload");
        let authority = domain::cpis::Authority {
            code: "Y90004".parse().expect("an ODS code"),
            name: "Example Council".to_owned(),
        };
        let refused = RecordOutcome::from(RecordFault::BirthDate);
        let mut details = Details::start(Heading {
            created: domain::Hl7Timestamp::parse("20260702090000+0100").expect("a time"),
            file: Some("7".to_owned()),
            quantity: Some(3),
            codes: vec![code],
            to: head.organisation.party(&authority),
            stored: 0,
            refused: 3,
        });
        for (number, record) in (1..).zip(&records) {
            details.record(number, refused, record);
        }
        let mut messages = details.messages();
        for record in &records {
            messages.record(refused, record);
        }
        messages.end()
    }

    fn report(acknowledgement: &[u8]) -> Report {
        let mut reading = Reading::new();
        reading.push(acknowledgement).expect("read");
        reading.finish().expect("whole")
    }

    fn told(report: &Report, shown: bool) -> (Value, String) {
        let (numbers, took) = (Numbers { shown }, std::time::Duration::ZERO);
        (report.json(numbers, took), report.text(numbers, took))
    }

    #[test]
    fn records_that_cannot_be_repeated_are_looked_up_in_the_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("upload.xml");
        transport::files::write_atomic(&path, file()).expect("written");
        let mut report = report(&acknowledgement(&file(), FileCode::Unsuccessful));
        look_up(&path, &mut report).expect("looked up");
        let (json, text) = told(&report, true);
        let rows = json["refusals"].as_array().expect("a list");
        let row = |at: usize, key: &str| rows[at][key].clone();
        for (at, local, number, line) in [
            (0, "L1", "9990000018", Value::Null),
            (1, "L2", "9990000026", 3.into()),
            (2, "L3", "twelve", 4.into()),
        ] {
            assert_eq!(row(at, "local_id"), local);
            assert_eq!(row(at, "nhs_number"), number);
            assert_eq!(row(at, "line"), line, "{text}");
        }
        assert!(text.contains("/File/record[3], line 4"), "{text}");
        // Numbers are not for pipes, whatever stands in their place.
        let (json, text) = told(&report, false);
        for word in ["9990000026", "twelve"] {
            assert!(!json.to_string().contains(word) && !text.contains(word));
        }
    }

    #[test]
    fn a_file_that_has_gone_is_said_and_nothing_else_is_lost() {
        let mut report = report(&acknowledgement(&file(), FileCode::Unsuccessful));
        assert!(look_up(Path::new("/nowhere/upload.xml"), &mut report).is_err());
        assert_eq!(told(&report, false).0["refusals"][0]["local_id"], "L1");
    }

    #[test]
    fn why_a_file_was_not_taken_is_the_subject() {
        let bytes = acknowledgement(&file(), FileCode::Corrupt);
        for (subject, reason) in [
            (
                Some("CPF01: the file ends too early"),
                Some("the file ends too early"),
            ),
            (Some("something else"), Some("something else")),
            (Some("CPF01:"), None),
            (None, None),
        ] {
            let mut report = report(&bytes);
            report.set_subject(subject.map(str::to_owned));
            let (json, text) = told(&report, false);
            assert_eq!(json["reason"].as_str(), reason);
            let line = format!("file 7: {} (0.0 s)", reason.unwrap_or("no reason is given"));
            assert!(text.contains(&line) && !text.contains("stored"), "{text}");
        }
        // What stands in the subject of others is no reason.
        let mut report = report(&acknowledgement(&file(), FileCode::Unsuccessful));
        report.set_subject(Some("CPF04: hello".to_owned()));
        let (json, text) = told(&report, false);
        assert_eq!(json["reason"], Value::Null);
        assert!(
            text.contains("file 7: 3 records, 0 stored, 3 refused"),
            "{text}"
        );
    }
}
