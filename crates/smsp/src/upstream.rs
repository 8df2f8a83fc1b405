//! The way to the Spine: one function per question, each with a typed outcome.
//!
//! Whatever comes back is checked before it is believed: it must answer this request (by message
//! id), be about this patient, and, of a document, be the one asked for. Each exchange's message
//! id is noted for the audit before it is sent, so that a request that fails half-way is found.

mod failure;
mod message;
mod passing;

use std::sync::Arc;

use bytes::Bytes;
use domain::identifier::{Asid, DocumentId, MessageId};
use domain::nhs_number::NhsNumber;
use domain::record::{DocumentBytes, DocumentState};
use domain::{Consent, Hl7Timestamp};
use hl7v3::acs::{self, PermissionsOutcome, PermissionsQuery, SetOutcome, SetPermissions};
use hl7v3::psis::{
    self, DissentOverride, DocumentList, DocumentListQuery, DocumentQuery, ListFilter,
    ListedDocument, QueryAnswer, Selector,
};
use hl7v3::wrapper::Author;
use hl7v3::{Interaction, RequestParts, SpineAnswer, gp_summary};
use jiff::Timestamp;
use transport::{Environment, Upstream, UpstreamRequest};
use xml::Document;

pub use message::is_message;

pub(crate) use failure::{SpineFailure, SpineRefusal};
pub(crate) use passing::Said;

use crate::config::SmspConfig;
use crate::remembered::Begun;
use crate::users::Professional;

/// Where a list starts that wants everything: what published clients send.
const EARLIEST: &str = "20000101000000";

/// The Spine, as this service asks it.
pub(crate) struct Gateway {
    upstream: Arc<dyn Upstream>,
    env: Environment,
    spine: Asid,
    to: String,
    from: String,
}

/// As whom the Spine is asked.
#[derive(Clone, Copy)]
pub(crate) struct Sender<'a> {
    /// The client system's ASID.
    pub(crate) asid: &'a Asid,
    /// The person, if one is known.
    pub(crate) author: Option<&'a Professional>,
}

/// What the list of documents comes to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Listed {
    /// The newest GP Summary in state Normal.
    pub(crate) current: Option<DocumentId>,
}

/// A question, written.
pub(crate) struct Question {
    id: String,
    interaction: Interaction,
    body: Bytes,
}

impl Gateway {
    pub(crate) fn new(config: &SmspConfig, upstream: Arc<dyn Upstream>, env: Environment) -> Self {
        Self {
            upstream,
            env,
            spine: config.spine_asid.clone(),
            to: config.spine_url.clone(),
            from: config.own_url.clone(),
        }
    }

    /// The same, where CP-IS is asked.
    pub(crate) fn of_cpis(
        config: &SmspConfig,
        upstream: Arc<dyn Upstream>,
        env: Environment,
    ) -> Self {
        let cpis = &config.cpis;
        Self {
            spine: config.cpis_asid().clone(),
            to: cpis.spine_url.clone().unwrap_or(config.spine_url.clone()),
            from: cpis.own_url.clone(),
            ..Self::new(config, upstream, env)
        }
    }

    /// Which GP Summary is the patient's current one? QUPC_IN160101UK05.
    pub(crate) async fn list(
        &self,
        sender: Sender<'_>,
        patient: NhsNumber,
        sent: &mut Vec<MessageId>,
    ) -> Result<Listed, SpineFailure> {
        let query = DocumentListQuery {
            patient,
            dissent_override: DissentOverride::none(),
            filter: ListFilter {
                from: Hl7Timestamp::parse(EARLIEST).ok(),
                to: Some(Hl7Timestamp::from_instant(self.env.now())),
                ..ListFilter::default()
            },
        };
        let question = self.question(sender, Interaction::DocumentListQuery, |parts| {
            psis::write_list_query(parts, &query)
        });
        let body = self.ask(&question, sent).await?;
        let document = parse(&body)?;
        question.check_related(&document)?;
        match psis::read_list_answer(&document)? {
            QueryAnswer::Data(list) => {
                check_patient(list.patient, patient)?;
                Ok(Listed {
                    current: newest(list),
                })
            }
            QueryAnswer::NotFound => Ok(Listed::default()),
            QueryAnswer::Refused(refusal) if refusal.is_no_record() => Ok(Listed::default()),
            QueryAnswer::Refused(refusal) => Err(SpineFailure::from(refusal)),
            QueryAnswer::Fault(fault) => Err(SpineFailure::from(fault)),
        }
    }

    /// The document of this id, byte for byte, unless it has been withdrawn. QUPC_IN160103UK05.
    pub(crate) async fn document(
        &self,
        sender: Sender<'_>,
        patient: NhsNumber,
        id: &DocumentId,
        sent: &mut Vec<MessageId>,
    ) -> Result<DocumentBytes, SpineFailure> {
        let query = DocumentQuery {
            patient,
            dissent_override: DissentOverride::none(),
            selector: Selector::Document(id.clone()),
        };
        let question = self.question(sender, Interaction::DocumentQuery, |parts| {
            psis::write_document_query(parts, &query)
        });
        let body = self.ask(&question, sent).await?;
        let document = parse(&body)?;
        question.check_related(&document)?;
        let retrieved = match psis::read_document_answer(&document)? {
            QueryAnswer::Data(retrieved) => retrieved,
            QueryAnswer::NotFound => {
                return Err(SpineFailure::unusable("the listed document was not found"));
            }
            QueryAnswer::Refused(refusal) => return Err(SpineFailure::from(refusal)),
            QueryAnswer::Fault(fault) => return Err(SpineFailure::from(fault)),
        };
        check_patient(retrieved.patient, patient)?;
        let header = gp_summary::header_unmarked(retrieved.document)
            .map_err(|error| SpineFailure::unusable(format!("the document: {error}")))?;
        // What the answer says around the document is one thing, whose record it is another.
        check_patient(Some(header.patient), patient)?;
        if header.id != *id || retrieved.listed.id != *id {
            return Err(SpineFailure::unusable(
                "the document is not the one asked for",
            ));
        }
        // Withdrawn because it is wrong, since it was listed or shown first.
        if retrieved.listed.state == Some(DocumentState::Withdrawn) {
            return Err(SpineFailure::unusable("the document has been withdrawn"));
        }
        let slice = retrieved.document.slice();
        Ok(DocumentBytes {
            bytes: slice.bytes.as_bytes().to_vec(),
            inherited: slice.inherited,
        })
    }

    /// The patient's consent. GET_RESOURCE_PERMISSIONS_INUK01.
    pub(crate) async fn consent(
        &self,
        sender: Sender<'_>,
        patient: NhsNumber,
        sent: &mut Vec<MessageId>,
    ) -> Result<Consent, SpineFailure> {
        let query = PermissionsQuery::all(patient);
        let question = self.question(sender, Interaction::PermissionsQuery, |parts| {
            acs::write_query(parts, &query)
        });
        let body = self.ask(&question, sent).await?;
        let document = parse(&body)?;
        question.check_related(&document)?;
        match acs::read_answer(&document)? {
            PermissionsOutcome::Known {
                patient: of,
                consent,
            } => {
                check_patient(of, patient)?;
                Ok(consent)
            }
            // Of a patient without a record nothing was ever set.
            PermissionsOutcome::Refused(refusal) if refusal.is_no_record() => {
                Ok(Consent::default())
            }
            PermissionsOutcome::Refused(refusal) => Err(SpineFailure::from(refusal)),
            PermissionsOutcome::Fault(fault) => Err(SpineFailure::from(fault)),
        }
    }

    /// Sets the patient's consent, both settings alike. SET_RESOURCE_PERMISSIONS_INUK01. However
    /// often the same message is begun, the Spine takes it once.
    pub(crate) async fn set_consent(
        &self,
        sender: Sender<'_>,
        permissions: &SetPermissions,
        begun: &Begun,
        sent: &mut Vec<MessageId>,
    ) -> Result<(), SpineFailure> {
        let question = self.written(
            sender,
            Interaction::SetPermissions,
            begun.spine_message.clone(),
            begun.at,
            |parts| acs::write_set(parts, permissions),
        );
        let body = self.ask(&question, sent).await?;
        let document = parse(&body)?;
        question.check_related(&document)?;
        match acs::read_set_answer(&document)? {
            SetOutcome::Done => Ok(()),
            SetOutcome::Refused(refusal) => Err(SpineFailure::from(refusal)),
            SetOutcome::Fault(fault) => Err(SpineFailure::from(fault)),
        }
    }

    /// A question of now.
    pub(crate) fn question(
        &self,
        sender: Sender<'_>,
        interaction: Interaction,
        write: impl FnOnce(&RequestParts<'_>) -> Vec<u8>,
    ) -> Question {
        self.written(sender, interaction, self.env.uuid(), self.env.now(), write)
    }

    fn written(
        &self,
        sender: Sender<'_>,
        interaction: Interaction,
        id: String,
        now: Timestamp,
        write: impl FnOnce(&RequestParts<'_>) -> Vec<u8>,
    ) -> Question {
        let author = sender.author.map(|professional| Author {
            role_profile: professional.holder.role_profile.clone(),
            user: professional.holder.user.clone(),
            job_role: professional.job_role.clone(),
        });
        let body = write(&RequestParts {
            id: &id,
            now,
            to: &self.to,
            from: &self.from,
            receiver: &self.spine,
            sender: sender.asid,
            author: author.as_ref(),
        });
        Question {
            id,
            interaction,
            body: body.into(),
        }
    }

    /// Sends a question and returns what may be an answer: SOAP under any status.
    pub(crate) async fn ask(
        &self,
        question: &Question,
        sent: &mut Vec<MessageId>,
    ) -> Result<Bytes, SpineFailure> {
        sent.extend(MessageId::parse(&question.id).ok());
        let request = UpstreamRequest {
            method: transport::Method::Post,
            path: String::new(),
            headers: vec![
                ("Content-Type", "text/xml; charset=utf-8".to_owned()),
                ("SOAPAction", question.interaction.action()),
            ],
            body: question.body.clone(),
            // A consent is set once, whatever becomes of the answer.
            safe: question.interaction != Interaction::SetPermissions,
        };
        let response = self.upstream.send(request).await?;
        match response.status {
            200 => Ok(response.body),
            status if is_soap(&response.body) => {
                tracing::debug!(status, "the Spine answered SOAP under an HTTP error");
                Ok(response.body)
            }
            status => Err(SpineFailure::of_status(status)),
        }
    }
}

impl Question {
    /// Whether a document answers this question: one id must say so, and none may say otherwise.
    pub(crate) fn check_related(&self, document: &Document<'_>) -> Result<(), SpineFailure> {
        // A fault need not say what it answers; the connection does.
        let SpineAnswer::Message(message) = hl7v3::soap::read_response(document)? else {
            return Ok(());
        };
        let acknowledged = message.acknowledgement.map(|ack| ack.refers_to);
        let ids: Vec<String> = message.relates_to.into_iter().chain(acknowledged).collect();
        let is_ours = |id: &String| bare(id).eq_ignore_ascii_case(&self.id);
        match !ids.is_empty() && ids.iter().all(is_ours) {
            true => Ok(()),
            false => Err(SpineFailure::unusable(
                "the answer belongs to another message",
            )),
        }
    }
}

/// A UUID without the prefix `uuid:`.
fn bare(id: &str) -> &str {
    id.rsplit(':').next().unwrap_or(id)
}

pub(crate) fn parse(body: &[u8]) -> Result<Document<'_>, SpineFailure> {
    Document::parse_answer(body).map_err(|error| SpineFailure::unusable(error.to_string()))
}

/// Looked at without parsing: enough to tell a SOAP fault from a gateway's error page.
fn is_soap(body: &[u8]) -> bool {
    let start = &body[..body.len().min(1024)];
    start.windows(9).any(|part| part == b":Envelope") || start.windows(9).any(|p| p == b"<Envelope")
}

pub(crate) fn check_patient(
    found: Option<NhsNumber>,
    asked: NhsNumber,
) -> Result<(), SpineFailure> {
    match found {
        Some(found) if found == asked => Ok(()),
        Some(_) => Err(SpineFailure::unusable(
            "the answer is about another patient",
        )),
        None => Err(SpineFailure::unusable(
            "the answer does not say whom it is about",
        )),
    }
}

/// The newest GP Summary in state Normal, by its own effective time.
fn newest(list: DocumentList) -> Option<DocumentId> {
    let time = |listed: &ListedDocument| {
        let time = listed.effective.as_ref().or(listed.stored.as_ref());
        time.map(Hl7Timestamp::first_instant)
    };
    list.documents
        .into_iter()
        .filter(|listed| listed.kind().is_some() && listed.state == Some(DocumentState::Normal))
        .max_by_key(time)
        .map(|listed| listed.id)
}
