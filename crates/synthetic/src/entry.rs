//! The coded entries: one element of the care record element domain (UKCT_MT1440xx) per fact.
//!
//! The order of children is that of the schemas. Entries of nearly every kind have the same head
//! (value, id, code, status, time, author) and differ in what follows.

mod measured;
mod medication;
mod other;
pub(crate) mod part;

use xml::Writer;

use crate::fact::{Detail, Fact};

/// Writes the entry of a fact.
pub(crate) fn write(w: &mut Writer, fact: &Fact) {
    match &fact.detail {
        Detail::AcuteMedication(prescription)
        | Detail::CurrentRepeatMedication(prescription)
        | Detail::DiscontinuedRepeatMedication(prescription)
        | Detail::MedicationAdministration(prescription) => {
            medication::write(w, fact, prescription);
        }
        Detail::Finding(found) => measured::finding(w, fact, found.as_ref()),
        Detail::FindingOrganizer(components) => measured::organizer(w, fact, components),
        Detail::BloodPressure {
            systolic,
            diastolic,
        } => {
            measured::blood_pressure(w, fact, *systolic, *diastolic);
        }
        Detail::Height(found) => measured::single(w, fact, "Height", found),
        Detail::Weight(found) => measured::single(w, fact, "Weight", found),
        Detail::Temperature(found) => measured::single(w, fact, "Temperature", found),
        Detail::Problem(link) => other::problem(w, fact, link),
        Detail::RiskToPatient(link) => other::risk(w, fact, link),
        Detail::CareProfessionalDocumentation { text }
        | Detail::PatientCarerCorrespondence { text }
        | Detail::ThirdPartyCorrespondence { text } => other::letter(w, fact, text),
        _ => other::statement(w, fact),
    }
}
