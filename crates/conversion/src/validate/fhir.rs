//! The rules of FHIR resources: R4's, and those of an upload.

use fhir::{Bundle, FhirError, FhirErrorKind, Finding, Resource, Severity};

use super::locate::Locator;
use super::{Form, Found, MOST};
use crate::{NewDocument, Profile};

const JSON: &str = "The JavaScript Object Notation (JSON) Data Interchange Format, RFC 8259";
const XML: &str = "Extensible Markup Language (XML) 1.0";
const R4: &str = "HL7 FHIR R4";
/// A time for what is generated on the way and thrown away.
const NOW: jiff::Timestamp = jiff::Timestamp::UNIX_EPOCH;
const LIMITS: &str = "the limits of this program";

/// Everything about one resource.
pub(super) fn check(bytes: &[u8], form: Form) -> Vec<Found> {
    let read = match form {
        Form::FhirXml => fhir::xml::read(bytes),
        _ => fhir::json::read(bytes),
    };
    let resource = match read {
        Ok(resource) => resource,
        Err(error) => return vec![unreadable(error, form)],
    };
    let mut findings = fhir::check(&resource);
    if let Resource::Bundle(bundle) = &resource
        && bundle.r#type.as_deref() == Some("document")
    {
        findings.extend(upload(bundle));
    }
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings.truncate(MOST);
    let locator = Locator::new(bytes, form);
    let mut found: Vec<Found> = Vec::new();
    for finding in findings {
        let one = Found {
            severity: finding.severity,
            place: locator.place(&finding.expression),
            path: finding.expression,
            rule: finding.rule,
            source: finding.source,
        };
        if !found.contains(&one) {
            found.push(one);
        }
    }
    found
}

/// What an upload of the document would be refused for, or what it would lose.
fn upload(bundle: &Bundle) -> Vec<Finding> {
    let mut count = 0_u64;
    // The document is thrown away, so its ids need only differ.
    let mut ids = move || {
        count += 1;
        format!("00000000-0000-4000-8000-{count:012X}")
    };
    let new = NewDocument {
        now: NOW,
        patient: None,
    };
    match crate::from_fhir(bundle, &new, Profile::Full, &mut ids) {
        Ok(converted) => converted.notes,
        Err(findings) => findings,
    }
}

fn unreadable(error: FhirError, form: Form) -> Found {
    let source = match error.kind {
        FhirErrorKind::Limit => LIMITS,
        FhirErrorKind::Encoding | FhirErrorKind::Malformed if form == Form::FhirXml => XML,
        FhirErrorKind::Encoding | FhirErrorKind::Malformed => JSON,
        _ => R4,
    };
    Found {
        severity: Severity::Error,
        path: error.expression,
        place: (error.line > 0).then_some((error.line, error.column)),
        rule: error.rule,
        source,
    }
}
