//! The rules of the entries of a GP Summary.

use domain::Hl7Timestamp;
use domain::identifier::is_uuid;
use hl7v3::gp_summary::model::{EntryKind, Target};
use xml::{Element, ns};

use super::codes;
use super::summary::{Findings, MIM};

const SNOMED: &str = "SNOMED CT Release File Specifications, check digit";
const TYPES: &str = "HL7 V3 Data Types (MIM 4.2.00)";

/// The states of an act (HL7 V3 `ActStatus`).
const STATES: [&str; 11] = [
    "normal",
    "active",
    "completed",
    "nullified",
    "aborted",
    "cancelled",
    "held",
    "new",
    "suspended",
    "obsolete",
    "",
];

/// The statement of a component: what is left beside its template id and flags.
pub(super) fn statement<'d, 'i>(component: Element<'d, 'i>) -> Option<Element<'d, 'i>> {
    component
        .children()
        .find(|child| !matches!(child.name(), "templateId" | "seperatableInd"))
}

/// Notes the ids of all entries, members of organizers included, and finds those that are there
/// twice.
pub(super) fn index<'d, 'i>(summary: Element<'d, 'i>, findings: &mut Findings<'d, 'i>) {
    for entry in summary.descendants() {
        let is_entry = EntryKind::of(entry.name()).is_some() || entry.name() == "finding";
        let Some(id) = entry.child(ns::HL7, "id").filter(|_| is_entry) else {
            continue;
        };
        let Some(root) = id.attribute("root") else {
            continue;
        };
        if findings
            .ids
            .insert(root.to_ascii_uppercase(), entry)
            .is_some()
        {
            findings.error(id, "another entry of the document has this id", MIM);
        }
    }
}

/// Checks an entry.
pub(super) fn check<'d>(entry: Element<'d, '_>, kind: EntryKind, findings: &mut Findings<'d, '_>) {
    check_id(entry, findings);
    check_code(entry, kind, findings);
    let status = entry.child(ns::HL7, "statusCode");
    if let Some(status) = status
        && !STATES.contains(&status.attribute("code").unwrap_or_default())
    {
        findings.error(
            status,
            "the status is none of HL7's states of an act",
            TYPES,
        );
    }
    if status.is_none() && kind.status().is_some() {
        findings.error(entry, "the entry has no statusCode", MIM);
    }
    match entry.child(ns::HL7, "effectiveTime") {
        Some(time) => check_time(time, findings),
        None => findings.warning(entry, "the entry has no effectiveTime", MIM),
    }
    if kind.is_medication() && medicine(entry).is_none() {
        findings.error(entry, "the medication does not say which medicine", MIM);
    }
    for relation in entry.children() {
        check_link(relation, findings);
    }
}

fn check_id<'d>(entry: Element<'d, '_>, findings: &mut Findings<'d, '_>) {
    let id = entry.child(ns::HL7, "id");
    match id.and_then(|id| id.attribute("root")) {
        Some(root) if is_uuid(root) => {}
        Some(_) => findings.error(id.unwrap_or(entry), "the id of an entry is a UUID", MIM),
        None => findings.error(entry, "the entry has no id", MIM),
    }
}

fn check_code<'d>(entry: Element<'d, '_>, kind: EntryKind, findings: &mut Findings<'d, '_>) {
    let Some(code) = entry.child(ns::HL7, "code") else {
        findings.error(entry, "the entry has no code", MIM);
        return;
    };
    check_concept(code, findings);
    let fixed = kind.code().and_then(|code| code.code);
    let is_medication = kind.is_medication();
    if let Some(fixed) = fixed.filter(|_| is_medication)
        && code.attribute("code") != Some(fixed.as_str())
    {
        findings.warning(
            code,
            "the code is not the one of this kind of medication",
            MIM,
        );
    }
    if let Some(medicine) = medicine(entry) {
        check_concept(medicine, findings);
    }
}

fn medicine<'d, 'i>(entry: Element<'d, 'i>) -> Option<Element<'d, 'i>> {
    let names = [
        "consumable",
        "manufacturedProduct",
        "manufacturedManufacturedMaterial",
        "code",
    ];
    entry.path(ns::HL7, &names)
}

/// A code with its translations.
fn check_concept<'d>(code: Element<'d, '_>, findings: &mut Findings<'d, '_>) {
    let value = code.attribute("code");
    let system = code.attribute("codeSystem");
    let words = code.child(ns::HL7, "originalText");
    match (value, system) {
        (None, _) if code.attribute("nullFlavor").is_some() || words.is_some() => {
            findings.information(code, "the entry is told in words only");
        }
        (None, _) => findings.error(code, "there is neither a code nor a text", TYPES),
        (Some(_), None) => {
            findings.error(code, "the code does not say of which system it is", TYPES)
        }
        (Some(value), Some(system)) if codes::is_snomed(system) && !codes::is_identifier(value) => {
            findings.error(
                code,
                "the check digit of the SNOMED CT code is wrong",
                SNOMED,
            );
        }
        (Some(_), Some(system)) if crate::codes::system_to_fhir(system).is_none() => {
            findings.error(code, "the code system is no OID", TYPES);
        }
        (Some(_), Some(system)) if !codes::is_known(system) => {
            findings.warning(
                code,
                "the code system is none that readers of GP Summaries know",
                MIM,
            );
        }
        _ => {}
    }
    if value.is_some() && code.attribute("displayName").is_none() && words.is_none() {
        findings.warning(
            code,
            "the code has no name: readers may not be able to show it",
            MIM,
        );
    }
    for translation in code.children_named(ns::HL7, "translation") {
        check_concept(translation, findings);
    }
}

fn check_time<'d>(time: Element<'d, '_>, findings: &mut Findings<'d, '_>) {
    let mut bound = |element: Option<Element<'d, '_>>| {
        let element = element?;
        let value = element
            .attribute("value")
            .filter(|value| !value.is_empty())?;
        match Hl7Timestamp::parse(value) {
            Ok(at) => {
                let ahead = |made: &Hl7Timestamp| at.first_instant() > made.last_instant();
                if findings.made.as_ref().is_some_and(ahead) {
                    let rule = "the time lies after that of the document";
                    findings.information(element, rule);
                }
                Some(at)
            }
            Err(error) => {
                findings.error(element, error.to_string(), TYPES);
                None
            }
        }
    };
    bound(Some(time));
    bound(time.child(ns::HL7, "center"));
    let low = bound(time.child(ns::HL7, "low"));
    let high = bound(time.child(ns::HL7, "high"));
    if let (Some(low), Some(high)) = (low, high)
        && low.first_instant() > high.last_instant()
    {
        findings.error(time, "the end lies before the beginning", TYPES);
    }
}

/// A link leads to an entry of the document.
fn check_link<'d>(relation: Element<'d, '_>, findings: &mut Findings<'d, '_>) {
    for act in relation.children() {
        let is_target = Target::ALL
            .iter()
            .any(|target| target.element() == act.name());
        let id = act.child(ns::HL7, "id").filter(|_| is_target);
        let Some(root) = id.and_then(|id| id.attribute("root")) else {
            continue;
        };
        if !findings.ids.contains_key(&root.to_ascii_uppercase()) {
            findings.warning(act, "the link leads to no entry of the document", MIM);
        }
    }
}
