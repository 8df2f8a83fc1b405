//! Every published message is read, or refused for what is wrong with it.

use ebxml::{Actor, EbxmlError, Kind, Pattern, Rule, Severity, TransferEncoding, read};

use crate::support::{MULTIPART, file, id, multipart};

/// The adaptor's multipart messages: HL7 message, then attachments by description and encoding.
#[test]
fn the_adaptor_s_messages_are_read() {
    use TransferEncoding::{Base64, Binary, EightBit, SevenBit};
    type Attached<'a> = &'a [(Option<&'a str>, TransferEncoding)];
    let some = Some("Some description");
    let table: &[(&str, Attached<'_>)] = &[
        ("adaptor-ebxml-parse/ebxml_request", &[]),
        ("adaptor-ebxml-parse/ebxml_request_no_soap_actor", &[]),
        (
            "adaptor-ebxml-parse/ebxml_request_one_external_attachment",
            &[],
        ),
        (
            "adaptor-ebxml-parse/ebxml_request_multiple_attachments",
            &[(some, EightBit), (Some("Another description"), Base64)],
        ),
        (
            "adaptor-ebxml-parse/ebxml_request_no_encoding",
            &[(some, SevenBit)],
        ),
        (
            "adaptor-ebxml-parse/ebxml_request_one_binary_attachment",
            &[(some, Binary)],
        ),
        (
            "adaptor-ebxml-parse/ebxml_request_one_attachment_application_xml_content_type",
            &[(some, EightBit)],
        ),
        (
            "adaptor-ebxml-parse/ebxml_request_one_attachment_application_xml_content_type_no_description",
            &[(None, EightBit)],
        ),
        ("adaptor-inbound/ebxml_request", &[]),
    ];
    for (name, attached) in table {
        let Some(body) = multipart("the_adaptor_s_messages_are_read", name) else {
            return;
        };
        // The published files have placeholders for our own party.
        let body = body.replace("FROM_PARTY_ID", "A91424-9199121");
        for body in [body.clone(), body.replace('\n', "\r\n")] {
            let message = read(MULTIPART, body.as_bytes()).expect(name);
            let header = &message.header;
            assert_eq!(header.from_party.as_str(), "YES-0000806", "{name}");
            assert_eq!(header.to_party.as_str(), "A91424-9199121", "{name}");
            assert_eq!(header.cpa_id, "S1001A1630", "{name}");
            assert_eq!(header.conversation, "10F5A436-1913-43F0-9F18-95EA0E43E61A");
            assert_eq!(header.service, "urn:nhs:names:services:psis", "{name}");
            assert_eq!(header.action, "MCCI_IN010000UK13", "{name}");
            assert_eq!(
                header.message_id,
                id("C614484E-4B10-499A-9ACD-5D645CFACF61")
            );
            let ref_to = match *name {
                "adaptor-inbound/ebxml_request" => "B4D38C15-4981-4366-BDE9-8F56EDC4AB72",
                _ => "F106022D-758B-49A9-A80A-8FF211C32A43",
            };
            assert_eq!(header.ref_to, Some(id(ref_to)));
            assert_eq!(
                header.timestamp.to_string(),
                "2019-05-04T20:55:16Z",
                "{name}"
            );
            assert_eq!(header.ack_requested, Some(Actor::ToParty), "{name}");
            assert!(header.duplicate_elimination && header.sync_reply, "{name}");
            assert_eq!(message.kind, Kind::Business, "{name}");
            let payload = message.payload_bytes().expect(name);
            assert!(
                payload.starts_with(b"<hl7:MCCI_IN010000UK13 xmlns:hl7=\"urn:hl7-org:v3\"/>"),
                "{name}"
            );
            let found: Vec<_> = message
                .attachments
                .iter()
                .map(|part| {
                    let said = message
                        .reference(part)
                        .and_then(|r| r.description.as_deref());
                    (said, part.encoding)
                })
                .collect();
            assert_eq!(found, *attached, "{name}");
        }
    }
}

#[test]
fn what_travels_apart_is_listed() {
    let test = "what_travels_apart_is_listed";
    let name = "adaptor-ebxml-parse/ebxml_request_one_external_attachment";
    let Some(body) = multipart(test, name) else {
        return;
    };
    let message = read(MULTIPART, body.as_bytes()).expect("read");
    let external: Vec<_> = message.external().collect();
    assert_eq!(external.len(), 1);
    assert_eq!(
        external[0].message_id(),
        Some("8F1D7DE1-02AB-48D7-A797-A947B09F347F@spine.nhs.uk")
    );
    assert_eq!(
        external[0].document_id.as_deref(),
        Some("8681AF4F-E577-4C8D-A2CE-43CABE3D5FB4")
    );
    assert_eq!(
        external[0].description.as_deref(),
        Some(
            "Filename=\"8F1D7DE1-02AB-48D7-A797-A947B09F347F.txt\" ContentType=text/plain \
             Compressed=No LargeAttachment=No OriginalBase64=Yes"
        )
    );
}

#[test]
fn attachments_are_kept_as_they_came() {
    let test = "attachments_are_kept_as_they_came";
    let read_one = |name: &str| {
        let body = multipart(test, &format!("adaptor-ebxml-parse/{name}"))?;
        let message = read(MULTIPART, body.as_bytes()).expect("read");
        let part = message.attachments.last().expect("an attachment");
        let raw = String::from_utf8_lossy(part.bytes).into_owned();
        let content = part.content().map(|content| content.into_owned());
        Some((raw, content))
    };
    let Some((_, png)) = read_one("ebxml_request_multiple_attachments") else {
        return;
    };
    assert!(png.expect("base64").starts_with(b"\x89PNG"));
    // The published base64 of this one is broken: the message is read all the same.
    let (raw, content) =
        read_one("ebxml_request_one_attachment_text_plain_content_compressed").expect("here");
    assert!(raw.starts_with("H4sIAAAA") && raw.contains('"'));
    assert_eq!(
        content,
        Err(EbxmlError::Mime(
            "a part says that it is base64, and is not"
        ))
    );
}

#[test]
fn other_alphabets_pass_untouched() {
    let name = "adaptor-ebxml-parse/ebxml_request_multibyte_character";
    let Some(body) = multipart("other_alphabets_pass_untouched", name) else {
        return;
    };
    let message = read(MULTIPART, body.as_bytes()).expect("read");
    let payload = message.payload_bytes().expect("a payload");
    assert_eq!(String::from_utf8_lossy(&payload), "<xml>¬ ❤️ 🧸</xml>");
}

#[test]
fn the_adaptor_s_defective_messages_are_refused_for_their_defects() {
    let test = "the_adaptor_s_defective_messages_are_refused_for_their_defects";
    for (name, expected) in [
        (
            "ebxml_request_no_header",
            "the MIME body is broken: no part begins with the boundary",
        ),
        (
            "ebxml_request_no_payload",
            "the message is not what its manifest says: the HL7 message is missing",
        ),
        (
            "ebxml_request_invalid_binary_hl7_payload",
            "the message is not what its manifest says: \
             the content type of the HL7 message is not XML",
        ),
    ] {
        let Some(body) = multipart(test, &format!("adaptor-ebxml-parse/{name}")) else {
            return;
        };
        let error = read(MULTIPART, body.as_bytes()).expect_err(name);
        assert_eq!(error.to_string(), expected, "{name}");
    }
    let empty = file(test, "adaptor-ebxml-parse/ebxml_header_empty.xml").expect("here");
    let error = read("text/xml", empty.as_bytes()).expect_err("an empty header");
    assert_eq!(
        error.to_string(),
        "the envelope is wrong: element From is missing \
         (line 4, column 2, /Envelope/Header/MessageHeader)"
    );
    let header = file(test, "adaptor-ebxml-parse/ebxml_header.xml").expect("here");
    let error = read("text/xml", header.as_bytes()).expect_err("a manifest and no part");
    assert_eq!(error, EbxmlError::Manifest("the HL7 message is missing"));
}

#[test]
fn an_absent_actor_is_read_and_breaks_a_rule() {
    let name = "adaptor-ebxml-parse/ebxml_request_no_soap_actor";
    let Some(body) = multipart("an_absent_actor_is_read_and_breaks_a_rule", name) else {
        return;
    };
    let message = read(MULTIPART, body.as_bytes()).expect("read");
    let broken = message.check(Pattern::Reliable).expect_err("no actor");
    assert_eq!(broken.rule, Rule::AckRequestedActorInvalid);
}

#[test]
fn the_fake_spine_s_reply_is_read_behind_its_preamble() {
    let test = "the_fake_spine_s_reply_is_read_behind_its_preamble";
    for (name, service) in [
        ("async_reliable_inbound", "urn:nhs:names:services:psis"),
        ("async_express_inbound", "urn:nhs:names:services:psisquery"),
    ] {
        let Some(template) = file(test, &format!("fake-spine-responses/{name}.mustache")) else {
            return;
        };
        let body = template
            .replace("{{to_party_id}}", "A91424-9199121")
            .replace("{{conversation_id}}", "1")
            .replace("{{message_id}}", "c614484e-4b10-499a-9acd-5d645cfacf61")
            .replace(
                "{{ref_to_message_id}}",
                "F106022D-758B-49A9-A80A-8FF211C32A43",
            );
        let message = read(MULTIPART, body.as_bytes()).expect(name);
        assert_eq!(message.header.service, service);
        assert_eq!(
            message.header.message_id,
            id("c614484e-4b10-499a-9acd-5d645cfacf61")
        );
        assert!(message.payload.is_some_and(|part| part.is_xml()));
    }
}

/// One whole HTTP message of a captured exchange: content type and body.
fn captured<'a>(capture: &'a str, starts: &str) -> (&'a str, &'a str) {
    let from = capture.find(starts).expect("the message is there");
    let (head, body) = capture[from..].split_once("\r\n\r\n").expect("a body");
    let header = |name: &str| {
        let line = head.lines().find_map(|line| line.strip_prefix(name));
        line.expect("the header is there").trim()
    };
    let length: usize = header("Content-Length:").parse().expect("a length");
    (header("Content-Type:"), &body[..length])
}

#[test]
fn a_captured_express_exchange_is_read() {
    let test = "a_captured_express_exchange_is_read";
    let query =
        "tkw-wire/QUPA_IN000006UK02_1433768910_7589C768-0DDF-11E5-82C2-4F9AE80A24B4_ebxml.msg";
    let reply =
        "tkw-wire/QUPA_IN000011UK02_1433768912_38F636E1-8886-4723-A70F-DFB3401551FA_ebxml.msg";
    let (Some(query), Some(reply)) = (file(test, query), file(test, reply)) else {
        return;
    };
    let (content_type, body) = captured(&query, "POST /reliablemessaging/queryrequest");
    let query = read(content_type, body.as_bytes()).expect("the client's query");
    query
        .check(Pattern::Express)
        .expect("keeps the rules of express");
    assert_eq!(query.header.action, "QUPA_IN000006UK02");
    assert_eq!(query.header.ack_requested, None);

    let (content_type, body) = captured(&reply, "POST /proxy");
    let answer = read(content_type, body.as_bytes()).expect("the Spine's reply");
    answer
        .check(Pattern::Express)
        .expect("keeps the rules of express");
    assert_eq!(answer.header.ref_to, Some(query.header.message_id));
    assert_eq!(answer.header.conversation, query.header.conversation);
    let again = rewritten(&answer);
    assert_eq!(again.content_type, content_type);
    assert!(
        again.body == body.as_bytes(),
        "the Spine's form, byte for byte"
    );

    let (content_type, body) = captured(&reply, "HTTP/1.1 200 OK");
    let signal = read(content_type, body.as_bytes()).expect("the client's acknowledgment");
    let Kind::Acknowledgment(acknowledgment) = signal.kind else {
        panic!("an acknowledgment: {signal:?}");
    };
    assert_eq!(acknowledgment.ref_to, answer.header.message_id);
    assert_eq!(acknowledgment.actor, Actor::Next);
    assert_eq!(acknowledgment.from, None);
}

/// The same message, written by us in the Spine's form.
fn rewritten(message: &ebxml::Message<'_>) -> ebxml::Written {
    ebxml::write(&ebxml::Outbound {
        header: &message.header,
        form: ebxml::Form::Spine,
        payload: &message.payload_bytes().expect("a payload"),
        attachments: &[],
        external: &[],
    })
    .expect("written")
}

#[test]
fn an_itk_trunk_message_is_read_with_its_attachments() {
    let test = "an_itk_trunk_message_is_read_with_its_attachments";
    let Some(http) = file(test, "spinetools/ITK_Trunk.message") else {
        return;
    };
    let (head, body) = http
        .split_once("\r\n\r\n")
        .or_else(|| http.split_once("\n\n"))
        .expect("a body");
    let content_type = head
        .lines()
        .find_map(|line| line.strip_prefix("Content-Type: "))
        .expect("a content type");
    let message = read(content_type.trim(), body.as_bytes()).expect("read");
    assert_eq!(message.header.action, "COPC_IN000001GB01");
    // Without an offset the time is UK local time.
    assert_eq!(message.header.timestamp.to_string(), "2016-08-11T15:55:57Z");
    assert_eq!(message.attachments.len(), 1);
    let said = message.reference(&message.attachments[0]);
    assert_eq!(
        said.and_then(|r| r.description.as_deref()),
        Some("ITK Trunk Message")
    );
    message
        .check(Pattern::ForwardEndParty)
        .expect("keeps the rules of the final receiver's");
    assert_eq!(
        message.check(Pattern::ForwardReliable).map_err(|b| b.rule),
        Err(Rule::AckRequestedActorInvalid)
    );
}

#[test]
fn published_error_lists_are_read() {
    let test = "published_error_lists_are_read";
    for (name, descriptions) in [
        (
            "adaptor-errors/ebxml_response_error_multiple.xml",
            &["501319:Unknown eb:CPAId", "501320:Unknown something else"][..],
        ),
        (
            "fake-spine-responses/ebxml_fault_single_error.xml",
            &["501319:Unknown eb:CPAId"],
        ),
        (
            "adaptor-ebxml-expected/ebxml_nack.xml",
            &["501314:Invalid To Party Type attribute"],
        ),
    ] {
        let Some(body) = file(test, name) else { return };
        let body = body.replace("FROM_PARTY_ID", "A91424-9199121");
        let message = read("text/xml", body.as_bytes()).expect(name);
        let Kind::Errors(errors) = message.kind else {
            panic!("{name}: errors: {message:?}");
        };
        let found: Vec<_> = errors.iter().map(|e| e.description.as_str()).collect();
        assert_eq!(found, descriptions, "{name}");
        for error in &errors {
            assert_eq!(error.severity, Severity::Error, "{name}");
            assert_eq!(error.code.name(), "ValueNotRecognized", "{name}");
        }
    }
}

#[test]
fn what_is_not_ebxml_is_refused() {
    let test = "what_is_not_ebxml_is_refused";
    let Some(sync) = file(test, "adaptor-inbound/sync_message.xml") else {
        return;
    };
    let fault = file(test, "fake-spine-responses/soap_fault_single_error.xml").expect("here");
    let broken = file(test, "mth/ebXMLError_template.xml").expect("here");
    for body in [&sync, &fault, &broken] {
        let error = read("text/xml", body.as_bytes()).expect_err("not ebXML");
        assert!(matches!(error, EbxmlError::Envelope(_)), "{error}");
    }
    for content_type in [
        "",
        "application/json",
        "multipart/related",
        "multipart/mixed; boundary=a",
    ] {
        let error = read(content_type, sync.as_bytes()).expect_err(content_type);
        assert_eq!(error, EbxmlError::ContentType, "{content_type}");
    }
}
