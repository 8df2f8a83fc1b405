//! What the tests share.

use domain::{MessageId, PartyKey};
use ebxml::{Actor, Attachment, External, Form, MessageHeader, Outbound, Written};

/// The content type that goes with the published bodies.
pub(crate) const MULTIPART: &str = "multipart/related; boundary=\"--=_MIME-Boundary\"; \
     type=\"text/xml\"; start=\"<ebXMLHeader@spine.nhs.uk>\"";

/// A published file, the name of whose folder is the first half.
pub(crate) fn file(test: &str, name: &str) -> Option<String> {
    let path = testkit::vectors_or_skip(test, &format!("mhs/{name}"))?;
    let bytes = std::fs::read(path).expect("the vector can be read");
    Some(String::from_utf8(bytes).expect("the vector is text"))
}

/// A published multipart body: its envelope is in a file of its own.
pub(crate) fn multipart(test: &str, name: &str) -> Option<String> {
    let body = file(test, &format!("{name}.msg"))?;
    match body.contains("{{ebxml}}") {
        true => Some(body.replace("{{ebxml}}", &file(test, &format!("{name}.ebxml"))?)),
        false => Some(body),
    }
}

/// The header of the adaptor's published messages.
pub(crate) fn header() -> MessageHeader {
    MessageHeader {
        from_party: PartyKey::parse("TESTGEN-201324").expect("a party key"),
        to_party: PartyKey::parse("YEA-0000806").expect("a party key"),
        cpa_id: "S1001A1630".to_owned(),
        conversation: "79F49A34-9798-404C-AEC4-FD38DD81C138".to_owned(),
        service: "urn:nhs:names:services:pdsquery".to_owned(),
        action: "QUPA_IN000006UK02".to_owned(),
        message_id: id("5BB171D4-53B2-4986-90CF-428BE6D157F5"),
        timestamp: "2012-03-15T06:51:08Z".parse().expect("an instant"),
        ref_to: None,
        duplicate_elimination: true,
        ack_requested: Some(Actor::ToParty),
        sync_reply: true,
    }
}

pub(crate) fn id(text: &str) -> MessageId {
    MessageId::parse(text).expect("a message id")
}

/// Writes a message in a client's form.
pub(crate) fn write(
    header: &MessageHeader,
    payload: &[u8],
    attachments: &[Attachment<'_>],
    external: &[External<'_>],
) -> Written {
    let outbound = Outbound {
        header,
        form: Form::Client,
        payload,
        attachments,
        external,
    };
    ebxml::write(&outbound).expect("within every limit")
}

/// XML without the white space that only lays it out.
pub(crate) fn squeezed(xml: &str) -> String {
    let words: Vec<&str> = xml.split_ascii_whitespace().collect();
    let one_space = words.join(" ");
    one_space.replace("> <", "><").replace("&quot;", "\"")
}
