//! Every other kind of entry.

use std::borrow::Cow;

use xml::Writer;

use super::part::{self, Time};
use crate::fact::{Concept, Detail, Fact, Link};

const SOURCE_OF_1: &str = "CSAB_RM-NPfITUK10.sourceOf1";

/// A statement with the common head and, for some kinds, one thing more.
pub(super) fn statement(w: &mut Writer, fact: &Fact) {
    let (name, class, status) = shape(&fact.detail);
    w.element(name, &[("classCode", class), ("moodCode", "EVN")], |w| {
        if let Detail::Smoking(Some(found)) | Detail::AlcoholIntake(Some(found)) = &fact.detail {
            part::quantity(w, "value", found, false);
        }
        w.empty("id", &[("root", &fact.id)]);
        part::concept(w, fact.concept);
        w.empty("statusCode", &[("code", status)]);
        part::effective(w, fact, Time::Interval);
        part::author(w, fact);
        if let Detail::CareEvent { place } = fact.detail {
            location(w, place);
        }
        part::supporting(w, supporting_text(fact).as_deref());
        match &fact.detail {
            Detail::Treatment(Some(given)) => {
                part::link(w, "pertinentInformation1", "PERT", SOURCE_OF_1, given);
            }
            Detail::ProvisionOfAdviceAndInformation { receiver } => self::receiver(w, *receiver),
            _ => {}
        }
    });
}

/// Element, class and usual status of a kind.
fn shape(detail: &Detail) -> (&'static str, &'static str, &'static str) {
    match detail {
        Detail::Allergy { drug: true, .. } => ("UKCT_MT144048UK02.AllergyDE", "OBS", "completed"),
        Detail::Allergy { .. } => ("UKCT_MT144053UK02.Allergy", "OBS", "completed"),
        Detail::Diagnosis => ("UKCT_MT144042UK01.Diagnosis", "OBS", "normal"),
        Detail::Investigation => ("UKCT_MT144045UK01.Investigation", "PROC", "normal"),
        Detail::Treatment(_) => ("UKCT_MT144055UK01.Treatment", "PROC", "normal"),
        Detail::LifeStyle => ("UKCT_MT144036UK01.LifeStyle", "OBS", "normal"),
        Detail::Smoking(_) => ("UKCT_MT144036UK01.Smoking", "OBS", "normal"),
        Detail::AlcoholIntake(_) => ("UKCT_MT144036UK01.AlcoholIntake", "OBS", "normal"),
        Detail::PersonalPreference => ("UKCT_MT144046UK01.PersonalPreference", "OBS", "normal"),
        Detail::FamilyHistory => ("UKCT_MT144044UK01.FamilyHistory", "OBS", "normal"),
        Detail::CareEvent { .. } => ("UKCT_MT144037UK01.CareEvent", "ENC", "normal"),
        Detail::AdministrativeProcedure => {
            ("UKCT_MT144050UK01.AdministrativeProcedure", "ACT", "normal")
        }
        Detail::Service => ("UKCT_MT144047UK01.Service", "PCPR", "normal"),
        Detail::ProvisionOfAdviceAndInformation { .. } => (
            "UKCT_MT144049UK01.ProvisionOfAdviceAndInformation",
            "INFRM",
            "normal",
        ),
        _ => (
            "UKCT_MT144036UK01.SocialOrPersonalCircumstance",
            "OBS",
            "normal",
        ),
    }
}

/// What staff wrote; of an allergy, its certainty and severity too, which have no other place.
fn supporting_text(fact: &Fact) -> Option<Cow<'_, str>> {
    let note = fact.note.as_deref();
    let Detail::Allergy {
        certainty,
        severity,
        ..
    } = fact.detail
    else {
        return note.map(Cow::Borrowed);
    };
    let certainty = certainty.map(|value| format!("Certainty: {value}"));
    let severity = severity.map(|value| format!("Severity: {value}"));
    let pieces: Vec<String> = certainty
        .into_iter()
        .chain(severity)
        .chain(note.map(str::to_owned))
        .collect();
    (!pieces.is_empty()).then(|| Cow::Owned(pieces.join("; ")))
}

fn location(w: &mut Writer, place: Concept) {
    w.element(
        "location1",
        &[("typeCode", "LOC"), ("contextControlCode", "OP")],
        |w| {
            w.element(
                "dedicatedServiceDeliveryLocation",
                &[("classCode", "DSDLOC")],
                |w| {
                    part::snomed(w, "code", place.code, place.term);
                },
            );
        },
    );
}

fn receiver(w: &mut Writer, (code, name): (&str, &str)) {
    w.element(
        "receiver",
        &[("typeCode", "RCV"), ("contextControlCode", "OP")],
        |w| {
            w.element("nonAgentRole", &[("classCode", "ROL")], |w| {
                // Person relationship types.
                let system = "2.16.840.1.113883.2.1.3.2.4.16.15";
                w.empty(
                    "code",
                    &[
                        ("code", code),
                        ("codeSystem", system),
                        ("displayName", name),
                    ],
                );
            });
        },
    );
}

/// A problem, which is nothing but a name for another entry.
pub(super) fn problem(w: &mut Writer, fact: &Fact, link: &Link) {
    let node = [("classCode", "CNOD"), ("moodCode", "EVN")];
    w.element("UKCT_MT144038UK02.Problem", &node, |w| {
        w.empty("id", &[("root", &fact.id)]);
        part::snomed(w, "code", fact.concept.code, fact.concept.term);
        w.empty("statusCode", &[("code", "active")]);
        part::effective(w, fact, Time::Interval);
        part::author(w, fact);
        part::link(
            w,
            "pertinentInformation",
            "PERT",
            "CSAB_RM-NPfITUK10.sourceOf",
            link,
        );
    });
}

/// A risk, and what it comes of.
pub(super) fn risk(w: &mut Writer, fact: &Fact, link: &Link) {
    w.element("UKCT_MT144054UK01.RiskToPatient", &part::OBSERVATION, |w| {
        w.empty("id", &[("root", &fact.id)]);
        part::snomed(w, "code", fact.concept.code, fact.concept.term);
        w.empty("statusCode", &[("code", "normal")]);
        part::effective(w, fact, Time::Interval);
        part::author(w, fact);
        part::link(w, "pertinentInformation1", "PERT", SOURCE_OF_1, link);
    });
}

/// A letter or note, with its text.
pub(super) fn letter(w: &mut Writer, fact: &Fact, text: &str) {
    let name = match fact.detail {
        Detail::CareProfessionalDocumentation { .. } => {
            "UKCT_MT144035UK01.CareProfessionalDocumentation"
        }
        Detail::PatientCarerCorrespondence { .. } => "UKCT_MT144035UK01.PatientCarerCorrespondence",
        _ => "UKCT_MT144035UK01.ThirdPartyCorrespondence",
    };
    w.element(name, &[("classCode", "DOC"), ("moodCode", "EVN")], |w| {
        w.empty("id", &[("root", &fact.id)]);
        part::concept(w, fact.concept);
        w.text_element("text", &[], text);
        w.empty("statusCode", &[("code", "active")]);
        part::effective(w, fact, Time::Point);
        // A letter of the patient's can only be by somebody who is no clinician.
        if !matches!(fact.detail, Detail::PatientCarerCorrespondence { .. }) {
            part::author(w, fact);
        }
    });
}
