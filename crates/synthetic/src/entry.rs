//! The coded entries: one element of the care record element domain (UKCT_MT1440xx) per fact.

mod measured;

use std::borrow::Cow;

use hl7v3::gp_summary::model::{
    Administration, Agent, Code, Component, Consumable, Data, Dosage, Entry, EntryKind, Medication,
    Participation, Period, Quantity, Role, Supply, Value,
};

use crate::agent;
use crate::day;
use crate::fact::{Concept, Detail, Fact, Measure, Prescription};

/// The entry of a fact, as a part of its section.
pub(crate) fn component(fact: &Fact) -> Component {
    Component::new(of(fact))
}

/// The entry of a fact.
pub(crate) fn of(fact: &Fact) -> Entry {
    let kind = kind(&fact.detail);
    let entry = Entry::new(kind, &fact.id, time(kind, fact));
    let entry = match kind {
        // Whose code is fixed or says what is done with the medicine.
        EntryKind::MedicationAdministration => {
            entry.coded(Code::snomed("18629005", "Administration of medicine"))
        }
        kind if kind.is_medication() => entry,
        EntryKind::Problem | EntryKind::RiskToPatient => entry.coded(plain(fact.concept)),
        _ => entry.coded(concept(fact.concept)),
    };
    let entry = match agent::recorder(fact) {
        // A letter of the patient's can only be by somebody who is no clinician.
        Some(author) if kind != EntryKind::PatientCarerCorrespondence => entry.with(author),
        _ => entry,
    };
    let entry = match supporting_text(fact) {
        Some(words) => entry.supported_by(&words),
        None => entry,
    };
    detailed(entry, fact)
}

/// The same with what only its kind has.
fn detailed(mut entry: Entry, fact: &Fact) -> Entry {
    match &fact.detail {
        Detail::AcuteMedication(prescription)
        | Detail::CurrentRepeatMedication(prescription)
        | Detail::DiscontinuedRepeatMedication(prescription)
        | Detail::MedicationAdministration(prescription) => {
            entry.medication = Some(Box::new(medication(entry.kind, fact, prescription)));
            match &prescription.reason {
                Some(reason) => entry.linked(reason.target, &reason.id),
                None => entry,
            }
        }
        Detail::Problem(link) | Detail::RiskToPatient(link) | Detail::Treatment(Some(link)) => {
            entry.linked(link.target, &link.id)
        }
        Detail::Smoking(Some(found))
        | Detail::AlcoholIntake(Some(found))
        | Detail::Height(found)
        | Detail::Weight(found)
        | Detail::Temperature(found) => entry.valued(Value::Quantity(quantity(found))),
        Detail::Finding(Some(found)) => measured::finding(entry, found),
        Detail::FindingOrganizer(components) => measured::organizer(entry, fact, components),
        Detail::BloodPressure {
            systolic,
            diastolic,
        } => measured::blood_pressure(entry, fact, *systolic, *diastolic),
        Detail::CareEvent { place } => {
            let place = Agent::service_location(plain(*place));
            entry.with(Participation::new(Role::ServiceLocation, None, place))
        }
        Detail::ProvisionOfAdviceAndInformation {
            receiver: (code, name),
        } => {
            let receiver = Agent::related("nonAgentRole", code, name, None);
            entry.with(Participation::new(Role::Receiver, None, receiver))
        }
        Detail::CareProfessionalDocumentation { text }
        | Detail::PatientCarerCorrespondence { text }
        | Detail::ThirdPartyCorrespondence { text } => {
            entry.text = Some(Data::text(text.as_str()));
            entry
        }
        _ => entry,
    }
}

fn kind(detail: &Detail) -> EntryKind {
    use EntryKind as K;
    match detail {
        Detail::Allergy { drug: true, .. } => K::AllergyDE,
        Detail::Allergy { drug: false, .. } => K::Allergy,
        Detail::AcuteMedication(_) => K::AcuteMedication,
        Detail::CurrentRepeatMedication(_) => K::CurrentRepeatMedication,
        Detail::DiscontinuedRepeatMedication(_) => K::DiscontinuedRepeatMedication,
        Detail::MedicationAdministration(_) => K::MedicationAdministration,
        Detail::Diagnosis => K::Diagnosis,
        Detail::Problem(_) => K::Problem,
        Detail::Finding(_) => K::Finding,
        Detail::FindingOrganizer(_) => K::FindingOrganizer,
        Detail::BloodPressure { .. } => K::BloodPressure,
        Detail::Height(_) => K::Height,
        Detail::Weight(_) => K::Weight,
        Detail::Temperature(_) => K::Temperature,
        Detail::Investigation => K::Investigation,
        Detail::Treatment(_) => K::Treatment,
        Detail::RiskToPatient(_) => K::RiskToPatient,
        Detail::LifeStyle => K::LifeStyle,
        Detail::Smoking(_) => K::Smoking,
        Detail::AlcoholIntake(_) => K::AlcoholIntake,
        Detail::SocialOrPersonalCircumstance => K::SocialOrPersonalCircumstance,
        Detail::PersonalPreference => K::PersonalPreference,
        Detail::FamilyHistory => K::FamilyHistory,
        Detail::CareEvent { .. } => K::CareEvent,
        Detail::AdministrativeProcedure => K::AdministrativeProcedure,
        Detail::Service => K::Service,
        Detail::ProvisionOfAdviceAndInformation { .. } => K::ProvisionOfAdviceAndInformation,
        Detail::CareProfessionalDocumentation { .. } => K::CareProfessionalDocumentation,
        Detail::PatientCarerCorrespondence { .. } => K::PatientCarerCorrespondence,
        Detail::ThirdPartyCorrespondence { .. } => K::ThirdPartyCorrespondence,
    }
}

/// When it was: kinds differ in whether they say a point, some time around it, or a period.
fn time(kind: EntryKind, fact: &Fact) -> Period {
    use EntryKind as K;
    let from = day::digits(fact.from);
    match kind {
        K::CurrentRepeatMedication | K::MedicationAdministration | K::Finding => {
            Period::around(&from)
        }
        K::AcuteMedication
        | K::FindingOrganizer
        | K::BloodPressure
        | K::Height
        | K::Weight
        | K::Temperature
        | K::CareProfessionalDocumentation
        | K::PatientCarerCorrespondence
        | K::ThirdPartyCorrespondence => Period::at(&from),
        _ => Period::from(&from, fact.to.map(day::digits).as_deref()),
    }
}

fn plain(concept: Concept) -> Code {
    Code::snomed(concept.code, concept.term)
}

/// A concept with the words it was recorded in.
fn concept(concept: Concept) -> Code {
    plain(concept).recorded_as(concept.term)
}

fn quantity(found: &Measure) -> Quantity {
    Quantity::new(&found.value, found.ucum)
}

/// What staff wrote, of kinds that have a place for it; of an allergy, its certainty and severity
/// too, which have no other place.
fn supporting_text(fact: &Fact) -> Option<Cow<'_, str>> {
    let note = fact.note.as_deref();
    match fact.detail {
        Detail::Problem(_)
        | Detail::RiskToPatient(_)
        | Detail::CareProfessionalDocumentation { .. }
        | Detail::PatientCarerCorrespondence { .. }
        | Detail::ThirdPartyCorrespondence { .. } => None,
        Detail::Allergy {
            certainty,
            severity,
            ..
        } => {
            let certainty = certainty.map(|value| format!("Certainty: {value}"));
            let severity = severity.map(|value| format!("Severity: {value}"));
            let note = note.map(str::to_owned);
            let pieces: Vec<String> = [certainty, severity, note].into_iter().flatten().collect();
            (!pieces.is_empty()).then(|| Cow::Owned(pieces.join("; ")))
        }
        _ => note.map(Cow::Borrowed),
    }
}

fn medication(kind: EntryKind, fact: &Fact, prescription: &Prescription) -> Medication {
    let number = prescription.quantity.to_string();
    let is_given = kind == EntryKind::MedicationAdministration;
    Medication {
        dosage: (!is_given).then(|| Dosage::new(prescription.dose)),
        administration: is_given.then(|| Administration::new(prescription.dose)),
        supply: Some(Supply::new(Quantity::pieces(&number, prescription.unit))),
        consumable: Some(Consumable::new(plain(fact.concept))),
        ..Medication::default()
    }
}
