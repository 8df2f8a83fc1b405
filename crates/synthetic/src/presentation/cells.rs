//! What stands in the cells of a fact's row, one per column of its section.

use std::borrow::Cow;

use crate::day;
use crate::fact::{Detail, Fact, Measure, Prescription};

type Cell<'f> = Cow<'f, str>;

/// The cells of a row, as many as its section's table has columns.
pub(super) fn of(fact: &Fact) -> Vec<Cell<'_>> {
    let date = Cow::Owned(day::written(fact.from));
    let term = Cow::Borrowed(fact.concept.term);
    let note = Cow::Borrowed(fact.note.as_deref().unwrap_or_default());
    match &fact.detail {
        Detail::Allergy {
            certainty,
            severity,
            ..
        } => {
            let text = |value: &Option<&'static str>| Cow::Borrowed(value.unwrap_or_default());
            vec![date, term, text(certainty), text(severity), note]
        }
        Detail::AcuteMedication(prescription) => {
            medication(fact, "Acute Medication", "Prescribed", prescription)
        }
        Detail::CurrentRepeatMedication(prescription) => {
            medication(fact, "Repeat Medication", "Last Issued", prescription)
        }
        Detail::DiscontinuedRepeatMedication(prescription) => medication(
            fact,
            "Discontinued Repeat Medication",
            "Discontinued",
            prescription,
        ),
        Detail::MedicationAdministration(prescription) => {
            medication(fact, "Medication Administered", "Given", prescription)
        }
        detail => match value(detail) {
            Some(value) => vec![date, term, value, note],
            None => vec![date, description(fact), information(fact)],
        },
    }
}

fn medication<'f>(
    fact: &'f Fact,
    kind: &'static str,
    when: &str,
    prescription: &'f Prescription,
) -> Vec<Cell<'f>> {
    let day = fact.to.unwrap_or(fact.from);
    let mut dose = prescription.dose.to_owned();
    if let Some(reason) = &prescription.reason {
        dose += &format!(". Reason for medication: {}", reason.term);
    }
    if let Some(note) = &fact.note {
        dose += &format!(". {note}");
    }
    vec![
        Cow::Borrowed(kind),
        Cow::Owned(format!("{when}: {}", day::written(day))),
        Cow::Borrowed(fact.concept.term),
        Cow::Owned(dose),
        Cow::Owned(format!("{} {}", prescription.quantity, prescription.unit)),
    ]
}

/// The value of what has a column for it.
fn value(detail: &Detail) -> Option<Cell<'_>> {
    Some(Cow::Owned(match detail {
        Detail::Finding(Some(found))
        | Detail::Height(found)
        | Detail::Weight(found)
        | Detail::Temperature(found) => measured(found),
        Detail::Finding(None) => return Some(Cow::Borrowed("")),
        Detail::BloodPressure {
            systolic,
            diastolic,
        } => format!("{systolic}/{diastolic} mmHg"),
        Detail::FindingOrganizer(components) => {
            let each = |c: &crate::fact::Component| {
                format!("{}: {}", c.concept.term, measured(&c.measure))
            };
            components.iter().map(each).collect::<Vec<_>>().join("; ")
        }
        _ => return None,
    }))
}

fn measured(found: &Measure) -> String {
    match &found.normal {
        Some((low, high)) => format!("{} {} ({low} - {high})", found.value, found.unit),
        None => format!("{} {}", found.value, found.unit),
    }
}

/// What it is: for entries that are coded as pointing at another one, that one's name.
fn description(fact: &Fact) -> Cell<'_> {
    match &fact.detail {
        Detail::Problem(link) => Cow::Borrowed(link.term),
        Detail::RiskToPatient(link) => Cow::Owned(format!("{}: {}", fact.concept.term, link.term)),
        _ => Cow::Borrowed(fact.concept.term),
    }
}

/// Everything else there is to say.
fn information(fact: &Fact) -> Cell<'_> {
    let own = match &fact.detail {
        Detail::Problem(_) => Cow::Borrowed("Active"),
        Detail::Treatment(Some(link)) => Cow::Owned(format!("Given: {}", link.term)),
        Detail::CareEvent { place } => Cow::Borrowed(place.term),
        Detail::Smoking(Some(found)) | Detail::AlcoholIntake(Some(found)) => {
            Cow::Owned(measured(found))
        }
        Detail::ProvisionOfAdviceAndInformation {
            receiver: (_, name),
        } => Cow::Owned(format!("Given to: {name}")),
        Detail::CareProfessionalDocumentation { text }
        | Detail::PatientCarerCorrespondence { text }
        | Detail::ThirdPartyCorrespondence { text } => Cow::Borrowed(text.as_str()),
        _ => Cow::Borrowed(""),
    };
    match &fact.note {
        None => own,
        Some(note) if own.is_empty() => Cow::Borrowed(note),
        Some(note) => Cow::Owned(format!("{own}. {note}")),
    }
}
