//! Each rule of each pattern, broken one at a time.

use ebxml::{EbxmlError, MessageError, Pattern, Rule, read};

use crate::support::{header, write};

const DUPLICATE_ELIMINATION: &str = "<eb:DuplicateElimination/>";
const ACK_REQUESTED: &str = "<eb:AckRequested SOAP:mustUnderstand=\"1\" eb:version=\"2.0\" \
     eb:signed=\"false\" SOAP:actor=\"urn:oasis:names:tc:ebxml-msg:actor:toPartyMSH\"/>";
const SYNC_REPLY: &str = "<eb:SyncReply SOAP:mustUnderstand=\"1\" eb:version=\"2.0\" \
     SOAP:actor=\"http://schemas.xmlsoap.org/soap/actor/next\"/>";
const MESSAGE_HEADER: &str = "<eb:MessageHeader SOAP:mustUnderstand=\"1\" eb:version=\"2.0\">";
const MANIFEST: &str = "<eb:Manifest SOAP:mustUnderstand=\"1\" eb:version=\"2.0\">";

/// A reliable message, changed.
fn changed(from: &str, to: &str) -> (String, Vec<u8>) {
    let written = write(&header(), b"<a/>", &[], &[]);
    let body = String::from_utf8(written.body).expect("text");
    assert!(body.contains(from), "{from}");
    (
        written.content_type,
        body.replacen(from, to, 1).into_bytes(),
    )
}

/// The rule that a reliable message breaks once it is changed.
fn check(pattern: Pattern, from: &str, to: &str, expected: Option<Rule>) {
    let (content_type, body) = changed(from, to);
    let message = read(&content_type, &body).expect("read");
    let broken = message.check(pattern).err();
    assert_eq!(broken.map(|b| b.rule), expected, "{pattern:?}: {to}");
}

fn without(text: &str, attribute: &str) -> String {
    text.replace(attribute, "")
}

#[test]
fn reliable() {
    let reliable = |from: &str, to: &str, rule| check(Pattern::Reliable, from, to, rule);
    let version_1 = |text: &str| text.replace("2.0", "1.0");
    let no_version = |text: &str| without(text, " eb:version=\"2.0\"");
    reliable("<a/>", "<a/>", None);
    reliable(MESSAGE_HEADER, &no_version(MESSAGE_HEADER), None);
    reliable(
        MESSAGE_HEADER,
        &version_1(MESSAGE_HEADER),
        Some(Rule::InvalidMessageHeaderVersion),
    );
    reliable(
        DUPLICATE_ELIMINATION,
        "",
        Some(Rule::DuplicateEliminationInconsistent),
    );
    reliable(ACK_REQUESTED, "", Some(Rule::AckRequestedInconsistent));
    for (changed, rule) in [
        (version_1(ACK_REQUESTED), Rule::AckRequestedVersionInvalid),
        (no_version(ACK_REQUESTED), Rule::AckRequestedVersionInvalid),
        (
            without(ACK_REQUESTED, " eb:signed=\"false\""),
            Rule::AckRequestedSignedInvalid,
        ),
        (
            ACK_REQUESTED.replace("signed=\"false\"", "signed=\"true\""),
            Rule::AckRequestedSignedInvalid,
        ),
        (
            ACK_REQUESTED.replace("toPartyMSH", "nextMSH"),
            Rule::AckRequestedActorInvalid,
        ),
        (
            ACK_REQUESTED.replace("ebxml-msg", "ebxml-ms"),
            Rule::AckRequestedActorInvalid,
        ),
        (
            ACK_REQUESTED.replace("toPartyMSH", "me"),
            Rule::AckRequestedActorInvalid,
        ),
        (ACK_REQUESTED.repeat(2), Rule::AckRequestedInconsistent),
    ] {
        reliable(ACK_REQUESTED, &changed, Some(rule));
    }
    let twice = DUPLICATE_ELIMINATION.repeat(2);
    let inconsistent = Some(Rule::DuplicateEliminationInconsistent);
    reliable(DUPLICATE_ELIMINATION, &twice, inconsistent);
    for changed in [String::new(), SYNC_REPLY.repeat(2)] {
        reliable(SYNC_REPLY, &changed, Some(Rule::SyncReplyInconsistent));
    }
    for (changed, rule) in [
        (version_1(SYNC_REPLY), Rule::SyncReplyVersionInvalid),
        (no_version(SYNC_REPLY), Rule::SyncReplyVersionInvalid),
        (
            SYNC_REPLY.replace("actor/next", "actor/last"),
            Rule::SyncReplyActorInvalid,
        ),
    ] {
        reliable(SYNC_REPLY, &changed, Some(rule));
    }
    let broken = Some(Rule::InvalidManifestReference);
    reliable(MANIFEST, &no_version(MANIFEST), None);
    reliable(MANIFEST, &version_1(MANIFEST), broken);
    let second = format!("{MANIFEST}<eb:Reference xlink:href=\"cid:x\"/>");
    reliable(MANIFEST, &second, broken);
    reliable("xlink:href=", "href=", broken);
    for href in ["cid:", "5BB171D4", ""] {
        reliable(
            "cid:5BB171D4-53B2-4986-90CF-428BE6D157F5@spine.nhs.uk",
            href,
            broken,
        );
    }
}

/// Two readers might take two different parts for the message, and one of them nobody vouched for.
#[test]
fn a_part_that_the_manifest_does_not_name_is_refused() {
    let last = "\r\n----=_MIME-Boundary--";
    let another = format!(
        "\r\n----=_MIME-Boundary\r\nContent-Id: <b>\r\nContent-Type: text/xml\r\n\r\n<b/>{last}"
    );
    let broken = Some(Rule::InvalidManifestReference);
    check(Pattern::Reliable, last, &another, broken);
}

#[test]
fn express() {
    let express = |from: &str, to: &str, rule| check(Pattern::Express, from, to, rule);
    let flags = format!("{DUPLICATE_ELIMINATION}</eb:MessageHeader>{ACK_REQUESTED}");
    express(&flags, "</eb:MessageHeader>", None);
    express(&format!("{flags}{SYNC_REPLY}"), "</eb:MessageHeader>", None);
    express("<a/>", "<a/>", Some(Rule::DuplicateEliminationInconsistent));
    express(
        DUPLICATE_ELIMINATION,
        "",
        Some(Rule::AckRequestedInconsistent),
    );
    // Neither a manifest nor its one reference may be missing.
    let (content_type, body) = changed(&flags, "</eb:MessageHeader>");
    let body = String::from_utf8(body).expect("text");
    let manifest = &body[body.find("<eb:Manifest").expect("a manifest")
        ..body.find("</SOAP:Body>").expect("an end")];
    let body = body.replace(manifest, "");
    let message = read(&content_type, body.as_bytes()).expect("read");
    assert_eq!(
        message.check(Pattern::Express).map_err(|b| b.rule),
        Err(Rule::InvalidManifestReference)
    );
    assert_eq!(
        message.check(Pattern::ForwardExpress).map_err(|b| b.rule),
        Err(Rule::SyncReplyInconsistent)
    );
}

#[test]
fn forwarded() {
    let next = ACK_REQUESTED.replace("toPartyMSH", "nextMSH");
    let both = format!("{ACK_REQUESTED}{SYNC_REPLY}");
    let no_version = without(MESSAGE_HEADER, " eb:version=\"2.0\"");
    use Pattern::{ForwardEndParty, ForwardExpress, ForwardReliable, Signal};
    for (pattern, from, to, rule) in [
        (ForwardReliable, both.as_str(), next.as_str(), None),
        (
            ForwardReliable,
            &both,
            ACK_REQUESTED,
            Some(Rule::AckRequestedActorInvalid),
        ),
        (
            ForwardReliable,
            ACK_REQUESTED,
            &next,
            Some(Rule::SyncReplyInconsistent),
        ),
        (
            ForwardReliable,
            &both,
            "",
            Some(Rule::AckRequestedInconsistent),
        ),
        (
            ForwardReliable,
            DUPLICATE_ELIMINATION,
            "",
            Some(Rule::DuplicateEliminationInconsistent),
        ),
        (
            ForwardReliable,
            MESSAGE_HEADER,
            &no_version,
            Some(Rule::InvalidMessageHeaderVersion),
        ),
        (ForwardEndParty, SYNC_REPLY, "", None),
        (
            ForwardEndParty,
            &both,
            "",
            Some(Rule::SyncReplyInconsistent),
        ),
        (
            ForwardEndParty,
            "<a/>",
            "<a/>",
            Some(Rule::SyncReplyInconsistent),
        ),
        (
            ForwardEndParty,
            MESSAGE_HEADER,
            &no_version,
            Some(Rule::SyncReplyVersionInvalid),
        ),
        (ForwardExpress, &both, "", None),
        (
            ForwardExpress,
            SYNC_REPLY,
            "",
            Some(Rule::SyncReplyInconsistent),
        ),
        (Signal, SYNC_REPLY, "", None),
        (Signal, "<a/>", "<a/>", Some(Rule::SyncReplyInconsistent)),
        (
            Signal,
            MESSAGE_HEADER,
            &no_version,
            Some(Rule::SyncReplyVersionInvalid),
        ),
    ] {
        check(pattern, from, to, rule);
    }
}

#[test]
fn a_forwarded_reference_points_somewhere() {
    let (content_type, body) = changed(SYNC_REPLY, "");
    let body = String::from_utf8(body).expect("text");
    for (href, rule) in [
        ("xlink:href=", None),
        ("href=", Some(Rule::InvalidManifestReference)),
    ] {
        let body = body.replace("xlink:href=", href);
        let message = read(&content_type, body.as_bytes()).expect("read");
        let broken = message.check(Pattern::ForwardEndParty).err();
        assert_eq!(broken.map(|b| b.rule), rule, "{href}");
    }
}

#[test]
fn what_every_message_has_is_asked_for_by_name() {
    for (from, to, expected) in [
        (
            "<eb:CPAId>S1001A1630</eb:CPAId>",
            "",
            "element CPAId is missing",
        ),
        ("S1001A1630", " ", "element CPAId is blank"),
        (
            "TESTGEN-201324",
            "TESTGEN",
            "a party key must be an ODS code, a hyphen and 6 or 7 digits",
        ),
        (
            "2012-03-15T06:51:08Z",
            "now",
            "element Timestamp is not a date and time",
        ),
        (
            "</eb:Timestamp>",
            "</eb:Timestamp><eb:TimeToLive>later</eb:TimeToLive>",
            "element TimeToLive is not a date and time",
        ),
        (
            "<eb:Action>",
            "<eb:Action>a</eb:Action><eb:Action>",
            "element Action is given twice",
        ),
    ] {
        let (content_type, body) = changed(from, to);
        let error = read(&content_type, &body).expect_err(expected);
        let EbxmlError::Envelope(error) = error else {
            panic!("{expected}: {error}");
        };
        assert_eq!(error.message, expected);
    }
}

#[test]
fn a_message_may_say_when_it_ends() {
    for (end, expected) in [
        ("", None),
        (
            "<eb:TimeToLive>2012-03-16T06:51:08Z</eb:TimeToLive>",
            Some("2012-03-16T06:51:08Z"),
        ),
        // Without an offset it is UK local time, as everywhere in this header.
        (
            "<eb:TimeToLive> 2012-07-16T06:51:08 </eb:TimeToLive>",
            Some("2012-07-16T05:51:08Z"),
        ),
    ] {
        let (content_type, body) = changed("</eb:Timestamp>", &format!("</eb:Timestamp>{end}"));
        let message = read(&content_type, &body).expect("read");
        let found = message.time_to_live.map(|end| end.to_string());
        assert_eq!(found.as_deref(), expected, "{end}");
    }
}

#[test]
fn a_broken_rule_is_told_by_its_name() {
    let (content_type, body) = changed(SYNC_REPLY, "");
    let message = read(&content_type, &body).expect("read");
    let broken = message.check(Pattern::Reliable).expect_err("broken");
    let error = MessageError::from(broken);
    assert_eq!(
        error.to_string(),
        "Error Inconsistent: SYNCREPLY_INCONSISTENT_WITH_CONTRACT: there must be one SyncReply"
    );
}
