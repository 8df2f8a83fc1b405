//! What we write is what the published adaptor writes, and is read back as it was meant.

use domain::MessageId;
use ebxml::{
    Actor, Attachment, EbxmlError, External, Form, Kind, Message, MessageHeader, Outbound, Pattern,
    TransferEncoding, read,
};
use proptest::prelude::*;

use crate::support::{file, header, id, squeezed, write};

const PAYLOAD: &str = "<QUPA_IN000006UK02 xmlns=\"urn:hl7-org:v3\"></QUPA_IN000006UK02>";

fn attached<'a>(content_id: &'a str, bytes: &'a [u8]) -> Attachment<'a> {
    Attachment {
        content_id,
        content_type: "text/plain",
        encoding: TransferEncoding::EightBit,
        bytes,
        document_id: None,
        description: None,
    }
}

/// Ours and the adaptor's, part by part, but for white space between elements and line ends.
fn check(name: &str, attachments: &[Attachment<'_>], external: &[External<'_>]) {
    let Some(expected) = file(name, &format!("adaptor-ebxml-expected/{name}.xml")) else {
        return;
    };
    let written = write(&header(), PAYLOAD.as_bytes(), attachments, external);
    let ours = String::from_utf8(written.body).expect("text");
    assert_eq!(squeezed(&ours), squeezed(&expected), "{name}");
    // Line ends: CRLF wherever MIME has one.
    for line in ours
        .split('\n')
        .filter(|line| line.contains("MIME-Boundary"))
    {
        assert!(line.ends_with('\r'), "{line:?}");
    }
    assert_eq!(
        written.content_type,
        "multipart/related; boundary=\"--=_MIME-Boundary\"; type=\"text/xml\"; \
         start=\"<ebXMLHeader@spine.nhs.uk>\""
    );
    assert_eq!(
        written.soap_action,
        "urn:nhs:names:services:pdsquery/QUPA_IN000006UK02"
    );
}

#[test]
fn messages_are_the_adaptor_s() {
    check("ebxml_request", &[], &[]);
    let with_id = Attachment {
        document_id: Some("_some-document-id"),
        description: Some("Some description"),
        ..attached(
            "8F1D7DE1-02AB-48D7-A797-A947B09F347F@spine.nhs.uk",
            b"Some payload",
        )
    };
    check(
        "ebxml_request_one_attachment_with_document_id",
        &[with_id],
        &[],
    );
    let message = id("8F1D7DE1-02AB-48D7-A797-A947B09F347F");
    let external = External {
        message: &message,
        document_id: Some("8681AF4F-E577-4C8D-A2CE-43CABE3D5FB4"),
        description: Some(
            "Filename=\"8F1D7DE1-A&E-48D7-A797-A947B09F347F.txt\" ContentType=text/plain \
             Compressed=No LargeAttachment=No OriginalBase64=Yes",
        ),
    };
    check("ebxml_request_one_external_attachment", &[], &[external]);
}

#[test]
fn each_pattern_s_flags_keep_its_rules() {
    let flags = |duplicate_elimination, ack_requested, sync_reply| MessageHeader {
        duplicate_elimination,
        ack_requested,
        sync_reply,
        ..header()
    };
    for (pattern, header) in [
        (Pattern::Reliable, flags(true, Some(Actor::ToParty), true)),
        (Pattern::Express, flags(false, None, true)),
        (
            Pattern::ForwardReliable,
            flags(true, Some(Actor::Next), false),
        ),
        (
            Pattern::ForwardEndParty,
            flags(true, Some(Actor::ToParty), false),
        ),
        (Pattern::ForwardExpress, flags(false, None, false)),
    ] {
        for form in [Form::Client, Form::Spine] {
            let outbound = Outbound {
                header: &header,
                form,
                payload: PAYLOAD.as_bytes(),
                attachments: &[],
                external: &[],
            };
            let written = ebxml::write(&outbound).expect("written");
            let message = read(&written.content_type, &written.body).expect("read");
            assert_eq!(message.header, header);
            assert_eq!(message.check(pattern), Ok(()), "{pattern:?} {form:?}");
        }
    }
}

#[test]
fn a_content_with_the_boundary_in_it_gets_another_boundary() {
    let header = header();
    let payload = format!("{PAYLOAD}\n----=_MIME-Boundary--\n----=_MIME-1-Boundary\n");
    let written = write(&header, payload.as_bytes(), &[], &[]);
    assert!(
        written
            .content_type
            .contains("boundary=\"--=_MIME-2-Boundary\"")
    );
    let message = read(&written.content_type, &written.body).expect("read");
    assert_eq!(
        &*message.payload_bytes().expect("a payload"),
        payload.as_bytes()
    );

    let described = Attachment {
        description: Some("one\n----=_MIME-Boundary--\n"),
        ..attached("a@b", b"x")
    };
    let written = write(&header, PAYLOAD.as_bytes(), &[described], &[]);
    let message = read(&written.content_type, &written.body).expect("read");
    assert_eq!(message.attachments.len(), 1);
}

/// Somebody who wants us busy puts every boundary we might take into a message.
#[test]
fn the_search_for_a_boundary_looks_at_a_content_once() {
    let lines: Vec<String> = (1..=60_000)
        .map(|n| format!("----=_MIME-{n}-Boundary\n"))
        .collect();
    let payload = format!("----=_MIME-Boundary\n{}", lines.concat());
    let started = std::time::Instant::now();
    let written = write(&header(), payload.as_bytes(), &[], &[]);
    // Once for every number it took minutes.
    assert!(started.elapsed().as_secs() < 5);
    assert!(
        written
            .content_type
            .contains("boundary=\"--=_MIME-60001-Boundary\"")
    );
}

fn refused(payload: &[u8], attachments: &[Attachment<'_>]) -> Result<(), EbxmlError> {
    ebxml::write(&Outbound {
        header: &header(),
        form: Form::Client,
        payload,
        attachments,
        external: &[],
    })
    .map(|_| ())
}

#[test]
fn limits_hold_for_what_we_write_as_for_what_we_read() {
    let ids: Vec<String> = (0..99).map(|n| format!("{n}@x")).collect();
    let many: Vec<_> = ids.iter().map(|id| attached(id, b"x")).collect();
    let payload = PAYLOAD.as_bytes();
    assert_eq!(refused(payload, &many[..98]), Ok(()));
    assert_eq!(
        refused(payload, &many),
        Err(EbxmlError::Limit("more than 100 parts"))
    );
    let large = vec![b'x'; 5_000_001];
    assert_eq!(
        refused(&large, &[]),
        Err(EbxmlError::Limit("a part is larger than 5,000,000 bytes"))
    );
    let half = vec![b'x'; 2_700_000];
    assert_eq!(
        refused(&half, &[attached("a@b", &half)]),
        Err(EbxmlError::Limit("the message is larger than 5 MiB"))
    );
    let body = vec![b'x'; 5 * 1024 * 1024 + 1];
    assert_eq!(
        read("text/xml", &body).map(|_| ()),
        Err(EbxmlError::Limit("the message is larger than 5 MiB"))
    );
    for bad in ["", "a b", "a\r\nX: y", "<a>", "é"] {
        assert_eq!(
            refused(payload, &[attached(bad, b"x")]),
            Err(EbxmlError::Mime(
                "an attachment's id or type cannot stand in a header"
            )),
            "{bad:?}"
        );
    }
}

#[test]
fn two_parts_of_one_id_are_refused() {
    let twice = [attached("a@b", b"1"), attached("a@b", b"2")];
    let written = write(&header(), PAYLOAD.as_bytes(), &twice, &[]);
    assert_eq!(
        read(&written.content_type, &written.body).map(|_| ()),
        Err(EbxmlError::Manifest("two parts have the same id"))
    );
}

fn an_id() -> impl Strategy<Value = MessageId> {
    "[A-Za-z0-9:._-]{1,64}".prop_map(|text| id(&text))
}

fn a_header() -> impl Strategy<Value = MessageHeader> {
    let words = || "[!-~]([ -~]{0,20}[!-~])?";
    (
        (words(), words(), words(), words()),
        (an_id(), prop::option::of(an_id())),
        0..4_000_000_000_i64,
        (any::<bool>(), any::<bool>()),
        prop::sample::select(vec![None, Some(Actor::ToParty), Some(Actor::Next)]),
    )
        .prop_map(|(words, ids, second, flags, ack_requested)| MessageHeader {
            cpa_id: words.0,
            conversation: words.1,
            service: words.2,
            action: words.3,
            message_id: ids.0,
            ref_to: ids.1,
            timestamp: jiff::Timestamp::from_second(second).expect("an instant"),
            duplicate_elimination: flags.0,
            sync_reply: flags.1,
            ack_requested,
            ..header()
        })
}

/// What was attached, as (content, description).
fn attachments(message: &Message<'_>) -> Vec<(Vec<u8>, Option<String>)> {
    let parts = message.attachments.iter();
    parts
        .map(|part| {
            let said = message.reference(part).and_then(|r| r.description.clone());
            (part.bytes.to_vec(), said)
        })
        .collect()
}

proptest! {
    #[test]
    fn whatever_is_written_is_read_back(
        header in a_header(),
        payload in "<a>[ -~\r\n]{0,80}</a>",
        contents in prop::collection::vec(("[ -~\r\n]{0,80}", prop::option::of("[!-~]{1,20}")), 0..4),
        spine in any::<bool>(),
    ) {
        let ids: Vec<String> = (0..contents.len()).map(|n| format!("{n}@example")).collect();
        let parts: Vec<_> = contents
            .iter()
            .zip(&ids)
            .map(|((content, description), id)| Attachment {
                description: description.as_deref(),
                ..attached(id, content.as_bytes())
            })
            .collect();
        let form = if spine { Form::Spine } else { Form::Client };
        let outbound = Outbound {
            header: &header,
            form,
            payload: payload.as_bytes(),
            attachments: &parts,
            external: &[],
        };
        let written = ebxml::write(&outbound).expect("written");
        let message = read(&written.content_type, &written.body).expect("read");
        prop_assert_eq!(&message.header, &header);
        prop_assert_eq!(&message.kind, &Kind::Business);
        prop_assert_eq!(&*message.payload_bytes().expect("a payload"), payload.as_bytes());
        let expected: Vec<_> = contents
            .into_iter()
            .map(|(content, description)| (content.into_bytes(), description))
            .collect();
        prop_assert_eq!(attachments(&message), expected);
    }

    #[test]
    fn a_message_cut_or_bent_anywhere_never_panics(cut in 0..3000_usize, with in any::<u8>()) {
        let written = write(&header(), PAYLOAD.as_bytes(), &[attached("a@b", b"x")], &[]);
        let mut body = written.body;
        let _ = read(&written.content_type, &body[..cut.min(body.len())]);
        if let Some(byte) = body.get_mut(cut) {
            *byte = with;
        }
        let _ = read(&written.content_type, &body);
    }
}
