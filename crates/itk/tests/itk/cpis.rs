//! The query of CP-IS as its schema has it: what our check takes, the published schema and our own
//! take, and what it refuses they refuse.
#![allow(clippy::disallowed_methods, reason = "tests look at files directly")]

use itk::client_response::{self, Answer};
use itk::{client_request, request};
use jiff::SignedDuration;

use crate::schemas::judge::judge;
use crate::schemas::spoil::{Spoilt, spoilt};
use crate::support::{MESSAGE, PAYLOAD, TRACKING, USERNAME, caller, now, rules};
use crate::vectors::files;

const PERSON: &str = r#"<npfitlc:contentId root="2.16.840.1.113883.2.1.3.2.4.18.16" extension="COCT_TP145102GB01#AssignedAuthor"/><COCT_TP145102GB01.AssignedAuthor><code code="R0050" codeSystem="2.16.840.1.113883.2.1.3.2.4.17.196" displayName="Consultant"/><id root="1.2.826.0.1285.0.2.0.65" extension="112233445566"/><id root="1.2.826.0.1285.0.2.0.67" extension="212233445566"/><assignedAuthorPerson><name use="L"><given>A</given><family>B</family></name></assignedAuthorPerson><representedOrganization><id root="2.16.840.1.113883.2.1.3.2.4.19.1" extension="RKE"/><name>Example Trust</name></representedOrganization></COCT_TP145102GB01.AssignedAuthor>"#;
const SYSTEM: &str = r#"<npfitlc:contentId root="2.16.840.1.113883.2.1.3.2.4.18.16" extension="COCT_TP145104GB01#System"/><COCT_TP145104GB01.System><id root="1.2.826.0.1285.0.2.0.107" extension="200000000115"/><indirectAuthority><superiorAssignedEntity><code code="R0050" codeSystem="2.16.840.1.113883.2.1.3.2.4.17.196" displayName="Consultant"/><assignedPerson><name>A B</name></assignedPerson></superiorAssignedEntity></indirectAuthority><maintainingOrganization><id root="2.16.840.1.113883.2.1.3.2.4.19.2" extension="RKE01"/><name>Example Site</name></maintainingOrganization></COCT_TP145104GB01.System>"#;

fn stub(author: &str) -> String {
    format!(
        r#"<CP-ISQueryStub xmlns="urn:hl7-org:v3" xmlns:npfitlc="NPFIT:HL7:Localisation"><cP-ISNHSQuery><effectiveTime value="20260301120000+0000"/><id root="1B0C0F02-7E6B-4C53-9C55-0D4B4E0C2A11"/><author>{author}</author><queryByParameter><person.NHSnumber><value extension="9990000018"/></person.NHSnumber></queryByParameter></cP-ISNHSQuery></CP-ISQueryStub>"#
    )
}

fn message(stub: &str) -> String {
    let caller = caller();
    let parts = client_request::Parts {
        message_id: MESSAGE,
        to: "https://127.0.0.1:9443/smsp/cpis",
        now: now(),
        expires_after: SignedDuration::from_secs(300),
        username: USERNAME,
        tracking_id: TRACKING,
        payload_id: PAYLOAD,
        operation: itk::cpis::Operation::Query.into(),
        caller: &caller,
        signer: None,
    };
    let written = client_request::write(&parts, |w| w.written(stub.as_bytes()));
    String::from_utf8(written).expect("UTF-8")
}

/// Whether a stub keeps its shape.
fn takes(stub: &str) -> bool {
    let doc = xml::Document::parse(stub.as_bytes()).expect("well-formed");
    itk::cpis::check(doc.root()).is_ok()
}

#[test]
fn a_request_is_written_and_known() {
    for author in [PERSON, SYSTEM] {
        let text = message(&stub(author));
        let doc = xml::Document::parse(text.as_bytes()).expect("well-formed");
        let read = request::read(&doc, &rules()).expect("a request");
        let operation = itk::cpis::Operation::of(&read.envelope, &read.payload);
        assert_eq!(operation, Ok(itk::cpis::Operation::Query));
        assert_eq!(itk::cpis::check(read.payload), Ok(()));
    }
}

/// What a schema, the published one or ours, sees otherwise than the check: the element, and what was
/// done to it. Each must be needed.
const OTHERWISE: &[(&str, &str)] = &[
    // An element that a schema calls empty has nothing at all in it; we let white space be.
    ("*", "white space"),
    // What values must be is for whoever reads them.
    ("*", "@value x"),
    ("*", "@value padded"),
    ("*", "@value longer"),
    ("*", "@extension x"),
    ("*", "@extension padded"),
    ("*", "@extension longer"),
    ("*", "@extension emptied"),
    ("*", "@extension blanked"),
    ("*", "@extension in lower case"),
    ("*", "@code emptied"),
    ("*", "@code blanked"),
    ("*", "@codeSystem emptied"),
    ("*", "@codeSystem blanked"),
    ("*", "@codeSystem x"),
    ("*", "@displayName emptied"),
    ("*", "@displayName blanked"),
    // Names and the codes of others may be anything; the schema has a list of what.
    ("name", "*"),
    ("given", "*"),
    ("family", "*"),
    ("code", "*"),
    // An id that is no user's makes no author; the schema lets any be there.
    ("id", "@root x"),
    ("id", "@root padded"),
    ("id", "@root emptied"),
    ("id", "@root blanked"),
    ("id", "wrong nullFlavor"),
];

#[test]
fn the_check_is_the_schema() {
    let mut cases: Vec<Spoilt> = Vec::new();
    // What is around the author is spoilt once.
    for (name, author, of_interest) in [
        ("person", PERSON, "CP-ISQueryStub"),
        ("system", SYSTEM, "author"),
    ] {
        let text = stub(author);
        cases.push(Spoilt::unspoilt(name, &text));
        cases.extend(spoilt(name, &text, of_interest));
    }
    let whole: Vec<String> = cases.iter().map(|case| message(&case.text)).collect();
    let texts: Vec<&str> = whole.iter().map(String::as_str).collect();
    let Some(verdicts) = judge("request.xsd", &texts) else {
        return;
    };
    let mut complaints = Vec::new();
    let mut needed = Vec::new();
    for (case, ours) in cases.iter().zip(verdicts) {
        let taken = takes(&case.text);
        let published = match testkit::xsd::validate_cpis("QUPC_MT000006GB01", case.text.as_bytes())
        {
            testkit::xsd::Outcome::Valid => true,
            testkit::xsd::Outcome::Invalid(_) => false,
            testkit::xsd::Outcome::Skipped => taken,
        };
        if (ours, published) == (taken, taken) {
            continue;
        }
        match OTHERWISE.iter().find(|entry| case.is(entry)) {
            Some(entry) => needed.push(*entry),
            None => complaints.push(format!(
                "{case}: taken {taken}, by our schema {ours}, by the published one {published}"
            )),
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    if testkit::vectors("schemas/CPIS").is_none() {
        return;
    }
    let needless: Vec<_> = OTHERWISE
        .iter()
        .filter(|entry| !needed.contains(entry))
        .collect();
    assert!(needless.is_empty(), "listed and not needed: {needless:?}");
}

#[test]
fn silence_may_be_told_anywhere() {
    let stub = stub(PERSON);
    let event = "<accessEventType value=\"true\"/>";
    for place in [
        "<effectiveTime ",
        "<author>",
        "<queryByParameter>",
        "</cP-ISNHSQuery>",
        "<person.NHSnumber>",
        "</queryByParameter>",
    ] {
        let told = stub.replacen(place, &format!("{event}{place}"), 1);
        assert!(takes(&told), "{place}");
    }
    let in_author = stub.replacen("</author>", &format!("{event}</author>"), 1);
    assert!(!takes(&in_author));
}

#[test]
fn published_answers_are_read_and_valid() {
    let mut texts = Vec::new();
    for (name, bytes) in files(
        "published_answers_are_read_and_valid",
        "cpis/itk-smsp-responses",
    ) {
        if !name.ends_with(".xml") {
            continue;
        }
        let doc = xml::Document::parse(&bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
        let Ok(Answer::Response(answer)) = client_response::read(&doc) else {
            panic!("{name}: no answer")
        };
        assert_eq!(answer.operation, itk::cpis::Operation::Query.into());
        assert!(name.contains(&answer.value.code), "{name}");
        let operation = answer.operation;
        assert_eq!(
            answer.profile_id.as_deref(),
            Some(operation.response_profile())
        );
        let interaction = answer.interaction.as_deref();
        assert_eq!(interaction, Some(operation.response_interaction()));
        assert!(answer.document.is_none());
        // Around it goes what a SOAP answer has.
        let source = String::from_utf8(bytes.clone()).expect("UTF-8");
        let source = source.replace(
            " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"",
            "",
        );
        texts.push(format!(
            "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" \
             xmlns:a=\"http://www.w3.org/2005/08/addressing\"><s:Header>\
             <a:MessageID>{MESSAGE}</a:MessageID>\
             <a:Action>urn:nhs-itk:services:201005:sendRecvDistEnvelopeResponse</a:Action>\
             </s:Header><s:Body>{source}</s:Body></s:Envelope>"
        ));
    }
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    if let Some(verdicts) = judge("answer.xsd", &texts) {
        for (text, valid) in texts.iter().zip(verdicts) {
            assert!(valid, "{text}");
        }
    }
}
