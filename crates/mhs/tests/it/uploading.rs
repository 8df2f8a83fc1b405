//! The client's uploads, both ways.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::MessageId;
use ebxml::{Acknowledgment, ErrorCode, MessageError, MessageHeader, Pattern};
use hl7v3::issue::Acknowledged;
use hl7v3::wrapper::AcknowledgementKind;
use hl7v3::{AnswerParts, Interaction, SoapFault};
use mhs::{AtFault, SpineError};
use transport::{Method, UpstreamError, UpstreamRequest, UpstreamResponse};
use xml::Document;

use crate::desk::{DOCUMENT, Desk, author, identity, message_id, reply, summary};
use crate::support::{patient, read};

type Reply = Result<UpstreamResponse, UpstreamError>;

/// An upload, read with every check of the Spine; its header, and its own id.
fn taken(request: &UpstreamRequest, interaction: Interaction) -> MessageHeader {
    let message = read(request);
    assert_eq!(message.check(Pattern::Reliable), Ok(()));
    assert_eq!(message.header.action, interaction.id());
    assert_eq!(message.header.service, "urn:nhs:names:services:psis");
    assert_eq!(message.header.cpa_id, identity().cpa_id);
    let action = ("SOAPAction", interaction.action());
    assert!(request.headers.contains(&action), "{:?}", request.headers);
    let payload = message.payload_bytes().expect("a payload");
    let document = Document::parse(&payload).expect("well-formed");
    let bare = hl7v3::bare::read(document.root()).expect("a message");
    assert_eq!(bare.transmission.id, message.header.message_id);
    assert_eq!(bare.author, Some(author()));
    let upload = hl7v3::upload::read(&bare).expect("an upload");
    assert_eq!(upload.header.id.as_str(), DOCUMENT);
    assert_eq!(upload.header.patient, patient());
    message.header
}

/// The Spine's answer to a message, in its envelope.
fn answered(to: &MessageHeader, refers_to: &MessageId, kind: AcknowledgementKind) -> Reply {
    let issues = [domain::code::psis::invalid_request()];
    let issues = match kind {
        AcknowledgementKind::Accept => &[][..],
        _ => &issues[..],
    };
    let reply_to = hl7v3::ReplyTo {
        message_id: String::new(),
        from: String::new(),
        interaction: Interaction::Summary,
        hl7_id: refers_to.as_str().to_owned(),
        sender: identity().asid,
        form: hl7v3::soap::AnswerForm::Bare,
    };
    let payload = Acknowledged { ack: kind, issues }.write(&AnswerParts {
        id: "0A4F2FC8-806A-4EE9-A23F-B6900A7756F2",
        now: jiff::Timestamp::UNIX_EPOCH,
        service_url: "",
        asid: &identity().spine_asid,
        reply_to: &reply_to,
    });
    let header = MessageHeader {
        from_party: to.to_party.clone(),
        to_party: to.from_party.clone(),
        action: "MCCI_IN010000UK13".to_owned(),
        message_id: message_id("0A4F2FC8-806A-4EE9-A23F-B6900A7756F2"),
        ref_to: Some(to.message_id.clone()),
        ..to.clone()
    };
    let written = ebxml::write(&ebxml::Outbound {
        header: &header,
        form: ebxml::Form::Spine,
        payload: &payload,
        attachments: &[],
        external: &[],
    });
    let written = written.expect("a message");
    reply(200, &written.content_type, &[], written.body)
}

/// A Spine that answers the first polls with what `early` says, and then with this kind.
fn clinical(kind: AcknowledgementKind, early: fn(usize) -> Option<Reply>) -> Arc<Desk> {
    let polls = AtomicUsize::new(0);
    let mut posted: Option<MessageHeader> = None;
    Desk::that(move |request| {
        let Some(header) = &posted else {
            assert_eq!(
                (request.method, request.path.as_str()),
                (Method::Post, "/clinical")
            );
            let header = taken(request, Interaction::SummarySm);
            let place = format!("/clinical/{}", header.message_id);
            posted = Some(header);
            let headers = [("Content-Location", place.as_str()), ("Retry-After", "2")];
            return reply(202, "text/xml", &headers, Vec::new());
        };
        let place = format!("/clinical/{}", header.message_id);
        assert_eq!((request.method, &request.path), (Method::Get, &place));
        let asid = ("nhsd-asid", identity().asid.as_str().to_owned());
        assert!(request.headers.contains(&asid));
        let poll = polls.fetch_add(1, Ordering::Relaxed);
        match early(poll) {
            Some(reply) => reply,
            None => answered(header, &header.message_id, kind),
        }
    })
}

fn pending(_: usize) -> Reply {
    reply(202, "text/xml", &[("Retry-After", "1")], Vec::new())
}

#[tokio::test]
async fn an_upload_is_posted_and_its_answer_polled_for() {
    let early: fn(usize) -> Option<Reply> = |poll| match poll {
        0 => Some(pending(0)),
        1 => Some(Err(UpstreamError::Timeout { phase: "response" })),
        2 => Some(reply(503, "text/html", &[], b"<html/>".to_vec())),
        3 => Some(reply(
            500,
            "text/xml",
            &[],
            SoapFault::processing("no").write(),
        )),
        4 => Some(reply(
            202,
            "text/xml",
            &[("Retry-After", "soon")],
            Vec::new(),
        )),
        _ => None,
    };
    for (kind, accepted, outcome) in [
        (AcknowledgementKind::Accept, true, "AA"),
        (AcknowledgementKind::Error, false, "AE 400"),
    ] {
        let desk = clinical(kind, early);
        let uploaded = desk
            .client()
            .upload(
                Interaction::SummarySm,
                Some(&author()),
                &summary(patient().as_str(), DOCUMENT),
            )
            .await
            .expect("an answer");
        assert_eq!(uploaded.answered.is_accepted(), accepted);
        assert_eq!(uploaded.answered.outcome(), outcome);
        let asked = desk.asked();
        assert_eq!(asked.len(), 7);
        assert_eq!(read(&asked[0]).header.message_id, uploaded.message);
    }
}

async fn upload(desk: &Arc<Desk>) -> Result<mhs::UploadOutcome, SpineError> {
    let summary = summary(patient().as_str(), DOCUMENT);
    let client = desk.client();
    let author = author();
    let uploaded = client.upload(Interaction::SummarySm, Some(&author), &summary);
    uploaded.await
}

#[tokio::test]
async fn polling_ends() {
    let desk = clinical(AcknowledgementKind::Accept, |poll| Some(pending(poll)));
    let error = upload(&desk).await.expect_err("late");
    let message = read(&desk.asked()[0]).header.message_id.clone();
    assert_eq!(error, SpineError::Late { message });
    assert!(error.outcome_is_unknown());
    assert!(desk.asked().len() > 3);

    let gone = clinical(AcknowledgementKind::Accept, |_| {
        Some(reply(404, "text/plain", &[], b"not found".to_vec()))
    });
    let error = upload(&gone).await.expect_err("gone");
    let text = "HTTP status 404 where the answer was to be";
    assert_eq!(error, SpineError::Unusable(text.to_owned()));
    assert_eq!(gone.asked().len(), 2);
}

#[tokio::test]
async fn an_answer_to_something_else_is_not_believed() {
    for same_envelope in [true, false] {
        let desk = Desk::that(move |request| {
            let mut header = taken(request, Interaction::SummarySm);
            let right = header.message_id.clone();
            let wrong = message_id("B7A10000-7F8E-4B0C-9A8B-3C6D7E8F9A0B");
            match same_envelope {
                true => answered(&header, &wrong, AcknowledgementKind::Accept),
                false => {
                    header.message_id = wrong;
                    answered(&header, &right, AcknowledgementKind::Accept)
                }
            }
        });
        let error = upload(&desk).await;
        let why = "the answer belongs to another message".to_owned();
        assert_eq!(error, Err(SpineError::Unusable(why)));
    }
}

#[tokio::test]
async fn a_post_that_is_not_taken_says_whose_fault_it_is() {
    type Says = fn(&UpstreamRequest) -> Reply;
    let fault: Says = |_| reply(500, "text/xml", &[], SoapFault::not_supported().write());
    let error: Says = |request| {
        let header = taken(request, Interaction::SummarySm);
        let error = MessageError::new(ErrorCode::ValueNotRecognized, "501319:Unknown eb:CPAId");
        let id = message_id("0A4F2FC8-806A-4EE9-A23F-B6900A7756F2");
        reply(
            200,
            "text/xml",
            &[],
            MessageError::write(&[error], &header, id),
        )
    };
    let nowhere: Says = |_| reply(202, "text/xml", &[], Vec::new());
    let elsewhere: Says = |_| {
        let place = [("Content-Location", "https://elsewhere.example/clinical/1")];
        reply(202, "text/xml", &place, Vec::new())
    };
    let page: Says = |_| reply(404, "text/html", &[], b"<html/>".to_vec());
    let unsaid = "the answer of the Spine cannot be used: it does not say where to look for the \
                  answer";
    for (says, at_fault, text) in [
        (
            fault,
            AtFault::Caller,
            "the Spine does not take the message: SOAP:Client 101",
        ),
        (
            error,
            AtFault::Caller,
            "the message handler of the Spine does not take the message: ValueNotRecognized",
        ),
        (nowhere, AtFault::Spine, unsaid),
        (elsewhere, AtFault::Spine, unsaid),
        (
            page,
            AtFault::Spine,
            "the answer of the Spine cannot be used: HTTP status 404",
        ),
    ] {
        let desk = Desk::that(says);
        let error = upload(&desk).await.expect_err(text);
        assert_eq!(
            (error.at_fault(), error.to_string().as_str()),
            (at_fault, text)
        );
        assert_eq!(desk.asked().len(), 1);
    }
}

#[tokio::test]
async fn an_upload_goes_reliably_and_again_as_the_same_message() {
    let summary = summary(patient().as_str(), DOCUMENT);
    let mut times = 0;
    let desk = Desk::that(move |request| {
        assert_eq!(request.path, "/reliablemessaging/reliablerequest");
        let header = taken(request, Interaction::Summary);
        times += 1;
        match times {
            1 => reply(202, "text/xml", &[], Vec::new()),
            _ => {
                let id = message_id("0A4F2FC8-806A-4EE9-A23F-B6900A7756F2");
                let now = jiff::Timestamp::UNIX_EPOCH;
                reply(
                    202,
                    "text/xml",
                    &[],
                    Acknowledgment::write(&header, id, now),
                )
            }
        }
    });
    let client = desk.client();
    let prepared = client
        .prepare_upload(Interaction::Summary, Some(&author()), &summary)
        .expect("a message");
    let error = client.send(&prepared).await.expect_err("no acknowledgment");
    let message = prepared.message().clone();
    let why = "HTTP status 202 without an acknowledgment".to_owned();
    assert_eq!(error, SpineError::NotAcknowledged { message, why });
    assert!(error.outcome_is_unknown());
    assert_eq!(client.send(&prepared).await, Ok(()));
    let asked = desk.asked();
    assert_eq!(asked[0], asked[1], "byte for byte");
    let sent = client
        .upload_reliable(Interaction::Summary, Some(&author()), &summary)
        .await
        .expect("acknowledged");
    assert_eq!(read(&desk.asked()[2]).header.message_id, sent);
    assert_ne!(&sent, prepared.message());

    let payload = prepared.payload().to_vec();
    let outgoing = prepared.outgoing().expect("a message");
    assert_eq!(outgoing.payload.as_bytes(), payload);
    assert_eq!(outgoing.interaction, "REPC_IN150016UK05");
    assert_eq!(outgoing.pattern, mhs::Pattern::Reliable);
}

#[tokio::test]
async fn what_is_too_large_is_not_sent() {
    let mut large = summary(patient().as_str(), DOCUMENT);
    large.bytes.extend(vec![b' '; 5_000_001]);
    let desk = Desk::that(|_| panic!("nothing is to be sent"));
    let client = desk.client();
    let error = client.upload(Interaction::SummarySm, None, &large).await;
    let error = error.expect_err("too large");
    assert!(matches!(error, SpineError::Unwritable(_)), "{error:?}");
    assert_eq!(error.at_fault(), AtFault::Caller);
}
