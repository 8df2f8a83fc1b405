//! Questions, in synchronous SOAP.

use bytes::Bytes;
use domain::record::DocumentBytes;
use domain::{Consent, DocumentId, NhsNumber};
use hl7v3::acs::{self, PermissionsOutcome, PermissionsQuery, SetOutcome, SetPermissions};
use hl7v3::issue::Refusal;
use hl7v3::psis::event::{self, EventList, EventListQuery, EventQuery, ListedEvent};
use hl7v3::psis::{
    self, DocumentList, DocumentListQuery, DocumentQuery, ListedDocument, QueryAnswer, Selector,
};
use hl7v3::wrapper::Author;
use hl7v3::{Interaction, RequestParts, SpineAnswer, gp_summary};
use transport::{Method, UpstreamRequest};
use xml::{Document, Element};

use super::{SpineClient, SpineError};

/// An event with its document, byte for byte as it is stored, or as whatever it was read as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchedEvent<D = DocumentBytes> {
    /// The HL7 id of the answer, as written; empty if it has none.
    pub answer_id: String,
    /// When the answer was made (`creationTime`), as written; empty if it does not say.
    pub created: String,
    /// What the answer says of it.
    pub listed: ListedEvent,
    /// The document.
    pub document: D,
}

/// A document, byte for byte as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchedDocument {
    /// What the answer says of it.
    pub listed: ListedDocument,
    /// The document.
    pub document: DocumentBytes,
}

/// A question that was asked, and what came back.
struct Asked {
    id: String,
    body: Bytes,
}

impl SpineClient {
    /// The events of a patient (QUPC_IN180000UK04; `with_consent`: QUPC_IN180000SM04). `None` if
    /// the Spine has none.
    pub async fn event_list(
        &self,
        author: Option<&Author>,
        query: &EventListQuery,
        with_consent: bool,
    ) -> Result<Option<EventList>, SpineError> {
        let interaction = match with_consent {
            true => Interaction::EventListQuerySm,
            false => Interaction::EventListQuery,
        };
        let asked = self
            .ask(interaction, author, |parts| {
                event::write_event_list_query(parts, query, with_consent)
            })
            .await?;
        let document = asked.parse()?;
        let list = data(event::read_event_list_answer(&document)?)?;
        if let Some(list) = &list {
            check_patient(list.patient, query.patient)?;
        }
        Ok(list)
    }

    /// One event with its document (QUPC_IN190000UK04). `None` if there is no such event.
    pub async fn event(
        &self,
        author: Option<&Author>,
        query: &EventQuery,
    ) -> Result<Option<FetchedEvent>, SpineError> {
        self.event_read(author, query, bytes_of).await
    }

    /// As [`Self::event`], with the document read where it stands in the answer, not copied.
    pub async fn event_read<D>(
        &self,
        author: Option<&Author>,
        query: &EventQuery,
        read: impl FnOnce(Element<'_, '_>) -> D,
    ) -> Result<Option<FetchedEvent<D>>, SpineError> {
        let asked = self
            .ask(Interaction::EventQuery, author, |parts| {
                event::write_event_query(parts, query)
            })
            .await?;
        let document = asked.parse()?;
        let Some(found) = data(event::read_event_answer(&document)?)? else {
            return Ok(None);
        };
        check_patient(found.patient, query.patient)?;
        check_document(found.document, query.patient, &found.listed.id)?;
        check_asked_for(&found.listed.id, Some(&query.event))?;
        let (answer_id, created) = made(&document);
        Ok(Some(FetchedEvent {
            answer_id,
            created,
            document: read(found.document),
            listed: found.listed,
        }))
    }

    /// The documents of a patient (QUPC_IN160101UK05). `None` if the Spine has none, or none that
    /// matches.
    pub async fn document_list(
        &self,
        author: Option<&Author>,
        query: &DocumentListQuery,
    ) -> Result<Option<DocumentList>, SpineError> {
        let asked = self
            .ask(Interaction::DocumentListQuery, author, |parts| {
                psis::write_list_query(parts, query)
            })
            .await?;
        let document = asked.parse()?;
        let list = data(psis::read_list_answer(&document)?)?;
        if let Some(list) = &list {
            check_patient(list.patient, query.patient)?;
        }
        Ok(list)
    }

    /// One document (QUPC_IN160103UK05). `None` if there is no such document.
    pub async fn document(
        &self,
        author: Option<&Author>,
        query: &DocumentQuery,
    ) -> Result<Option<FetchedDocument>, SpineError> {
        let asked = self
            .ask(Interaction::DocumentQuery, author, |parts| {
                psis::write_document_query(parts, query)
            })
            .await?;
        let document = asked.parse()?;
        let Some(found) = data(psis::read_document_answer(&document)?)? else {
            return Ok(None);
        };
        check_patient(found.patient, query.patient)?;
        check_document(found.document, query.patient, &found.listed.id)?;
        let wanted = match &query.selector {
            Selector::Document(id) => Some(id),
            Selector::Set(_) => None,
        };
        check_asked_for(&found.listed.id, wanted)?;
        Ok(Some(FetchedDocument {
            document: bytes_of(found.document),
            listed: found.listed,
        }))
    }

    /// A patient's consent (GET_RESOURCE_PERMISSIONS_INUK01): *Ask* where nothing was ever set.
    pub async fn permissions(
        &self,
        author: Option<&Author>,
        patient: NhsNumber,
    ) -> Result<Consent, SpineError> {
        let query = PermissionsQuery::all(patient);
        let asked = self
            .ask(Interaction::PermissionsQuery, author, |parts| {
                acs::write_query(parts, &query)
            })
            .await?;
        let document = asked.parse()?;
        match acs::read_answer(&document)? {
            PermissionsOutcome::Known {
                patient: of,
                consent,
            } => {
                check_patient(of, patient)?;
                Ok(consent)
            }
            PermissionsOutcome::Refused(refusal) if refusal.is_no_record() => {
                Ok(Consent::default())
            }
            PermissionsOutcome::Refused(refusal) => Err(SpineError::Refused(refusal)),
            PermissionsOutcome::Fault(fault) => Err(SpineError::Fault(fault)),
        }
    }

    /// Sets a patient's consent (SET_RESOURCE_PERMISSIONS_INUK01), both settings alike.
    pub async fn set_permissions(
        &self,
        author: &Author,
        permissions: &SetPermissions,
    ) -> Result<(), SpineError> {
        let asked = self
            .ask(Interaction::SetPermissions, Some(author), |parts| {
                acs::write_set(parts, permissions)
            })
            .await?;
        let document = asked.parse()?;
        match acs::read_set_answer(&document)? {
            SetOutcome::Done => Ok(()),
            SetOutcome::Refused(refusal) => Err(SpineError::Refused(refusal)),
            SetOutcome::Fault(fault) => Err(SpineError::Fault(fault)),
        }
    }

    async fn ask(
        &self,
        interaction: Interaction,
        author: Option<&Author>,
        write: impl FnOnce(&RequestParts<'_>) -> Vec<u8>,
    ) -> Result<Asked, SpineError> {
        let id = self.env.uuid();
        let body = write(&RequestParts {
            id: &id,
            now: self.env.now(),
            // As the national adaptor does: the service, not a place.
            to: &format!("urn:nhs:names:services:{}", interaction.service()),
            from: "",
            receiver: &self.identity.spine_asid,
            sender: &self.identity.asid,
            author,
        });
        let request = UpstreamRequest {
            method: Method::Post,
            path: self.settings.sync_path.clone(),
            headers: vec![
                ("Content-Type", "text/xml; charset=utf-8".to_owned()),
                ("SOAPAction", interaction.action()),
            ],
            body: body.into(),
            safe: interaction != Interaction::SetPermissions,
        };
        let response = self.exchange(request).await?;
        let (status, body) = (response.status, response.body);
        // A fault under status 200 is found when the answer is read.
        if status == 200 {
            return Ok(Asked { id, body });
        }
        Err(match super::fault(&body) {
            Some(fault) => SpineError::Fault(fault),
            None => SpineError::unusable(format!("HTTP status {status} without a message")),
        })
    }
}

impl Asked {
    /// The answer, which answers this question: one id must say so, and none may say otherwise.
    fn parse(&self) -> Result<Document<'_>, SpineError> {
        let document = Document::parse_answer(self.body.trim_ascii_start())?;
        let ids: Vec<String> = match hl7v3::soap::read_response(&document)? {
            SpineAnswer::Fault(_) => return Ok(document),
            SpineAnswer::Message(message) => {
                let acknowledged = message.acknowledgement.map(|ack| ack.refers_to);
                message.relates_to.into_iter().chain(acknowledged).collect()
            }
        };
        match !ids.is_empty() && ids.iter().all(|id| is_same_id(id, &self.id)) {
            true => Ok(document),
            false => Err(SpineError::unusable(
                "the answer belongs to another message",
            )),
        }
    }
}

/// Ids are met in either case, and with `uuid:` before them.
pub(super) fn is_same_id(one: &str, other: &str) -> bool {
    fn bare(id: &str) -> &str {
        id.rsplit(':').next().unwrap_or(id)
    }
    bare(one).eq_ignore_ascii_case(bare(other))
}

/// What a query came to; `None` for nothing there.
/// The id and the time of an answer.
fn made(document: &Document<'_>) -> (String, String) {
    let answer = Interaction::EventAnswer.id();
    let message = document.root().find(xml::ns::HL7, answer);
    let said = |name: &str, attribute: &str| {
        let element = message.and_then(|message| message.child(xml::ns::HL7, name));
        let value = element.and_then(|element| element.attribute(attribute));
        value.unwrap_or_default().to_owned()
    };
    (said("id", "root"), said("creationTime", "value"))
}

fn data<T>(answer: QueryAnswer<T>) -> Result<Option<T>, SpineError> {
    match answer {
        QueryAnswer::Data(data) => Ok(Some(data)),
        QueryAnswer::NotFound => Ok(None),
        QueryAnswer::Refused(refusal) if Refusal::is_no_record(&refusal) => Ok(None),
        QueryAnswer::Refused(refusal) => Err(SpineError::Refused(refusal)),
        QueryAnswer::Fault(fault) => Err(SpineError::Fault(fault)),
    }
}

fn check_patient(found: Option<NhsNumber>, asked: NhsNumber) -> Result<(), SpineError> {
    match found {
        Some(found) if found == asked => Ok(()),
        Some(_) => Err(SpineError::unusable("it is about another patient")),
        None => Err(SpineError::unusable("it does not say whom it is about")),
    }
}

fn check_asked_for(listed: &DocumentId, wanted: Option<&DocumentId>) -> Result<(), SpineError> {
    match wanted {
        Some(wanted) if wanted != listed => Err(SpineError::unusable(
            "the document is not the one asked for",
        )),
        _ => Ok(()),
    }
}

/// What an answer says around its document is one thing, what the document says is another: both
/// must be about this patient and of this id.
fn check_document(
    document: Element<'_, '_>,
    patient: NhsNumber,
    listed: &DocumentId,
) -> Result<(), SpineError> {
    let header = gp_summary::header(document)
        .map_err(|error| SpineError::unusable(format!("the document: {error}")))?;
    check_patient(Some(header.patient), patient)?;
    check_asked_for(&header.id, Some(listed))
}

fn bytes_of(document: Element<'_, '_>) -> DocumentBytes {
    let slice = document.slice();
    DocumentBytes {
        bytes: slice.bytes.as_bytes().to_vec(),
        inherited: slice.inherited,
    }
}
