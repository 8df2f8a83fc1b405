//! What a client makes of the answers to event queries.

use domain::DocumentId;
use domain::record::{DocumentAuthor, DocumentState};
use xml::{Document, Element};

use super::{EventList, ListedEvent, RetrievedEvent};
use crate::acs::read_permissions;
use crate::gp_summary::author;
use crate::lenient::{attribute, child, children, path};
use crate::psis::QueryAnswer;
use crate::psis::read::{read_answer, read_patient, time};
use crate::{AnswerError, Interaction};

/// Reads the answer to an event list query, whichever namespace variant it comes in.
pub fn read_event_list_answer(doc: &Document<'_>) -> Result<QueryAnswer<EventList>, AnswerError> {
    let expected = [Interaction::EventListAnswer, Interaction::EventListAnswerSm];
    read_answer(doc, &expected, "queryResponseEventList", |list| {
        let events = children(list, "event")
            .map(read_listed)
            .collect::<Result<_, _>>()?;
        Ok(EventList {
            patient: read_patient(list),
            events,
            consent: child(list, "permissions")
                .map(read_permissions)
                .transpose()?,
        })
    })
}

/// Reads the answer to an event query.
pub fn read_event_answer<'d, 'i>(
    doc: &'d Document<'i>,
) -> Result<QueryAnswer<RetrievedEvent<'d, 'i>>, AnswerError> {
    let expected = [Interaction::EventAnswer];
    read_answer(doc, &expected, "queryResponseEvent", |content| {
        let event =
            child(content, "event").ok_or_else(|| content.error("element event is missing"))?;
        let holder = child(event, "hl7Data")
            .ok_or_else(|| event.error("hl7Data, which holds the document, is missing"))?;
        let mut held = holder.children();
        let (Some(document), None) = (held.next(), held.next()) else {
            return Err(holder
                .error("hl7Data must hold exactly one document")
                .into());
        };
        Ok(RetrievedEvent {
            patient: read_patient(content),
            listed: read_listed(event)?,
            document,
        })
    })
}

fn read_listed(event: Element<'_, '_>) -> Result<ListedEvent, AnswerError> {
    let value = |name: &str, of: &str| attribute(event, &[name], of);
    let id = value("eventID", "root")
        .and_then(|root| DocumentId::parse(root.trim()).ok())
        .ok_or_else(|| event.error("eventID/@root must be the event's UUID"))?;
    Ok(ListedEvent {
        id,
        withdrawn_by: value("withdrawingEventID", "root")
            .and_then(|root| DocumentId::parse(root.trim()).ok()),
        message_type: value("payloadID", "extension").map(str::to_owned),
        stored: time(value("persistenceDate", "value")),
        state: value("eventStatus", "code").and_then(DocumentState::from_code),
        kind_code: value("eventType", "code").unwrap_or_default().to_owned(),
        kind_name: value("eventType", "displayName").map(str::to_owned),
        author: path(event, &["author", "author"])
            .map(read_author)
            .unwrap_or_default(),
    })
}

/// An author whose parts make no sense is kept as an element all the same.
fn read_author(element: Element<'_, '_>) -> DocumentAuthor {
    DocumentAuthor {
        element: author::cut_out(element),
        ..author::read_element(element).unwrap_or_default()
    }
}
