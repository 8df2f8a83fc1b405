//! What the requests and answers of the access control service share.

use domain::consent::ConsentSetting;
use domain::{Consent, NhsNumber, oid};
use xml::{Element, Writer, ns};

use super::{CONSENT, ConsentFunction, DATA_MISSING, EVERYONE, SCR};
use crate::Invalid;
use crate::lenient::normal;

/// Reads the patient of a request for reading: `resourceContext` of the query.
pub(super) fn read_patient(query: Element<'_, '_>) -> Result<NhsNumber, Invalid> {
    let missing = || Invalid::nhs_number(DATA_MISSING, "accessControlQuery.resourceContext");
    let context = query
        .one(ns::CRS, "resourceContext")
        .map_err(|_| missing())?;
    if context.attribute("root") != Some(oid::NHS_NUMBER) {
        let detail = "accessControlQuery.resourceContext with root OID=2.16.840.1.113883.2.1.4.1";
        return Err(Invalid::nhs_number(DATA_MISSING, detail));
    }
    let extension = context
        .attribute("extension")
        .filter(|text| !text.trim().is_empty())
        .ok_or_else(missing)?;
    // Spine repeats the value here; it may be a patient's number, so only its length is told.
    match extension.chars().count() {
        11.. => Err(Invalid::nhs_number(
            "ErrorBase1712.RESOURCE_CONTEXT_TOO_LONG",
            "10",
        )),
        ..=9 => Err(Invalid::nhs_number(
            "ErrorBase1712.RESOURCE_CONTEXT_TOO_SHORT",
            "10",
        )),
        _ => NhsNumber::parse(extension).map_err(|_| missing()),
    }
}

/// The only child of this name: of two that say different things, neither counts.
pub(super) fn only<'d, 'i>(
    element: Element<'d, 'i>,
    name: &'static str,
) -> Option<Element<'d, 'i>> {
    element.one(ns::CRS, name).ok()
}

/// The text of the only child of this name, when there is some.
pub(super) fn text(element: Element<'_, '_>, name: &'static str) -> Option<String> {
    only(element, name)
        .map(|child| normal(&child.text()))
        .filter(|text| !text.is_empty())
}

/// Names of elements under one prefix, or none: the same structure stands in the namespace of the
/// access control service, and inside event lists in that of HL7.
#[derive(Debug, Clone, Copy)]
pub(super) enum Names {
    /// `crs:`
    Crs,
    /// No prefix: the default namespace.
    Default,
}

impl Names {
    fn of(self, name: &'static str) -> &'static str {
        match self {
            Self::Crs => name,
            Self::Default => name.strip_prefix("crs:").unwrap_or(name),
        }
    }

    fn text(self, w: &mut Writer, name: &'static str, text: &str) {
        w.text_element(self.of(name), &[], text);
    }

    fn element(self, w: &mut Writer, name: &'static str, content: impl FnOnce(&mut Writer)) {
        w.element(self.of(name), &[], content);
    }
}

/// What a patient's consent says: an assertion for each setting that is no default, of those that
/// are asked for.
pub(super) fn permissions(
    w: &mut Writer,
    names: Names,
    patient: &NhsNumber,
    consent: Consent,
    asked: impl Fn(ConsentFunction) -> bool,
) {
    names.element(w, "crs:permissions", |w| {
        resource_context(w, names, patient);
        for (function, setting) in [
            (ConsentFunction::Store, consent.store),
            (ConsentFunction::View, consent.view),
        ] {
            let permission = match setting {
                ConsentSetting::Yes => "Yes",
                ConsentSetting::No => "No",
                ConsentSetting::Ask => continue,
            };
            if asked(function) {
                assertion(w, names, permission, patient, function);
            }
        }
    });
}

pub(super) fn resource_context(w: &mut Writer, names: Names, patient: &NhsNumber) {
    let attributes = [("root", oid::NHS_NUMBER), ("extension", patient.as_str())];
    w.empty(names.of("crs:resourceContext"), &attributes);
}

/// One assertion: this permission, for everyone, of this patient's consent.
pub(super) fn assertion(
    w: &mut Writer,
    names: Names,
    permission: &str,
    patient: &NhsNumber,
    function: ConsentFunction,
) {
    names.element(w, "crs:accessControlAssertion", |w| {
        names.text(w, "crs:permission", permission);
        resource(w, names, SCR, patient);
        names.element(w, "crs:function", |w| {
            names.text(w, "crs:context", CONSENT);
            names.text(w, "crs:code", function.code());
        });
        accessor(w, names, EVERYONE, |w| {
            names.text(w, "crs:name", EVERYONE);
        });
    });
}

pub(super) fn resource(w: &mut Writer, names: Names, kind: &str, patient: &NhsNumber) {
    names.element(w, "crs:resource", |w| {
        names.text(w, "crs:type", kind);
        names.text(w, "crs:Id", patient.as_str());
    });
}

pub(super) fn accessor(w: &mut Writer, names: Names, kind: &str, id: impl FnOnce(&mut Writer)) {
    names.element(w, "crs:accessor", |w| {
        names.text(w, "crs:type", kind);
        names.element(w, "crs:accessorId", id);
    });
}
