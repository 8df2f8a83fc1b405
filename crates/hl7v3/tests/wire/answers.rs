//! Answers: written, validated, read back; a document's bytes come through untouched.

use domain::code::psis as codes;
use domain::record::{DocumentBytes, DocumentState};
use domain::{Consent, ConsentSetting};
use hl7v3::acs::{self, PermissionsAnswer, PermissionsOutcome, PermissionsQuery};
use hl7v3::issue::{Acknowledged, QueryFailed, write_refusal};
use hl7v3::psis::{self, DocumentAnswer, ListAnswer, NothingFound, QueryAnswer};
use hl7v3::soap::{SoapError, SoapFault, SpineAnswer, read_response};
use hl7v3::wrapper::AcknowledgementKind;
use hl7v3::{AnswerError, Interaction};

use crate::support::*;

#[test]
fn a_list_answer_reads_back_and_validates() {
    let mut replaced = pointer();
    replaced.header.id = document(OTHER_ID);
    replaced.state = DocumentState::Replaced;
    replaced.replaced_by = Some(document(DOCUMENT_ID));
    let mut withdrawn = pointer();
    withdrawn.state = DocumentState::Withdrawn;
    withdrawn.withdrawn_by = Some(document(OTHER_ID));
    withdrawn.header.kind = domain::record::SummaryKind::Initial;
    withdrawn.header.author = domain::record::DocumentAuthor {
        organisation: Some("B83013".to_owned()),
        name: Some("CRAIG".to_owned()),
        ..Default::default()
    };
    let entries = [pointer(), replaced, withdrawn];
    let answer = ListAnswer {
        patient: &patient(),
        entries: &entries,
    };
    let written = with_answer(Interaction::DocumentListQuery, |parts| answer.write(parts));
    validate(&written, Interaction::DocumentListAnswer);
    assert!(text(&written).contains("<documentListQueryResponse><QUPC_IN160102UK05 "));

    let doc = xml::Document::parse(&written).expect("well formed");
    let Ok(QueryAnswer::Data(list)) = psis::read_list_answer(&doc) else {
        panic!("no data in {}", text(&written));
    };
    assert_eq!(list.patient, Some(patient()));
    assert_eq!(list.documents.len(), 3);
    for (read, entry) in list.documents.iter().zip(&entries) {
        assert_eq!(read.id, entry.header.id);
        assert_eq!(read.kind(), Some(entry.header.kind));
        assert_eq!(
            read.title.as_deref(),
            Some(entry.header.kind.display_name())
        );
        assert_eq!(read.state, Some(entry.state));
        assert_eq!(read.effective.as_ref(), Some(&entry.header.effective));
        assert_eq!(read.stored, Some(time("20240630110000")), "UK local time");
        assert_eq!(read.size, Some(entry.size));
        assert_eq!(
            read.message_type.as_deref(),
            Some(entry.header.kind.message_type())
        );
        assert_eq!(read.author, entry.header.author);
        assert_eq!(read.replaced_by, entry.replaced_by);
        assert_eq!(read.withdrawn_by, entry.withdrawn_by);
    }
}

#[test]
fn an_answer_is_addressed_to_whom_asked() {
    let written = with_answer(Interaction::DocumentListQuery, |parts| {
        NothingFound.write(parts)
    });
    validate(&written, Interaction::DocumentListAnswer);
    let doc = xml::Document::parse(&written).expect("well formed");
    let header = doc
        .root()
        .child(xml::ns::SOAP11, "Header")
        .expect("a header");
    let said = |name| {
        header
            .child(xml::ns::WSA_2004, name)
            .expect(name)
            .text()
            .into_owned()
    };
    assert_eq!(said("MessageID"), format!("uuid:{ANSWER_ID}"));
    assert_eq!(
        said("Action"),
        "urn:nhs:names:services:psisquery/QUPC_IN160102UK05"
    );
    assert_eq!(said("To"), "192.0.2.7");
    assert_eq!(said("RelatesTo"), format!("uuid:{REQUEST_ID}"));
    let party = |name| {
        let id = header
            .path(xml::ns::HL7, &[name, "device", "id"])
            .expect(name);
        id.attribute("extension").unwrap_or_default().to_owned()
    };
    assert_eq!(party("communicationFunctionRcv"), "276827251543");
    assert_eq!(party("communicationFunctionSnd"), "655159266510");
    let Ok(SpineAnswer::Message(message)) = read_response(&doc) else {
        panic!("no message")
    };
    assert_eq!(message.relates_to, Some(format!("uuid:{REQUEST_ID}")));
    assert_eq!(message.id.expect("an id").as_str(), ANSWER_ID);
    let acknowledgement = message.acknowledgement.expect("an acknowledgement");
    assert_eq!(acknowledgement.kind, AcknowledgementKind::Accept);
    assert_eq!(acknowledgement.refers_to, REQUEST_ID);
}

#[test]
fn nothing_found_is_not_an_error() {
    let empty = ListAnswer {
        patient: &patient(),
        entries: &[],
    };
    for (interaction, answer, written) in [
        (
            Interaction::DocumentListQuery,
            Interaction::DocumentListAnswer,
            with_answer(Interaction::DocumentListQuery, |parts| empty.write(parts)),
        ),
        (
            Interaction::DocumentQuery,
            Interaction::DocumentAnswer,
            with_answer(Interaction::DocumentQuery, |parts| {
                NothingFound.write(parts)
            }),
        ),
    ] {
        validate(&written, answer);
        let doc = xml::Document::parse(&written).expect("well formed");
        let not_found = match interaction {
            Interaction::DocumentListQuery => {
                matches!(psis::read_list_answer(&doc), Ok(QueryAnswer::NotFound))
            }
            _ => matches!(psis::read_document_answer(&doc), Ok(QueryAnswer::NotFound)),
        };
        assert!(not_found, "{}", text(&written));
    }
}

/// Documents cut out of surroundings that declare what they use, or declare something else.
fn surroundings() -> Vec<(&'static str, String)> {
    let own = SUMMARY.replacen(" xmlns=\"urn:hl7-org:v3\"", "", 1);
    let prefixed = own
        .replace("</", "\u{1}")
        .replace('<', "<hl7:")
        .replace('\u{1}', "</hl7:")
        .replace("<hl7:html xmlns=", "<hl7:html xmlns:hl7=");
    vec![
        ("its own declarations", SUMMARY.to_owned()),
        (
            "an inherited default",
            format!("<x xmlns=\"urn:hl7-org:v3\">{own}</x>"),
        ),
        (
            "an inherited prefix",
            format!("<x xmlns:hl7=\"urn:hl7-org:v3\">{prefixed}</x>"),
        ),
        (
            "a prefix and a foreign default",
            format!(
                "<x xmlns:hl7=\"urn:hl7-org:v3\" xmlns=\"urn:other\">{}</x>",
                prefixed.replace("<hl7:head/>", "<head/>")
            ),
        ),
        (
            "a prefix and no default",
            format!(
                "<x xmlns:hl7=\"urn:hl7-org:v3\">{}</x>",
                prefixed.replace("<hl7:head/>", "<!-- none --><head/>")
            ),
        ),
        (
            "our prefixes meaning something else",
            format!(
                "<x xmlns=\"urn:hl7-org:v3\" xmlns:npfitlc=\"urn:n\" xmlns:wsa=\"urn:w\">{}</x>",
                own.replace("<head/>", "<npfitlc:head wsa:a=\"1\"/>")
            ),
        ),
    ]
}

#[test]
fn a_document_comes_through_untouched() {
    for (what, source) in surroundings() {
        let bytes = summary_bytes(&source);
        let answer = DocumentAnswer {
            pointer: &pointer(),
            bytes: &bytes,
        };
        let written = with_answer(Interaction::DocumentQuery, |parts| answer.write(parts));
        let doc = xml::Document::parse(&written).expect("well formed");
        let Ok(QueryAnswer::Data(retrieved)) = psis::read_document_answer(&doc) else {
            panic!("{what}: no data in {}", text(&written));
        };
        assert_eq!(
            retrieved.document.source().as_bytes(),
            bytes.bytes,
            "{what}"
        );
        assert_eq!(retrieved.patient, Some(patient()));
        assert_eq!(retrieved.listed.id, document(DOCUMENT_ID));
        let slice = retrieved.document.slice();
        let again = DocumentBytes {
            bytes: slice.bytes.as_bytes().to_vec(),
            inherited: slice.inherited,
        };
        assert_eq!(again, bytes, "{what}");
        let original = xml::Document::parse(source.as_bytes()).expect("well formed");
        let original = hl7v3::gp_summary::find(&original);
        assert!(
            same(retrieved.document, original[0]),
            "{what}: names mean something else now"
        );
        let holder = retrieved.document.parent().expect("component7");
        assert!(holder.is(xml::ns::HL7, "component7"), "{what}");
    }
}

/// Whether two trees have the same expanded names and the same text.
fn same(one: xml::Element<'_, '_>, other: xml::Element<'_, '_>) -> bool {
    one.name() == other.name()
        && one.namespace() == other.namespace()
        && one.attributes().eq(other.attributes())
        && one.text() == other.text()
        && one.children().count() == other.children().count()
        && one
            .children()
            .zip(other.children())
            .all(|(one, other)| same(one, other))
}

#[test]
fn a_document_answer_validates() {
    // The example also holds what real documents hold and the schema forbids.
    let source = SUMMARY
        .replace("<script>alert(1)</script>", "")
        .replace("<br/>", "");
    let bytes = summary_bytes(&source);
    let answer = DocumentAnswer {
        pointer: &pointer(),
        bytes: &bytes,
    };
    let written = with_answer(Interaction::DocumentQuery, |parts| answer.write(parts));
    validate(&written, Interaction::DocumentAnswer);
    let mut replaced = pointer();
    replaced.state = DocumentState::Replaced;
    replaced.replaced_by = Some(document(OTHER_ID));
    replaced.withdrawn_by = Some(document(OTHER_ID));
    let answer = DocumentAnswer {
        pointer: &replaced,
        bytes: &bytes,
    };
    let written = with_answer(Interaction::DocumentQuery, |parts| answer.write(parts));
    validate(&written, Interaction::DocumentAnswer);
}

#[test]
fn a_failed_query_says_why() {
    let dissent = [codes::access_refused(), codes::access_not_permitted()];
    let unknown = [
        codes::success_with_warning(),
        codes::case_not_found(&patient()),
    ];
    let down = [codes::not_available()];
    for (issues, kind, no_record, is_dissent, said) in [
        (
            &dissent[..],
            AcknowledgementKind::Error,
            false,
            true,
            "420 30418",
        ),
        (
            &unknown[..],
            AcknowledgementKind::Error,
            true,
            false,
            "210 30312",
        ),
        (&down[..], AcknowledgementKind::Reject, false, false, "502"),
    ] {
        assert_eq!(AcknowledgementKind::refusing(issues), kind);
        let failed = QueryFailed { issues, ack: kind };
        let written = with_answer(Interaction::DocumentListQuery, |parts| failed.write(parts));
        validate(&written, Interaction::QueryFailed);
        assert!(text(&written).contains("psisquery/QUQI_IN010000UK14</wsa:Action>"));
        assert!(text(&written).contains("<documentListQueryResponse><QUQI_IN010000UK14 "));
        let doc = xml::Document::parse(&written).expect("well formed");
        let Ok(QueryAnswer::Refused(refusal)) = psis::read_document_answer(&doc) else {
            panic!("not refused: {}", text(&written));
        };
        assert_eq!(refusal.interaction, Interaction::QueryFailed);
        assert_eq!(refusal.acknowledgement, Some(kind));
        assert_eq!(refusal.is_no_record(), no_record);
        assert_eq!(refusal.is_dissent(), is_dissent);
        assert_eq!(refusal.codes(), said);
        for (read, issue) in refusal.issues.iter().zip(issues) {
            assert_eq!(read.text, issue.text, "to the blank");
            assert_eq!(read.system, issue.system);
            assert_eq!(read.severity, Some(issue.severity));
        }
    }
}

#[test]
fn an_acknowledgement_reads_back_and_validates() {
    let issues = [codes::resource_context_invalid()];
    for (ack, issues) in [
        (AcknowledgementKind::Accept, &[][..]),
        (AcknowledgementKind::Error, &issues[..]),
        (AcknowledgementKind::Reject, &issues[..]),
    ] {
        let acknowledged = Acknowledged { ack, issues };
        let written = with_answer(Interaction::PermissionsQuery, |parts| {
            acknowledged.write(parts)
        });
        validate(&written, Interaction::Acknowledgement);
        let doc = xml::Document::parse(&written).expect("well formed");
        let Ok(PermissionsOutcome::Refused(refusal)) = acs::read_answer(&doc) else {
            panic!("not refused: {}", text(&written));
        };
        assert_eq!(refusal.acknowledgement, Some(ack));
        assert_eq!(refusal.issues.len(), issues.len());
    }
}

/// As in the published examples of each.
#[test]
fn acknowledgements_have_the_version_of_their_service() {
    for (asked, ack, version) in [
        (
            Interaction::SummarySm,
            AcknowledgementKind::Accept,
            "V3NPfIT4.2.00",
        ),
        (
            Interaction::Summary,
            AcknowledgementKind::Error,
            "V3NPfIT3.0",
        ),
        (
            Interaction::SetPermissions,
            AcknowledgementKind::Accept,
            "V3NPfIT3.0",
        ),
        (
            Interaction::SetPermissions,
            AcknowledgementKind::Error,
            "V3NPfIT4.2.00",
        ),
        (
            Interaction::PermissionsQuery,
            AcknowledgementKind::Error,
            "V3NPfIT4.2.00",
        ),
    ] {
        let issues = &[];
        let written = with_answer(asked, |parts| Acknowledged { ack, issues }.write(parts));
        let expected = format!("<versionCode code=\"{version}\"/>");
        assert!(text(&written).contains(&expected), "{asked:?} {ack:?}");
    }
}

#[test]
fn a_refusal_takes_the_form_of_its_interaction() {
    let issues = [codes::invalid_request()];
    for (asked, answered, action) in [
        (
            Interaction::PermissionsQuery,
            Interaction::Acknowledgement,
            "lrsquery/MCCI_IN010000UK13",
        ),
        (
            Interaction::DocumentQuery,
            Interaction::QueryFailed,
            "psisquery/QUQI_IN010000UK14",
        ),
    ] {
        let written = with_answer(asked, |parts| {
            write_refusal(parts, &issues, AcknowledgementKind::Error)
        });
        validate(&written, answered);
        assert!(text(&written).contains(&format!("services:{action}</wsa:Action>")));
        assert!(text(&written).contains(&format!("<{}>", asked.answer_wrapper())));
    }
}

#[test]
fn permissions_read_back_and_validate() {
    for store in [ConsentSetting::Yes, ConsentSetting::No, ConsentSetting::Ask] {
        for view in [ConsentSetting::Yes, ConsentSetting::No, ConsentSetting::Ask] {
            let consent = Consent { view, store };
            let query = PermissionsQuery::all(patient());
            let answer = PermissionsAnswer {
                query: &query,
                consent,
            };
            let written = with_answer(Interaction::PermissionsQuery, |parts| answer.write(parts));
            validate(&written, Interaction::PermissionsAnswer);
            let known = PermissionsOutcome::Known {
                patient: Some(patient()),
                consent,
            };
            let in_hl7 = text(&written).replace("<crs:", "<").replace("</crs:", "</");
            let in_none = in_hl7.replace(
                "<getResourcePermissionsResponse xmlns:crs=",
                "<getResourcePermissionsResponse xmlns=\"\" xmlns:crs=",
            );
            assert_ne!(in_hl7, in_none);
            for variant in [text(&written), in_hl7, in_none] {
                let doc = xml::Document::parse(variant.as_bytes()).expect("well formed");
                assert_eq!(acs::read_answer(&doc), Ok(known.clone()));
            }
        }
    }
}

#[test]
fn a_narrowed_permissions_query_gets_a_narrowed_answer() {
    let criteria = acs::Criteria {
        context: "Consent".to_owned(),
        code: Some("Store".to_owned()),
        resource_types: vec!["SCR".to_owned()],
    };
    let query = PermissionsQuery {
        patient: patient(),
        criteria: Some(criteria.clone()),
    };
    let consent = Consent::both(ConsentSetting::No);
    let answer = PermissionsAnswer {
        query: &query,
        consent,
    };
    let written = with_answer(Interaction::PermissionsQuery, |parts| answer.write(parts));
    let doc = xml::Document::parse(&written).expect("well formed");
    let expected = Consent {
        view: ConsentSetting::Ask,
        store: ConsentSetting::No,
    };
    let known = PermissionsOutcome::Known {
        patient: Some(patient()),
        consent: expected,
    };
    assert_eq!(acs::read_answer(&doc), Ok(known));
    let sealing = acs::Criteria {
        context: "Sealing".to_owned(),
        ..criteria
    };
    let query = PermissionsQuery {
        patient: patient(),
        criteria: Some(sealing),
    };
    assert!(!query.asks_for(acs::ConsentFunction::View));
    assert!(!query.asks_for(acs::ConsentFunction::Store));
}

#[test]
fn an_unknown_permission_is_an_error_and_not_a_default() {
    let query = PermissionsQuery::all(patient());
    let answer = PermissionsAnswer {
        query: &query,
        consent: Consent::both(ConsentSetting::No),
    };
    let written = with_answer(Interaction::PermissionsQuery, |parts| answer.write(parts));
    let odd = mutate(&text(&written), ">No<", ">Perhaps<");
    let doc = xml::Document::parse(odd.as_bytes()).expect("well formed");
    assert!(matches!(
        acs::read_answer(&doc),
        Err(AnswerError::Content(_))
    ));
}

#[test]
fn a_soap_fault_reads_back() {
    let mut fault = SoapFault::processing("it <broke>");
    fault.errors.push(SoapError {
        code: "208".to_owned(),
        ..SoapError::default()
    });
    assert!(fault.is_retryable());
    assert!(!SoapFault::not_supported().is_retryable());
    // One that is final among others stays final, and one that says nothing promises nothing.
    let mut mixed = fault.clone();
    mixed.errors.push(SoapError {
        code: "201".to_owned(),
        ..SoapError::default()
    });
    assert!(!mixed.is_retryable());
    mixed.errors.clear();
    assert!(!mixed.is_retryable());
    for fault in [
        fault,
        SoapFault::not_supported(),
        SoapFault::not_well_formed("line 1"),
    ] {
        let written = fault.write();
        let doc = xml::Document::parse(&written).expect("well formed");
        assert_eq!(SoapFault::read(&doc), Some(fault.clone()));
        assert!(matches!(psis::read_list_answer(&doc), Ok(QueryAnswer::Fault(f)) if f == fault));
        assert_eq!(acs::read_answer(&doc), Ok(PermissionsOutcome::Fault(fault)));
    }
    let error = xml::Document::parse(b"<a>\n<b></a>").expect_err("not well formed");
    assert!(SoapFault::from(error).errors[0].location.contains("line 2"));
}

/// Data that its own answer does not stand by is no data.
#[test]
fn data_under_an_error_is_refused() {
    let answer = ListAnswer {
        patient: &patient(),
        entries: &[pointer()],
    };
    let written = with_answer(Interaction::DocumentListQuery, |parts| answer.write(parts));
    let odd = mutate(&text(&written), "typeCode=\"AA\"", "typeCode=\"AE\"");
    let doc = xml::Document::parse(odd.as_bytes()).expect("well formed");
    assert!(matches!(
        psis::read_list_answer(&doc),
        Ok(QueryAnswer::Refused(_))
    ));
}

#[test]
fn an_answer_to_something_else_is_unexpected() {
    let answer = ListAnswer {
        patient: &patient(),
        entries: &[pointer()],
    };
    let written = with_answer(Interaction::DocumentListQuery, |parts| answer.write(parts));
    let doc = xml::Document::parse(&written).expect("well formed");
    let found = psis::read_document_answer(&doc).map(|_| ());
    assert_eq!(found, Err(AnswerError::Unexpected("QUPC_IN160102UK05")));
    let doc = xml::Document::parse(b"<html/>").expect("well formed");
    assert_eq!(
        psis::read_list_answer(&doc).map(|_| ()),
        Err(AnswerError::NoInteraction)
    );
}
