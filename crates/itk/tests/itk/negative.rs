//! The official negative tests, each made by spoiling our own valid request in one place.

use itk::fault::ErrorCode::{Invalid, NotRetryable};
use itk::fault::FaultKind::{Client, MustUnderstand, VersionMismatch};
use itk::fault::{ErrorCode, FaultKind};
use itk::scr::Operation;

use crate::support::{
    MESSAGE, Outcome, PAYLOAD, check_fault, cut, edit, now, query_message, receive, rules,
    status_message,
};

pub(crate) const ACTION: &str =
    "<wsa:Action>urn:nhs-itk:services:201005:sendRecvDistEnvelope</wsa:Action>";
pub(crate) const TO: &str = "<wsa:To>https://127.0.0.1:9443/smsp/scr</wsa:To>";
pub(crate) const REPLY_TO: &str = "<wsa:ReplyTo><wsa:Address>http://www.w3.org/2005/08/addressing/anonymous</wsa:Address></wsa:ReplyTo>";
pub(crate) const PROFILE: &str = " profileid=\"urn:nhs-en:profile:querySCRRequest-v-1-0\"";
pub(crate) const TOOLKIT_ID: &str = "uri=\"urn:nhs-uk:identity:ods:RKE:112233445566\"";

#[test]
fn the_requests_we_spoil_are_valid() {
    assert_eq!(
        receive(&query_message(), &rules()),
        Outcome::Accepted(Operation::QueryScr)
    );
    assert_eq!(
        receive(&status_message(), &rules()),
        Outcome::Accepted(Operation::GetScrStatus)
    );
}

/// One row: the test id, the request with its defect, the fault, and a word of the diagnostic.
type Row = (&'static str, String, FaultKind, ErrorCode, &'static str);

fn official_table() -> Vec<Row> {
    let valid = query_message();
    let with = |from: &str, to: &str| edit(&valid, from, to);
    let before_to = |header: &str| edit(&valid, TO, &format!("{header}{TO}"));
    let other_reply = REPLY_TO.replace(
        "http://www.w3.org/2005/08/addressing/anonymous",
        "http://192.0.2.1/in",
    );
    let other_fault_to = other_reply.replace("ReplyTo", "FaultTo");
    let manifest = "<itk:manifest count=\"1\">";
    let payloads = "<itk:payloads count=\"1\">";
    let swapped = with("12:00:00.000Z</wsu:Created>", "12:09:00.000Z</wsu:Created>");
    vec![
        (
            "SO_NOACTN",
            with(ACTION, ""),
            Client,
            Invalid,
            "header Action is missing",
        ),
        (
            "SO_NOTOEL",
            with(TO, ""),
            Client,
            Invalid,
            "header To is missing",
        ),
        (
            "SO_INVATO",
            with(TO, "<wsa:To>http//:this.is.invalid/address</wsa:To>"),
            Client,
            Invalid,
            "/Envelope/Header/To",
        ),
        (
            "SO_RPLYTO",
            with(REPLY_TO, &format!("{other_reply}{other_fault_to}")),
            Client,
            Invalid,
            "/Envelope/Header/ReplyTo/Address",
        ),
        (
            "SO_RPLYTO, FaultTo alone",
            with(REPLY_TO, &other_fault_to),
            Client,
            Invalid,
            "FaultTo",
        ),
        (
            "SO_NOTIME",
            cut(&valid, "<wsu:Timestamp", "</wsu:Timestamp>", ""),
            Client,
            Invalid,
            "Timestamp is missing",
        ),
        (
            "SO_EXPIRE",
            valid.replace("2026-03-01T", "2026-02-28T"),
            Client,
            Invalid,
            "expired",
        ),
        (
            "SO_INVTIM",
            swapped,
            Client,
            Invalid,
            "Created must be before Expires",
        ),
        (
            "SO_NOUSER",
            cut(&valid, "<wsse:UsernameToken", "</wsse:UsernameToken>", ""),
            Client,
            Invalid,
            "UsernameToken is missing",
        ),
        (
            "SO_NOUSER, empty token",
            cut(&valid, "<wsse:Username>", "</wsse:Username>", ""),
            Client,
            Invalid,
            "Username is missing",
        ),
        (
            "SO_VMISRJ",
            with(
                "http://schemas.xmlsoap.org/soap/envelope/",
                "www.w3.org/2003/05/soap-envelope",
            ),
            VersionMismatch,
            Invalid,
            "SOAP 1.1",
        ),
        (
            "SO_VMISRJ, the real SOAP 1.2",
            with(
                "http://schemas.xmlsoap.org/soap/envelope/",
                "http://www.w3.org/2003/05/soap-envelope",
            ),
            VersionMismatch,
            Invalid,
            "SOAP 1.1",
        ),
        (
            "SO_EXHDRJ",
            before_to("<x:Local xmlns:x=\"local\" mustUnderstand=\"1\">y</x:Local>"),
            MustUnderstand,
            Invalid,
            "/Envelope/Header/Local",
        ),
        (
            "SO_EXHDRJ, qualified",
            before_to("<x:Local xmlns:x=\"local\" soap:mustUnderstand=\"1\">y</x:Local>"),
            MustUnderstand,
            Invalid,
            "Local",
        ),
        (
            "SO_EXHDRJ, in the namespace of WS-Addressing",
            before_to("<wsa:someheader soap:mustUnderstand=\"1\">y</wsa:someheader>"),
            MustUnderstand,
            Invalid,
            "someheader",
        ),
        (
            "DE_EMPPID",
            with(PROFILE, " profileid=\"\""),
            Client,
            Invalid,
            "profileid is blank",
        ),
        (
            "DE_MISPID",
            with(PROFILE, ""),
            Client,
            Invalid,
            "profileid is missing",
        ),
        (
            "DE_INVPID",
            with(PROFILE, " profileid=\"urn:nhs-en:profile:Unknown-v1-0\""),
            Client,
            Invalid,
            "profileid is unknown",
        ),
        (
            "DE_INVMCT",
            with(manifest, "<itk:manifest count=\"2\">"),
            Client,
            Invalid,
            "manifest",
        ),
        (
            "DE_INVPCT",
            with(payloads, "<itk:payloads count=\"2\">"),
            Client,
            Invalid,
            "payloads",
        ),
        (
            "DE_INVMPC",
            with(manifest, "<itk:manifest count=\"11\">"),
            Client,
            Invalid,
            "manifest",
        ),
        (
            "DE_INVMPI",
            with(
                &format!("<itk:payload id=\"uuid_{PAYLOAD}"),
                "<itk:payload id=\"uuid_0A0A0A0A-0000-4000-8000-000000000009",
            ),
            Client,
            Invalid,
            "payload",
        ),
        (
            "DE_INVSER",
            with(
                "service=\"urn:nhs-itk:services:201005:sendRecvDistEnvelope\"",
                "service=\"urn:x\"",
            ),
            Client,
            NotRetryable,
            "the service must be",
        ),
        (
            "DE_INAUTH",
            with(TOOLKIT_ID, "uri=\"urn:unknown\""),
            Client,
            Invalid,
            "/auditIdentity/id",
        ),
        (
            "ER_INVSCH",
            with(
                "<querySCRGrouper>",
                "<querySCRGrouper badcode=\"very bad\">",
            ),
            Client,
            Invalid,
            "badcode",
        ),
        (
            "ER_INVXML",
            with("<wsa:ReplyTo>", "<wsa:ReplyTo"),
            Client,
            Invalid,
            "line ",
        ),
    ]
}

#[test]
fn the_official_negative_table() {
    for (name, text, kind, code, names) in official_table() {
        check_fault(name, &text, kind, code, names);
    }
}

#[test]
fn the_official_acceptances() {
    let valid = query_message();
    let before_to = |header: &str| edit(&valid, TO, &format!("{header}{TO}"));
    let id = format!("<wsa:MessageID>{MESSAGE}");
    let cases = [
        (
            "SO_EXHEAD",
            before_to("<x:Local xmlns:x=\"local\">y</x:Local>"),
        ),
        (
            "SO_EXHDMU",
            edit(
                &before_to("<x:Local xmlns:x=\"local\" mustUnderstand=\"0\">y</x:Local>"),
                &id,
                &format!("<wsa:MessageID soap:mustUnderstand=\"1\">{MESSAGE}"),
            ),
        ),
        (
            "a header for another node",
            before_to("<x:L xmlns:x=\"l\" soap:actor=\"urn:other\" soap:mustUnderstand=\"1\"/>"),
        ),
        (
            "MessageID in lower case",
            valid.replace(MESSAGE, &MESSAGE.to_ascii_lowercase()),
        ),
        (
            "MessageID with a prefix",
            edit(&valid, &id, &format!("<wsa:MessageID>urn:uuid:{MESSAGE}")),
        ),
        ("no ReplyTo", edit(&valid, REPLY_TO, "")),
        (
            "From",
            before_to("<wsa:From><wsa:Address>http://here</wsa:Address></wsa:From>"),
        ),
        (
            "FaultTo anonymous",
            before_to(&REPLY_TO.replace("ReplyTo", "FaultTo")),
        ),
    ];
    for (name, text) in cases {
        assert_eq!(
            receive(&text, &rules()),
            Outcome::Accepted(Operation::QueryScr),
            "{name}"
        );
    }
}

#[test]
fn the_clock_has_a_tolerance() {
    let valid = query_message();
    let check = |seconds: i64, expected: bool| {
        let rules = itk::request::Rules {
            now: now() + jiff::SignedDuration::from_secs(seconds),
            ..rules()
        };
        let accepted = matches!(receive(&valid, &rules), Outcome::Accepted(_));
        assert_eq!(accepted, expected, "{seconds} s after Created");
    };
    // Created now, expires in 300 s, and 5 s of tolerance.
    for (seconds, expected) in [
        (-6, false),
        (-5, true),
        (0, true),
        (300, true),
        (305, true),
        (306, false),
    ] {
        check(seconds, expected);
    }
}

/// What a message says of its own end does not make it last longer than messages are remembered.
#[test]
fn a_message_is_taken_for_a_day_at_most() {
    let message = query_message();
    let (start, rest) = message.split_once("<wsu:Expires>").expect("an end");
    let (_, rest) = rest.split_once('<').expect("its end");
    let for_long = format!("{start}<wsu:Expires>2999-01-01T00:00:00Z<{rest}");
    let check = |text: &str, seconds: i64, until: i64| {
        let rules = itk::request::Rules {
            now: now() + jiff::SignedDuration::from_secs(seconds),
            ..rules()
        };
        let doc = xml::Document::parse(text.as_bytes()).expect("well-formed");
        let expected = now() + jiff::SignedDuration::from_secs(until);
        match itk::request::read(&doc, &rules) {
            Ok(read) => {
                assert_eq!(read.taken_until(rules.skew), expected);
                assert!(rules.now <= expected, "{seconds}");
            }
            Err(fault) => {
                assert!(rules.now > expected, "{seconds}");
                assert!(fault.diagnostic.contains("more than a day old"));
            }
        }
    };
    let day = 24 * 60 * 60 + 5;
    for seconds in [0, 300, day - 1, day, day + 1, 2 * day] {
        check(&for_long, seconds, day);
    }
    check(&message, 0, 305);
}

#[test]
fn soap_action_is_compared_when_there_is_one() {
    let check = |soap_action: Option<&str>, expected: bool| {
        let rules = itk::request::Rules {
            soap_action,
            ..rules()
        };
        let accepted = matches!(receive(&query_message(), &rules), Outcome::Accepted(_));
        assert_eq!(accepted, expected, "{soap_action:?}");
    };
    check(None, true);
    check(Some(itk::SEND_RECV), true);
    check(
        Some("\"urn:nhs-itk:services:201005:sendRecvDistEnvelope\""),
        true,
    );
    check(Some("\"\""), false);
    check(Some("urn:x"), false);
}

#[test]
fn a_message_id_is_found_for_the_fault() {
    let check = |text: &str, expected: Option<&str>| {
        let doc = xml::Document::parse(text.as_bytes()).expect("well-formed");
        assert_eq!(itk::request::message_id_of(&doc).as_deref(), expected);
    };
    check(&query_message(), Some(MESSAGE));
    let soap12 = query_message().replace(
        "schemas.xmlsoap.org/soap/envelope/",
        "www.w3.org/2003/05/soap-envelope",
    );
    check(&soap12, Some(MESSAGE));
    check(&query_message().replace(MESSAGE, "two words"), None);
    check("<a/>", None);
}
