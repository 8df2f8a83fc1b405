//! Medications (UKCT_MT144040UK01).

use domain::oid;
use xml::Writer;

use super::part::{self, Time};
use crate::fact::{Detail, Fact, Prescription};

/// What distinguishes the four kinds.
struct Kind {
    element: &'static str,
    mood: &'static str,
    /// The fixed code; the kind that has none is coded as giving a medicine.
    code: (&'static str, &'static str),
    status: &'static str,
    time: Time,
}

fn kind(detail: &Detail) -> Kind {
    let (element, mood, code, status, time) = match detail {
        Detail::CurrentRepeatMedication(_) => (
            "UKCT_MT144040UK01.CurrentRepeatMedication",
            "RQO",
            ("222681000000101", "Repeat medication"),
            "active",
            Time::Centre,
        ),
        Detail::DiscontinuedRepeatMedication(_) => (
            "UKCT_MT144040UK01.DiscontinuedRepeatMedication",
            "RQO",
            ("222691000000104", "Discontinued repeat medication"),
            "completed",
            Time::Interval,
        ),
        Detail::MedicationAdministration(_) => (
            "UKCT_MT144040UK01.MedicationAdministration",
            "EVN",
            ("18629005", "Administration of medicine"),
            "completed",
            Time::Centre,
        ),
        _ => (
            "UKCT_MT144040UK01.AcuteMedication",
            "RQO",
            ("222671000000103", "Acute medication"),
            "completed",
            Time::Point,
        ),
    };
    Kind {
        element,
        mood,
        code,
        status,
        time,
    }
}

/// Writes a medication.
pub(super) fn write(w: &mut Writer, fact: &Fact, prescription: &Prescription) {
    let kind = kind(&fact.detail);
    w.element(
        kind.element,
        &[("classCode", "SBADM"), ("moodCode", kind.mood)],
        |w| {
            w.empty("id", &[("root", &fact.id)]);
            part::snomed(w, "code", kind.code.0, kind.code.1);
            w.empty("statusCode", &[("code", kind.status)]);
            part::effective(w, fact, kind.time);
            match fact.detail {
                Detail::MedicationAdministration(_) => instructions(
                    w,
                    ["pertinentInformation2", "pertinentAdministrationDetails"],
                    ["AD", "Medication administration Instructions"],
                    prescription.dose,
                ),
                _ => instructions(
                    w,
                    ["pertinentInformation1", "pertinentDosageInstructions"],
                    ["DI", "Dose Instructions"],
                    prescription.dose,
                ),
            }
            part::author(w, fact);
            quantity(w, prescription);
            consumable(w, fact);
            part::supporting(w, fact.note.as_deref());
            if let Some(reason) = &prescription.reason {
                part::link(w, "reason", "RSON", "CSAB_RM-NPfITUK10.sourceOf1", reason);
            }
        },
    );
}

fn instructions(w: &mut Writer, elements: [&str; 2], code: [&str; 2], text: &str) {
    w.element(elements[0], &part::PERTINENT, |w| {
        part::inseparable(w);
        w.element(elements[1], &part::OBSERVATION, |w| {
            w.text_element("value", &[], text);
            let attributes = [
                ("code", code[0]),
                ("codeSystem", oid::PRESCRIPTION_ANNOTATION),
                ("displayName", code[1]),
            ];
            w.empty("code", &attributes);
        });
    });
}

fn quantity(w: &mut Writer, prescription: &Prescription) {
    let number = prescription.quantity.to_string();
    w.element("component", &[("typeCode", "COMP")], |w| {
        part::inseparable(w);
        let supply = [("classCode", "SPLY"), ("moodCode", "RQO")];
        w.element("medicationQuantity", &supply, |w| {
            w.element("quantity", &[("value", &number), ("unit", "1")], |w| {
                w.element("translation", &[("value", &number)], |w| {
                    w.text_element("originalText", &[], prescription.unit);
                });
            });
            part::snomed(w, "code", "246205007", "Quantity");
        });
    });
}

fn consumable(w: &mut Writer, fact: &Fact) {
    w.element(
        "consumable",
        &[("typeCode", "CSM"), ("contextControlCode", "OP")],
        |w| {
            w.element("manufacturedProduct", &[("classCode", "MANU")], |w| {
                let material = [("classCode", "MMAT"), ("determinerCode", "KIND")];
                w.element("manufacturedManufacturedMaterial", &material, |w| {
                    part::snomed(w, "code", fact.concept.code, fact.concept.term);
                });
            });
        },
    );
}
