//! Mailboxes over HTTP.

use store::MailState;

use super::support::{CPIS, Office, Reply};

const UPLOAD: &[(&str, &str)] = &[("Mex-To", CPIS), ("Mex-WorkflowID", "CPIS_UPLOAD")];

/// What Islington sends to Barnet.
const LETTER: &[(&str, &str)] = &[
    ("Mex-To", "v146"),
    ("Mex-WorkflowID", "LETTER"),
    ("Mex-LocalID", "L-1"),
    ("Mex-FileName", "letter.txt"),
    ("Mex-Subject", "About nothing"),
];

fn islington(office: &Office, line: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
    office.call_with(Some("islington"), line, headers, body)
}

fn with_range<'a>(headers: &[(&'a str, &'a str)], range: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut all = headers.to_vec();
    all.push(("Mex-Chunk-Range", range));
    all
}

/// Begins a letter of so many chunks and says its id.
fn begin(office: &Office, range: &str, body: &[u8]) -> String {
    let headers = with_range(LETTER, range);
    let reply = islington(office, "POST V145/outbox", &headers, body);
    assert_eq!(reply.status(), 202, "{reply:?}");
    reply.member("messageID")
}

fn chunk(office: &Office, id: &str, number: u32, range: &str, body: &[u8]) -> Reply {
    let line = format!("POST V145/outbox/{id}/{number}");
    islington(office, &line, &[("Mex-Chunk-Range", range)], body)
}

fn inbox(office: &Office, line: &str) -> Reply {
    office.call(Some("barnet"), line, &[])
}

#[test]
fn a_file_goes_from_one_mailbox_to_another() {
    let office = Office::new();
    assert_eq!(
        islington(&office, "POST V145", &[], b"").member("mailboxId"),
        "V145"
    );
    let id = begin(&office, "1:1", b"Dear all");
    assert_eq!(inbox(&office, "GET V146/count").member("count"), "1");
    let listed = inbox(&office, "GET V146/inbox").json();
    assert_eq!(listed["messages"], serde_json::json!([id]));
    let fetched = inbox(&office, &format!("GET V146/inbox/{id}"));
    assert_eq!(fetched.status(), 200);
    assert_eq!(&fetched.0.body[..], b"Dear all");
    for (header, value) in [
        ("Mex-From", "V145"),
        ("Mex-To", "V146"),
        ("Mex-WorkflowID", "LETTER"),
        ("Mex-LocalID", "L-1"),
        ("Mex-FileName", "letter.txt"),
        ("Mex-Subject", "About nothing"),
        ("Mex-Chunk-Range", "1:1"),
        ("Mex-MessageID", &id),
        ("Mex-MessageType", "DATA"),
    ] {
        assert_eq!(fetched.header(header), value, "{header}");
    }
    let line = format!("PUT V146/inbox/{id}/status/acknowledged");
    assert_eq!(inbox(&office, &line).member("messageId"), id);
    assert_eq!(inbox(&office, &line).status(), 200, "as often as one likes");
    assert_eq!(inbox(&office, "GET V146/count").member("count"), "0");
    let again = inbox(&office, &format!("GET V146/inbox/{id}"));
    assert_eq!(again.status(), 410, "its content is gone");
    assert_eq!(
        office.trail(),
        ["mail accepted", "mail fetched", "mail acknowledged"]
    );
    let fetched = &office.events()[1];
    assert!(fetched.disclosed && fetched.system.as_deref() == Some("barnet"));
    assert_eq!(fetched.message.as_ref().map(|id| id.as_str()), Some(&*id));
}

#[test]
fn a_file_is_from_the_mailbox_that_sends_it() {
    let office = Office::new();
    for (from, expected) in [
        ("V145", 202),
        (" v145 ", 202),
        ("", 202),
        ("V146", 417),
        ("CPIS", 417),
    ] {
        let mut headers = LETTER.to_vec();
        headers.push(("Mex-From", from));
        let reply = islington(&office, "POST V145/outbox", &headers, b"Dear all");
        assert_eq!(reply.status(), expected, "{from}");
        if expected == 417 {
            assert_eq!(reply.error(), "417 07");
            assert_eq!(reply.member("errorEvent"), "SEND");
        }
    }
    assert_eq!(
        office.trail().last().map(String::as_str),
        Some("mail 417 07")
    );
    let id = begin(&office, "1:2", b"one ");
    let line = format!("POST V145/outbox/{id}/2");
    let headers = [("Mex-Chunk-Range", "2:2"), ("Mex-From", "V146")];
    assert_eq!(
        islington(&office, &line, &headers, b"two").error(),
        "417 07"
    );
    assert_eq!(chunk(&office, &id, 2, "2:2", b"two").status(), 202);
}

#[test]
fn chunks_may_come_in_any_order_and_more_than_once() {
    for order in [
        &[2, 3][..],
        &[3, 2],
        &[2, 2, 3, 3],
        &[3, 3, 2, 2],
        &[1, 2, 3, 1],
    ] {
        let office = Office::new();
        let bodies: [&[u8]; 3] = [b"one ", b"two ", b"three"];
        let id = begin(&office, "1:3", bodies[0]);
        for (at, number) in order.iter().enumerate() {
            let missing = [1_u32, 2, 3]
                .iter()
                .any(|n| *n != 1 && !order[..at].contains(n));
            let counted = inbox(&office, "GET V146/count").member("count");
            assert_eq!(
                counted,
                if missing { "0" } else { "1" },
                "{order:?} at {at}"
            );
            let body = bodies[usize::try_from(*number - 1).expect("small")];
            let reply = chunk(&office, &id, *number, &format!("{number}:3"), body);
            assert_eq!(reply.status(), 202, "{order:?} {number}");
            assert_eq!(reply.member("blockID"), number.to_string());
        }
        let message = &office.messages()[0];
        assert_eq!((message.state, message.size), (MailState::Accepted, 13));
        assert_eq!(office.content(message), b"one two three");
        assert_eq!(office.trail(), ["mail accepted"], "{order:?}");
        for (number, status) in [(1, 206), (2, 206), (3, 200)] {
            let reply = inbox(&office, &format!("GET V146/inbox/{id}/{number}"));
            assert_eq!(reply.status(), status);
            assert_eq!(reply.header("Mex-Chunk-Range"), format!("{number}:3"));
            assert_eq!(&reply.0.body[..], bodies[number - 1]);
        }
        assert_eq!(
            inbox(&office, &format!("GET V146/inbox/{id}/4")).status(),
            404
        );
    }
}

#[test]
fn a_complete_file_takes_nothing_but_what_it_has() {
    let office = Office::new();
    let id = begin(&office, "1:2", b"one");
    assert_eq!(
        chunk(&office, &id, 1, "1:2", b"eins").status(),
        202,
        "it is not complete: the chunk is replaced"
    );
    assert_eq!(chunk(&office, &id, 2, "2:2", b"two").status(), 202);
    assert_eq!(chunk(&office, &id, 1, "1:2", b"one").error(), "423");
    assert_eq!(chunk(&office, &id, 1, "1:2", b"eins").status(), 202);
    let line = format!("PUT V146/inbox/{id}/status/acknowledged");
    assert_eq!(inbox(&office, &line).status(), 200);
    assert_eq!(
        chunk(&office, &id, 2, "2:2", b"two").status(),
        202,
        "known again although the content is gone"
    );
    assert_eq!(chunk(&office, &id, 2, "2:2", b"other").error(), "423");
    assert_eq!(office.messages()[0].state, MailState::Acknowledged);
}

#[test]
fn the_same_local_id_is_another_message_each_time() {
    let office = Office::new();
    let (one, other) = (begin(&office, "1:1", b"x"), begin(&office, "1:1", b"x"));
    assert_ne!(one, other);
    assert_eq!(office.messages().len(), 2);
}

#[test]
fn strangers_and_owners_of_other_mailboxes_are_turned_away() {
    let office = Office::new();
    let id = begin(&office, "1:1", b"secret");
    let unfinished = begin(&office, "1:2", b"secret");
    for system in [None, Some("stranger"), Some("islington"), Some("hospital")] {
        for line in [
            "POST V146".to_owned(),
            "GET V146/inbox".to_owned(),
            "GET V146/count".to_owned(),
            format!("GET V146/inbox/{id}"),
            format!("GET V146/inbox/{id}/1"),
            format!("PUT V146/inbox/{id}/status/acknowledged"),
            format!("GET V146/outbox/tracking?messageID={id}"),
            "POST CPIS".to_owned(),
            "GET CPIS/inbox".to_owned(),
            "GET X99/inbox".to_owned(),
            "GET %2e/inbox".to_owned(),
        ] {
            let reply = office.call(system, &line, &[]);
            assert_eq!(reply.error(), "403 EPL-151", "{system:?} {line}");
        }
        let reply = office.call_with(system, "POST V146/outbox", UPLOAD, b"x");
        assert_eq!(reply.error(), "403 EPL-151");
    }
    // In their own mailbox, somebody else's message.
    let reply = office.call(Some("islington"), &format!("GET V145/inbox/{id}"), &[]);
    assert_eq!(reply.error(), "403 EPL-151");
    let line = format!("PUT V145/inbox/{id}/status/acknowledged");
    assert_eq!(office.call(Some("islington"), &line, &[]).status(), 403);
    let line = format!("POST V146/outbox/{unfinished}/2");
    let range = [("Mex-Chunk-Range", "2:2")];
    let reply = office.call_with(Some("barnet"), &line, &range, b"x");
    assert_eq!(reply.error(), "403 EPL-151");
    let line = format!("GET V146/outbox/tracking?messageID={id}");
    assert_eq!(office.call(Some("barnet"), &line, &[]).error(), "404 20");
    let refused = office
        .events()
        .into_iter()
        .filter(|e| e.outcome.starts_with("403"));
    assert!(refused.count() > 40, "refusals are on record");
    assert!(office.events().iter().all(|event| !event.disclosed));
}

#[test]
fn what_cannot_be_sent_is_refused_with_the_apis_codes() {
    let large = vec![b'x'; store::MAX_CHUNK_BYTES + 1];
    let to = |mailbox: &'static str| vec![("Mex-To", mailbox), ("Mex-WorkflowID", "LETTER")];
    let and = |headers: &[(&'static str, &'static str)], more: (&'static str, &'static str)| {
        let mut all = headers.to_vec();
        all.push(more);
        all
    };
    for (headers, body, expected) in [
        (vec![("Mex-WorkflowID", "LETTER")], &b"x"[..], "400 08"),
        (vec![("Mex-To", "V146")], b"x", "400 06"),
        (to("X99"), b"x", "417 12"),
        (to("http://x"), b"x", "417 12"),
        (to("V146"), b"", "417 02"),
        (to("V146"), &large, "413"),
        (
            and(&to("V146"), ("Mex-Chunk-Range", "2:2")),
            b"x",
            "417 InvalidHeaderChunks",
        ),
        (
            and(&to("V146"), ("Mex-Chunk-Range", "1")),
            b"x",
            "417 InvalidHeaderChunks",
        ),
        (
            and(&to("V146"), ("Mex-Chunk-Range", "1:99999")),
            b"x",
            "417 InvalidHeaderChunks",
        ),
        (
            and(&to("V146"), ("Content-Encoding", "gzip")),
            b"x",
            "415 UnsupportedContentEncoding",
        ),
        (
            and(&to("V146"), ("Mex-Content-Compressed", "Y")),
            b"x",
            "415 UnsupportedContentEncoding",
        ),
        // CP-IS takes uploads only.
        (to(CPIS), b"x", "417 17"),
    ] {
        let office = Office::new();
        let reply = islington(&office, "POST V145/outbox", &headers, body);
        assert_eq!(reply.error(), expected, "{headers:?}");
        assert!(!reply.member("errorDescription").is_empty());
        assert!(office.messages().is_empty());
    }
    let office = Office::new();
    let reply = office.call_with(Some("hospital"), "POST RKE/outbox", UPLOAD, b"x");
    assert_eq!(reply.error(), "417 17", "not registered for uploads");
    let identity = and(&to("V146"), ("Content-Encoding", "identity"));
    assert_eq!(
        islington(&office, "POST V145/outbox", &identity, b"x").status(),
        202
    );
}

#[test]
fn chunks_that_do_not_belong_are_refused() {
    let office = Office::new();
    let id = begin(&office, "1:2", b"one");
    for (id, number, range, expected) in [
        (id.as_str(), 2, "", "417 InvalidHeaderChunks"),
        (&id, 2, "1:2", "417 InvalidHeaderChunks"),
        (&id, 2, "2:3", "417 InvalidHeaderChunks"),
        (&id, 3, "3:3", "417 InvalidHeaderChunks"),
        (&id, 0, "0:2", "417 InvalidHeaderChunks"),
        ("ABC", 2, "2:2", "404 20"),
    ] {
        let reply = chunk(&office, id, number, range, b"x");
        assert_eq!(reply.error(), expected, "{number} {range}");
    }
    let line = format!("POST V145/outbox/{id}/2");
    let gzip = [("Mex-Chunk-Range", "2:2"), ("Content-Encoding", "gzip")];
    let reply = islington(&office, &line, &gzip, b"x");
    assert_eq!(reply.error(), "415 UnsupportedContentEncoding");
    let message = &office.messages()[0];
    assert_eq!((message.state, message.size), (MailState::Uploading, 0));
    // Nobody sees it before it is complete.
    assert_eq!(
        inbox(&office, &format!("GET V146/inbox/{id}")).error(),
        "404 20"
    );
    let line = format!("PUT V146/inbox/{id}/status/acknowledged");
    assert_eq!(inbox(&office, &line).error(), "404 20");
}

#[test]
fn a_sender_tracks_their_own() {
    let office = Office::new();
    let id = begin(&office, "1:2", b"one");
    let track = |query: &str| {
        let line = format!("GET V145/outbox/tracking?{query}");
        office.call(Some("islington"), &line, &[])
    };
    let status = || track(&format!("messageID={id}")).member("status");
    assert_eq!(status(), "Uploading");
    chunk(&office, &id, 2, "2:2", b"two");
    assert_eq!(status(), "Accepted");
    let by_local = track("localID=L-1");
    assert_eq!(by_local.member("messageId"), id);
    assert_eq!(by_local.member("fileSize"), "6");
    inbox(&office, &format!("PUT V146/inbox/{id}/status/acknowledged"));
    assert_eq!(status(), "Acknowledged");
    begin(&office, "1:1", b"x");
    assert_eq!(track("localID=L-1").status(), 300);
    assert_eq!(track("localID=L-2").error(), "404 20");
    assert_eq!(track("messageID=ABC").error(), "404 20");
    assert_eq!(track("id=ABC").error(), "400");
}

#[test]
fn the_second_version_has_its_own_bodies() {
    let office = Office::new();
    let accept = ("Accept", "application/vnd.mesh.v2+json");
    let mut headers = with_range(LETTER, "1:2");
    headers.push(accept);
    let sent = islington(&office, "POST V145/outbox", &headers, b"one");
    let id = sent.member("message_id");
    assert_eq!(sent.header("content-type"), "application/vnd.mesh.v2+json");
    let line = format!("POST V145/outbox/{id}/2");
    let reply = islington(
        &office,
        &line,
        &[("Mex-Chunk-Range", "2:2"), accept],
        b"two",
    );
    assert_eq!((reply.status(), reply.0.body.len()), (202, 0));
    let ask = |line: &str| office.call(Some("barnet"), line, &[accept]);
    assert_eq!(ask("GET V146/count").member("count"), "1");
    assert_eq!(ask("GET V146/inbox").json()["messages"][0], id.as_str());
    assert_eq!(ask("GET V146/inbox").member("approx_inbox_count"), "1");
    let missing = ask("GET V146/inbox/ABC").json();
    assert_eq!(missing["detail"][0]["code"], "20");
    let line = format!("PUT V146/inbox/{id}/status/acknowledged");
    assert_eq!(ask(&line).0.body.len(), 0);
    let line = format!("GET V145/outbox/tracking?messageID={id}");
    let tracked = office.call(Some("islington"), &line, &[accept]);
    assert_eq!(tracked.member("status"), "acknowledged");
    assert_eq!(tracked.member("status_success"), "true");
}

#[test]
fn listings_are_limited() {
    let office = Office::new();
    for number in 0..12 {
        let workflow = if number == 3 { "OTHER" } else { "LETTER" };
        let headers = [("Mex-To", "V146"), ("Mex-WorkflowID", workflow)];
        islington(&office, "POST V145/outbox", &headers, b"x");
    }
    let listed = |query: &str| {
        let reply = inbox(&office, &format!("GET V146/inbox{query}")).json();
        reply["messages"].as_array().map(Vec::len)
    };
    assert_eq!(listed(""), Some(12));
    assert_eq!(listed("?max_results=10"), Some(10));
    assert_eq!(listed("?workflow_filter=OTHER"), Some(1));
    assert_eq!(listed("?continue_from=x"), None);
}

#[test]
fn other_paths_and_methods_are_told_so() {
    let office = Office::new();
    let reply = islington(&office, "GET V145", &[], b"");
    assert_eq!((reply.status(), reply.header("Allow")), (405, "POST"));
    assert_eq!(islington(&office, "GET V145/rich", &[], b"").status(), 404);
    assert!(office.trail().is_empty());
}
