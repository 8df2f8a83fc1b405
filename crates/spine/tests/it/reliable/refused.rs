//! Messages that are not taken, each for one reason.

use ebxml::{Attachment, Kind, MessageHeader, TransferEncoding};

use super::support::{
    ALERT, ALERTS, CLIENT, CPA, FIRST, Post, SECOND, SPINE, World, header, hl7, id, line, party,
    post, written,
};
use crate::requests::{CLIENT_ASID, SPINE_ASID};

/// What is refused: the answer, and what the audit says of it.
async fn refused(world: &World, post: Post, expected: &str) {
    let before = world.events().await.len();
    let response = world.send(&post).await;
    let line = line(&response);
    assert!(line.starts_with(expected), "{line}\nexpected: {expected}");
    assert!(world.alerts().await.is_empty(), "{expected}");
    let events = world.events().await.split_off(before);
    let [event] = events.as_slice() else {
        panic!("one event: {events:?}");
    };
    let outcome = match line.split_once(':').expect("words").0.split_once(' ') {
        Some((_, refusal)) => refusal.replace("error", "MessageError"),
        None => panic!("{line}"),
    };
    assert_eq!(event.outcome, outcome, "{line}");
    assert!(
        event.related.is_empty() && event.decision.is_some(),
        "{line}"
    );
}

#[tokio::test]
async fn what_cannot_be_read_or_is_not_known_gets_a_fault() {
    let world = World::new();
    let good = post(FIRST, 1);
    let stranger = Post {
        from: "stranger.example",
        ..good.clone()
    };
    let not_registered = "500 fault 200: the client certificate is not registered";
    refused(&world, stranger, not_registered).await;
    let not_well_formed = "500 fault 201: The message is not well formed (";
    for post in [
        Post {
            content_type: "text/plain".to_owned(),
            ..good.clone()
        },
        Post {
            content_type: "multipart/related".to_owned(),
            ..good.clone()
        },
        Post {
            content_type: "text/xml".to_owned(),
            ..good.clone()
        },
        Post {
            body: b"nonsense".to_vec(),
            ..good.clone()
        },
        Post {
            body: Vec::new(),
            ..good.clone()
        },
        good.with("<eb:CPAId>S2001924A2012004</eb:CPAId>", ""),
        good.with(
            "<eb:MessageId>",
            "<eb:MessageId> <!-- --></eb:MessageId><eb:MessageId>",
        ),
        good.with("</COMT_IN000001UK01>", "</COMT>"),
        good.with(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
            "<!DOCTYPE a []>\n",
        ),
    ] {
        refused(&world, post, not_well_formed).await;
    }
    let not_supported = "500 fault 101: The service/interaction is not supported";
    let signal = ebxml::Acknowledgment::write(&header(FIRST), id(SECOND), world.env.now());
    for post in [
        Post {
            content_type: "text/xml".to_owned(),
            body: signal,
            ..good.clone()
        },
        Post {
            soap_action: Some("urn:nhs:names:services:psis/REPC_IN150016UK05".to_owned()),
            ..good.clone()
        },
    ] {
        refused(&world, post, not_supported).await;
    }
}

#[tokio::test]
async fn what_breaks_a_rule_of_its_envelope_gets_an_error_that_names_it() {
    let world = World::knowing(Some(vec![CPA.to_owned()]));
    let good = post(FIRST, 1);
    // With the next ASID after this one of another system.
    let elsewhere = |element: &str| {
        let text = String::from_utf8(good.body.clone()).expect("text");
        let part = &text[text.find(element).expect(element)..];
        let to = part.find(CLIENT_ASID).expect("an ASID") + CLIENT_ASID.len();
        good.with(
            &part[..to],
            &part[..to].replace(CLIENT_ASID, "200000000001"),
        )
    };
    let attachment = Attachment {
        content_id: "a@b",
        content_type: "text/plain",
        encoding: TransferEncoding::EightBit,
        bytes: b"x",
        document_id: None,
        description: None,
    };
    for (post, expected) in [
        (
            good.with("<eb:DuplicateElimination/>", ""),
            "200 error Inconsistent: DUPLICATE_ELIMINATION_INCONSISTENT_WITH_CONTRACT: ",
        ),
        (
            good.with(" eb:signed=\"false\"", ""),
            "200 error ValueNotRecognized: ACK_REQUESTED_SIGNED_INVALID: ",
        ),
        (
            good.with("<eb:SyncReply", "<eb:SyncReplies"),
            "200 error Inconsistent: SYNCREPLY_INCONSISTENT_WITH_CONTRACT: ",
        ),
        (
            written(&header(FIRST), &hl7(1), &[attachment]),
            "200 error MimeProblem: INVALID_MANIFEST_REFERENCE: there must be one Reference",
        ),
        (
            good.with(CPA, "S1"),
            "200 error ValueNotRecognized: 501319:Unknown eb:CPAId",
        ),
        (
            good.with(CLIENT, "RKE-000002"),
            "200 error SecurityFailure: the sending party key is not registered",
        ),
        (
            Post {
                from: "soap.example",
                ..good.clone()
            },
            "200 error SecurityFailure: the sending party key is not registered",
        ),
        (
            Post {
                from: "lister.example",
                ..good.clone()
            },
            "200 error SecurityFailure: the system is not registered for this interaction",
        ),
        (
            Post {
                from: "other.example",
                ..good.clone()
            },
            "200 error SecurityFailure: the sending ASID is not registered",
        ),
        // The author and the device of an alert are no more anybody else's than its sender.
        (
            elsewhere("<agentSystemSDS"),
            "200 error SecurityFailure: the sending ASID is not registered",
        ),
        (
            elsewhere("<assignedDeviceSDS"),
            "200 error SecurityFailure: the sending ASID is not registered",
        ),
        (
            good.with(
                "\r\n----=_MIME-Boundary--",
                "\r\n----=_MIME-Boundary\r\nContent-Id: <b>\r\n\r\nx\r\n----=_MIME-Boundary--",
            ),
            "200 error MimeProblem: INVALID_MANIFEST_REFERENCE: there must be no part beside",
        ),
        (
            good.with("actor:toPartyMSH", "actor:me"),
            "200 error ValueNotRecognized: ACK_REQUESTED_ACTOR_INVALID: ",
        ),
        (
            good.with(
                "<eb:DuplicateElimination/>",
                "<eb:DuplicateElimination/><eb:DuplicateElimination/>",
            ),
            "200 error Inconsistent: DUPLICATE_ELIMINATION_INCONSISTENT_WITH_CONTRACT: ",
        ),
        (
            good.with(SPINE_ASID, "200000000009"),
            "200 error ValueNotRecognized: the receiving ASID is not that of this Spine",
        ),
    ] {
        refused(&world, post, expected).await;
    }
    // The header names one interaction, the message is another.
    let mismatch = MessageHeader {
        service: "urn:nhs:names:services:psis".to_owned(),
        action: "REPC_IN150016UK05".to_owned(),
        ..header(FIRST)
    };
    let expected = "200 error Inconsistent: the action and the HL7 message name different";
    refused(&world, written(&mismatch, &hl7(1), &[]), expected).await;
    for (service, action) in [
        ("urn:nhs:names:services:psis", "REPC_IN150016SM05"),
        ("urn:nhs:names:services:psis", ALERT),
        ("urn:nhs:names:services:psisquery", "QUPC_IN160101UK05"),
        (ALERTS, "COMT_IN000001UK02"),
        ("alerts", ALERT),
    ] {
        let other = MessageHeader {
            service: service.to_owned(),
            action: action.to_owned(),
            ..header(FIRST)
        };
        let not_supported = "200 error NotSupported: the service and action are not supported";
        refused(&world, written(&other, &hl7(1), &[]), not_supported).await;
    }
    // None of these is remembered: mended, the message is taken.
    let response = world.send(&good).await;
    assert_eq!(line(&response), format!("202 acknowledgment of {FIRST}"));
}

#[tokio::test]
async fn an_error_goes_back_to_the_party_it_says_it_is() {
    let world = World::new();
    let elsewhere = post(FIRST, 1).with(SPINE, "YEA-0000806");
    let response = world.send(&elsewhere).await;
    let signal = ebxml::read("text/xml", &response.body).expect("a signal");
    assert_eq!(signal.header.to_party, party(CLIENT));
    assert_eq!(signal.header.from_party, party("YEA-0000806"));
    assert_eq!(signal.header.ref_to, Some(id(FIRST)));
    let Kind::Errors(errors) = signal.kind else {
        panic!("errors: {signal:?}");
    };
    assert_eq!(
        errors[0].description,
        "501314:Invalid To Party Type attribute"
    );
}
