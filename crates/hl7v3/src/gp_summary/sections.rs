//! The coded content of a GP Summary, as a light read-only model: one section for each care
//! record entry (CRE) type, one entry for each clinical statement. For showing and for JSON; what
//! it leaves out stays in the document.

use xml::Element;

use crate::lenient::{attribute, child, children, normal, path};

/// A section: the statements of one CRE type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodedSection {
    /// Its SNOMED CT code.
    pub code: String,
    /// Its name, as the sender wrote it.
    pub name: String,
    /// Its statements, in the document's order.
    pub entries: Vec<CodedEntry>,
}

/// A clinical statement.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CodedEntry {
    /// The element that holds it, like `UKCT_MT144053UK02.Allergy`.
    pub element: String,
    /// Its id.
    pub id: Option<String>,
    /// Its code.
    pub code: Option<String>,
    /// The system of that code.
    pub code_system: Option<String>,
    /// The display name of that code.
    pub display: Option<String>,
    /// The words the code stands for.
    pub original_text: Option<String>,
    /// Its status.
    pub status: Option<String>,
    /// When it holds, in HL7 digits: a time, `from …`, `until …` or `from … until …`.
    pub effective_time: Option<String>,
    /// Its value: a text, a coded value's name, or a quantity with its unit.
    pub value: Option<String>,
    /// What else is said, each with its name: medication item, dosage, quantity, supporting
    /// information, parts of a blood pressure.
    pub details: Vec<(&'static str, String)>,
}

/// Reads the sections of a GP Summary. CRE types that occur twice stay apart.
pub fn sections(summary: Element<'_, '_>) -> Vec<CodedSection> {
    children(summary, "pertinentInformation2")
        .filter_map(|information| child(information, "pertinentCREType"))
        .map(|section| CodedSection {
            code: owned(attribute(section, &["code"], "code")).unwrap_or_default(),
            name: owned(attribute(section, &["code"], "displayName")).unwrap_or_default(),
            entries: children(section, "component")
                .filter_map(statement)
                .map(entry)
                .collect(),
        })
        .collect()
}

fn owned(text: Option<&str>) -> Option<String> {
    text.map(normal).filter(|text| !text.is_empty())
}

/// The statement of a component: what is left beside its template id and flags.
fn statement<'d, 'i>(component: Element<'d, 'i>) -> Option<Element<'d, 'i>> {
    component
        .children()
        .find(|child| !matches!(child.name(), "templateId" | "seperatableInd"))
}

fn entry(statement: Element<'_, '_>) -> CodedEntry {
    let code = child(statement, "code");
    CodedEntry {
        element: statement.name().to_owned(),
        id: owned(attribute(statement, &["id"], "root")),
        code: owned(code.and_then(|code| code.attribute("code"))),
        code_system: owned(code.and_then(|code| code.attribute("codeSystem"))),
        display: owned(code.and_then(|code| code.attribute("displayName"))),
        original_text: code
            .and_then(|code| child(code, "originalText"))
            .and_then(|text| owned(Some(&text.deep_text()))),
        status: owned(attribute(statement, &["statusCode"], "code")),
        effective_time: child(statement, "effectiveTime").and_then(effective_time),
        value: child(statement, "value").and_then(value),
        details: details(statement),
    }
}

fn effective_time(element: Element<'_, '_>) -> Option<String> {
    let bound = |name| attribute(element, &[name], "value").filter(|value| !value.is_empty());
    match (
        element.attribute("value").or_else(|| bound("center")),
        bound("low"),
        bound("high"),
    ) {
        (Some(value), _, _) => owned(Some(value)),
        (None, Some(low), Some(high)) => Some(format!("from {low} until {high}")),
        (None, Some(low), None) => Some(format!("from {low}")),
        (None, None, Some(high)) => Some(format!("until {high}")),
        (None, None, None) => None,
    }
}

/// A quantity with its unit, a coded value's name, or text. The unit of a translation counts
/// for more than `1`, which only says "pieces".
fn value(element: Element<'_, '_>) -> Option<String> {
    let amount = element.attribute("value");
    if let Some(amount) = amount {
        let named = path(element, &["translation", "originalText"])
            .map(|text| normal(&text.deep_text()))
            .filter(|text| !text.is_empty());
        let unit = named.or_else(|| owned(element.attribute("unit")).filter(|unit| unit != "1"));
        return owned(Some(&format!("{amount} {}", unit.unwrap_or_default())));
    }
    owned(element.attribute("displayName"))
        .or_else(|| owned(Some(&element.deep_text())))
        .or_else(|| owned(element.attribute("code")))
}

/// Where the details of a statement stand. The names of acts are distinct, so those of the
/// `pertinentInformation…` around them do not matter, and they vary.
fn details(statement: Element<'_, '_>) -> Vec<(&'static str, String)> {
    let mut details = Vec::new();
    for relation in statement.children() {
        for act in relation.children() {
            if let Some((name, text)) = detail(act) {
                details.push((name, text));
            }
        }
    }
    details
}

fn detail(act: Element<'_, '_>) -> Option<(&'static str, String)> {
    let (name, text) = match act.name() {
        "manufacturedProduct" => {
            let code = path(act, &["manufacturedManufacturedMaterial", "code"])?;
            let original = child(code, "originalText").map(|text| text.deep_text());
            let text = owned(code.attribute("displayName")).or_else(|| owned(original.as_deref()));
            ("Medication item", text)
        }
        "pertinentDosageInstructions" => {
            ("Dosage instructions", child(act, "value").and_then(value))
        }
        "pertinentAdministrationDetails" => (
            "Administration details",
            child(act, "value").and_then(value),
        ),
        "medicationQuantity" => ("Quantity", child(act, "quantity").and_then(value)),
        "pertinentDaysSupply" => (
            "Days supply",
            child(act, "expectedUseTime").and_then(effective_time),
        ),
        "pertinentSupportingInfo" => (
            "Supporting information",
            child(act, "value").and_then(value),
        ),
        "systolicPressure" => ("Systolic", child(act, "value").and_then(value)),
        "diastolicPressure" => ("Diastolic", child(act, "value").and_then(value)),
        _ => return None,
    };
    text.map(|text| (name, text))
}
