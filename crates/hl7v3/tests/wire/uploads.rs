//! Uploads: written, validated, read back; every check of Spine 2; the marks of a document, and
//! its author's own element.

use domain::record::{DocumentHeader, Marks};
use hl7v3::gp_summary;
use hl7v3::upload::{Refused, read, write};
use hl7v3::{Interaction, RequestError, bare};

use crate::support::*;

/// A document that keeps the schema of uploads, which is stricter than that of answers.
const UPLOAD: &str = include_str!("../examples/upload.xml");

pub(crate) fn written(interaction: Interaction, summary: &str) -> String {
    let bytes = summary_bytes(summary);
    with_outgoing(|out| text(&write(interaction, out, Some(&author()), &bytes)))
}

/// The header of an upload, or why it is refused, as one line.
fn outcome(message: &str) -> Result<DocumentHeader, String> {
    let doc = xml::Document::parse(message.as_bytes()).expect("well formed");
    let request = match bare::read(doc.root()) {
        Ok(request) => request,
        Err(RequestError::Issue { invalid, .. }) => return Err(invalid.to_string()),
        Err(RequestError::Fault(fault)) => panic!("{fault}"),
    };
    let upload = read(&request).map_err(|refused| refused.to_string())?;
    assert_eq!(upload.summary.name(), "GPSummary");
    Ok(upload.header)
}

#[test]
fn an_upload_reads_back_and_its_bytes_are_untouched() {
    for interaction in [
        Interaction::InitialSummary,
        Interaction::Summary,
        Interaction::SummarySm,
    ] {
        let message = written(interaction, UPLOAD);
        let doc = xml::Document::parse(message.as_bytes()).expect("well formed");
        let request = bare::read(doc.root()).expect("valid");
        assert_eq!(request.interaction, interaction);
        assert_eq!(request.author, Some(author()));
        let upload = read(&request).expect("valid");
        if interaction != Interaction::InitialSummary {
            validate_as(message.as_bytes(), interaction, "REPC_IN150016UK05");
        }
        let bytes = summary_bytes(UPLOAD);
        assert!(upload.summary.source().as_bytes() == bytes.bytes);
        assert_eq!(upload.header.id, document(DOCUMENT_ID));
        assert_eq!(upload.header.replaces, Some(document(OTHER_ID)));
        assert_eq!(upload.header.marks, Marks::default());
    }
}

/// A document cut out of an envelope keeps its meaning: what it inherits is declared around it.
#[test]
fn inherited_namespaces_go_along() {
    let prefixed = mutate(SUMMARY, "<GPSummary xmlns=\"urn:hl7-org:v3\"", "<GPSummary");
    let source = format!("<wrap xmlns=\"urn:hl7-org:v3\" xmlns:x=\"urn:x\">{prefixed}</wrap>");
    let message = written(Interaction::Summary, &source);
    let header = outcome(&message).expect("valid");
    assert_eq!(header.patient, patient());
    let element = header.author.element.expect("an element");
    assert_eq!(
        element.inherited,
        [(String::new(), "urn:hl7-org:v3".to_owned())]
    );
}

#[test]
fn the_author_may_stand_after_the_system_and_unknown_attributes_are_no_fault() {
    let message = written(Interaction::Summary, SUMMARY);
    let start = message
        .find("<author typeCode=\"AUT\">")
        .expect("an author");
    let end = start + message[start..].find("</author>").expect("its end") + "</author>".len();
    let author = &message[start..end];
    let swapped = format!("{}{}", &message[..start], &message[end..]);
    let swapped = mutate(&swapped, "</author1>", &format!("</author1>{author}"));
    let swapped = mutate(
        &swapped,
        "<REPC_IN150016UK05 ",
        "<REPC_IN150016UK05 type=\"Message\" ",
    );
    let swapped = mutate(&swapped, "classCode=\"CACT\"", "classCode=\"ALRT\"");
    assert!(outcome(&swapped).is_ok());
}

#[test]
fn every_check_of_the_control_act_is_made() {
    let message = written(Interaction::Summary, SUMMARY);
    let start = message
        .find("<author typeCode=\"AUT\">")
        .expect("an author");
    let end = start + message[start..].find("</author>").expect("its end") + "</author>".len();
    let agent = "<author typeCode=\"AUT\"><AgentPersonSDS classCode=\"AGNT\"><id root=\"1.2.826.0.1285.0.2.0.67\"";
    let without = format!("{}{}", &message[..start], &message[end..]);
    let missing = "ErrorBase1733.MANDATORY_FIELD_MISSING";
    for (message, expected) in [
        (
            without,
            format!("{missing}|Author agent org person role profile ID missing"),
        ),
        (
            mutate(&message, agent, "<author><AgentPersonSDS><id root=\"1\""),
            format!("{missing}|Author agent org person role profile ID missing"),
        ),
        (
            message.replacen("1.2.826.0.1285.0.2.0.65", "1", 1),
            format!("{missing}|Author agent person SDS ID missing"),
        ),
        (
            mutate(&message, "1.2.826.0.1285.0.2.1.104", "1"),
            format!("{missing}|Author agent person Job Role ID missing"),
        ),
        (
            mutate(&message, "agentSystemSDS", "agentSystem"),
            format!("{missing}|Agent System SDS ID missing"),
        ),
        (
            mutate(&message, "<interactionId ", "<interaction "),
            "ErrorBase1733.INVALID_DOCUMENT_DATA|a single interactionID root and extension must \
             be provided"
                .to_owned(),
        ),
    ] {
        assert_eq!(outcome(&message), Err(expected));
    }
}

#[test]
fn every_check_of_the_document_is_made() {
    let message = written(Interaction::Summary, SUMMARY);
    for (from, to, expected) in [
        ("GPSummary", "Summary", "hl7:GPSummary root not found"),
        (
            "<statusCode code=\"active\"/>\n  <author",
            "<author",
            "A single hl7:GPSummary/hl7:statusCode/@code must be provided",
        ),
        (
            "</replacementOf>",
            "</replacementOf><replacementOf/>",
            "zero or one replacementOf targets may be provided",
        ),
        (
            "code=\"196981000000101\"",
            "",
            "A single hl7:GPSummary/hl7:code/@code must be provided",
        ),
        (
            "<effectiveTime value=\"202406301015\"/>",
            "",
            "A single hl7:GPSummary/hl7:effectiveTime/@value must be provided",
        ),
        (
            "<time value=\"20240630101500\"/>",
            "",
            "A single hl7:GPSummary/hl7:author/hl7:time/@value must be provided",
        ),
    ] {
        let found = outcome(&mutate(&message, from, to));
        let expected = format!("ErrorBase1733.INVALID_DOCUMENT_DATA|{expected}");
        assert_eq!(found, Err(expected));
    }
}

#[test]
fn a_wrong_nhs_number_and_an_unknown_type_have_codes_of_their_own() {
    let message = written(Interaction::Summary, SUMMARY);
    let refused = |message: &str| {
        let doc = xml::Document::parse(message.as_bytes()).expect("well formed");
        let request = bare::read(doc.root()).expect("a sound wrapper");
        read(&request).expect_err("refused")
    };
    let codes = |refused: &Refused| {
        let issues = refused.issues();
        issues
            .iter()
            .map(|issue| issue.code.to_string())
            .collect::<Vec<_>>()
    };
    let wrong = refused(&mutate(&message, "9990000018", "9990000019"));
    assert_eq!(codes(&wrong), ["400", "35160"]);
    let unknown = refused(&mutate(&message, "code=\"196981000000101\"", "code=\"1\""));
    assert_eq!(unknown, Refused::UnknownEventType("1".to_owned()));
    assert_eq!(codes(&unknown), ["410", "30340"]);
    let long = "9".repeat(1_000);
    let long = format!("code=\"{long}\"");
    let Refused::UnknownEventType(code) =
        refused(&mutate(&message, "code=\"196981000000101\"", &long))
    else {
        panic!("known");
    };
    assert_eq!(code.len(), 64);
    let other = refused(&mutate(&message, "</author>\n", "</author><author/>\n"));
    assert_eq!(codes(&other), ["400", "400"]);
}

#[test]
fn the_marks_of_a_document_are_found_where_spine_looks() {
    let dissent = Marks {
        dissent_to_store: true,
        ..Marks::default()
    };
    let nothing = Marks {
        no_significant_content: true,
        ..Marks::default()
    };
    let refused = "Refused consent for upload to national shared electronic record";
    let standard = "Following discussion with a member of the practice staff this patient has \
                    chosen not to store their clinical information";
    let other = "After discussions with a member of the practice staff this patient has chosen \
                 not to have a Summary\n   Care Record";
    let blank = "The practice holds no significant data on this patient";
    for (html, expected) in [
        (format!("<h3>{refused}</h3>"), dissent),
        (format!("<h1>{refused}.</h1>"), dissent),
        (
            format!("<table><tr><td>x <b>{standard}</b></td></tr></table>"),
            dissent,
        ),
        (format!("<h2>{other}</h2>"), dissent),
        (format!("<h3>{blank}</h3>"), nothing),
        (format!("<h2>{blank}</h2>"), Marks::default()),
        (format!("<p>{refused}</p>"), Marks::default()),
        (
            format!("<h3 xmlns=\"urn:hl7-org:v3\">{refused}</h3>"),
            Marks::default(),
        ),
        (
            format!("<h3>{refused}</h3><h3>{blank}</h3>"),
            Marks {
                dissent_to_store: true,
                no_significant_content: true,
            },
        ),
        ("<h3>Refused coffee</h3>".to_owned(), Marks::default()),
    ] {
        let source = mutate(SUMMARY, "<body>", &format!("<body>{html}"));
        let doc = xml::Document::parse(source.as_bytes()).expect("well formed");
        let header = gp_summary::header(doc.root()).expect("valid");
        assert_eq!(header.marks, expected, "{html}");
    }
}

#[test]
fn an_author_element_is_kept_up_to_a_size() {
    for (padding, kept) in [(0, true), (15_000, true), (16_400, false)] {
        let name = format!("Ada{}", "a".repeat(padding));
        let source = mutate(SUMMARY, "Ada", &name);
        let doc = xml::Document::parse(source.as_bytes()).expect("well formed");
        let header = gp_summary::header(doc.root()).expect("valid");
        let element = header.author.element;
        assert_eq!(element.is_some(), kept, "{padding}");
        if let Some(element) = element {
            let bytes = text(&element.bytes);
            assert!(bytes.starts_with("<author ") && bytes.ends_with("</author>"));
            assert!(source.contains(&bytes));
        }
    }
}

/// REPC_IN150015UK05: the order of the header differs, the author is an organisation, and there
/// are no coded sections.
#[test]
fn an_initial_summary_validates() {
    let section = UPLOAD.find("<pertinentInformation2").expect("sections");
    let target = UPLOAD.find("<recordTarget").expect("a patient");
    let end = UPLOAD.find("<replacementOf").expect("a replacement");
    let source = format!("{}{}</GPSummary>", &UPLOAD[..section], &UPLOAD[target..end]);
    let start = source.find("<UKCT_MT160018UK01").expect("an author");
    let person = "</UKCT_MT160018UK01.AgentPersonSDS>";
    let stop = source.find(person).expect("its end") + person.len();
    let organisation = "<UKCT_MT160017UK01.AgentOrgSDS classCode=\"AGNT\">\
        <agentOrganizationSDS classCode=\"ORG\" determinerCode=\"INSTANCE\">\
        <id root=\"1.2.826.0.1285.0.1.10\" extension=\"B83013\"/><name>The Surgery</name>\
        </agentOrganizationSDS></UKCT_MT160017UK01.AgentOrgSDS>";
    let source = format!("{}{organisation}{}", &source[..start], &source[stop..]);
    let time = "<effectiveTime value=\"202406301015\"/>";
    let source = mutate(&source, time, "");
    let status = "<statusCode code=\"active\"/>\n  <author";
    let ordered = format!("<statusCode code=\"active\"/>{time}<author");
    let source = mutate(&source, status, &ordered);
    let source = mutate(&source, "196981000000101", "196971000000103");
    let source = mutate(
        &source,
        "displayName=\"General Practice Summary\"",
        "displayName=\"General Practice Initial Summary\"",
    );
    let message = written(Interaction::InitialSummary, &source);
    let header = outcome(&message).expect("valid");
    assert_eq!(header.kind, domain::record::SummaryKind::Initial);
    assert_eq!(header.author.organisation.as_deref(), Some("B83013"));
    assert_eq!(header.replaces, None);
    validate(message.as_bytes(), Interaction::InitialSummary);
}
