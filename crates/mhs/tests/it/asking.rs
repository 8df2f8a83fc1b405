//! The client's questions, and what it believes.

use domain::consent::ConsentSetting;
use domain::{Consent, DocumentId, NhsNumber};
use hl7v3::acs::{NewSetting, PermissionsAnswer, SetAccepted, SetPermissions};
use hl7v3::psis::event::{EventAnswer, EventListAnswer, EventListQuery, EventQuery};
use hl7v3::psis::{
    DissentOverride, DocumentAnswer, DocumentListQuery, DocumentQuery, ListAnswer, ListFilter,
    NothingFound, Selector,
};
use hl7v3::wrapper::AcknowledgementKind;
use hl7v3::{AnswerParts, Interaction, SoapFault, SpineRequest, acs, psis};
use mhs::{AtFault, SpineError};
use transport::{UpstreamError, UpstreamRequest};

use crate::desk::{DOCUMENT, Desk, answer, author, pointer, reply, summary};
use crate::support::patient;

const DISSENT: Consent = Consent {
    view: ConsentSetting::No,
    store: ConsentSetting::No,
};

fn document_id(text: &str) -> DocumentId {
    DocumentId::parse(text).expect("a document id")
}

fn other_patient() -> NhsNumber {
    NhsNumber::parse("9990000026").expect("an NHS number")
}

fn event_query() -> EventQuery {
    EventQuery {
        patient: patient(),
        dissent_override: DissentOverride::none(),
        event: document_id(DOCUMENT),
    }
}

fn document_query() -> DocumentQuery {
    DocumentQuery {
        patient: patient(),
        dissent_override: DissentOverride::none(),
        selector: Selector::Document(document_id(DOCUMENT)),
    }
}

fn list_query() -> DocumentListQuery {
    DocumentListQuery {
        patient: patient(),
        dissent_override: DissentOverride::none(),
        filter: ListFilter::default(),
    }
}

fn event_list_query() -> EventListQuery {
    EventListQuery {
        patient: patient(),
        dissent_override: DissentOverride::none(),
    }
}

#[tokio::test]
async fn events_are_listed_with_the_consent_where_it_is_asked_for() {
    for (with_consent, consent, interaction) in [
        (false, None, Interaction::EventListQuery),
        (true, Some(DISSENT), Interaction::EventListQuerySm),
    ] {
        let desk = Desk::that(move |request| {
            answer(request, |read, parts| {
                assert_eq!(read.interaction, interaction);
                assert_eq!(read.author.as_ref(), Some(&author()));
                let query = psis::event::read_event_list_query(read).expect("a query");
                EventListAnswer {
                    patient: &query.patient,
                    entries: &[pointer()],
                    consent: DISSENT,
                }
                .write(parts)
            })
        });
        let list = desk
            .client()
            .event_list(Some(&author()), &event_list_query(), with_consent)
            .await
            .expect("an answer")
            .expect("a list");
        assert_eq!((list.patient, list.consent), (Some(patient()), consent));
        assert_eq!(list.events[0].id, document_id(DOCUMENT));
        assert!(desk.asked()[0].safe);
    }
}

/// Writes the document under this id and patient as the answer to whatever asks for one.
fn with_document(of: NhsNumber, id: &str, parts: &AnswerParts<'_>) -> Vec<u8> {
    let mut pointer = pointer();
    pointer.filed_under = of;
    pointer.header.id = document_id(id);
    let bytes = summary(of.as_str(), id);
    match parts.reply_to.interaction {
        Interaction::EventQuery => EventAnswer {
            pointer: &pointer,
            bytes: &bytes,
        }
        .write(parts),
        _ => DocumentAnswer {
            pointer: &pointer,
            bytes: &bytes,
        }
        .write(parts),
    }
}

#[tokio::test]
async fn a_document_comes_byte_for_byte_either_way() {
    let desk = Desk::that(|request| {
        answer(request, |_, parts| {
            with_document(patient(), DOCUMENT, parts)
        })
    });
    let stored = summary(patient().as_str(), DOCUMENT);
    let event = desk.client().event(Some(&author()), &event_query()).await;
    let event = event.expect("an answer").expect("an event");
    assert_eq!(event.document.bytes, stored.bytes);
    assert_eq!(event.listed.id, document_id(DOCUMENT));
    let document = desk.client().document(None, &document_query()).await;
    let document = document.expect("an answer").expect("a document");
    assert_eq!(document.document.bytes, stored.bytes);
    let by_set = DocumentQuery {
        selector: Selector::Set(document_id("5E700000-0000-4000-8000-000000000001")),
        ..document_query()
    };
    let document = desk.client().document(None, &by_set).await;
    assert!(document.expect("an answer").is_some());
}

#[tokio::test]
async fn what_is_not_the_document_asked_for_is_not_believed() {
    const OTHER: &str = "D0C00000-0000-4000-8000-000000000002";
    let unusable = |why: &str| SpineError::Unusable(why.to_owned());
    for (of, id, expected) in [
        (other_patient(), DOCUMENT, "it is about another patient"),
        (patient(), OTHER, "the document is not the one asked for"),
    ] {
        let desk =
            Desk::that(move |request| answer(request, |_, parts| with_document(of, id, parts)));
        let event = desk.client().event(None, &event_query()).await;
        assert_eq!(event, Err(unusable(expected)));
        let document = desk.client().document(None, &document_query()).await;
        assert_eq!(document, Err(unusable(expected)));
    }
    // The answer says one thing and the document another.
    let desk = Desk::that(|request| {
        let mut good = answer(request, |_, parts| {
            with_document(patient(), DOCUMENT, parts)
        })?;
        let text = String::from_utf8(good.body.to_vec()).expect("text");
        let at = text.find("<GPSummary").expect("a document");
        let (around, inside) = text.split_at(at);
        good.body = format!("{around}{}", inside.replacen("9990000018", "9990000026", 1)).into();
        Ok(good)
    });
    let event = desk.client().event(None, &event_query()).await;
    assert_eq!(event, Err(unusable("it is about another patient")));
}

#[tokio::test]
async fn documents_are_listed_and_none_is_none() {
    let desk = Desk::that(|request| {
        answer(request, |_, parts| {
            ListAnswer {
                patient: &patient(),
                entries: &[pointer()],
            }
            .write(parts)
        })
    });
    let list = desk.client().document_list(None, &list_query()).await;
    let list = list.expect("an answer").expect("a list");
    assert_eq!(list.documents[0].id, document_id(DOCUMENT));
    let nothing: [fn(&SpineRequest<'_, '_>, &AnswerParts<'_>) -> Vec<u8>; 2] = [
        |_, parts| NothingFound.write(parts),
        |_, parts| {
            let issues = [
                domain::code::psis::success_with_warning(),
                domain::code::psis::case_not_found(&patient()),
            ];
            hl7v3::issue::write_refusal(parts, &issues, AcknowledgementKind::Error)
        },
    ];
    for write in nothing {
        let desk = Desk::that(move |request| answer(request, write));
        assert_eq!(
            desk.client().document_list(None, &list_query()).await,
            Ok(None)
        );
    }
}

#[tokio::test]
async fn consent_is_asked_for_and_set() {
    let desk = Desk::that(|request| {
        answer(request, |read, parts| match read.interaction {
            Interaction::SetPermissions => {
                let set = acs::read_set(read).expect("a setting");
                assert_eq!((set.patient, set.setting), (patient(), NewSetting::No));
                SetAccepted.write(parts)
            }
            _ => PermissionsAnswer {
                query: &acs::read_query(read).expect("a query"),
                consent: DISSENT,
            }
            .write(parts),
        })
    });
    let client = desk.client();
    assert_eq!(client.permissions(None, patient()).await, Ok(DISSENT));
    let set = SetPermissions {
        patient: patient(),
        setting: NewSetting::No,
    };
    assert_eq!(client.set_permissions(&author(), &set).await, Ok(()));
    let asked = desk.asked();
    assert_eq!((asked[0].safe, asked[1].safe), (true, false));
    let other = client.permissions(None, other_patient()).await;
    assert_eq!(other, Ok(DISSENT), "the answer is about whom it was asked");
}

type Says = fn(&UpstreamRequest) -> Result<transport::UpstreamResponse, UpstreamError>;

#[tokio::test]
async fn what_is_no_answer_says_whose_fault_it_is() {
    let refused: Says = |request| {
        answer(request, |_, parts| {
            let issues = [domain::code::psis::invalid_request()];
            hl7v3::issue::write_refusal(parts, &issues, AcknowledgementKind::Error)
        })
    };
    let foreign: Says = |request| {
        let good = answer(request, |_, parts| {
            with_document(patient(), DOCUMENT, parts)
        })?;
        let text = String::from_utf8(good.body.to_vec()).expect("text");
        let at = text.find("uuid:").expect("an id");
        let body = text.replacen("RelatesTo>uuid:", "RelatesTo>uuid:0", 1);
        assert!(at > 0 && body != text);
        reply(200, "text/xml", &[], body.into_bytes())
    };
    let fault: Says = |_| reply(500, "text/xml", &[], SoapFault::not_supported().write());
    let passing: Says = |_| reply(500, "text/xml", &[], SoapFault::processing("no").write());
    let page: Says = |_| reply(502, "text/html", &[], b"<html>Bad Gateway</html>".to_vec());
    let garbage: Says = |_| reply(200, "text/xml", &[], b"{}".to_vec());
    let nobody: Says = |_| Err(UpstreamError::Connect("nothing listens".to_owned()));
    for (says, at_fault, text) in [
        (
            refused,
            AtFault::Caller,
            "the Spine refuses: QUQI_IN010000UK14 400",
        ),
        (
            foreign,
            AtFault::Spine,
            "the answer of the Spine cannot be used: the answer belongs to another message",
        ),
        (
            fault,
            AtFault::Caller,
            "the Spine does not take the message: SOAP:Client 101",
        ),
        (
            passing,
            AtFault::Spine,
            "the Spine does not take the message: SOAP:Server 200",
        ),
        (
            page,
            AtFault::Spine,
            "the answer of the Spine cannot be used: HTTP status 502 without a message",
        ),
        (
            nobody,
            AtFault::Network,
            "no answer of the Spine: no connection: nothing listens",
        ),
    ] {
        let desk = Desk::that(says);
        let error = desk.client().event(None, &event_query()).await;
        let error = error.expect_err(text);
        assert_eq!(
            (error.at_fault(), error.to_string().as_str()),
            (at_fault, text)
        );
    }
    let error = Desk::that(garbage)
        .client()
        .event(None, &event_query())
        .await;
    assert!(matches!(error, Err(SpineError::Unusable(_))), "{error:?}");
}
