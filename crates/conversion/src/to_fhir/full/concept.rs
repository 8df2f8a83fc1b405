//! Codes as concepts.

use fhir::{CodeableConcept, Coding, Extension, ExtensionValue, system};
use hl7v3::gp_summary::model::{Code, Qualifier};

use super::{code as code_text, said};
use crate::{codes, extension};

/// A code with its translations, its qualifiers and the words it was recorded in. `None` for one
/// that says nothing.
pub(super) fn concept(code: &Code) -> Option<CodeableConcept> {
    let translations = code.translations.iter().filter_map(coding);
    let concept = CodeableConcept {
        coding: coding(code).into_iter().chain(translations).collect(),
        text: code
            .original_text
            .as_ref()
            .and_then(|text| said(&text.content)),
        ..CodeableConcept::default()
    };
    (!concept.coding.is_empty() || concept.text.is_some()).then_some(concept)
}

/// A code, for an element that has to be there.
pub(super) fn required(code: Option<&Code>) -> CodeableConcept {
    code.and_then(concept)
        .unwrap_or_else(|| CodeableConcept::new(system::NULL_FLAVOR, "UNK", "unknown"))
}

/// A code without translations. What is no code but has a name keeps the name.
pub(super) fn coding(code: &Code) -> Option<Coding> {
    let text = code.code.as_deref().and_then(code_text);
    let display = code.display.as_deref().and_then(said);
    if text.is_none() && display.is_none() {
        let flavour = code.null_flavour.as_deref().and_then(code_text)?;
        return Some(Coding {
            system: Some(system::NULL_FLAVOR.to_owned()),
            code: Some(flavour),
            ..Coding::default()
        });
    }
    Some(Coding {
        extension: code.qualifiers.iter().filter_map(qualifier).collect(),
        system: code.system.as_deref().and_then(codes::system_to_fhir),
        version: code.system_version.as_deref().and_then(said),
        code: text,
        display,
        ..Coding::default()
    })
}

/// Some senders code a qualifier on the element itself, without name and value.
fn qualifier(qualifier: &Qualifier) -> Option<Extension> {
    let itself = || {
        let code = Code {
            code: qualifier.code.clone(),
            system: qualifier.system.clone(),
            display: qualifier.display.clone(),
            ..Code::default()
        };
        coding(&code)
    };
    let name = qualifier.name.as_ref().and_then(coding);
    let value = qualifier.value.as_ref().and_then(coding).or_else(itself);
    let parts = [("name", name), ("value", value)];
    let parts = parts
        .into_iter()
        .filter_map(|(url, coding)| Some(part(url, ExtensionValue::Coding(coding?))));
    complex(extension::QUALIFIER, parts.collect())
}

/// An extension with a value.
pub(super) fn simple(url: &str, value: ExtensionValue) -> Extension {
    part(url, value)
}

/// A part of a complex extension.
pub(super) fn part(url: &str, value: ExtensionValue) -> Extension {
    Extension {
        url: Some(url.to_owned()),
        value: Some(value),
        ..Extension::default()
    }
}

/// An extension with parts; none when there are none.
pub(super) fn complex(url: &str, parts: Vec<Extension>) -> Option<Extension> {
    (!parts.is_empty()).then(|| Extension {
        url: Some(url.to_owned()),
        extension: parts,
        ..Extension::default()
    })
}
