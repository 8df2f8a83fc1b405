//! Asking the Spine what somebody else asked in its own terms: the answer is checked like any
//! other, and kept as it came, to be passed on.

use domain::consent::Consent;
use domain::identifier::{DocumentId, MessageId};
use domain::nhs_number::NhsNumber;
use hl7v3::acs::{self, PermissionsOutcome, PermissionsQuery, SetOutcome, SetPermissions};
use hl7v3::issue::Refusal;
use hl7v3::psis::{self, DocumentListQuery, DocumentQuery, QueryAnswer, Selector};
use hl7v3::relay::Passed;
use hl7v3::{Interaction, SoapFault, SpineAnswer, gp_summary};
use xml::Document;

use super::{Gateway, Sender, SpineFailure, check_patient, parse};
use crate::remembered::Begun;

/// What the Spine said.
#[derive(Debug)]
pub(crate) enum Said<T> {
    /// What was asked for.
    Data(T),
    /// The patient is known, and nothing matches.
    Nothing,
    /// No, and why.
    Refused(Refusal),
    /// That it could not process the message.
    Fault(SoapFault),
}

/// A document as the Spine gave it.
#[derive(Debug)]
pub(crate) struct PassedDocument {
    pub(crate) id: DocumentId,
    pub(crate) answer: Passed,
}

impl Gateway {
    /// QUPC_IN160101UK05 as somebody asked it.
    pub(crate) async fn pass_list(
        &self,
        sender: Sender<'_>,
        query: &DocumentListQuery,
        sent: &mut Vec<MessageId>,
    ) -> Result<Said<Passed>, SpineFailure> {
        let question = self.question(sender, Interaction::DocumentListQuery, |parts| {
            psis::write_list_query(parts, query)
        });
        let body = self.ask(&question, sent).await?;
        let document = parse(&body)?;
        question.check_related(&document)?;
        Ok(match psis::read_list_answer(&document)? {
            QueryAnswer::Data(list) => {
                check_patient(list.patient, query.patient)?;
                Said::Data(passed(&document)?)
            }
            QueryAnswer::NotFound => Said::Nothing,
            QueryAnswer::Refused(refusal) => Said::Refused(refusal),
            QueryAnswer::Fault(fault) => Said::Fault(fault),
        })
    }

    /// QUPC_IN160103UK05 as somebody asked it. The document is about the patient asked for, and
    /// is what the answer says it is.
    pub(crate) async fn pass_document(
        &self,
        sender: Sender<'_>,
        query: &DocumentQuery,
        sent: &mut Vec<MessageId>,
    ) -> Result<Said<PassedDocument>, SpineFailure> {
        let question = self.question(sender, Interaction::DocumentQuery, |parts| {
            psis::write_document_query(parts, query)
        });
        let body = self.ask(&question, sent).await?;
        let document = parse(&body)?;
        question.check_related(&document)?;
        let retrieved = match psis::read_document_answer(&document)? {
            QueryAnswer::Data(retrieved) => retrieved,
            QueryAnswer::NotFound => return Ok(Said::Nothing),
            QueryAnswer::Refused(refusal) => return Ok(Said::Refused(refusal)),
            QueryAnswer::Fault(fault) => return Ok(Said::Fault(fault)),
        };
        check_patient(retrieved.patient, query.patient)?;
        let header = gp_summary::header_unmarked(retrieved.document)
            .map_err(|error| SpineFailure::unusable(format!("the document: {error}")))?;
        check_patient(Some(header.patient), query.patient)?;
        let asked = match &query.selector {
            Selector::Document(id) => Some(id),
            Selector::Set(_) => None,
        };
        if header.id != retrieved.listed.id || asked.is_some_and(|id| *id != header.id) {
            return Err(SpineFailure::unusable(
                "the document is not the one asked for",
            ));
        }
        Ok(Said::Data(PassedDocument {
            id: header.id,
            answer: passed(&document)?,
        }))
    }

    /// The patient's consent, whole: GET_RESOURCE_PERMISSIONS_INUK01.
    pub(crate) async fn pass_consent(
        &self,
        sender: Sender<'_>,
        patient: NhsNumber,
        sent: &mut Vec<MessageId>,
    ) -> Result<Said<Consent>, SpineFailure> {
        let query = PermissionsQuery::all(patient);
        let question = self.question(sender, Interaction::PermissionsQuery, |parts| {
            acs::write_query(parts, &query)
        });
        let body = self.ask(&question, sent).await?;
        let document = parse(&body)?;
        question.check_related(&document)?;
        Ok(match acs::read_answer(&document)? {
            PermissionsOutcome::Known {
                patient: of,
                consent,
            } => {
                check_patient(of, patient)?;
                Said::Data(consent)
            }
            PermissionsOutcome::Refused(refusal) => Said::Refused(refusal),
            PermissionsOutcome::Fault(fault) => Said::Fault(fault),
        })
    }

    /// SET_RESOURCE_PERMISSIONS_INUK01 under the message that was begun for it.
    pub(crate) async fn pass_setting(
        &self,
        sender: Sender<'_>,
        permissions: &SetPermissions,
        begun: &Begun,
        sent: &mut Vec<MessageId>,
    ) -> Result<Said<()>, SpineFailure> {
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
        Ok(match acs::read_set_answer(&document)? {
            SetOutcome::Done => Said::Data(()),
            SetOutcome::Refused(refusal) => Said::Refused(refusal),
            SetOutcome::Fault(fault) => Said::Fault(fault),
        })
    }
}

/// What an answer that was read as data says, to be passed on.
fn passed(document: &Document<'_>) -> Result<Passed, SpineFailure> {
    let passed = match hl7v3::soap::read_response(document)? {
        SpineAnswer::Message(message) => Passed::of(&message),
        SpineAnswer::Fault(_) => None,
    };
    passed.ok_or_else(|| SpineFailure::unusable("the answer holds more than one subject"))
}
