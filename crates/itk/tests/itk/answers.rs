//! The answers we write: they read back, keep the document's bytes, and are valid.

use domain::record::DocumentBytes;
use domain::{ConsentSetting, OdsCode};
use itk::client_response::{self, Answer};
use itk::response;
use itk::scr::{Operation, get_scr_status, query_scr};
use jiff::SignedDuration;
use testkit::xsd;

use crate::support::{MESSAGE, PAYLOAD, TRACKING, cut, now};

const ANSWER: &str = "0A0A0A0A-0000-4000-8000-00000000000A";
const SUCCESS: (&str, &str) = ("SMSP-0000", "Success");
pub(crate) const DOCUMENT: &str = "<GPSummary classCode=\"COMPOSITION\" moodCode=\"EVN\"><!-- kept --><id root='0600CE57-C6F6-4C7F-E050-950AE073125B'/>\r\n <a  b = '1'/></GPSummary>";
const HL7: &str = "urn:hl7-org:v3";

/// Writes a whole answer around a payload.
pub(crate) fn answer(operation: Operation, payload: impl FnOnce(&mut xml::Writer)) -> Vec<u8> {
    let provider = OdsCode::parse("RAL").expect("an ODS code");
    let client = OdsCode::parse("RKE").expect("an ODS code");
    let parts = response::Outbound {
        message_id: ANSWER,
        relates_to: Some(MESSAGE),
        now: now(),
        expires_after: SignedDuration::from_secs(60),
        tracking_id: TRACKING,
        payload_id: PAYLOAD,
        profile_id: operation.response_profile(),
        interaction: operation.response_interaction(),
        provider_ods: &provider,
        client_ods: Some(&client),
        signer: None,
    };
    response::write(&parts, payload)
}

/// Writes a querySCR answer around a document.
pub(crate) fn document_answer(document: &DocumentBytes) -> Vec<u8> {
    answer(Operation::QueryScr, |w| {
        query_scr::write_response(w, PAYLOAD, SUCCESS, Some(document));
    })
}

/// Holds an answer against the published schemas: the payload against its own, the envelope
/// without its payload against that of the DistributionEnvelope. They are separate because the
/// envelope's schema looks for `xsi:type` inside documents, which no schema declares.
pub(crate) fn check_valid(answer: &[u8], schema: &str) {
    let doc = xml::Document::parse(answer).expect("well-formed");
    let Ok(Answer::Response(response)) = client_response::read(&doc) else {
        panic!("no answer")
    };
    let payload = without_types(response.payload.source());
    let schema = format!("smsp-scr/schemas/Schemas/{schema}.xsd");
    xsd::assert_valid(&schema, payload.as_bytes());
    let envelope = doc
        .root()
        .find(xml::ns::ITK, "DistributionEnvelope")
        .expect("an envelope");
    let shell = envelope.source().replace(response.payload.source(), "");
    xsd::assert_valid(
        "itk/schemas/distributionEnvelope-v2-0.xsd",
        shell.as_bytes(),
    );
}

/// Leaves out every `xsi:type="…"`.
fn without_types(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(" xsi:type=\"") {
        out.push_str(&rest[..at]);
        let value = &rest[at + " xsi:type=\"".len()..];
        rest = value.find('"').map_or("", |end| &value[end + 1..]);
    }
    out.push_str(rest);
    out
}

#[test]
fn an_answer_is_what_the_binding_says() {
    let bytes = answer(Operation::GetScrStatus, |w| {
        let status = get_scr_status::Status {
            exists: true,
            consent: ConsentSetting::No,
        };
        get_scr_status::write_response(w, PAYLOAD, SUCCESS, Some(status));
    });
    let doc = xml::Document::parse(&bytes).expect("well-formed");
    let Ok(Answer::Response(read)) = client_response::read(&doc) else {
        panic!("no answer")
    };
    assert_eq!(read.message_id.as_deref(), Some(ANSWER));
    assert_eq!(read.relates_to.as_deref(), Some(MESSAGE));
    assert_eq!(read.tracking_id.as_deref(), Some(TRACKING));
    assert_eq!(read.operation, itk::Operation::Scr(Operation::GetScrStatus));
    let profile = "urn:nhs-en:profile:getSCRStatusResponse-v-1-0";
    assert_eq!(read.profile_id.as_deref(), Some(profile));
    let interaction = "urn:nhs-itk:interaction:getSCRStatusResponse-v1-0";
    assert_eq!(read.interaction.as_deref(), Some(interaction));
    assert_eq!(read.document, None);
    let text = |ns, name| doc.root().find(ns, name).expect(name).text().into_owned();
    assert_eq!(text(xml::ns::WSA_2005, "Action"), itk::SEND_RECV_RESPONSE);
    assert_eq!(text(xml::ns::WSA_2005, "To"), itk::ANONYMOUS);
    assert_eq!(text(xml::ns::WSU, "Created"), "2026-03-01T12:00:00.000Z");
    assert_eq!(text(xml::ns::WSU, "Expires"), "2026-03-01T12:01:00.000Z");
    assert!(doc.root().find(xml::ns::WSSE, "UsernameToken").is_none());
    check_valid(&bytes, "REPC_MT150001GB01");
}

#[test]
fn the_document_keeps_its_bytes_and_its_meaning() {
    let inherited = |pairs: &[(&str, &str)]| {
        pairs
            .iter()
            .map(|(p, u)| ((*p).to_owned(), (*u).to_owned()))
            .collect::<Vec<_>>()
    };
    let cases = [
        (DOCUMENT.to_owned(), inherited(&[("", HL7)])),
        (
            DOCUMENT
                .replace("</", "</hl7:")
                .replace('<', "<hl7:")
                .replace("<hl7:/", "</")
                .replace("<hl7:!", "<!"),
            inherited(&[("hl7", HL7)]),
        ),
        (
            "<GPSummary xmlns='urn:hl7-org:v3'/>".to_owned(),
            inherited(&[]),
        ),
        // A document that takes our own prefix for something else.
        (
            "<npfitlc:GPSummary/>".to_owned(),
            inherited(&[("npfitlc", HL7)]),
        ),
        (
            "<GPSummary><npfitlc:x npfitlc:y='1'/></GPSummary>".to_owned(),
            inherited(&[("", HL7), ("npfitlc", "urn:other")]),
        ),
        (
            "<GPSummary><npfitlc:x soap:y='1'/></GPSummary>".to_owned(),
            inherited(&[("", HL7), ("npfitlc", xml::ns::NPFITLC), ("soap", "urn:s")]),
        ),
    ];
    for (text, inherited) in cases {
        let document = DocumentBytes {
            bytes: text.clone().into_bytes(),
            inherited,
        };
        let bytes = document_answer(&document);
        let doc = xml::Document::parse(&bytes).unwrap_or_else(|e| panic!("{e}: {text}"));
        let answer = client_response::read(&doc).unwrap_or_else(|e| panic!("{e}: {text}"));
        let Answer::Response(read) = answer else {
            panic!("no answer")
        };
        let slice = read.document.expect("a document");
        assert_eq!(slice.bytes, text);
        for pair in &slice.inherited {
            assert!(document.inherited.contains(pair), "{pair:?} in {text}");
        }
        check_valid(&bytes, "REPC_MT150012GB01");
    }
}

#[test]
fn a_document_is_found_in_every_published_wrapper() {
    let document = DocumentBytes {
        bytes: DOCUMENT.into(),
        inherited: vec![(String::new(), HL7.to_owned())],
    };
    let bytes = String::from_utf8(document_answer(&document)).expect("UTF-8");
    let read = |text: &str| -> Result<bool, String> {
        let doc = xml::Document::parse(text.as_bytes()).expect("well-formed");
        match client_response::read(&doc) {
            Ok(Answer::Response(response)) => Ok(response.document.is_some()),
            Ok(Answer::Fault(fault)) => Err(fault.diagnostic),
            Err(error) => Err(error.message),
        }
    };
    assert_eq!(read(&bytes), Ok(true));
    assert_eq!(
        read(&bytes.replace(xml::ns::NPFITLC, xml::ns::NPFITLC_OLD)),
        Ok(true)
    );
    assert_eq!(
        read(&bytes.replace(xml::ns::NPFITLC, "urn:x")),
        Err("the document must be a GPSummary".into())
    );
    assert_eq!(
        read(&cut(
            &bytes,
            "<text>",
            "</text>",
            &format!("<text>{DOCUMENT}</text>")
        )),
        Ok(true)
    );
    assert_eq!(
        read(&cut(&bytes, "<text>", "</text>", "<text/>")),
        Err("text must hold one element".into())
    );
    assert_eq!(
        read(&cut(&bytes, "<text>", "</text>", "")),
        Err("the answer says Success and has no document".into())
    );
    assert_eq!(
        read(&bytes.replace("SMSP-0000", "SMSP-0002")),
        Err("the answer has a document and does not say Success".into())
    );
}

#[test]
fn faults_are_answers_too() {
    let fault = itk::fault::Fault::access_denied("unknown user name");
    let bytes = fault.write(ANSWER, Some(MESSAGE), PAYLOAD);
    let doc = xml::Document::parse(&bytes).expect("well-formed");
    match client_response::read(&doc) {
        Ok(Answer::Fault(read)) => assert_eq!(read, fault),
        other => panic!("{other:?}"),
    }
    let text = |ns, name| doc.root().find(ns, name).expect(name).text().into_owned();
    assert_eq!(text(xml::ns::WSA_2005, "Action"), itk::FAULT_ACTION);
    assert_eq!(text(xml::ns::ITK, "ErrorCode"), "3000");
    assert_eq!(text("", "faultcode"), "soap:Client");
}
