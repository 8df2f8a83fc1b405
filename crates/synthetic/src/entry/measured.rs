//! Observations and results (UKCT_MT144043UK02).

use xml::Writer;

use super::part::{self, Time};
use crate::fact::{Component, Fact, Measure};

const COMPONENT: [(&str, &str); 3] = [
    ("typeCode", "COMP"),
    ("inversionInd", "false"),
    ("negationInd", "false"),
];
const COMPONENT_TEMPLATE: &str = "CSAB_RM-NPfITUK10.component";

/// A finding, with or without a value.
pub(super) fn finding(w: &mut Writer, fact: &Fact, found: Option<&Measure>) {
    w.element("UKCT_MT144043UK02.Finding", &part::OBSERVATION, |w| {
        if let Some(found) = found {
            part::quantity(w, "value", found, true);
        }
        head(w, fact, Time::Centre);
        range(w, found);
        tail(w, fact);
    });
}

/// Height, weight or temperature.
pub(super) fn single(w: &mut Writer, fact: &Fact, name: &str, found: &Measure) {
    w.element(
        &format!("UKCT_MT144043UK02.{name}"),
        &part::OBSERVATION,
        |w| {
            part::quantity(w, "value", found, false);
            head(w, fact, Time::Point);
            tail(w, fact);
        },
    );
}

/// Several findings of one sample.
pub(super) fn organizer(w: &mut Writer, fact: &Fact, components: &[Component]) {
    let entry = [("classCode", "ENTRY"), ("moodCode", "EVN")];
    w.element("UKCT_MT144043UK02.FindingOrganizer", &entry, |w| {
        head(w, fact, Time::Point);
        for component in components {
            w.element("component", &COMPONENT, |w| {
                part::template(w, COMPONENT_TEMPLATE, "false");
                w.element("finding", &part::OBSERVATION, |w| {
                    part::quantity(w, "value", &component.measure, true);
                    w.empty("id", &[("root", &component.id)]);
                    part::concept(w, component.concept);
                    w.empty("statusCode", &[("code", "completed")]);
                    part::effective(w, fact, Time::Centre);
                    range(w, Some(&component.measure));
                });
            });
        }
        tail(w, fact);
    });
}

/// Blood pressure: diastolic before systolic, as the schema has it.
pub(super) fn blood_pressure(w: &mut Writer, fact: &Fact, systolic: u32, diastolic: u32) {
    let battery = [("classCode", "BATTERY"), ("moodCode", "EVN")];
    w.element("UKCT_MT144043UK02.BloodPressure", &battery, |w| {
        head(w, fact, Time::Point);
        pressure(
            w,
            fact,
            ["component1", "diastolicPressure"],
            ["271650006", "Diastolic blood pressure"],
            diastolic,
        );
        pressure(
            w,
            fact,
            ["component2", "systolicPressure"],
            ["271649006", "Systolic blood pressure"],
            systolic,
        );
        tail(w, fact);
    });
}

fn pressure(w: &mut Writer, fact: &Fact, elements: [&str; 2], code: [&str; 2], value: u32) {
    w.element(elements[0], &COMPONENT, |w| {
        part::template(w, COMPONENT_TEMPLATE, "false");
        w.element(elements[1], &part::OBSERVATION, |w| {
            w.empty(
                "value",
                &[("value", &value.to_string()), ("unit", "mm[Hg]")],
            );
            w.empty("id", &[("root", &part_id(&fact.id, elements[1]))]);
            part::snomed(w, "code", code[0], code[1]);
            part::effective(w, fact, Time::Point);
        });
    });
}

/// The id of a part of an entry: that of the entry with another first digit for each part.
fn part_id(id: &str, part: &str) -> String {
    let digit = if part == "systolicPressure" { 'A' } else { 'B' };
    let digit = if id.starts_with(digit) { 'C' } else { digit };
    format!("{digit}{}", &id[1..])
}

fn head(w: &mut Writer, fact: &Fact, time: Time) {
    w.empty("id", &[("root", &fact.id)]);
    part::concept(w, fact.concept);
    w.empty("statusCode", &[("code", "completed")]);
    part::effective(w, fact, time);
}

fn tail(w: &mut Writer, fact: &Fact) {
    part::author(w, fact);
    part::supporting(w, fact.note.as_deref());
}

fn range(w: &mut Writer, found: Option<&Measure>) {
    let Some((found, (low, high))) = found.and_then(|f| Some((f, f.normal.as_ref()?))) else {
        return;
    };
    let attributes = [("typeCode", "REFV"), ("contextConductionInd", "true")];
    w.element("referenceRange", &attributes, |w| {
        part::inseparable(w);
        let reference = [("classCode", "OBS"), ("moodCode", "EVN.CRT")];
        w.element("referenceReferenceValue", &reference, |w| {
            w.element("value", &[], |w| {
                w.empty("low", &[("value", low), ("unit", found.ucum)]);
                w.empty("high", &[("value", high), ("unit", found.ucum)]);
            });
        });
    });
}
