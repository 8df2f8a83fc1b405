//! PSIS queries of the document generation: the list of a patient's documents
//! (QUPC_IN160101UK05 and its answer 160102) and one document (160103 and 160104). Those of the
//! event generation are in [`event`].

mod answer;
pub mod event;
mod query;
mod read;

pub use answer::{DocumentAnswer, ListAnswer, NothingFound};
pub use query::{read_document_query, read_list_query, write_document_query, write_list_query};
pub use read::{read_document_answer, read_list_answer};

use domain::record::{DocumentAuthor, DocumentState, SummaryKind};
use domain::{DocumentId, Hl7Timestamp, NhsNumber};
use xml::Element;

use crate::issue::Refusal;
use crate::soap::SoapFault;

/// Whether, and why, a query asks to be answered in spite of the patient's dissent
/// (vocabulary 2.16.840.1.113883.2.1.3.2.4.17.60; codes 4 and 5 changed their meaning between
/// MIM 4.2 and 7.2, so what the sender calls it is kept beside the code).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DissentOverride {
    /// 0 to 5; 0 overrides nothing.
    pub code: u8,
    /// `@displayName`, for audit.
    pub display_name: Option<String>,
    /// `originalText`, for audit.
    pub original_text: Option<String>,
}

impl DissentOverride {
    /// Code 0.
    pub fn none() -> Self {
        Self::default()
    }

    /// Whether dissent is overridden: any code but 0.
    pub fn overrides(&self) -> bool {
        self.code != 0
    }
}

/// Which documents a list query wants.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListFilter {
    /// From this time on.
    pub from: Option<Hl7Timestamp>,
    /// Up to this time.
    pub to: Option<Hl7Timestamp>,
    /// Of this type, as code and code system.
    pub document_type: Option<(String, String)>,
    /// Of this set; then no other filter may stand beside it.
    pub set_id: Option<DocumentId>,
}

/// QUPC_IN160101UK05: a list query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentListQuery {
    /// Whose documents.
    pub patient: NhsNumber,
    /// Whether dissent is overridden.
    pub dissent_override: DissentOverride,
    /// Which documents.
    pub filter: ListFilter,
}

/// Which document a document query wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selector {
    /// The one of this id.
    Document(DocumentId),
    /// The one of this set.
    Set(DocumentId),
}

/// QUPC_IN160103UK05: a document query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentQuery {
    /// Whose document.
    pub patient: NhsNumber,
    /// Whether dissent is overridden.
    pub dissent_override: DissentOverride,
    /// Which document.
    pub selector: Selector,
}

/// What a query came to.
#[derive(Debug, Clone)]
pub enum QueryAnswer<T> {
    /// Data.
    Data(T),
    /// The patient is known and nothing matches the filter.
    NotFound,
    /// Refused, with reasons; see [`Refusal::is_no_record`] and [`Refusal::is_dissent`].
    Refused(Refusal),
    /// A SOAP fault.
    Fault(SoapFault),
}

/// The content of a list answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentList {
    /// Whose documents, when the answer says so readably.
    pub patient: Option<NhsNumber>,
    /// The documents, in the answer's order.
    pub documents: Vec<ListedDocument>,
}

/// A document as an answer lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedDocument {
    /// Its id.
    pub id: DocumentId,
    /// Its SNOMED CT code; see [`ListedDocument::kind`].
    pub kind_code: String,
    /// Its title.
    pub title: Option<String>,
    /// Its state.
    pub state: Option<DocumentState>,
    /// When it was made.
    pub effective: Option<Hl7Timestamp>,
    /// When PSIS stored it.
    pub stored: Option<Hl7Timestamp>,
    /// Its estimated size in bytes.
    pub size: Option<u64>,
    /// Its HL7 message type.
    pub message_type: Option<String>,
    /// Its author.
    pub author: DocumentAuthor,
    /// The document that replaced it.
    pub replaced_by: Option<DocumentId>,
    /// The message that withdrew it.
    pub withdrawn_by: Option<DocumentId>,
}

impl ListedDocument {
    /// Which kind of GP Summary it is, if it is one.
    pub fn kind(&self) -> Option<SummaryKind> {
        SummaryKind::from_code(&self.kind_code)
    }
}

/// The content of a document answer.
#[derive(Debug, Clone)]
pub struct RetrievedDocument<'d, 'i> {
    /// Whose document the answer says it is. The document says so itself as well:
    /// [`crate::gp_summary::header`].
    pub patient: Option<NhsNumber>,
    /// What the answer says of it.
    pub listed: ListedDocument,
    /// The document itself.
    pub document: Element<'d, 'i>,
}
