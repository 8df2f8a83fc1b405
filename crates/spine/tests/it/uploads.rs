//! Uploads, withdrawals, consents and relationships that come reliably, and what they are answered.

use std::sync::atomic::Ordering;

use domain::consent::ConsentSetting;
use domain::{Consent, DocumentId, MessageId};
use hl7v3::Interaction;
use hl7v3::acs::NewSetting;
use jiff::SignedDuration;
use spine::ScenarioPack;
use store::{Commit, ConsentChange, Direction, Store};

use crate::gp_system::{consent, message_id, psis, summary, withdrawal};
use crate::reliable::support::{CLIENT, FIRST, Post, SPINE, Setup, World, line, post};
use crate::requests::{self, CLIENT_ASID, asid, patient};
use crate::stubborn_store::DAMAGE;
use crate::summaries::document_id;

/// Sends it; it is acknowledged, and the newest answer says this.
async fn answered(world: &World, post: &Post, expected: &str) {
    // So that answers are in the order of messages.
    world.env.advance(SignedDuration::from_secs(1));
    let before = world.answers().await.len();
    let response = world.send(post).await;
    let said = line(&response);
    assert!(said.starts_with("202 acknowledgment of "), "{said}");
    let mut answers = world.answers().await;
    assert_eq!(answers.len(), before + 1, "one answer to each message");
    let answer = answers.pop().expect("an answer");
    assert_eq!(answer.line(), expected);
    let events = world.events().await;
    let event = events.last().expect("an event");
    let codes = expected.split_once(' ').expect("codes").1;
    assert_eq!(event.outcome, codes);
    assert!(event.related.contains(&answer.outgoing.message));
    assert!(!event.disclosed);
}

const ACCEPTED: &str = "MCCI_IN010000UK13 AA";

#[tokio::test]
async fn an_upload_is_kept_as_it_came_and_answered_to_its_sender() {
    let world = World::new();
    // Lower case, as some write ids.
    let lower = message_id(1).to_ascii_lowercase();
    let uploaded = summary(1, None);
    let post = psis(Interaction::Summary, &lower, &uploaded.hl7(&message_id(1)));
    answered(&world, &post, ACCEPTED).await;

    let document = DocumentId::parse(&document_id(1)).expect("an id");
    let record = world
        .store
        .inner
        .patient_record(patient(), Some(document.clone()))
        .await;
    let record = record.expect("a record");
    let bytes = record.document.expect("the document").bytes;
    assert_eq!(String::from_utf8(bytes).expect("text"), uploaded.text());
    assert_eq!(record.documents[0].stored_at, world.env.now());
    assert_eq!(world.versions().await, ["1 Normal"]);

    let answers = world.answers().await;
    let outgoing = &answers[0].outgoing;
    assert_eq!(
        outgoing.ref_to.as_deref(),
        Some(lower.as_str()),
        "as written"
    );
    assert_eq!(
        outgoing.to_party.as_ref().expect("a party").as_str(),
        CLIENT
    );
    assert_eq!(outgoing.conversation.as_str(), "C1");
    assert_eq!(outgoing.service, "urn:nhs:names:services:psis");
    assert_eq!(outgoing.pattern, mhs::Pattern::Reliable);
    assert_eq!(answers[0].entry.patient, Some(patient()));

    let came = world.messages(Direction::In).await;
    let [came] = came.as_slice() else {
        panic!("{} messages", came.len());
    };
    assert_eq!(came.message.as_str(), message_id(1));
    assert_eq!((came.from.as_str(), came.to.as_str()), (CLIENT, SPINE));
    assert_eq!(came.interaction, "REPC_IN150016UK05");
    assert_eq!(came.outcome, "AA");
    assert_eq!(came.document.as_ref(), Some(&document));
    assert!(came.body.is_none(), "the document is kept once");
    let went = world.messages(Direction::Out).await;
    let [went] = went.as_slice() else {
        panic!("{} messages", went.len());
    };
    assert_eq!(went.message, outgoing.message);
    assert_eq!(went.ref_to.as_ref(), Some(&came.message));
    assert_eq!((went.from.as_str(), went.to.as_str()), (SPINE, CLIENT));
    assert_eq!(went.outcome, "waiting");
    assert_eq!(went.body.as_deref(), Some(outgoing.payload.as_bytes()));

    let event = world.events().await.pop().expect("an event");
    assert_eq!(event.operation, "REPC_IN150016UK05");
    assert_eq!(event.patient, Some(patient()));
    assert_eq!(event.document, Some(document));
    assert_eq!(event.user, Some(requests::author().user));
    assert_eq!(event.asid, Some(asid(CLIENT_ASID)));
}

#[tokio::test]
async fn a_repetition_of_an_upload_does_nothing() {
    let world = World::new();
    let upload = summary(1, None).post(1);
    let first = world.send(&upload).await;
    world.env.advance(SignedDuration::from_hours(3));
    assert_eq!(world.send(&upload).await, first, "byte for byte");
    assert_eq!(world.answers().await.len(), 1);
    assert_eq!(world.messages(Direction::In).await.len(), 1);
    assert_eq!(world.versions().await, ["1 Normal"]);
    let event = world.events().await.pop().expect("an event");
    assert_eq!((event.outcome.as_str(), event.document), ("repeated", None));
    // Another message under the same id is neither.
    let other = psis(
        Interaction::Summary,
        &message_id(1),
        &summary(2, None).hl7(&message_id(1)),
    );
    let expected = "200 error Inconsistent: the message id was used before, for another message";
    assert_eq!(line(&world.send(&other).await), expected);
    assert_eq!(world.versions().await, ["1 Normal"]);
}

#[tokio::test]
async fn what_is_refused_is_acknowledged_and_leaves_nothing() {
    let missing = |part: &'static str| {
        move |hl7: String| {
            assert!(hl7.contains(part), "{part}");
            hl7.replacen(part, "", 1)
        }
    };
    type Spoil = Box<dyn Fn(String) -> String>;
    let cases: Vec<(Spoil, &str)> = vec![
        (
            Box::new(missing(
                "<id root=\"D0C00000-0000-4000-8000-000000000001\"/>",
            )),
            "AE 400 400",
        ),
        (
            Box::new(missing("<statusCode code=\"active\"/>")),
            "AE 400 400",
        ),
        (
            Box::new(|hl7| hl7.replace("9990000018", "9990000019")),
            "AE 400 35160",
        ),
        (
            Box::new(|hl7| hl7.replace("196981000000101", "196991000000104")),
            "AE 410 30340",
        ),
        (
            Box::new(|hl7| hl7.replace("GPSummary", "GPSummaries")),
            "AE 400 400",
        ),
        (
            Box::new(|hl7| hl7.replace("extension=\"S0080:G0450:R5080\"", "extension=\"\"")),
            "AE 400 400",
        ),
    ];
    for (number, (spoil, expected)) in cases.into_iter().enumerate() {
        let world = World::new();
        let id = message_id(7);
        let hl7 = spoil(summary(1, None).hl7(&id));
        let post = psis(Interaction::Summary, &id, &hl7);
        answered(&world, &post, &format!("MCCI_IN010000UK13 {expected}")).await;
        assert!(world.versions().await.is_empty(), "case {number}");
        let came = world.messages(Direction::In).await;
        assert_eq!(came[0].outcome, expected);
        assert_eq!(
            came[0].body.as_deref(),
            Some(hl7.as_bytes()),
            "case {number}"
        );
        // The same message again is the same message.
        world.send(&post).await;
        assert_eq!(world.answers().await.len(), 1);
    }
}

#[tokio::test]
async fn a_patient_who_does_not_consent_gets_no_record() {
    let world = World::new();
    answered(&world, &consent(1, NewSetting::No), ACCEPTED).await;
    answered(
        &world,
        &summary(1, None).post(2),
        "MCCI_IN010000UK13 AE 420",
    )
    .await;
    let payload = &world.answers().await[1].outgoing.payload;
    let text =
        "30402 - PQR-02 - No explicit Service User Consent exists for Sharing of this record ";
    assert!(payload.contains(text), "{payload}");
    answered(&world, &consent(3, NewSetting::Clear), ACCEPTED).await;
    answered(&world, &summary(1, None).post(4), ACCEPTED).await;
    assert_eq!(world.versions().await, ["1 Normal"]);
    let history = world.store.inner.consent_history(patient()).await;
    assert_eq!(history.expect("consents").len(), 2);
}

/// Consent withdrawn between decision and commit: what was decided before does not count.
#[tokio::test]
async fn consent_that_changes_meanwhile_counts() {
    let world = World::new();
    let change = Commit {
        consents: vec![ConsentChange {
            patient: patient(),
            consent: Consent::both(ConsentSetting::No),
            at: world.env.now(),
            message: MessageId::parse("consent").expect("an id"),
            author: None,
        }],
        ..Commit::default()
    };
    *world.store.slips_in.lock().expect("no panic") = Some(change);
    answered(
        &world,
        &summary(1, None).post(1),
        "MCCI_IN010000UK13 AE 420",
    )
    .await;
    assert!(world.versions().await.is_empty());
}

#[tokio::test]
async fn the_id_of_an_hl7_message_counts_once_whatever_is_around_it() {
    // Each message: its own id, and that of the HL7 message in it.
    for [first, second] in [
        [(1, 1), (2, 1)],
        [(1, 2), (2, 2)],
        [(1, 2), (3, 2)],
        [(1, 2), (3, 1)],
    ] {
        let world = World::new();
        for (number, (outer, inner), expected) in [
            (1, first, ACCEPTED),
            (2, second, "MCCI_IN010000UK13 AE 401"),
        ] {
            let hl7 = summary(number, None).hl7(&message_id(inner));
            let post = psis(Interaction::Summary, &message_id(outer), &hl7);
            answered(&world, &post, expected).await;
            let again = world.answers().await.len();
            world.send(&post).await;
            assert_eq!(world.answers().await.len(), again, "{first:?} {second:?}");
        }
        assert_eq!(world.versions().await, ["1 Normal"]);
    }
}

#[tokio::test]
async fn consent_that_comes_reliably_is_as_that_which_comes_otherwise() {
    let world = World::new();
    answered(&world, &consent(1, NewSetting::No), ACCEPTED).await;
    let record = world
        .store
        .inner
        .patient_record(patient(), None)
        .await
        .expect("a record");
    assert_eq!(
        record.consent.expect("consent").consent,
        Consent::both(ConsentSetting::No)
    );
    let came = world.messages(Direction::In).await;
    assert_eq!(came[0].interaction, "SET_RESOURCE_PERMISSIONS_INUK01");
    assert_eq!(
        world.answers().await[0].outgoing.service,
        "urn:nhs:names:services:lrs"
    );
    // The same HL7 message in another envelope is accepted again and does nothing; another under
    // its id is refused.
    let again = consent(1, NewSetting::No).with(
        &format!("<eb:MessageId>{}", message_id(1)),
        &format!("<eb:MessageId>{}", message_id(2)),
    );
    answered(&world, &again, ACCEPTED).await;
    let other = consent(1, NewSetting::Yes).with(
        &format!("<eb:MessageId>{}", message_id(1)),
        &format!("<eb:MessageId>{}", message_id(3)),
    );
    answered(&world, &other, "MCCI_IN010000UK13 AE 401").await;
    let history = world.store.inner.consent_history(patient()).await;
    assert_eq!(history.expect("consents").len(), 1);
}

#[tokio::test]
async fn scenarios_refuse_uploads_of_their_patients() {
    for ((_, number), code) in ScenarioPack::UPLOADS.iter().zip(["420", "410"]) {
        let patient = domain::NhsNumber::parse(number).expect("a number");
        let of_patient = crate::gp_system::Summary {
            patient,
            ..summary(1, None)
        };
        for (scenarios, expected) in [
            (
                Some(ScenarioPack::published()),
                format!("MCCI_IN010000UK13 AE {code}"),
            ),
            (None, ACCEPTED.to_owned()),
        ] {
            let world = World::with(Setup {
                scenarios,
                ..Setup::default()
            });
            answered(&world, &of_patient.post(1), &expected).await;
        }
    }
}

#[tokio::test]
async fn a_message_whose_time_is_over_is_refused() {
    let world = World::new();
    let with_end = |end: &str| {
        let end = format!("</eb:Timestamp><eb:TimeToLive>{end}</eb:TimeToLive>");
        summary(1, None).post(1).with("</eb:Timestamp>", &end)
    };
    let response = world.send(&with_end("2026-11-21T09:29:59Z")).await;
    let expected = "200 error TimeToLiveExpired: the time to live of the message is over";
    assert_eq!(line(&response), expected);
    let response = world.send(&with_end("soon")).await;
    assert!(line(&response).starts_with("500 fault 201: "));
    assert!(world.versions().await.is_empty());
    let in_time = with_end("2026-11-21T09:30:01Z");
    answered(&world, &in_time, ACCEPTED).await;
    // What came in time is acknowledged however late it is repeated, as far as it is the same.
    world.env.advance(SignedDuration::from_hours(1));
    let again = line(&world.send(&in_time).await);
    assert_eq!(again, format!("202 acknowledgment of {}", message_id(1)));
    let other = in_time.with("Ada", "Eve");
    assert!(line(&world.send(&other).await).starts_with("200 error Inconsistent: "));
    assert_eq!(world.answers().await.len(), 1);
}

#[tokio::test]
async fn the_sender_is_who_is_connected_and_the_receiver_this_spine() {
    let world = World::new();
    let good = summary(1, None).post(1);
    for (post, expected) in [
        (
            Post {
                from: "other.example",
                ..good.clone()
            },
            "200 error SecurityFailure: the sending ASID is not registered",
        ),
        (
            Post {
                from: "lister.example",
                ..good.clone()
            },
            "200 error SecurityFailure: the system is not registered for this interaction",
        ),
        (
            good.with(requests::SPINE_ASID, "200000000009"),
            "200 error ValueNotRecognized: the receiving ASID is not that of this Spine",
        ),
    ] {
        let response = line(&world.send(&post).await);
        assert!(response.starts_with(expected), "{response}");
        assert!(world.versions().await.is_empty() && world.answers().await.is_empty());
    }
}

#[tokio::test]
async fn nothing_is_acknowledged_when_the_store_fails() {
    let world = World::new();
    let fault = "500 fault 200: System failure to process message - default (Not Supported)";
    let upload = summary(1, None).post(1);
    world.store.refuses_commits.store(true, Ordering::Relaxed);
    assert_eq!(line(&world.send(&upload).await), fault);
    world.store.refuses_commits.store(false, Ordering::Relaxed);
    world.store.refuses_reads.store(true, Ordering::Relaxed);
    let response = world.send(&upload).await;
    assert_eq!(line(&response), fault);
    assert!(!String::from_utf8_lossy(&response.body).contains(DAMAGE));
    world.store.refuses_reads.store(false, Ordering::Relaxed);
    world.store.always_overtaken.store(true, Ordering::Relaxed);
    let busy = "500 fault 200: too many messages about one patient at a time: send it again";
    assert!(line(&world.send(&upload).await).starts_with(busy));
    world.store.always_overtaken.store(false, Ordering::Relaxed);
    assert!(world.answers().await.is_empty() && world.versions().await.is_empty());
    answered(&world, &upload, ACCEPTED).await;
}

#[tokio::test]
async fn withdrawals_are_answered() {
    let world = World::new();
    answered(&world, &summary(1, None).post(1), ACCEPTED).await;
    answered(&world, &withdrawal(2, 101, 1), ACCEPTED).await;
    assert_eq!(world.versions().await, ["1 Withdrawn by 101"]);
    let came = world.messages(Direction::In).await;
    assert_eq!(came[1].interaction, "REPC_IN150018UK02");
    assert!(came[1].body.is_some() && came[1].document.is_none());
    for (post, code) in [
        (withdrawal(3, 101, 1), "30134"),
        (withdrawal(4, 102, 1), "30112"),
        (withdrawal(5, 103, 9), "30308"),
    ] {
        answered(&world, &post, &format!("MCCI_IN010000UK13 AE 410 {code}")).await;
    }
    assert_eq!(world.versions().await, ["1 Withdrawn by 101"]);
}

#[tokio::test]
async fn a_relationship_is_created() {
    let world = World::new();
    let id = message_id(1);
    let create = "<subject typeCode=\"SUBJ\"><CreateRequest>\
        <reasonCode code=\"08\" codeSystem=\"2.16.840.1.113883.2.1.3.2.4.16.11\"/>\
        <effectiveTime value=\"20240601090000\"/>\
        <subject><AgentPersonSDS><id root=\"1.2.826.0.1285.0.2.0.67\" extension=\"100180580981\"/>\
        <agentPersonSDS><id root=\"1.2.826.0.1285.0.2.0.65\" extension=\"100180579988\"/>\
        </agentPersonSDS></AgentPersonSDS></subject>\
        <recordTarget><patient><id root=\"2.16.840.1.113883.2.1.4.1\" extension=\"9990000018\"/>\
        </patient></recordTarget>\
        <author><AgentPerson><id root=\"1.2.826.0.1285.0.2.0.67\" extension=\"300180580981\"/>\
        <agentPersonSDS><id root=\"1.2.826.0.1285.0.2.0.65\" extension=\"300180579988\"/>\
        </agentPersonSDS></AgentPerson></author>\
        <pertinentInformation><pertinentLRReason><text>asked</text>\
        <reasonCode code=\"18\" codeSystem=\"2.16.840.1.113883.2.1.3.2.4.17.7\"/>\
        </pertinentLRReason></pertinentInformation>\
        <reason><justifyingAlertRequest><code code=\"True\" \
        codeSystem=\"2.16.840.1.113883.2.1.3.2.4.17.8\"/></justifyingAlertRequest></reason>\
        </CreateRequest></subject>";
    // An upload's wrapper around another content.
    let upload = summary(1, None).hl7(&id);
    let start = upload.find("<subject").expect("a subject");
    let end = upload.find("</subject>").expect("its end") + "</subject>".len();
    let hl7 = format!("{}{create}{}", &upload[..start], &upload[end..])
        .replace("REPC_IN150016UK05", "REPC_IN010000UK15");
    let post = psis(Interaction::CreateRelationship, &id, &hl7);
    answered(&world, &post, "REPC_IN020000UK13 AA").await;
    let found = world
        .store
        .inner
        .legitimate_relationships(patient())
        .await
        .expect("them");
    let [found] = found.as_slice() else {
        panic!("{} relationships", found.len());
    };
    assert_eq!(found.kind, "08");
    let answers = world.answers().await;
    assert!(
        answers[0].outgoing.payload.contains(found.id.as_str()),
        "the answer tells its id"
    );
    world.send(&post).await;
    let found = world.store.inner.legitimate_relationships(patient()).await;
    assert_eq!(found.expect("them").len(), 1);
}

#[tokio::test]
async fn an_alert_known_already_is_accepted_again() {
    let world = World::new();
    answered(&world, &post(FIRST, 1), ACCEPTED).await;
    let again = post("7DD171D4-53B2-4986-90CF-428BE6D157F5", 1);
    answered(&world, &again, ACCEPTED).await;
    assert_eq!(world.alerts().await.len(), 1);
}
