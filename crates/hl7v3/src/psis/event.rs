//! PSIS queries of the event generation: the list of a patient's events (QUPC_IN180000 and its
//! answer 200000) and one event (190000 and 210000), as the SCR FHIR API asks them.

mod answer;
mod query;
mod read;

pub use answer::{EventAnswer, EventListAnswer};
pub use query::{
    read_event_list_query, read_event_query, write_event_list_query, write_event_query,
};
pub use read::{read_event_answer, read_event_list_answer};

use domain::record::{DocumentAuthor, DocumentState};
use domain::{Consent, DocumentId, Hl7Timestamp, NhsNumber};
use xml::Element;

use super::DissentOverride;

/// The namespace of the answers' content.
const PSIS: &str = "urn:npfit:psisqr";

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
