//! Published messages of the event generation, uploads and their acknowledgements, and answers that
//! came without SOAP. Skipped, with a line, where the vectors are not.

use domain::record::DocumentState;
use hl7v3::acs::{self, SetOutcome};
use hl7v3::gp_summary;
use hl7v3::psis::{self, QueryAnswer, event};
use hl7v3::soap::read_request;
use hl7v3::wrapper::AcknowledgementKind;
use hl7v3::{Interaction, bare, issue, upload};

use crate::support::*;
use crate::vectors::{all, one, read};

#[test]
fn published_event_lists_are_read() {
    let test = "published_event_lists_are_read";
    for name in [
        "spine-scr/psis-query/QUPC_IN200000SM04_event-list-query-success.xml",
        "scr-fhir/spine-responses/event-list-query/success.xml",
    ] {
        let Some(bytes) = one(test, name) else { return };
        let doc = xml::Document::parse(&bytes).expect("well formed");
        let Ok(QueryAnswer::Data(list)) = event::read_event_list_answer(&doc) else {
            panic!("{name}");
        };
        let yes = domain::Consent::both(domain::ConsentSetting::Yes);
        assert_eq!(list.consent, Some(yes), "{name}");
        assert!(list.patient.is_some(), "{name}");
        let first = &list.events[0];
        assert_eq!(first.id, document("FA60BE64-1F34-11EB-A2A8-000C29A364EB"));
        assert_eq!(first.state, Some(DocumentState::Normal));
        assert_eq!(first.kind_code, "196981000000101");
        assert_eq!(first.message_type.as_deref(), Some("REPC_MT150007UK05"));
        let author = first.author.clone();
        assert_eq!(author.name.as_deref(), Some("Mr Jones John Jeffrey Jnr"));
        let element = author.element.expect("the author's own element");
        assert!(text(&element.bytes).starts_with("<author typeCode=\"AUT\""));
    }
    for (name, codes) in [
        ("noConsent.xml", "420 30418"),
        ("notFound.xml", "210 30312"),
    ] {
        let name = format!("scr-fhir/spine-responses/event-list-query/{name}");
        let Some(bytes) = one(test, &name) else {
            return;
        };
        let doc = xml::Document::parse(&bytes).expect("well formed");
        match event::read_event_list_answer(&doc) {
            Ok(QueryAnswer::Refused(refusal)) => assert_eq!(refusal.codes(), codes, "{name}"),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn published_events_are_read() {
    let test = "published_events_are_read";
    let folders = [
        "spine-scr/psis-query",
        "scr-fhir/spine-responses/event-query",
    ];
    let mut seen = 0;
    for path in folders.iter().flat_map(|folder| all(test, folder)) {
        let bytes = read(&path);
        let source = String::from_utf8_lossy(&bytes);
        if !source.contains("<QUPC_IN210000UK04>") {
            continue;
        }
        let doc = xml::Document::parse(&bytes).expect("well formed");
        // One of them has no acknowledgement: it is data all the same.
        let Ok(QueryAnswer::Data(retrieved)) = event::read_event_answer(&doc) else {
            panic!("{}", path.display());
        };
        assert_eq!(gp_summary::find(&doc), vec![retrieved.document]);
        assert_eq!(retrieved.listed.state, Some(DocumentState::Normal));
        let header = gp_summary::header(retrieved.document);
        let number_is_none = |error: &xml::XmlError| error.message.contains("check digit");
        assert!(
            header.as_ref().is_ok() || header.as_ref().is_err_and(number_is_none),
            "{}: {header:?}",
            path.display()
        );
        seen += 1;
    }
    assert!(seen == 0 || seen >= 6, "only {seen} events were seen");
}

#[test]
fn the_published_event_list_query_is_read() {
    let name = "spine-scr/psis-query/QUPC_IN180000SM04_request_soap.xml";
    let Some(bytes) = one("the_published_event_list_query_is_read", name) else {
        return;
    };
    let doc = xml::Document::parse(&bytes).expect("well formed");
    let request = read_request(&doc, None).expect("valid");
    assert_eq!(request.interaction, Interaction::EventListQuerySm);
    let query = event::read_event_list_query(&request).expect("valid");
    assert_eq!(query.dissent_override.code, 0);
}

/// Uploads as other systems send them: author after author1, attributes no schema has, documents
/// without a clinical entry.
#[test]
fn published_uploads_are_read() {
    let test = "published_uploads_are_read";
    for (name, replaces) in [
        (
            "spine-scr/gp-summary/REPC_IN150016UK05_cleanSummaryUpdate.xml",
            false,
        ),
        (
            "spine-scr/gp-summary/REPC_IN150016UK05_replacementOf.xml",
            true,
        ),
        ("mhs/request-templates/REPC_IN150016UK05.mustache", false),
    ] {
        let Some(bytes) = one(test, name) else { return };
        let source = text(&bytes)
            .replace("{{uuid}}", REQUEST_ID)
            .replace("{{timestamp}}", "20240701120000")
            .replace("{{asid}}", "276827251543")
            .replace("{{patient_nhs_number}}", "9990000018");
        let doc = xml::Document::parse(source.as_bytes()).expect("well formed");
        let request = bare::read(doc.root()).expect(name);
        assert_eq!(request.interaction, Interaction::Summary, "{name}");
        assert!(request.author.is_some(), "{name}");
        let upload = upload::read(&request).expect(name);
        assert_eq!(upload.header.replaces.is_some(), replaces, "{name}");
        assert!(upload.header.author.element.is_some(), "{name}");
    }
}

#[test]
fn published_acknowledgements_are_read() {
    let test = "published_acknowledgements_are_read";
    for (name, kind, codes) in [
        (
            "spine-scr/gp-summary/MCCI_IN010000UK13_success.xml",
            AcknowledgementKind::Accept,
            &[][..],
        ),
        (
            "spine-scr/gp-summary/MCCI_IN010000UK13_1102_4.xml",
            AcknowledgementKind::Error,
            &["420"][..],
        ),
        (
            "spine-scr/gp-summary/MCCI_IN010000UK13_ebxml_polling_success.mime",
            AcknowledgementKind::Accept,
            &[][..],
        ),
        (
            "scr-fhir/spine-responses/polling/success.xml",
            AcknowledgementKind::Accept,
            &[][..],
        ),
        (
            "scr-fhir/spine-responses/polling/error.xml",
            AcknowledgementKind::Error,
            &["400", "35160"][..],
        ),
        (
            "mhs/fake-spine-responses/async_reliable_inbound.mustache",
            AcknowledgementKind::Accept,
            &[][..],
        ),
    ] {
        let Some(bytes) = one(test, name) else { return };
        let source = text(&bytes);
        let message = inside(&source, "hl7:MCCI_IN010000UK13");
        let doc = xml::Document::parse(message.as_bytes()).expect("well formed");
        let read = issue::read_acknowledgement(doc.root()).expect(name);
        assert_eq!(read.kind, kind, "{name}");
        assert!(!read.refers_to.is_empty(), "{name}");
        let found: Vec<&str> = read
            .issues
            .iter()
            .map(|issue| issue.code.as_str())
            .collect();
        assert_eq!(found, codes, "{name}");
    }
}

/// The message inside a MIME message, from its first tag to its last.
fn inside<'a>(source: &'a str, name: &str) -> &'a str {
    let start = source.find(&format!("<{name} ")).expect("a start");
    let end = format!("</{name}>");
    let stop = source.find(&end).expect("an end") + end.len();
    &source[start..stop]
}

#[test]
fn a_published_list_without_soap_is_read() {
    let name = "mhs/fake-spine-responses/async_express_inbound.mustache";
    let Some(bytes) = one("a_published_list_without_soap_is_read", name) else {
        return;
    };
    let source = text(&bytes);
    let message = inside(&source, "QUPC_IN160102UK05");
    let doc = xml::Document::parse(message.as_bytes()).expect("well formed");
    let Ok(QueryAnswer::Data(list)) = psis::read_list_answer(&doc) else {
        panic!("no data");
    };
    assert!(!list.documents.is_empty());
    assert!(list.documents.iter().all(|listed| listed.kind().is_some()));
}

#[test]
fn published_answers_to_settings_are_read() {
    let test = "published_answers_to_settings_are_read";
    for (name, codes) in [("success.xml", None), ("invalidNhsNumber.xml", Some("400"))] {
        let name = format!("scr-fhir/spine-responses/acs/{name}");
        let Some(bytes) = one(test, &name) else {
            return;
        };
        let doc = xml::Document::parse(&bytes).expect("well formed");
        let found = match acs::read_set_answer(&doc).expect(&name) {
            SetOutcome::Done => None,
            SetOutcome::Refused(refusal) => Some(refusal.codes()),
            SetOutcome::Fault(fault) => panic!("{fault}"),
        };
        assert_eq!(found.is_some(), codes.is_some(), "{name}");
        assert!(found.is_none_or(|found| found.starts_with(codes.unwrap_or("x"))));
    }
}
