//! What the requests and answers of the access control service share.

use domain::{NhsNumber, oid};
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

pub(super) fn resource_context(w: &mut Writer, patient: &NhsNumber) {
    let attributes = [("root", oid::NHS_NUMBER), ("extension", patient.as_str())];
    w.empty("crs:resourceContext", &attributes);
}

/// One assertion: this permission, for everyone, of this patient's consent.
pub(super) fn assertion(
    w: &mut Writer,
    permission: &str,
    patient: &NhsNumber,
    function: ConsentFunction,
) {
    w.element("crs:accessControlAssertion", &[], |w| {
        w.text_element("crs:permission", &[], permission);
        resource(w, SCR, patient);
        w.element("crs:function", &[], |w| {
            w.text_element("crs:context", &[], CONSENT);
            w.text_element("crs:code", &[], function.code());
        });
        accessor(w, EVERYONE, |w| {
            w.text_element("crs:name", &[], EVERYONE);
        });
    });
}

pub(super) fn resource(w: &mut Writer, kind: &str, patient: &NhsNumber) {
    w.element("crs:resource", &[], |w| {
        w.text_element("crs:type", &[], kind);
        w.text_element("crs:Id", &[], patient.as_str());
    });
}

pub(super) fn accessor(w: &mut Writer, kind: &str, id: impl FnOnce(&mut Writer)) {
    w.element("crs:accessor", &[], |w| {
        w.text_element("crs:type", &[], kind);
        w.element("crs:accessorId", &[], id);
    });
}
