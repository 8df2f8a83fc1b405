//! The rules of a GP Summary in HL7 V3.

use std::collections::HashMap;

use domain::code::cre_type::{self, CreType};
use domain::{Hl7Timestamp, oid};
use fhir::Severity;
use hl7v3::gp_summary;
use hl7v3::gp_summary::model::EntryKind;
use xml::{Element, ns};

use super::{Found, MOST, entries};

/// The message implementation manual.
pub(super) const MIM: &str = "NHS Message Implementation Manual 4.2.00, GP Summary";
const SPINE: &str = "Spine 2's checks of GP Summaries";
const XHTML: &str = "NHS Message Implementation Manual 4.2.00, presentation text";

/// What may not be in a text that is shown to people.
const ACTIVE: [&str; 9] = [
    "script", "iframe", "object", "embed", "applet", "form", "input", "link", "base",
];

/// Gathers what is found.
pub(super) struct Findings<'d, 'i> {
    pub(super) all: Vec<Found>,
    /// Every entry by its id in capitals.
    pub(super) ids: HashMap<String, Element<'d, 'i>>,
    /// When the document was made.
    pub(super) made: Option<Hl7Timestamp>,
}

impl Findings<'_, '_> {
    pub(super) fn error(
        &mut self,
        at: Element<'_, '_>,
        rule: impl Into<String>,
        source: &'static str,
    ) {
        self.add(Severity::Error, at, rule, source);
    }

    pub(super) fn warning(
        &mut self,
        at: Element<'_, '_>,
        rule: impl Into<String>,
        source: &'static str,
    ) {
        self.add(Severity::Warning, at, rule, source);
    }

    pub(super) fn information(&mut self, at: Element<'_, '_>, rule: impl Into<String>) {
        self.add(Severity::Information, at, rule, MIM);
    }

    fn add(
        &mut self,
        severity: Severity,
        at: Element<'_, '_>,
        rule: impl Into<String>,
        source: &'static str,
    ) {
        if self.all.len() < MOST {
            self.all
                .push(Found::of_xml(severity, at.error(rule), source));
        }
    }
}

/// Everything about one GP Summary.
pub(super) fn check(summary: Element<'_, '_>) -> Vec<Found> {
    let mut findings = Findings {
        all: Vec::new(),
        ids: HashMap::new(),
        made: None,
    };
    header(summary, &mut findings);
    let headings = text(summary, &mut findings);
    entries::index(summary, &mut findings);
    for section in sections(summary) {
        check_section(section, headings.as_deref(), &mut findings);
    }
    findings.all
}

fn header<'d>(summary: Element<'d, '_>, findings: &mut Findings<'d, '_>) {
    match gp_summary::header(summary) {
        Ok(header) => {
            findings.made = Some(header.effective.clone());
            if header.replaces.as_ref() == Some(&header.id) {
                let rule = "a document cannot replace itself";
                findings.error(summary, rule, SPINE);
            }
        }
        Err(error) => findings
            .all
            .push(Found::of_xml(Severity::Error, error, SPINE)),
    }
    let status = summary.child(ns::HL7, "statusCode");
    match status.and_then(|status| status.attribute("code")) {
        Some("active" | "nullified") => {}
        Some(_) => findings.error(
            status.unwrap_or(summary),
            "the status of a GP Summary is active or nullified",
            MIM,
        ),
        None => {
            let rule = "A single hl7:GPSummary/hl7:statusCode/@code must be provided";
            findings.error(summary, rule, SPINE);
        }
    }
    for (name, rule) in [
        ("author", "a GP Summary has an author"),
        (
            "pertinentInformation1",
            "a GP Summary says what it is in pertinentInformation1",
        ),
    ] {
        if summary.child(ns::HL7, name).is_none() {
            findings.error(summary, rule, MIM);
        }
    }
}

/// The presentation text; gives the headings, `None` without a text.
fn text<'d>(
    summary: Element<'d, '_>,
    findings: &mut Findings<'d, '_>,
) -> Option<Vec<&'static str>> {
    let Some(html) = gp_summary::presentation(summary) else {
        findings.error(summary, "a GP Summary has a presentation text", XHTML);
        return None;
    };
    let body = html
        .children()
        .find(|child| child.name() == "body")
        .unwrap_or(html);
    if html.name() != "html" || body.name() != "body" {
        findings.warning(
            html,
            "the presentation text is an html element with a body",
            XHTML,
        );
    }
    match body.children().next() {
        None => findings.warning(body, "the presentation text is empty", XHTML),
        Some(first) if first.name() != "h2" => {
            let rule = "the presentation text begins with an h2; what stands before the first h2 \
                        belongs to no section";
            findings.warning(first, rule, XHTML);
        }
        Some(_) => {}
    }
    for element in html.descendants() {
        let is_handler = |name: &str| {
            name.get(..2)
                .is_some_and(|start| start.eq_ignore_ascii_case("on"))
        };
        if ACTIVE.contains(&element.name().to_ascii_lowercase().as_str()) {
            let rule = format!("{} may not be in a presentation text", element.name());
            findings.error(element, rule, XHTML);
        } else if element.attributes().any(|(_, name, _)| is_handler(name)) {
            findings.error(
                element,
                "event handlers may not be in a presentation text",
                XHTML,
            );
        }
    }
    Some(headings(body, findings))
}

fn headings<'d>(body: Element<'d, '_>, findings: &mut Findings<'d, '_>) -> Vec<&'static str> {
    let mut known = Vec::new();
    for heading in body.children().filter(|child| child.name() == "h2") {
        let id = heading.attribute("id");
        let title = heading.deep_text();
        match crate::codes::header_of(id, Some(title.trim())) {
            Some(header) => known.push(header),
            None if id == Some("Title") => {}
            None => findings.information(heading, "this heading is none of the known sections"),
        }
    }
    known
}

fn sections<'d, 'i>(summary: Element<'d, 'i>) -> impl Iterator<Item = Element<'d, 'i>> {
    summary
        .children()
        .filter(|child| child.is(ns::HL7, "pertinentInformation2"))
        .filter_map(|information| information.child(ns::HL7, "pertinentCREType"))
}

fn check_section<'d>(
    section: Element<'d, '_>,
    headings: Option<&[&'static str]>,
    findings: &mut Findings<'d, '_>,
) {
    let code = section.child(ns::HL7, "code");
    let value = code
        .and_then(|code| code.attribute("code"))
        .unwrap_or_default();
    let at = code.unwrap_or(section);
    if at.attribute("codeSystem") != Some(oid::SNOMED_CT) {
        findings.error(at, "the type of a section is a code of SNOMED CT", MIM);
    }
    let known = CreType::of(value);
    if known.is_none() {
        findings.warning(at, "this type of section is not known", MIM);
    }
    let mut components = section.children_named(ns::HL7, "component").peekable();
    if components.peek().is_none() {
        findings.warning(section, "the section holds no entry", MIM);
    }
    for component in components {
        let Some(entry) = entries::statement(component) else {
            findings.error(component, "a component holds an entry", MIM);
            continue;
        };
        let Some(kind) = EntryKind::of(entry.name()) else {
            let rule = "this kind of entry is not known; it is kept and not mapped";
            findings.warning(entry, rule, MIM);
            continue;
        };
        if known.is_some_and(|known| !belongs(kind, known)) {
            findings.warning(entry, "this kind of entry belongs in another section", MIM);
        }
        let under = crate::codes::header_for(value, kind);
        if let (Some(under), Some(headings)) = (under, headings)
            && !headings.contains(&under)
        {
            let rule = "the presentation text has no heading for this entry: readers see it only \
                        as a code";
            findings.warning(entry, rule, XHTML);
        }
        entries::check(entry, kind, findings);
    }
}

/// Whether entries of this kind belong in a section. Findings, and documents that somebody filed,
/// are met everywhere.
fn belongs(kind: EntryKind, section: &CreType) -> bool {
    use EntryKind as K;
    let sections: &[CreType] = match kind {
        K::Allergy | K::AllergyDE => &[cre_type::ALLERGIES],
        kind if kind.is_medication() => &[cre_type::MEDICATION],
        K::Diagnosis => &[cre_type::DIAGNOSES],
        K::Problem | K::ProblemMemberAssertion | K::ProblemLinkAssertion => &[cre_type::PROBLEMS],
        K::Investigation => &[cre_type::INVESTIGATIONS],
        K::Treatment => &[cre_type::TREATMENTS],
        K::RiskToPatient => &[cre_type::RISKS_TO_PATIENT],
        K::RiskToPerson => &[cre_type::RISKS_TO_OTHERS],
        K::CareEvent => &[cre_type::CARE_EVENTS],
        K::FamilyHistory => &[cre_type::FAMILY_HISTORY],
        K::PersonalPreference => &[cre_type::PERSONAL_PREFERENCES],
        K::LifeStyle | K::Smoking | K::AlcoholIntake | K::SocialOrPersonalCircumstance => {
            &[cre_type::LIFESTYLE, cre_type::SOCIAL_CIRCUMSTANCES]
        }
        K::ProvisionOfAdviceAndInformation => &[cre_type::ADVICE],
        K::AdministrativeProcedure => &[cre_type::ADMINISTRATIVE],
        K::Service => &[cre_type::SERVICES],
        K::PatientCarerCorrespondence => &[cre_type::PATIENT_CORRESPONDENCE],
        K::ThirdPartyCorrespondence => &[cre_type::THIRD_PARTY_CORRESPONDENCE],
        _ => return true,
    };
    sections.contains(section)
}
