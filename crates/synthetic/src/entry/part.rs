//! The parts that entries and the document's header are made of.

use domain::oid;
use jiff::civil::Date;
use xml::Writer;

use crate::day;
use crate::fact::{Concept, Fact, Link, Measure, Target};
use crate::patient::Name;
use crate::practice::{Clinician, Practice};

/// The attributes of an observation.
pub(crate) const OBSERVATION: [(&str, &str); 2] = [("classCode", "OBS"), ("moodCode", "EVN")];
/// The attributes of `pertinentInformation` within an entry.
pub(crate) const PERTINENT: [(&str, &str); 2] =
    [("typeCode", "PERT"), ("contextConductionInd", "true")];
const AUTHOR: [(&str, &str); 2] = [("typeCode", "AUT"), ("contextControlCode", "OP")];

/// `templateId` and, always after it, `seperatableInd`, spelt as the schema spells it.
pub(crate) fn template(w: &mut Writer, name: &str, separable: &str) {
    w.empty(
        "templateId",
        &[("root", oid::TEMPLATE), ("extension", name)],
    );
    w.empty("seperatableInd", &[("value", separable)]);
}

/// `seperatableInd` alone.
pub(crate) fn inseparable(w: &mut Writer) {
    w.empty("seperatableInd", &[("value", "false")]);
}

/// A code of SNOMED CT.
pub(crate) fn snomed(w: &mut Writer, name: &str, code: &str, display: &str) {
    w.empty(
        name,
        &[
            ("code", code),
            ("codeSystem", oid::SNOMED_CT),
            ("displayName", display),
        ],
    );
}

/// A concept with the words it was recorded in.
pub(crate) fn concept(w: &mut Writer, concept: Concept) {
    let attributes = [
        ("code", concept.code),
        ("codeSystem", oid::SNOMED_CT),
        ("displayName", concept.term),
    ];
    w.element("code", &attributes, |w| {
        w.text_element("originalText", &[], concept.term)
    });
}

/// A code of the two kinds of text.
pub(crate) fn text_type(w: &mut Writer, code: &str, display: &str) {
    w.empty(
        "code",
        &[
            ("code", code),
            ("codeSystem", oid::TEXT_TYPE),
            ("displayName", display),
        ],
    );
}

/// How an entry writes its time.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Time {
    /// One instant.
    Point,
    /// Some time around it.
    Centre,
    /// From it, and up to the end if there was one.
    Interval,
}

/// `effectiveTime` of a fact.
pub(crate) fn effective(w: &mut Writer, fact: &Fact, time: Time) {
    let from = day::digits(fact.from);
    match time {
        Time::Point => w.empty("effectiveTime", &[("value", &from)]),
        Time::Centre => {
            w.element("effectiveTime", &[], |w| {
                w.empty("center", &[("value", &from)])
            });
        }
        Time::Interval => w.element("effectiveTime", &[], |w| {
            w.empty("low", &[("value", &from)]);
            if let Some(to) = fact.to {
                w.empty("high", &[("value", &day::digits(to))]);
            }
        }),
    }
}

/// A value with its unit; `typed` where the schema leaves the type open.
pub(crate) fn quantity(w: &mut Writer, name: &str, found: &Measure, typed: bool) {
    let mut attributes = vec![("value", found.value.as_str()), ("unit", found.ucum)];
    if typed {
        attributes.insert(0, ("xsi:type", "PQ"));
    }
    w.empty(name, &attributes);
}

/// Who recorded an entry, if that is told.
pub(crate) fn author(w: &mut Writer, fact: &Fact) {
    let Some(clinician) = &fact.recorded_by else {
        return;
    };
    w.element("author", &AUTHOR, |w| {
        time(w, fact.from);
        person(w, clinician);
    });
}

fn time(w: &mut Writer, day: Date) {
    w.empty("time", &[("value", &day::digits(day))]);
}

/// A person known to SDS.
pub(crate) fn person(w: &mut Writer, clinician: &Clinician) {
    w.element(
        "UKCT_MT160018UK01.AgentPersonSDS",
        &[("classCode", "AGNT")],
        |w| {
            let profile = clinician.role_profile.as_str();
            w.empty(
                "id",
                &[("root", oid::SDS_ROLE_PROFILE), ("extension", profile)],
            );
            let attributes = [("classCode", "PSN"), ("determinerCode", "INSTANCE")];
            w.element("agentPersonSDS", &attributes, |w| {
                let user = clinician.user.as_str();
                w.empty("id", &[("root", oid::SDS_USER), ("extension", user)]);
                name(w, &clinician.name);
            });
        },
    );
}

/// A person's name in parts.
pub(crate) fn name(w: &mut Writer, name: &Name) {
    w.element("name", &[], |w| {
        w.text_element("prefix", &[], name.title);
        w.text_element("given", &[], name.given);
        w.text_element("family", &[], name.family);
    });
}

/// A practice known to SDS.
pub(crate) fn organisation(w: &mut Writer, element: &str, practice: &Practice) {
    let attributes = [("classCode", "ORG"), ("determinerCode", "INSTANCE")];
    w.element(element, &attributes, |w| {
        w.empty(
            "id",
            &[("root", oid::ODS), ("extension", practice.ods.as_str())],
        );
        w.text_element("name", &[], &practice.name);
    });
}

/// Where a practice is.
pub(crate) fn address(w: &mut Writer, practice: &Practice) {
    w.element("addr", &[], |w| {
        for line in &practice.lines {
            w.text_element("streetAddressLine", &[], line);
        }
        w.text_element("postalCode", &[], &practice.postcode);
    });
}

/// What staff wrote beside an entry.
pub(crate) fn supporting(w: &mut Writer, text: Option<&str>) {
    let Some(text) = text else { return };
    w.element("pertinentInformation", &PERTINENT, |w| {
        inseparable(w);
        w.element("pertinentSupportingInfo", &OBSERVATION, |w| {
            w.text_element("value", &[], text);
            text_type(w, "SupportingText", "Supporting Text");
        });
    });
}

/// A link to another entry: `name` is the element that holds it, `type_code` what it means.
pub(crate) fn link(w: &mut Writer, name: &str, type_code: &str, template_name: &str, link: &Link) {
    let attributes = [
        ("typeCode", type_code),
        ("inversionInd", "false"),
        ("negationInd", "false"),
    ];
    w.element(name, &attributes, |w| {
        template(w, template_name, "false");
        let (element, class, mood) = match link.target {
            Target::Diagnosis => ("Diagnosis", "OBS", "EVN"),
            Target::Treatment => ("Treatment", "PROC", "EVN"),
            Target::Medication => ("Medication", "SBADM", "RQO"),
            Target::MedicationAdministration => ("MedicationAdministration", "SBADM", "EVN"),
            Target::Allergy => ("AllergiesAndAdverseReactionsIdent", "OBS", "EVN"),
            Target::AllergyDE => ("AllergiesAndAdverseReactionsDE", "OBS", "EVN"),
        };
        w.element(element, &[("classCode", class), ("moodCode", mood)], |w| {
            w.empty("id", &[("root", &link.id)]);
        });
    });
}
