//! The receiving end: what is taken, what is refused, and what comes twice.

use std::sync::Arc;
use std::time::Duration;

use ebxml::{ErrorCode, Kind, MessageError};
use mhs::{Contract, Correlation, Inbound, InboundConfig, Outgoing, Pattern, Route};
use store::{Direction, MessageFilter, MessageRecord, Store};
use transport::{
    CertificateMatch, Handler, Headers, InProcess, Peer, PeerCertificate, Request, Response,
};

use crate::support::{LANE, World, outgoing};

/// A message to this end, as the Spine writes it.
#[derive(Clone)]
pub(crate) struct Letter {
    pub(crate) header: ebxml::MessageHeader,
    pub(crate) payload: String,
    pub(crate) certificate: Option<&'static str>,
}

impl Letter {
    /// The answer `AA` to the alert of this number.
    pub(crate) fn to(n: usize) -> Self {
        Self::saying(n, "AA", "")
    }

    pub(crate) fn saying(n: usize, kind: &str, reasons: &str) -> Self {
        let asked = outgoing(n).message;
        let id = format!("A11{n:05}-7F8E-4B0C-9A8B-3C6D7E8F9A0B");
        let party = |text| domain::PartyKey::parse(text).expect("a party key");
        Self {
            header: ebxml::MessageHeader {
                from_party: party("YES-0000806"),
                to_party: party("RKE-000001"),
                cpa_id: "S2030777A2138431".to_owned(),
                conversation: asked.as_str().to_owned(),
                service: "urn:nhs:names:services:alerts".to_owned(),
                action: "MCCI_IN010000UK13".to_owned(),
                message_id: domain::MessageId::parse(&id).expect("an id"),
                timestamp: jiff::Timestamp::UNIX_EPOCH,
                ref_to: Some(asked.clone()),
                duplicate_elimination: true,
                ack_requested: Some(ebxml::Actor::ToParty),
                sync_reply: true,
            },
            payload: format!(
                "<hl7:MCCI_IN010000UK13 xmlns:hl7=\"urn:hl7-org:v3\"><hl7:id root=\"{id}\"/>\
                 <hl7:acknowledgement typeCode=\"{kind}\"><hl7:messageRef><hl7:id \
                 root=\"{asked}\"/></hl7:messageRef></hl7:acknowledgement>\
                 <hl7:ControlActEvent>{reasons}</hl7:ControlActEvent></hl7:MCCI_IN010000UK13>"
            ),
            certificate: Some("spine.example"),
        }
    }

    fn express(mut self) -> Self {
        self.header.duplicate_elimination = false;
        self.header.ack_requested = None;
        self
    }

    fn but(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    pub(crate) fn request(&self) -> Request {
        let written = ebxml::write(&ebxml::Outbound {
            header: &self.header,
            form: ebxml::Form::Spine,
            payload: self.payload.as_bytes(),
            attachments: &[],
            external: &[],
        });
        let written = written.expect("a message");
        posted(&written.content_type, written.body, self.certificate)
    }
}

pub(crate) fn posted(content_type: &str, body: Vec<u8>, common_name: Option<&str>) -> Request {
    let certificate = common_name.map(|name| PeerCertificate {
        common_name: name.to_owned(),
        subject: format!("CN={name}"),
        issuer: "CN=Test".to_owned(),
        serial: "01".to_owned(),
        fingerprint: "ab12".to_owned(),
        dns_names: Vec::new(),
        not_after: jiff::Timestamp::MAX,
    });
    let mut headers = Headers::default();
    assert!(headers.add("Content-Type", content_type));
    Request {
        method: "POST".to_owned(),
        path: "/inbound".to_owned(),
        query: String::new(),
        headers,
        body: body.into(),
        peer: Peer::local(certificate),
    }
}

pub(crate) fn inbound(world: &World, store: Arc<dyn Store>) -> Inbound {
    let config = InboundConfig {
        lane: LANE.to_owned(),
        party_key: domain::PartyKey::parse("RKE-000001").expect("a party key"),
        agreements: Some(vec!["S2030777A2138431".to_owned()]),
        peers: vec![CertificateMatch::CommonName("spine.example".to_owned())],
    };
    Inbound::new(config, store, world.env.clone())
}

/// A world from which this many alerts went, each with its record.
async fn world(alerts: usize) -> (World, Inbound) {
    let world = World::new();
    for n in 0..alerts {
        world.queue_with_record(&outgoing(n), "waiting").await;
    }
    let inbound = inbound(&world, Arc::clone(&world.store));
    (world, inbound)
}

pub(crate) async fn received(world: &World) -> Vec<MessageRecord> {
    let filter = MessageFilter {
        owner: Some(LANE.to_owned()),
        direction: Some(Direction::In),
        limit: 1000,
        ..MessageFilter::default()
    };
    world.store.messages(filter).await.expect("records")
}

/// What a response is: an acknowledgment of a message, errors, or a status and a text.
#[derive(Debug, PartialEq)]
enum Answer {
    Acknowledges(String),
    Errs(Vec<MessageError>),
    Says(u16, String),
}

fn read(response: &Response) -> Answer {
    if response.header("SOAPAction").is_none() {
        let text = String::from_utf8_lossy(&response.body);
        return Answer::Says(response.status, text.trim_end().to_owned());
    }
    assert_eq!(response.status, 200);
    assert_eq!(response.header("content-type"), Some("text/xml"));
    let signal = ebxml::read("text/xml", &response.body).expect("a signal");
    let action = response.header("SOAPAction").expect("an action");
    assert_eq!(
        ebxml::split_soap_action(action),
        Some((ebxml::MESSAGE_SERVICE, signal.header.action.as_str()))
    );
    match signal.kind {
        Kind::Acknowledgment(ack) => Answer::Acknowledges(ack.ref_to.as_str().to_owned()),
        Kind::Errors(errors) => Answer::Errs(errors),
        Kind::Business => panic!("a message"),
    }
}

fn says(status: u16, text: &str) -> Answer {
    Answer::Says(status, format!("{status}: {text}"))
}

fn errs(code: ErrorCode, text: &str) -> Answer {
    Answer::Errs(vec![MessageError::new(code, text)])
}

#[tokio::test]
async fn an_answer_is_kept_marked_noted_and_then_acknowledged() {
    let reason = "<hl7:reason><hl7:justifyingDetectedIssueEvent><hl7:code code=\"410\" \
                  codeSystem=\"1.2\" displayName=\"of 9990000018\"/>\
                  </hl7:justifyingDetectedIssueEvent></hl7:reason>";
    for (letter, outcome) in [
        (Letter::to(0), "AA"),
        (Letter::saying(0, "AE", reason), "AE 410"),
        (Letter::to(0).express(), "AA"),
        (
            Letter::to(0).but(|l| {
                let lower = outgoing(0).message.as_str().to_ascii_lowercase();
                l.header.ref_to = domain::MessageId::parse(&lower).ok();
                l.header.conversation = "1".to_owned();
            }),
            "AA",
        ),
    ] {
        testkit::logged::listen();
        let (world, inbound) = world(1).await;
        let response = inbound.handle(letter.request()).await;
        let expected = match letter.header.ack_requested {
            Some(_) => Answer::Acknowledges(letter.header.message_id.as_str().to_owned()),
            None => Answer::Says(202, String::new()),
        };
        assert_eq!(read(&response), expected);
        let kept = received(&world).await;
        assert_eq!(kept.len(), 1);
        assert_eq!(kept[0].outcome, outcome);
        assert_eq!(kept[0].body.as_deref(), Some(letter.payload.as_bytes()));
        assert_eq!(kept[0].ref_to, Some(outgoing(0).message));
        assert_eq!(kept[0].patient, Some(crate::support::patient()));
        let expected = (Direction::Out, outgoing(0).message, outcome.to_owned());
        assert!(world.records().await.contains(&expected));
        let expected = (
            "MCCI_IN010000UK13".to_owned(),
            outcome.to_owned(),
            Some(letter.header.message_id.clone()),
        );
        assert_eq!(world.audit().await, [expected]);
        let logged = testkit::logged::logged();
        assert_eq!(logged.contains("WARN"), outcome != "AA", "{logged}");
        assert!(!logged.contains("9990000018"), "{logged}");
    }
}

async fn refused(what: &str, letter: Letter, expected: Answer) {
    let (world, inbound) = world(2).await;
    assert_eq!(
        read(&inbound.handle(letter.request()).await),
        expected,
        "{what}"
    );
    assert!(received(&world).await.is_empty(), "{what}");
    let waiting = |record: &(Direction, _, String)| record.2 == "waiting";
    assert!(world.records().await.iter().all(waiting), "{what}");
    assert_eq!(world.audit().await.len(), 1, "{what}");
}

#[tokio::test]
async fn what_breaks_a_rule_is_refused_and_leaves_nothing_but_its_event() {
    use ErrorCode::{Inconsistent, OtherXml, ValueNotRecognized};
    let letter = || Letter::to(0);
    for (what, letter, expected) in [
        (
            "to another party",
            letter().but(|l| l.header.to_party = l.header.from_party.clone()),
            errs(ValueNotRecognized, "501314:Invalid To Party Type attribute"),
        ),
        (
            "under no agreement of ours",
            letter().but(|l| l.header.cpa_id = "S1".to_owned()),
            errs(ValueNotRecognized, "501319:Unknown eb:CPAId"),
        ),
        (
            "under the start of an agreement of ours",
            letter().but(|l| l.header.cpa_id = "S2030777A213843".to_owned()),
            errs(ValueNotRecognized, "501319:Unknown eb:CPAId"),
        ),
        (
            "wants an acknowledgment elsewhere",
            letter().but(|l| l.header.sync_reply = false),
            errs(
                Inconsistent,
                "SYNCREPLY_INCONSISTENT_WITH_CONTRACT: there must be one SyncReply",
            ),
        ),
        (
            "half reliable",
            letter().but(|l| l.header.ack_requested = None),
            errs(
                Inconsistent,
                "ACK_REQUESTED_INCONSISTENT_WITH_CONTRACT: there must be one AckRequested",
            ),
        ),
        (
            "of a stranger",
            letter().but(|l| l.certificate = Some("client.example")),
            says(403, "the certificate is not registered here"),
        ),
        (
            "of nobody",
            letter().but(|l| l.certificate = None),
            says(403, "the certificate is not registered here"),
        ),
        (
            "no answer",
            letter().but(|l| l.header.ref_to = None),
            says(
                500,
                "Unsolicited messaging not supported for this interaction",
            ),
        ),
        (
            "the answer to something else",
            letter().but(|l| l.header.ref_to = Some(outgoing(7).message)),
            says(500, "Unknown message reference"),
        ),
        (
            "no interaction",
            letter().but(|l| l.header.action = "COPC_IN000001UK01".to_owned()),
            says(404, "Unknown interaction"),
        ),
        (
            "another interaction inside",
            letter().but(|l| l.header.action = "QUPC_IN160102UK05".to_owned()),
            errs(
                Inconsistent,
                "the action of the envelope is not the interaction inside",
            ),
        ),
        (
            "no answer inside",
            letter().but(|l| l.payload = "<a/>".to_owned()),
            errs(OtherXml, "the answer holds no interaction known here"),
        ),
    ] {
        refused(what, letter, expected).await;
    }
}

#[tokio::test]
async fn what_is_no_message_is_said_to_be_none() {
    let (world, inbound) = world(0).await;
    let spine = Some("spine.example");
    let unparsable = "500: Exception during inbound message parsing ";
    for (content_type, body) in [
        ("text/plain", &b"hello"[..]),
        ("text/xml", b"<a/>"),
        ("multipart/related", b""),
        ("multipart/related; boundary=\"x\"", b"--x\r\n\r\n--x--"),
    ] {
        let response = inbound
            .handle(posted(content_type, body.to_vec(), spine))
            .await;
        let Answer::Says(500, text) = read(&response) else {
            panic!("{response:?}");
        };
        assert!(text.starts_with(unparsable), "{text}");
    }
    let mut get = posted("text/xml", Vec::new(), spine);
    get.method = "GET".to_owned();
    assert_eq!(inbound.handle(get).await.status, 405);
    assert_eq!(world.audit().await.len(), 4);
}

#[tokio::test]
async fn a_message_that_came_after_its_time_is_refused() {
    let (world, inbound) = world(1).await;
    let request = |end: &str| {
        let mut request = Letter::to(0).request();
        let text = String::from_utf8(request.body.to_vec()).expect("text");
        let ends = format!("</eb:RefToMessageId><eb:TimeToLive>{end}</eb:TimeToLive>");
        request.body = text.replace("</eb:RefToMessageId>", &ends).into();
        request
    };
    let late = inbound.handle(request("2026-11-21T09:29:59Z")).await;
    let expected = errs(
        ErrorCode::TimeToLiveExpired,
        "the message came after its time",
    );
    assert_eq!(read(&late), expected);
    assert!(received(&world).await.is_empty());
    let in_time = inbound.handle(request("2026-11-21T09:30:00Z")).await;
    assert!(matches!(read(&in_time), Answer::Acknowledges(_)));
}

#[tokio::test]
async fn the_same_message_again_gets_the_same_bytes_and_does_nothing() {
    let (world, inbound) = world(1).await;
    let first = inbound.handle(Letter::to(0).request()).await;
    world.later(3600);
    let lower = Letter::to(0).but(|l| {
        let id = l.header.message_id.as_str().to_ascii_lowercase();
        l.header.message_id = domain::MessageId::parse(&id).expect("an id");
    });
    for letter in [Letter::to(0), lower] {
        assert_eq!(inbound.handle(letter.request()).await, first);
    }
    let kept = received(&world).await;
    assert_eq!((kept.len(), kept[0].outcome.as_str()), (1, "AA"));
    let other = Letter::saying(0, "AR", "");
    let expected = errs(
        ErrorCode::Inconsistent,
        "the message id was used before, for another message",
    );
    assert_eq!(read(&inbound.handle(other.request()).await), expected);
    assert_eq!(received(&world).await, kept);
    // From another party the same id is another message.
    let another = Letter::to(0).but(|l| {
        l.header.from_party = domain::PartyKey::parse("YEA-801248").expect("a party key");
    });
    let response = inbound.handle(another.request()).await;
    assert!(matches!(read(&response), Answer::Acknowledges(_)));
    assert_ne!(response, first);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_one_message_has_one_effect() {
    let (world, inbound) = world(1).await;
    let inbound = Arc::new(inbound);
    let storm: Vec<_> = (0..200)
        .map(|_| {
            let inbound = Arc::clone(&inbound);
            tokio::spawn(async move { inbound.handle(Letter::to(0).request()).await })
        })
        .collect();
    let mut answers = Vec::new();
    for one in storm {
        answers.push(one.await.expect("an answer"));
    }
    assert!(matches!(read(&answers[0]), Answer::Acknowledges(_)));
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!(received(&world).await.len(), 1);
    let taken = world.audit().await;
    let repeats = taken.iter().filter(|event| event.1 == "AA").count();
    assert_eq!((taken.len(), repeats), (200, 200));
}

#[tokio::test]
async fn whoever_waits_is_woken_and_whoever_comes_late_finds_it() {
    let (_world, inbound) = world(2).await;
    let correlation: Correlation = inbound.correlation();
    let id = outgoing(0).message;
    let long = Duration::from_secs(20);
    let later = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        inbound.handle(Letter::to(0).request()).await
    };
    let same = correlation.clone();
    let (one, two, _) = tokio::join!(correlation.wait(&id, long), same.wait(&id, long), later);
    let one = one.expect("an answer");
    assert_eq!(
        (one.outcome.as_str(), &one.ref_to),
        ("AA", &Some(id.clone()))
    );
    assert_eq!(two.as_ref(), Some(&one));
    let late = correlation.wait(&id, Duration::ZERO).await;
    assert_eq!(late.as_ref(), Some(&one));
    let other = outgoing(1).message;
    let none = correlation.wait(&other, Duration::from_millis(20)).await;
    assert_eq!(none, None);
}

#[tokio::test]
async fn an_answer_that_another_process_took_is_found() {
    let (world, inbound) = world(1).await;
    let elsewhere = crate::receiving::inbound(&world, Arc::clone(&world.store));
    let correlation = inbound.correlation();
    let id = outgoing(0).message;
    let later = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        elsewhere.handle(Letter::to(0).request()).await
    };
    let (found, _) = tokio::join!(correlation.wait(&id, Duration::from_secs(20)), later);
    assert_eq!(found.expect("an answer").outcome, "AA");
}

/// Our own courier and our own receiving end understand each other.
#[tokio::test]
async fn what_a_courier_sends_is_taken() {
    for pattern in [Pattern::Reliable, Pattern::Express] {
        let (world, inbound) = world(1).await;
        let letter = Letter::to(0);
        let spine = World::new();
        let answer = Outgoing {
            message: letter.header.message_id.clone(),
            conversation: outgoing(0).message,
            service: letter.header.service.clone(),
            interaction: letter.header.action.clone(),
            payload: letter.payload.clone(),
            pattern,
            to_party: domain::PartyKey::parse("RKE-000001").ok(),
            ref_to: Some(outgoing(0).message.as_str().to_owned()),
        };
        spine.queue(&answer).await;
        let peer = letter.request().peer;
        let way = Route {
            contract: Contract {
                form: ebxml::Form::Spine,
                ..Contract::new(
                    letter.header.from_party.clone(),
                    letter.header.from_party.clone(),
                    letter.header.cpa_id.clone(),
                )
            },
            upstream: Arc::new(InProcess::new(Arc::new(inbound), "/inbound", peer)),
        };
        let store = Arc::clone(&spine.store);
        let courier = spine.courier_by(store, Arc::new(way), crate::support::policy());
        assert_eq!(courier.round().await.acknowledged, 1, "{pattern:?}");
        assert_eq!(received(&world).await.len(), 1, "{pattern:?}");
    }
}

#[tokio::test]
async fn an_answer_to_what_went_before_records_were_kept_is_taken() {
    let world = World::with(1).await;
    let inbound = inbound(&world, Arc::clone(&world.store));
    let unknown = says(500, "Unknown message reference");
    assert_eq!(
        read(&inbound.handle(Letter::to(0).request()).await),
        unknown
    );
    let spine = crate::support::OtherSide::that([]);
    assert_eq!(world.courier(&spine).round().await.acknowledged, 1);
    let taken = inbound.handle(Letter::to(0).request()).await;
    assert!(matches!(read(&taken), Answer::Acknowledges(_)));
    assert_eq!(received(&world).await.len(), 1);
}

/// What the national adaptor's own stand-in for the Spine sends.
#[tokio::test]
async fn published_answers_are_taken() {
    for (name, to, ack) in [
        ("async_reliable_inbound.mustache", "S918999404212", true),
        ("async_express_inbound.mustache", "S9189994*", false),
    ] {
        let place = format!("mhs/fake-spine-responses/{name}");
        let Some(path) = testkit::vectors_or_skip("published_answers_are_taken", &place) else {
            return;
        };
        #[allow(clippy::disallowed_methods, reason = "tests look at files directly")]
        let text = std::fs::read_to_string(path).expect("a message");
        let (world, _) = world(1).await;
        let config = InboundConfig {
            lane: LANE.to_owned(),
            party_key: domain::PartyKey::parse("RKE-000001").expect("a party key"),
            agreements: Some(vec!["S1*".to_owned(), to.to_owned()]),
            peers: vec![CertificateMatch::Fingerprint("AB12".to_owned())],
        };
        let inbound = Inbound::new(config, Arc::clone(&world.store), world.env.clone());
        let mut text = text;
        for (field, value) in [
            ("to_party_id", "RKE-000001"),
            ("conversation_id", "1"),
            ("message_id", "c4a2c9f0-2b7c-4d0e-9d33-3c2a4d7c9a11"),
            ("ref_to_message_id", outgoing(0).message.as_str()),
        ] {
            text = text.replace(&format!("{{{{{field}}}}}"), value);
        }
        let content_type = "multipart/related; boundary=\"--=_MIME-Boundary\"; \
                            charset=\"UTF-8\"; type=\"text/xml\"; \
                            start=\"<ebXMLHeader@spine.nhs.uk>\"";
        let request = posted(content_type, text.into_bytes(), Some("spine"));
        let response = inbound.handle(request).await;
        match ack {
            true => assert!(matches!(read(&response), Answer::Acknowledges(_)), "{name}"),
            false => assert_eq!(read(&response), Answer::Says(202, String::new()), "{name}"),
        }
        let kept = received(&world).await;
        assert_eq!((kept.len(), kept[0].outcome.as_str()), (1, "AA"), "{name}");
    }
}
