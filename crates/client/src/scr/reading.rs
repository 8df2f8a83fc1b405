//! What only answers of the SCR mini services have.

use domain::NhsNumber;
use domain::record::{DocumentBytes, DocumentHeader};
use itk::scr::query_scr;
use itk::scr::report::Report;
use xml::Element;

use super::call::ActivityQuery;
use crate::ClientError;
use crate::ask::unreadable;

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
