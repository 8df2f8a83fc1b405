//! Uploads that are not taken at all, and forms of them that are.

use ebxml::MessageHeader;

use super::support::{Call, Clinic, FIRST, header, hl7, party, post, upload, upload_of};
use crate::requests::CLIENT_ASID;
use crate::summaries::document_id;

fn ok() -> Call {
    upload(FIRST, 1)
}

fn with_header(change: impl FnOnce(&mut MessageHeader)) -> Call {
    let mut header = header(FIRST);
    change(&mut header);
    upload_of(&header, &hl7(FIRST, 1))
}

#[tokio::test]
async fn what_is_not_for_us_or_not_from_whom_it_says_is_refused() {
    let unsupported =
        "500 fault 101: The service/interaction is not supported for the requested URI";
    let malformed = "500 fault 201: The message is not well formed";
    let not_theirs =
        "500 fault 200: the sending party key is not registered for this client certificate";
    for (name, call, expected) in [
        (
            "a stranger",
            ok().from("stranger.example"),
            "500 fault 200: the client certificate is not registered with this Spine",
        ),
        ("another party", ok().from("other.example"), not_theirs),
        ("no party", ok().from("soap.example"), not_theirs),
        (
            "another's party key",
            with_header(|h| h.from_party = party("RKE-000001")),
            not_theirs,
        ),
        (
            "to somebody else",
            with_header(|h| h.to_party = party("YES-0000806")),
            "500 fault 200: 501314:Invalid To Party Type attribute",
        ),
        (
            "an unknown agreement",
            with_header(|h| h.cpa_id = "S2".to_owned()),
            "500 fault 200: 501319:Unknown eb:CPAId",
        ),
        (
            "another interaction",
            with_header(|h| h.action = "REPC_IN150016UK05".to_owned()).without("SOAPAction"),
            unsupported,
        ),
        (
            "an id that cannot stand in a path",
            with_header(|h| h.message_id = super::support::id("a/b")),
            "500 fault 200: eb:MessageId must be letters, digits, points, hyphens and underscores",
        ),
        (
            "another ASID in the HTTP header",
            ok().header("nhsd-asid", "200000000001"),
            "500 fault 200: the header nhsd-asid is not the sending ASID of the message",
        ),
        (
            "another SOAPAction",
            ok().header(
                "SOAPAction",
                "urn:nhs:names:services:psis/REPC_IN150016UK05",
            ),
            unsupported,
        ),
        (
            "no MIME",
            post("/clinical", "text/plain", b"x".to_vec()),
            malformed,
        ),
        (
            "nothing",
            post("/clinical", "multipart/related; boundary=x", Vec::new()),
            malformed,
        ),
        (
            "broken XML",
            ok().with("</GPSummary>", "</GPSummery>"),
            malformed,
        ),
    ] {
        let clinic = Clinic::new();
        assert_eq!(clinic.line(&call).await, expected, "{name}");
        assert!(!clinic.has_document(&document_id(1)).await, "{name}");
        assert!(clinic.messages().await.is_empty(), "{name}");
        let events = clinic.events().await;
        let [event] = events.as_slice() else {
            panic!("{name}: one event: {events:?}");
        };
        assert!(event.outcome.starts_with("fault "), "{name}");
    }
}

/// The rules of the envelope are those of reliable messages, by the Spine's names.
#[tokio::test]
async fn envelopes_keep_the_rules_of_reliable_messages() {
    for (call, rule) in [
        (
            with_header(|h| h.duplicate_elimination = false),
            "DUPLICATE_ELIMINATION_INCONSISTENT_WITH_CONTRACT",
        ),
        (
            with_header(|h| h.ack_requested = None),
            "ACK_REQUESTED_INCONSISTENT_WITH_CONTRACT",
        ),
        (
            with_header(|h| h.sync_reply = false),
            "SYNCREPLY_INCONSISTENT_WITH_CONTRACT",
        ),
    ] {
        let line = Clinic::new().line(&call).await;
        let expected = format!("500 fault 200: {rule}");
        assert!(line.starts_with(&expected), "{line}");
    }
}

#[tokio::test]
async fn what_is_met_in_the_field_is_taken() {
    let open_end = ok();
    let body = String::from_utf8(open_end.body.clone()).expect("text");
    let end = body
        .trim_end()
        .strip_suffix("--")
        .expect("a closing boundary");
    let mut open_end = open_end;
    open_end.body = end.as_bytes().to_vec();
    let mut lines = ok();
    lines.body = body.replace("\r\n", "\n").into_bytes();
    for (name, call) in [
        ("as it is written", ok()),
        ("an end that is missing", open_end),
        ("LF only", lines),
        ("no SOAPAction", ok().without("SOAPAction")),
        (
            "a quoted SOAPAction",
            ok().header(
                "SOAPAction",
                "\"urn:nhs:names:services:psis/REPC_IN150016SM05\"",
            ),
        ),
        ("its own ASID", ok().header("nhsd-asid", CLIENT_ASID)),
    ] {
        let clinic = Clinic::new();
        assert_eq!(clinic.line(&call).await, "202", "{name}");
        assert!(clinic.has_document(&document_id(1)).await, "{name}");
    }
}
