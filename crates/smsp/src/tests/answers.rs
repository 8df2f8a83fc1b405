//! What the alert service answers, from the emergency on.

use mhs::InboundConfig;
use store::{Direction, MessageFilter, MessageRecord};
use transport::{CertificateMatch, Handler, Headers, Request};

use super::world::{Query, World, check, id};

/// An answer as the Spine sends it, reliably.
struct Answer<'a> {
    id: &'a str,
    to: &'a str,
    refers_to: &'a str,
    service: &'a str,
    action: &'a str,
    content: &'a str,
}

impl<'a> Answer<'a> {
    fn to(alert: &'a str) -> Self {
        Self {
            id: "0A4F2FC8-806A-4EE9-A23F-B6900A7756F2",
            to: alert,
            refers_to: alert,
            service: "urn:nhs:names:services:alerts",
            action: "MCCI_IN010000UK13",
            content: "AA",
        }
    }

    fn request(&self, world: &World) -> Request {
        let Self {
            id,
            to,
            refers_to,
            service,
            action,
            content,
        } = self;
        let reason = match *content {
            "AE" => {
                "<reason><justifyingDetectedIssueEvent><code code=\"410\" codeSystem=\"1\" \
                 displayName=\"of 9990000018\"/></justifyingDetectedIssueEvent></reason>"
            }
            _ => "",
        };
        let payload = format!(
            "<{action} xmlns=\"urn:hl7-org:v3\"><id root=\"{id}\"/>\
             <acknowledgement typeCode=\"{content}\"><messageRef><id root=\"{refers_to}\"/>\
             </messageRef></acknowledgement><ControlActEvent>{reason}</ControlActEvent></{action}>"
        );
        Brought {
            id,
            to,
            service,
            action,
        }
        .request(&payload, world)
    }
}

/// The envelope of a message that answers another.
pub(super) struct Brought<'a> {
    pub(super) id: &'a str,
    pub(super) to: &'a str,
    pub(super) service: &'a str,
    pub(super) action: &'a str,
}

impl Brought<'_> {
    /// As the Spine posts it, reliably, with this message inside.
    pub(super) fn request(&self, payload: &str, world: &World) -> Request {
        let Self {
            id,
            to,
            service,
            action,
        } = self;
        let party = "eb:PartyId eb:type=\"urn:nhs:names:partyType:ocs+serviceInstance\"";
        let must = "eb:version=\"2.0\" soap:mustUnderstand=\"1\"";
        let body = format!(
            "--b\r\nContent-Id: <ebXMLHeader@spine.nhs.uk>\r\nContent-Type: text/xml\r\n\r\n\
             <soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\" \
             xmlns:eb=\"http://www.oasis-open.org/committees/ebxml-msg/schema/msg-header-2_0.xsd\" \
             xmlns:xlink=\"http://www.w3.org/1999/xlink\"><soap:Header><eb:MessageHeader {must}>\
             <eb:From><{party}>YES-0000806</eb:PartyId></eb:From>\
             <eb:To><{party}>RAL-0000001</eb:PartyId></eb:To><eb:CPAId>S1</eb:CPAId>\
             <eb:ConversationId>{to}</eb:ConversationId><eb:Service>{service}</eb:Service>\
             <eb:Action>{action}</eb:Action><eb:MessageData><eb:MessageId>{id}</eb:MessageId>\
             <eb:Timestamp>2026-03-02T09:00:00Z</eb:Timestamp>\
             <eb:RefToMessageId>{to}</eb:RefToMessageId></eb:MessageData>\
             <eb:DuplicateElimination/></eb:MessageHeader><eb:AckRequested {must} \
             eb:signed=\"false\" soap:actor=\"urn:oasis:names:tc:ebxml-msg:actor:toPartyMSH\"/>\
             <eb:SyncReply {must} soap:actor=\"http://schemas.xmlsoap.org/soap/actor/next\"/>\
             </soap:Header><soap:Body><eb:Manifest eb:version=\"2.0\"><eb:Reference \
             xlink:href=\"cid:{id}@spine.nhs.uk\"/></eb:Manifest></soap:Body></soap:Envelope>\
             \r\n--b\r\nContent-Id: <{id}@spine.nhs.uk>\r\nContent-Type: application/xml\r\n\r\n\
             {payload}\r\n--b--\r\n"
        );
        let mut headers = Headers::default();
        assert!(headers.add("Content-Type", "multipart/related; boundary=\"b\""));
        Request {
            method: "POST".to_owned(),
            path: crate::INBOUND_PATH.to_owned(),
            query: String::new(),
            headers,
            body: body.into(),
            peer: world.peer(),
        }
    }
}

/// A world in which a record was seen in an emergency, and the id of one of the two alerts.
async fn alerted() -> (World, String) {
    let world = World::new();
    check(&Query::emergency().bytes(&world.env), &world).await;
    let alerts = records(&world, Direction::Out).await;
    assert_eq!(alerts.len(), 2);
    for alert in &alerts {
        assert_eq!(alert.outcome, "waiting");
        assert_eq!(alert.interaction, "COMT_IN000001UK01");
    }
    let id = alerts[0].message.as_str().to_owned();
    (world, id)
}

/// What the records of the two alerts say: of this one, and of the other.
async fn outcomes(world: &World, alert: &str) -> (String, String) {
    let alerts = records(world, Direction::Out).await;
    let (this, other): (Vec<_>, Vec<_>) = alerts
        .into_iter()
        .partition(|record| record.message.as_str() == alert);
    (this[0].outcome.clone(), other[0].outcome.clone())
}

pub(super) async fn records(world: &World, direction: Direction) -> Vec<MessageRecord> {
    let filter = MessageFilter {
        owner: Some(crate::LANE.to_owned()),
        direction: Some(direction),
        limit: 10,
        ..MessageFilter::default()
    };
    world.store.messages(filter).await.expect("records")
}

pub(super) fn inbound(world: &World) -> mhs::Inbound {
    let config = InboundConfig {
        lane: "not looked at".to_owned(),
        party_key: id("RAL-0000001"),
        agreements: None,
        peers: vec![CertificateMatch::CommonName("ward.example".to_owned())],
    };
    crate::inbound(config, world.store.clone(), world.env.clone())
}

#[tokio::test]
async fn the_alert_service_s_answer_stands_on_the_alert_and_a_refusal_is_warned_of() {
    for (content, outcome, warned) in [
        ("AA", "AA", false),
        ("AE", "AE 410", true),
        ("AR", "AR", true),
    ] {
        let (world, alert) = alerted().await;
        testkit::logged::listen();
        let answer = Answer {
            content,
            ..Answer::to(&alert)
        };
        let response = inbound(&world).handle(answer.request(&world)).await;
        assert_eq!(response.status, 200);
        let expected = (outcome.to_owned(), "waiting".to_owned());
        assert_eq!(outcomes(&world, &alert).await, expected);
        let answers = records(&world, Direction::In).await;
        assert_eq!((answers.len(), answers[0].outcome.as_str()), (1, outcome));
        let last = world.audit().await.pop().expect("an event").event;
        assert_eq!(
            (last.role.as_str(), last.outcome.as_str()),
            ("mhs", outcome)
        );
        assert_eq!(last.related, [id(&alert)]);
        let decision = last.decision.expect("a decision");
        assert_eq!(decision.contains("refuses the alert"), warned, "{decision}");
        let logged = testkit::logged::logged();
        assert_eq!(logged.contains("WARN"), warned, "{logged}");
        assert!(logged.contains(&alert) || !warned, "{logged}");
        assert!(!logged.contains("9990000018"), "{logged}");
    }
}

#[tokio::test]
async fn only_answers_to_alerts_are_taken() {
    let (world, alert) = alerted().await;
    for (what, answer, said) in [
        (
            "of another service",
            Answer {
                service: "urn:nhs:names:services:psis",
                ..Answer::to(&alert)
            },
            "only the answers of the alert service and of CP-IS are taken here",
        ),
        (
            "no acknowledgement",
            Answer {
                action: "QUQI_IN010000UK14",
                ..Answer::to(&alert)
            },
            "only the answers of the alert service and of CP-IS are taken here",
        ),
        (
            "of another alert inside",
            Answer {
                refers_to: "B7A10000-7F8E-4B0C-9A8B-3C6D7E8F9A0B",
                ..Answer::to(&alert)
            },
            "the acknowledgement is of another message than its envelope",
        ),
        (
            "of what never went",
            Answer::to("B7A10000-7F8E-4B0C-9A8B-3C6D7E8F9A0B"),
            "Unknown message reference",
        ),
    ] {
        let response = inbound(&world).handle(answer.request(&world)).await;
        let text = String::from_utf8_lossy(&response.body);
        assert!(text.contains(said), "{what}: {text}");
        assert!(records(&world, Direction::In).await.is_empty(), "{what}");
        assert_eq!(outcomes(&world, &alert).await.0, "waiting", "{what}");
    }
}
