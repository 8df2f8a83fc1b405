//! One request and its answer.

use domain::NhsNumber;
use domain::record::{DocumentBytes, DocumentHeader};
use itk::client_request::{self, Parts};
use itk::client_response::{self, Answer};
use itk::envelope::Caller;
use itk::scr::report::Report;
use itk::scr::{Operation, query_scr};
use itk::signature::Signer;
use jiff::{SignedDuration, Timestamp};
use transport::Environment;
use xml::{Document, Element, XmlError};

use super::call::{ActivityQuery, Call};
use crate::{ClientError, ClientIdentity};

/// One request's ids.
pub(super) struct Ask {
    operation: Operation,
    now: Timestamp,
    valid_for: SignedDuration,
    message_id: String,
    tracking_id: String,
    payload_id: String,
    caller: Caller,
}

impl Ask {
    pub(super) fn new(
        operation: Operation,
        identity: &ClientIdentity,
        valid_for: SignedDuration,
        env: &Environment,
    ) -> Self {
        Self {
            operation,
            now: env.now(),
            valid_for,
            message_id: env.uuid(),
            tracking_id: env.uuid(),
            payload_id: env.uuid(),
            caller: identity.caller(),
        }
    }

    /// The whole request.
    pub(super) fn write(
        &self,
        call: &Call,
        identity: &ClientIdentity,
        signer: Option<&Signer>,
    ) -> Vec<u8> {
        let parts = Parts {
            message_id: &self.message_id,
            to: &identity.url,
            now: self.now,
            expires_after: self.valid_for,
            username: &identity.username,
            tracking_id: &self.tracking_id,
            payload_id: &self.payload_id,
            operation: self.operation.into(),
            caller: &self.caller,
            signer,
        };
        client_request::write(&parts, |w| call.write(&self.payload_id, w))
    }

    /// Reads the answer to this request.
    pub(super) fn answer<'d, 'i>(
        &self,
        document: &'d Document<'i>,
    ) -> Result<Answer<'d, 'i>, ClientError> {
        let answer = client_response::read(document).map_err(unreadable)?;
        if let Answer::Response(response) = &answer {
            let related = response.relates_to.as_deref().is_none_or(|id| {
                // With or without a prefix like `uuid:`, in either case.
                id.to_ascii_uppercase()
                    .ends_with(&self.message_id.to_ascii_uppercase())
            });
            if !related || response.operation != self.operation.into() {
                return Err(ClientError::Unrelated);
            }
        }
        Ok(answer)
    }
}

/// The document of a querySCR answer, which must be that of this patient: the last gate before a
/// clinician's eyes. Published test cases return another's under SMSP-0000.
pub(super) fn document(
    payload: &Element<'_, '_>,
    patient: NhsNumber,
) -> Result<(DocumentBytes, DocumentHeader), ClientError> {
    let element = query_scr::document(payload).map_err(unreadable)?;
    let element = present(element, "document")?;
    let header = hl7v3::gp_summary::header(element).map_err(unreadable)?;
    if header.patient != patient {
        return Err(ClientError::WrongPatient);
    }
    let slice = element.slice();
    let document = DocumentBytes {
        bytes: slice.bytes.as_bytes().to_vec(),
        inherited: slice.inherited,
    };
    Ok((document, header))
}

/// A report lists nobody but those who were asked for.
pub(super) fn listed_as_asked(
    report: Report,
    asked: &ActivityQuery,
) -> Result<Report, ClientError> {
    let (patient, user) = (&asked.patient, &asked.user);
    let fits = report.rows.iter().all(|row| {
        patient.is_none_or(|patient| patient.as_str() == row.patient)
            && user.as_ref().is_none_or(|user| user.as_str() == row.user)
    });
    match fits {
        true => Ok(report),
        false => Err(ClientError::WrongReport),
    }
}

/// What an answer with SMSP-0000 has.
pub(super) fn present<T>(part: Option<T>, name: &str) -> Result<T, ClientError> {
    part.ok_or_else(|| ClientError::Unreadable(format!("no {name}")))
}

pub(super) fn unreadable(error: XmlError) -> ClientError {
    ClientError::Unreadable(error.to_string())
}
