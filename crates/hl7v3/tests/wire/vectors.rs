//! Everything published is read. Skipped, with a line, where the vectors are not.

#![expect(clippy::disallowed_methods, reason = "the vectors are read as files")]

use std::path::{Path, PathBuf};

use domain::record::DocumentState;
use hl7v3::acs::{self, PermissionsOutcome, SetOutcome};
use hl7v3::gp_summary::{self, PresentationBlock};
use hl7v3::psis::{self, QueryAnswer};
use hl7v3::soap::{SoapFault, read_request};
use hl7v3::wrapper::AcknowledgementKind;
use hl7v3::{AnswerError, Interaction};

use crate::support::*;

pub(crate) fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub(crate) fn one(test: &str, relative: &str) -> Option<Vec<u8>> {
    testkit::vectors_or_skip(test, relative).map(|path| read(&path))
}

pub(crate) fn all(test: &str, relative: &str) -> Vec<PathBuf> {
    let Some(folder) = testkit::vectors_or_skip(test, relative) else {
        return Vec::new();
    };
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    paths
}

/// A published request is bare; this puts it into the envelope a client would send it in.
fn enveloped(bytes: &[u8], interaction: Interaction) -> String {
    let message = text(bytes);
    let written = with_request(None, |parts| match interaction {
        Interaction::DocumentListQuery => psis::write_list_query(parts, &list_query()),
        _ => psis::write_document_query(parts, &document_query()),
    });
    let written = text(&written);
    let (before, rest) = written.split_once("<SOAP-ENV:Body>").expect("a body");
    let (_, after) = rest.split_once("</SOAP-ENV:Body>").expect("its end");
    format!("{before}<SOAP-ENV:Body>{message}</SOAP-ENV:Body>{after}")
}

#[test]
fn published_queries_are_read() {
    for folder in ["spine-scr/psis-query", "smsp-scr/upstream-spine"] {
        let name = format!("{folder}/PSISDocumentListQuery_QUPC_IN160101UK05.xml");
        let Some(bytes) = one("published_queries_are_read", &name) else {
            return;
        };
        let message = enveloped(&bytes, Interaction::DocumentListQuery);
        let doc = xml::Document::parse(message.as_bytes()).expect("well formed");
        let request = read_request(&doc, None).expect("valid");
        assert_eq!(request.author, Some(author()));
        let query = psis::read_list_query(&request).expect("valid");
        assert_eq!(query.filter.from, Some(time("20000101000000")));

        let name = format!("{folder}/PSISDocumentDataRequest_QUPC_IN160103UK05.xml");
        let Some(bytes) = one("published_queries_are_read", &name) else {
            return;
        };
        let message = enveloped(&bytes, Interaction::DocumentQuery);
        let doc = xml::Document::parse(message.as_bytes()).expect("well formed");
        let request = read_request(&doc, None).expect("valid");
        let query = psis::read_document_query(&request).expect("valid");
        assert_eq!(
            query.selector,
            psis::Selector::Document(document(DOCUMENT_ID))
        );
        assert_eq!(query.patient.as_str(), "9455003155");
    }
}

#[test]
fn published_data_answers_are_read() {
    let test = "published_data_answers_are_read";
    for folder in ["spine-scr/psis-query", "smsp-scr/upstream-spine"] {
        let name = format!("{folder}/PSISDocumentListDataRetrieval_QUPC_IN160102UK05.xml");
        let Some(bytes) = one(test, &name) else {
            return;
        };
        let doc = xml::Document::parse(&bytes).expect("well formed");
        let Ok(QueryAnswer::Data(list)) = psis::read_list_answer(&doc) else {
            panic!("{name}")
        };
        let listed = &list.documents[0];
        assert_eq!(listed.id, document(DOCUMENT_ID));
        assert_eq!(listed.state, Some(DocumentState::Normal));
        assert_eq!(listed.stored, Some(time("20140109204730.003")));
        assert_eq!(listed.size, Some(10846));
        assert_eq!(listed.author.name.as_deref(), Some("Dr BARSTOW"));

        let name = format!("{folder}/PSISDocumentDataRetrieval_QUPC_IN160104UK05.xml");
        let Some(bytes) = one(test, &name) else {
            return;
        };
        let doc = xml::Document::parse(&bytes).expect("well formed");
        let Ok(QueryAnswer::Data(retrieved)) = psis::read_document_answer(&doc) else {
            panic!("{name}");
        };
        let header = gp_summary::header(retrieved.document).expect("valid");
        assert_eq!(header.id, document(DOCUMENT_ID));
        assert_eq!(Some(header.patient), retrieved.patient);
        assert_eq!(gp_summary::find(&doc), vec![retrieved.document]);
    }
}

#[test]
fn published_refusals_are_read() {
    let test = "published_refusals_are_read";
    for (name, kind, codes, no_record, dissent) in [
        (
            "spine-scr/psis-query/QUQI_IN010000UK14_dissent_420_30418_soap.xml",
            "AE",
            "420 30418",
            false,
            true,
        ),
        (
            "spine-scr/psis-query/QUQI_IN010000UK14_notFound_210_30312.xml",
            "AE",
            "210 30312",
            true,
            false,
        ),
        (
            "spine-scr/psis-query/LogicalInconsistency_30134_QUPC_IN180000SM04_Response.xml",
            "AE",
            "410 30134",
            false,
            false,
        ),
        (
            "spine-scr/psis-query/DuplicateMessageId_QUPC_IN180000SM04_Response.xml",
            "AE",
            "401",
            false,
            false,
        ),
        (
            "spine-scr/psis-query/ServiceNotAvailable_QUPC_IN180000SM04_Response.xml",
            "AR",
            "502",
            false,
            false,
        ),
        (
            "spine-scr/gp-summary/MCCI_IN010000UK13_1102_4.xml",
            "AE",
            "420",
            false,
            true,
        ),
        (
            "smsp-scr/upstream-spine/QUQI_IN010000UK14_Response.xml",
            "AE",
            "1",
            true,
            false,
        ),
        (
            "smsp-scr/upstream-spine/MCCI_IN010000UK13_async_template.xml",
            "AE",
            "__ERROR_VALUE_CODE_LITERAL__",
            false,
            false,
        ),
        (
            "smsp-scr/upstream-spine/MCCI_IN010000UK13_Success.xml",
            "AA",
            "",
            false,
            false,
        ),
        (
            "spine-scr/gp-summary/MCCI_IN010000UK13_success.xml",
            "AA",
            "",
            false,
            false,
        ),
        (
            "spine-scr/acs/SET_RESOURCE_PERMISSIONS_success_soap.xml",
            "AA",
            "",
            false,
            false,
        ),
    ] {
        let Some(bytes) = one(test, name) else { return };
        let doc = xml::Document::parse(&bytes).expect(name);
        let refusal = match psis::read_list_answer(&doc) {
            Ok(QueryAnswer::Refused(refusal)) => refusal,
            other => panic!("{name}: {other:?}"),
        };
        assert_eq!(
            refusal.acknowledgement.map(AcknowledgementKind::code),
            Some(kind),
            "{name}"
        );
        assert_eq!(refusal.codes(), codes, "{name}");
        assert_eq!(refusal.is_no_record(), no_record, "{name}");
        assert_eq!(refusal.is_dissent(), dissent, "{name}");
        assert!(
            refusal.issues.iter().all(|issue| issue.severity.is_some()),
            "{name}"
        );
    }
}

#[test]
fn published_faults_are_read() {
    let test = "published_faults_are_read";
    for (name, codes) in [
        (
            "spine-scr/soap/soapfault_response_single_error.xml",
            &["200"][..],
        ),
        (
            "spine-scr/soap/soapfault_response_multiple_errors.xml",
            &["200", "201"][..],
        ),
    ] {
        let Some(bytes) = one(test, name) else { return };
        let doc = xml::Document::parse(&bytes).expect("well formed");
        let fault = SoapFault::read(&doc).expect("a fault");
        assert_eq!(fault.faultcode, "SOAP:Server");
        let read: Vec<&str> = fault
            .errors
            .iter()
            .map(|error| error.code.as_str())
            .collect();
        assert_eq!(read, codes);
        assert_eq!(
            fault.errors[0].description,
            "System failure to process message - default"
        );
    }
}

#[test]
fn published_permissions_are_read() {
    let test = "published_permissions_are_read";
    let name = "spine-scr/acs/GET_RESOURCE_PERMISSIONS_RESPONSE_INUK01.xml";
    let Some(bytes) = one(test, name) else { return };
    let doc = xml::Document::parse(&bytes).expect("well formed");
    let Ok(PermissionsOutcome::Known { consent, .. }) = acs::read_answer(&doc) else {
        panic!("not known");
    };
    assert_eq!(consent.store, domain::ConsentSetting::No);
    assert_eq!(consent.view, domain::ConsentSetting::Ask);

    let name = "spine-scr/psis-query/QUPC_IN200000SM04_event-list-query-success.xml";
    let Some(bytes) = one(test, name) else { return };
    let doc = xml::Document::parse(&bytes).expect("well formed");
    let permissions = doc
        .root()
        .find(xml::ns::HL7, "permissions")
        .expect("permissions");
    let consent = acs::read_permissions(permissions).expect("readable");
    assert_eq!(consent, domain::Consent::both(domain::ConsentSetting::Yes));
}

#[test]
fn the_published_answer_to_a_setting_is_read() {
    let name = "spine-scr/acs/SET_RESOURCE_PERMISSIONS_success_soap.xml";
    let Some(bytes) = one("the_published_answer_to_a_setting_is_read", name) else {
        return;
    };
    let doc = xml::Document::parse(&bytes).expect("well formed");
    assert_eq!(acs::read_set_answer(&doc), Ok(SetOutcome::Done));
}

/// Every published answer and request is read, or refused, without a panic; every GP Summary in
/// them has a header, presentation blocks, and goes through a document answer untouched.
#[test]
fn published_summaries_are_read() {
    let test = "published_summaries_are_read";
    let folders = [
        "smsp-scr/response-templates",
        "spine-scr/psis-query",
        "spine-scr/gp-summary",
        "smsp-scr/upstream-spine",
    ];
    let mut seen = 0;
    let mut statements = 0;
    let mut refused = Vec::new();
    if testkit::vectors_or_skip(test, folders[0]).is_none() {
        return;
    }
    for path in folders.iter().flat_map(|folder| all(test, folder)) {
        let bytes = read(&path);
        let Ok(doc) = xml::Document::parse(&bytes) else {
            assert!(
                path.extension().is_some_and(|e| e == "mime"),
                "{}",
                path.display()
            );
            continue;
        };
        let _ = psis::read_list_answer(&doc);
        let _ = read_request(&doc, None);
        for summary in gp_summary::find(&doc) {
            seen += 1;
            let header = match gp_summary::header(summary) {
                Ok(header) => header,
                Err(error) => {
                    refused.push(format!("{}: {error}", path.display()));
                    continue;
                }
            };
            assert!(header.author.name.is_some_and(|name| !name.is_empty()));
            let html = gp_summary::presentation(summary).expect("presentation text");
            assert_eq!(
                text_of(&gp_summary::blocks(html)),
                squeezed(&html.deep_text())
            );
            assert!(
                !text_of(&gp_summary::blocks(html)).is_empty(),
                "{}",
                path.display()
            );
            for section in gp_summary::sections(summary) {
                assert!(!section.code.is_empty(), "{}", path.display());
                assert!(
                    section
                        .entries
                        .iter()
                        .all(|entry| entry.element.starts_with("UKCT_MT144")),
                    "{}: {section:?}",
                    path.display()
                );
                statements += section.entries.len();
            }
            goes_through(summary, &path);
        }
    }
    // Two examples carry numbers that are no NHS numbers.
    assert!(
        refused.iter().all(|why| why.contains("check digit")),
        "{refused:#?}"
    );
    assert!(refused.len() <= 2, "{refused:#?}");
    assert!(seen >= 20, "only {seen} documents were seen");
    assert!(statements >= 300, "only {statements} statements were seen");
}

/// Text without any white space.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect()
}

/// All text of some blocks, in their order.
fn text_of(blocks: &[PresentationBlock]) -> String {
    let mut all = String::new();
    for block in blocks {
        match block {
            PresentationBlock::Heading { text, .. }
            | PresentationBlock::Paragraph { text, .. }
            | PresentationBlock::Preformatted { text } => all.push_str(text),
            PresentationBlock::Table {
                caption,
                head,
                rows,
            } => {
                all.push_str(caption.as_deref().unwrap_or_default());
                all.extend(head.iter().chain(rows.iter().flatten()).map(String::as_str));
            }
            PresentationBlock::List { items, .. } => all.extend(items.iter().map(String::as_str)),
        }
    }
    squeezed(&all)
}

fn goes_through(summary: xml::Element<'_, '_>, path: &Path) {
    let slice = summary.slice();
    let bytes = domain::record::DocumentBytes {
        bytes: slice.bytes.as_bytes().to_vec(),
        inherited: slice.inherited,
    };
    let pointer = pointer();
    let answer = psis::DocumentAnswer {
        pointer: &pointer,
        bytes: &bytes,
    };
    let written = with_answer(Interaction::DocumentQuery, |parts| answer.write(parts));
    let doc = xml::Document::parse(&written).expect("well formed");
    match psis::read_document_answer(&doc) {
        Ok(QueryAnswer::Data(retrieved)) => {
            assert!(
                retrieved.document.source().as_bytes() == bytes.bytes,
                "{}",
                path.display()
            );
            assert!(
                gp_summary::header(retrieved.document).is_ok(),
                "{}",
                path.display()
            );
        }
        other => panic!("{}: {:?}", path.display(), other.map(|_| ())),
    }
}

#[test]
fn event_answers_do_not_answer_document_queries() {
    let name = "spine-scr/psis-query/QUPC_IN210000UK04_event-query-success.xml";
    let Some(bytes) = one("event_answers_do_not_answer_document_queries", name) else {
        return;
    };
    let doc = xml::Document::parse(&bytes).expect("well formed");
    let found = psis::read_document_answer(&doc).map(|_| ());
    assert_eq!(found, Err(AnswerError::Unexpected("QUPC_IN210000UK04")));
    assert_eq!(gp_summary::find(&doc).len(), 1);
}
