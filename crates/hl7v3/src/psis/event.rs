//! PSIS queries of the event generation: the list of a patient's events (QUPC_IN180000 and its
//! answer 200000) and one event (190000 and 210000), as the SCR FHIR API asks them.

use domain::record::{DocumentAuthor, DocumentBytes, DocumentPointer, DocumentState};
use domain::{Consent, DocumentId, Hl7Timestamp, NhsNumber};
use xml::{Document, Element};

use super::{DissentOverride, QueryAnswer};
use crate::{AnswerError, AnswerParts, Invalid, RequestParts, SpineRequest};

/// QUPC_IN180000UK04 or QUPC_IN180000SM04: an event list query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventListQuery {
    /// Whose events.
    pub patient: NhsNumber,
    /// Whether dissent is overridden.
    pub dissent_override: DissentOverride,
}

/// QUPC_IN190000UK04: an event query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventQuery {
    /// Whose event.
    pub patient: NhsNumber,
    /// Whether dissent is overridden.
    pub dissent_override: DissentOverride,
    /// The event, which is the document of that id.
    pub event: DocumentId,
}

/// Reads an event list query of either interaction.
pub fn read_event_list_query(request: &SpineRequest<'_, '_>) -> Result<EventListQuery, Invalid> {
    let _ = request;
    todo!()
}

/// Reads an event query.
pub fn read_event_query(request: &SpineRequest<'_, '_>) -> Result<EventQuery, Invalid> {
    let _ = request;
    todo!()
}

/// Writes an event list query; `sm` asks for the consent as well (QUPC_IN180000SM04).
pub fn write_event_list_query(
    parts: &RequestParts<'_>,
    query: &EventListQuery,
    sm: bool,
) -> Vec<u8> {
    let _ = (parts, query, sm);
    todo!()
}

/// Writes an event query.
pub fn write_event_query(parts: &RequestParts<'_>, query: &EventQuery) -> Vec<u8> {
    let _ = (parts, query);
    todo!()
}

/// The list of a patient's events. Which of the two interactions it is, and so whether it tells
/// the consent, goes by the request.
#[derive(Debug, Clone, Copy)]
pub struct EventListAnswer<'a> {
    /// Whose.
    pub patient: &'a NhsNumber,
    /// The documents, newest first by when they were stored; at least one.
    pub entries: &'a [DocumentPointer],
    /// The patient's consent.
    pub consent: Consent,
}

impl EventListAnswer<'_> {
    /// Writes the answer.
    pub fn write(&self, parts: &AnswerParts<'_>) -> Vec<u8> {
        let _ = parts;
        todo!()
    }
}

/// One event: the document as it was stored.
#[derive(Debug, Clone, Copy)]
pub struct EventAnswer<'a> {
    /// What is known of it.
    pub pointer: &'a DocumentPointer,
    /// Its bytes.
    pub bytes: &'a DocumentBytes,
}

impl EventAnswer<'_> {
    /// Writes the answer.
    pub fn write(&self, parts: &AnswerParts<'_>) -> Vec<u8> {
        let _ = parts;
        todo!()
    }
}

/// An event as an answer lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedEvent {
    /// Its id.
    pub id: DocumentId,
    /// The event that withdrew it.
    pub withdrawn_by: Option<DocumentId>,
    /// The HL7 message type of the document.
    pub message_type: Option<String>,
    /// When it was stored.
    pub stored: Option<Hl7Timestamp>,
    /// Its state.
    pub state: Option<DocumentState>,
    /// Its SNOMED CT code.
    pub kind_code: String,
    /// What that code is called.
    pub kind_name: Option<String>,
    /// Its author, element included.
    pub author: DocumentAuthor,
}

/// The content of an event list answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventList {
    /// Whose, when the answer says so readably.
    pub patient: Option<NhsNumber>,
    /// The events, in the answer's order.
    pub events: Vec<ListedEvent>,
    /// The consent, when the answer tells it; what it leaves out is *Ask*.
    pub consent: Option<Consent>,
}

/// The content of an event answer.
#[derive(Debug, Clone)]
pub struct RetrievedEvent<'d, 'i> {
    /// Whose the answer says it is.
    pub patient: Option<NhsNumber>,
    /// What the answer says of it.
    pub listed: ListedEvent,
    /// The document itself: the only child of `psis:hl7Data`.
    pub document: Element<'d, 'i>,
}

/// Reads the answer to an event list query, whichever namespace variant it comes in.
pub fn read_event_list_answer(doc: &Document<'_>) -> Result<QueryAnswer<EventList>, AnswerError> {
    let _ = doc;
    todo!()
}

/// Reads the answer to an event query.
pub fn read_event_answer<'d, 'i>(
    doc: &'d Document<'i>,
) -> Result<QueryAnswer<RetrievedEvent<'d, 'i>>, AnswerError> {
    let _ = doc;
    todo!()
}
