//! References and bundles: what leads where.

use std::collections::HashSet;

use super::{Finding, Severity};
use crate::bundle::Index;
use crate::resource::{Bundle, Resource};
use crate::structure::{Cited, Thorough};
use crate::table::Tables;

const REFERENCES: &str = "FHIR R4, references between resources";
const BUNDLE: &str = "FHIR R4, Bundle";

pub(super) fn check(resource: &Resource, thorough: &Thorough, findings: &mut Vec<Finding>) {
    let bundle = match resource {
        Resource::Bundle(bundle) => Some(bundle),
        _ => None,
    };
    let index = bundle.map(Bundle::index);
    for cited in &thorough.references {
        if let Some(finding) = reference(cited, bundle, index.as_ref()) {
            findings.push(finding);
        }
    }
    if let Some(bundle) = bundle {
        entries(bundle, findings);
        rules(bundle, findings);
    }
}

fn reference(cited: &Cited, bundle: Option<&Bundle>, index: Option<&Index>) -> Option<Finding> {
    let expression = format!("{}.reference", cited.expression);
    let wrong = |rule: &str| Some(Finding::error(expression.clone(), rule, REFERENCES));
    if let Some(id) = cited.reference.strip_prefix('#') {
        let found = id.is_empty() || cited.is_contained;
        return if found {
            None
        } else {
            wrong("no contained resource has this id")
        };
    }
    if !is_address(cited.reference) {
        return wrong("it has to be Type/id, a URL, urn:uuid:… or #id");
    }
    let (bundle, index) = (bundle?, index?);
    if index.resolve(cited.reference).is_some() {
        return None;
    }
    let is_urn = cited.reference.starts_with("urn:");
    let is_relative = is_relative(cited.reference);
    let inside_only = is_urn || bundle.r#type.as_deref() == Some("document");
    match (is_urn || is_relative, inside_only) {
        (false, _) => None,
        (true, true) => wrong("it leads to nothing in the bundle"),
        (true, false) => Some(Finding {
            severity: Severity::Warning,
            expression,
            rule: "it leads to nothing in the bundle".to_owned(),
            source: REFERENCES,
        }),
    }
}

fn is_address(reference: &str) -> bool {
    let absolute = ["http://", "https://", "urn:uuid:", "urn:oid:"];
    absolute.iter().any(|start| reference.starts_with(start)) || is_relative(reference)
}

/// `Type/id`, or `Type/id/_history/version`.
fn is_relative(reference: &str) -> bool {
    let tables = Tables::get();
    let parts: Vec<&str> = reference.split('/').collect();
    match parts.as_slice() {
        [kind, id] | [kind, id, "_history", _] => {
            (tables.resource(kind).is_some() || tables.is_other(kind)) && !id.is_empty()
        }
        _ => false,
    }
}

fn entries(bundle: &Bundle, findings: &mut Vec<Finding>) {
    let mut seen = HashSet::new();
    for (at, entry) in bundle.entry.iter().enumerate() {
        let mut wrong = |rule: &str| {
            let expression = format!("Bundle.entry[{at}].fullUrl");
            findings.push(Finding::error(expression, rule, BUNDLE));
        };
        let Some(full_url) = entry.full_url.as_deref() else {
            continue;
        };
        if !full_url.contains(':') {
            wrong("it has to be an absolute URL or urn:uuid:…");
        } else if !is_of(full_url, entry.resource.as_ref()) {
            wrong("it has to end with the type and the id of the resource");
        }
        let resource = entry.resource.as_ref();
        let version = resource.and_then(|r| r.meta()?.version_id.as_deref());
        if !seen.insert((full_url, version)) {
            wrong("two entries have the same fullUrl");
        }
    }
}

/// Whether a URL can be that of the resource.
fn is_of(full_url: &str, resource: Option<&Resource>) -> bool {
    let Some(resource) = resource else {
        return true;
    };
    match resource.id() {
        Some(id) if full_url.starts_with("http") => {
            full_url.ends_with(&format!("/{}/{id}", resource.resource_type()))
        }
        _ => true,
    }
}

/// The invariants bdl-1, bdl-2, bdl-9, bdl-10 and bdl-11.
fn rules(bundle: &Bundle, findings: &mut Vec<Finding>) {
    let kind = bundle.r#type.as_deref().unwrap_or("");
    let mut wrong = |expression: &str, rule: &str| {
        findings.push(Finding::error(expression.to_owned(), rule, BUNDLE));
    };
    if bundle.total.is_some() && !matches!(kind, "searchset" | "history") {
        wrong(
            "Bundle.total",
            "a total is for searchset and history only (bdl-1)",
        );
    }
    if kind != "searchset" && bundle.entry.iter().any(|entry| entry.search.is_some()) {
        wrong("Bundle.entry", "search is for searchset only (bdl-2)");
    }
    if kind != "document" {
        return;
    }
    let identified = bundle
        .identifier
        .as_ref()
        .is_some_and(|id| id.system.is_some() && id.value.is_some());
    if !identified {
        wrong(
            "Bundle.identifier",
            "a document has an identifier with system and value (bdl-9)",
        );
    }
    if bundle.timestamp.is_none() {
        wrong("Bundle.timestamp", "a document has a timestamp (bdl-10)");
    }
    let first = bundle
        .entry
        .first()
        .and_then(|entry| entry.resource.as_ref());
    if !matches!(first, Some(Resource::Composition(_))) {
        wrong(
            "Bundle.entry",
            "the first entry of a document is its Composition (bdl-11)",
        );
    }
}
