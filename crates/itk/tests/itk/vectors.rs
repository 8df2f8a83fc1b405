//! The published messages, read where they lie; absent, each test says so and passes.

use domain::record::DocumentBytes;
use itk::client_response::{self, Answer};
use itk::fault::{self, ErrorCode, Fault, FaultKind};
use itk::request::{self, Rules};

use crate::answers::{check_valid, document_answer};
use crate::support::{MESSAGE, now};

/// The files of a folder of vectors as `(name, bytes)`, by name.
// Test data is read where it lies; the ban on `std::fs` is for the product.
#[allow(clippy::disallowed_methods)]
pub(crate) fn files(test: &str, folder: &str) -> Vec<(String, Vec<u8>)> {
    let Some(folder) = testkit::vectors(folder) else {
        testkit::skip(test, "shared vectors are not here");
        return Vec::new();
    };
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut files: Vec<_> = entries
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let name = path
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            (name, std::fs::read(&path).expect("a readable file"))
        })
        .collect();
    files.sort();
    files
}

const ACK: &str = "urn:nhs-itk:services:201005:SendBusinessAck-v1-0";

/// The placeholders of the published test messages filled in.
fn filled(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes)
        .replace("__MESSAGEID__", MESSAGE)
        .replace("__SENDTO__", "http://localhost:4000/syncsoap")
        .replace("__TIMESTAMP__", "2026-03-01T11:59:00Z")
        .replace("__EXPIRES__", "2026-03-01T12:05:00Z")
}

fn read_ack(text: &str) -> Result<(), Fault> {
    let doc = xml::Document::parse(text.as_bytes())?;
    let rules = Rules {
        now: now(),
        skew: jiff::SignedDuration::ZERO,
        soap_action: Some(ACK),
        service: ACK,
        sha1: itk::signature::Sha1::Accepted,
    };
    request::read(&doc, &rules).map(drop)
}

#[test]
fn the_published_negative_messages() {
    use ErrorCode::{Invalid, NotRetryable};
    use FaultKind::{Client, MustUnderstand, VersionMismatch};
    // What the envelope alone decides. Users, profiles and payloads are decided later.
    let accepted = [
        "SO_INVUSR",
        "SO_USRSUB",
        "SO_EXHEAD",
        "SO_EXHDMU",
        "DE_INVPID",
        "ER_INVSCH",
    ];
    let refused = [
        ("DE_EMPPID", Client, Invalid, "profileid is blank"),
        ("DE_INAUTH", Client, Invalid, "/auditIdentity/id"),
        ("DE_INVMCT", Client, Invalid, "/manifest"),
        ("DE_INVMPC", Client, Invalid, "/manifest"),
        ("DE_INVMPI", Client, Invalid, "/payloads"),
        ("DE_INVPCT", Client, Invalid, "/payloads"),
        ("DE_INVSER", Client, NotRetryable, "the service must be"),
        ("DE_MISPID", Client, Invalid, "profileid is missing"),
        ("ER_INVXML", Client, Invalid, "line 8"),
        ("SO_EXHDRJ", MustUnderstand, Invalid, "LocalHeaderElement"),
        ("SO_INVATO", Client, Invalid, "/Header/To"),
        (
            "SO_INVTIM",
            Client,
            Invalid,
            "Created must be before Expires",
        ),
        ("SO_NOACTN", Client, Invalid, "Action is missing"),
        ("SO_NOTIME", Client, Invalid, "Timestamp is missing"),
        ("SO_NOTOEL", Client, Invalid, "To is missing"),
        ("SO_NOUSER", Client, Invalid, "Username is missing"),
        ("SO_RPLYTO", Client, Invalid, "ReplyTo"),
        ("SO_VMSIRJ", VersionMismatch, Invalid, "SOAP 1.1"),
        // Its name promises a version mismatch, its bytes only another service.
        ("WS_SO_016", Client, Invalid, "Action must be"),
    ];
    for (name, bytes) in files("the_published_negative_messages", "itk/negative") {
        let found = read_ack(&filled(&bytes));
        let id = name.get(..9).unwrap_or_default();
        if accepted.contains(&id) {
            assert_eq!(found, Ok(()), "{name}");
            continue;
        }
        let row = refused.iter().find(|(known, ..)| *known == id);
        let (_, kind, code, names) = row.unwrap_or_else(|| panic!("nobody expects {name}"));
        let fault = found.expect_err(&name);
        assert_eq!(
            (fault.kind, fault.code),
            (*kind, Some(*code)),
            "{name}: {fault:?}"
        );
        assert!(fault.diagnostic.contains(names), "{name}: {fault:?}");
    }
}

#[test]
fn the_published_request_is_accepted() {
    for (name, bytes) in files("the_published_request_is_accepted", "itk/examples") {
        if name == "BusinessAck.xml" {
            assert_eq!(read_ack(&filled(&bytes)), Ok(()));
        }
    }
}

#[test]
fn the_published_faults() {
    for (name, bytes) in files("the_published_faults", "itk/faults") {
        let text = String::from_utf8_lossy(&bytes);
        let body = format!("<Body>{text}</Body>");
        let doc = xml::Document::parse(body.as_bytes()).expect("well-formed");
        let fault = fault::read(&doc.root()).expect("a fault");
        let (kind, code) = match name.as_str() {
            "Client-1000.xml" => (FaultKind::Client, Some(ErrorCode::Invalid)),
            "Client-2200.xml" => (FaultKind::Client, Some(ErrorCode::NotRetryable)),
            "Client-3000.xml" => (FaultKind::Client, Some(ErrorCode::AccessDenied)),
            "Server-2100.xml" => (FaultKind::Server, Some(ErrorCode::Retryable)),
            "Server-2200.xml" => (FaultKind::Server, Some(ErrorCode::NotRetryable)),
            "Server-3000.xml" => (FaultKind::Server, Some(ErrorCode::AccessDenied)),
            "mustUnderstand-0000.xml" => (FaultKind::MustUnderstand, Some(ErrorCode::Invalid)),
            "versionMismatch-0000.xml" => (FaultKind::VersionMismatch, Some(ErrorCode::Invalid)),
            // An unprefixed faultcode and a placeholder for the code.
            "tk_test_error.xml" => (FaultKind::Client, None),
            other => panic!("a fault nobody expects: {other}"),
        };
        assert_eq!((fault.kind, fault.code), (kind, code), "{name}");
        assert!(!fault.diagnostic.is_empty(), "{name}");
    }
}

#[test]
fn every_published_answer_is_read() {
    for (name, bytes) in files(
        "every_published_answer_is_read",
        "smsp-scr/response-templates",
    ) {
        let doc = xml::Document::parse(&bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
        let answer = client_response::read(&doc).unwrap_or_else(|e| panic!("{name}: {e}"));
        let Answer::Response(answer) = answer else {
            panic!("{name}: a fault")
        };
        let operation = name
            .split(['_', '-'])
            .next()
            .and_then(|n| n.strip_suffix("Response"));
        assert_eq!(operation, Some(answer.operation.name()), "{name}");
        let is_query = answer.operation == itk::Operation::Scr(itk::scr::Operation::QueryScr);
        let with_document = is_query && answer.value.is_success();
        assert_eq!(answer.document.is_some(), with_document, "{name}");
    }
}

#[test]
fn the_captured_answer_of_a_real_provider() {
    let folder = "smsp-scr/response-templates";
    for (name, bytes) in files("the_captured_answer_of_a_real_provider", folder) {
        if name != "querySCRResponse_9454202103.xml" {
            continue;
        }
        let doc = xml::Document::parse(&bytes).expect("well-formed");
        let Ok(Answer::Response(answer)) = client_response::read(&doc) else {
            panic!("no answer")
        };
        assert_eq!(
            answer.message_id.as_deref(),
            Some("664C20B2-ED0D-4FB9-B47D-65F0D2E05595")
        );
        assert_eq!(
            answer.relates_to.as_deref(),
            Some("51E0DF56-1E65-11E5-A53D-05704BA93658")
        );
        let inherited = answer.document.expect("a document").inherited;
        assert!(
            inherited.contains(&(String::new(), xml::ns::HL7.to_owned())),
            "{inherited:?}"
        );
    }
}

#[test]
fn published_documents_survive_our_answer() {
    let test = "published_documents_survive_our_answer";
    for (name, bytes) in files(test, "smsp-scr/response-templates") {
        let doc = xml::Document::parse(&bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
        let Ok(Answer::Response(answer)) = client_response::read(&doc) else {
            panic!("{name}")
        };
        let Some(slice) = answer.document else {
            continue;
        };
        let before = itk::scr::query_scr::document(&answer.payload)
            .expect("read")
            .expect("there");
        let document = DocumentBytes {
            bytes: slice.bytes.as_bytes().to_vec(),
            inherited: slice.inherited,
        };

        let ours = document_answer(&document);
        let doc = xml::Document::parse(&ours).unwrap_or_else(|e| panic!("{name}: {e}"));
        let Ok(Answer::Response(answer)) = client_response::read(&doc) else {
            panic!("{name}")
        };
        let after = itk::scr::query_scr::document(&answer.payload)
            .expect("read")
            .expect("there");
        let slice = answer.document.expect("a document");
        assert_eq!(slice.bytes.as_bytes(), document.bytes, "{name}");
        assert_eq!(slice.inherited, document.inherited, "{name}");
        let names = |e: xml::Element<'_, '_>| {
            e.descendants()
                .map(|e| format!("{{{}}}{}", e.namespace(), e.name()))
                .collect::<Vec<_>>()
        };
        assert_eq!(names(before), names(after), "{name}");
        check_valid(&ours, "REPC_MT150012GB01");
    }
}
