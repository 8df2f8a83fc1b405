//! Inactive NHS Number Notification: `CP-ISInactiveNHSNumberNotification` (REPC_MT000005GB01). It
//! tells an authority which of the numbers it uploaded went out of use.

use domain::cpis::{Authority, LocalId};
use domain::{CheckDigit, Hl7Timestamp, NhsNumber};
use xml::{Element, Writer, XmlError};

use super::notice::{
    need, read_file, read_id, read_number, read_numbers, read_recipient, read_time,
    write_beginning, write_file, write_numbers, write_recipient,
};
use crate::cpis::part::{NAMESPACES, parts};

/// The name of the document element.
pub const INACTIVE_NOTIFICATION: &str = "CP-ISInactiveNHSNumberNotification";

/// Numbers of an authority that went out of use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InactiveNotification {
    /// Its id: a UUID, upper case.
    pub id: String,
    /// When it was made.
    pub at: Hl7Timestamp,
    /// The authority.
    pub recipient: Authority,
    /// Whose numbers: the schema wants at least one.
    pub patients: Vec<InactivePatient>,
}

/// A number that went out of use.
#[derive(Clone, PartialEq, Eq)]
pub struct InactivePatient {
    /// The number.
    pub number: NhsNumber,
    /// The authority's own number for the person.
    pub local_id: Option<LocalId>,
    /// The numbers that took its place; empty when none did, as after an adoption.
    pub replaced_by: Vec<NhsNumber>,
    /// The number of the upload that it came with.
    pub file: String,
}

impl std::fmt::Debug for InactivePatient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InactivePatient")
            .field("number", &self.number)
            .field("replaced_by", &self.replaced_by)
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}

/// Writes it as an element.
pub fn write(w: &mut Writer, notification: &InactiveNotification) {
    w.element(INACTIVE_NOTIFICATION, &NAMESPACES, |w| {
        write_beginning(w, &notification.at, &notification.id);
        write_recipient(w, &notification.recipient);
        for patient in &notification.patients {
            w.element("subject", &[], |w| {
                w.element("pDSInactivePatient", &[], |w| write_patient(w, patient));
            });
        }
    });
}

fn write_patient(w: &mut Writer, patient: &InactivePatient) {
    write_numbers(w, "id", patient.number, patient.local_id.as_ref());
    if !patient.replaced_by.is_empty() {
        w.element("replacedBy", &[], |w| {
            w.element("newVersion", &[], |w| {
                for number in &patient.replaced_by {
                    w.empty("id", &[("extension", number.as_str())]);
                }
            });
        });
    }
    write_file(w, "subjectOf", "lAUploadFile", &patient.file);
}

/// Writes it as a document.
pub fn document(notification: &InactiveNotification) -> Vec<u8> {
    let mut w = Writer::with_capacity(1024 + 512 * notification.patients.len());
    w.declaration();
    write(&mut w, notification);
    w.text("\n");
    w.finish()
}

/// Reads the element.
pub fn read(notice: Element<'_, '_>, check: CheckDigit) -> Result<InactiveNotification, XmlError> {
    if notice.name() != INACTIVE_NOTIFICATION {
        return Err(notice.error(format!("the element is not {INACTIVE_NOTIFICATION}")));
    }
    let patients = parts(notice, "subject")
        .flat_map(|subject| parts(subject, "pDSInactivePatient"))
        .map(|patient| read_patient(patient, check));
    Ok(InactiveNotification {
        id: read_id(notice)?,
        at: read_time(notice)?,
        recipient: read_recipient(notice)?,
        patients: patients.collect::<Result<_, _>>()?,
    })
}

fn read_patient(patient: Element<'_, '_>, check: CheckDigit) -> Result<InactivePatient, XmlError> {
    let (number, local_id) = read_numbers(patient, "id", check)?;
    let replaced_by = parts(patient, "replacedBy")
        .flat_map(|replaced| parts(replaced, "newVersion"))
        .flat_map(|version| parts(version, "id"))
        .map(|id| read_number(id, check));
    let file = need(patient, &["subjectOf", "lAUploadFile", "value"])?;
    Ok(InactivePatient {
        number,
        local_id,
        replaced_by: replaced_by.collect::<Result<_, _>>()?,
        file: read_file(file)?,
    })
}
