//! The DistributionEnvelope of an answer.

use itk::{Face, Operation};
use xml::{Element, ns};

use super::{Against, Notes, is_upper_uuid, uuid_of};

const SCHEMA: &str = "distributionEnvelope-v2-0.xsd";

/// The payload, when there is exactly one.
pub(super) fn check<'d, 'i>(
    envelope: &Element<'d, 'i>,
    against: &Against<'_>,
    notes: &mut Notes,
) -> Option<Element<'d, 'i>> {
    match envelope.child(ns::ITK, "header") {
        Some(header) => check_header(&header, against, notes),
        None => notes.defect(SCHEMA, "the DistributionEnvelope has no header"),
    }
    let payloads = envelope.child(ns::ITK, "payloads")?;
    check_count(&payloads, "payloads", notes);
    let payload = payloads.one(ns::ITK, "payload").ok()?;
    check_pair(envelope, &payload, notes);
    let mut content = payload.children();
    match (content.next(), content.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    }
}

fn check_header(header: &Element<'_, '_>, against: &Against<'_>, notes: &mut Notes) {
    let service = header.attribute("service").unwrap_or_default();
    if service != itk::SEND_RECV_RESPONSE {
        notes.defect(
            "SCR Mini Service DMS 1.0",
            format!(
                "service of the answer must be {}, and is {service}",
                itk::SEND_RECV_RESPONSE
            ),
        );
    }
    match header.attribute("trackingid") {
        Some(id) if !is_upper_uuid(id) => {
            notes.defect(SCHEMA, "trackingid is no upper-case UUID");
        }
        Some(id) if id == against.sent.ids.tracking => {
            notes.remark("trackingid of the answer is that of the request");
        }
        Some(_) => {}
        None => notes.defect(SCHEMA, "header has no trackingid"),
    }
    if header
        .path(ns::ITK, &["auditIdentity", "id"])
        .is_none_or(|id| id.required("uri").is_err())
    {
        notes.defect("COR-DEH-03", "the answer has no auditIdentity");
    }
    let order = [
        "addresslist",
        "auditIdentity",
        "manifest",
        "senderAddress",
        "handlingSpecification",
    ];
    let places: Vec<_> = header
        .children()
        .map(|child| order.iter().position(|name| *name == child.name()))
        .collect();
    if places.iter().any(Option::is_none) || !places.is_sorted_by(|a, b| a < b) {
        notes.defect(SCHEMA, "the parts of header are unknown or out of order");
    }
    match header.child(ns::ITK, "manifest") {
        Some(manifest) => check_count(&manifest, "manifest", notes),
        None => notes.defect(SCHEMA, "header has no manifest"),
    }
}

fn check_count(list: &Element<'_, '_>, name: &str, notes: &mut Notes) {
    let count = list.attribute("count").map(str::trim);
    if count != Some("1") || list.children().count() != 1 {
        notes.defect(SCHEMA, format!("{name} must count and hold exactly one"));
    }
}

fn check_pair(envelope: &Element<'_, '_>, payload: &Element<'_, '_>, notes: &mut Notes) {
    let item = envelope.path(ns::ITK, &["header", "manifest", "manifestitem"]);
    let Some(item) = item else {
        notes.defect(SCHEMA, "the answer has no manifestitem");
        return;
    };
    let (listed, given) = (item.attribute("id"), payload.attribute("id"));
    if listed.is_none() || listed != given {
        notes.defect(
            SCHEMA,
            "the manifestitem and the payload have different ids",
        );
    }
    if given.and_then(uuid_of).is_none_or(|id| !is_upper_uuid(id)) {
        notes.defect(SCHEMA, "the id of the payload ends in no upper-case UUID");
    }
    let mimetype = item.attribute("mimetype").unwrap_or_default();
    if !mimetype.trim().eq_ignore_ascii_case("text/xml") {
        notes.defect(SCHEMA, "mimetype of the manifestitem must be text/xml");
    }
    for name in ["compressed", "encrypted", "base64"] {
        if matches!(item.attribute(name).map(str::trim), Some("true" | "1")) {
            notes.defect(
                "SCR Mini Service DMS 1.0",
                format!("the payload is {name}, and mini services send plain XML"),
            );
        }
    }
}

/// The document that says what an operation is called on the wire.
pub(super) fn rule(operation: Operation) -> &'static str {
    match operation.face() {
        Face::Scr => "SCR Mini Service DMS 1.0",
        Face::Cpis => "CP-IS test tool: SMSP-CP-ISNHSQueryResponse-v1-0",
    }
}

/// Profile and interaction are those of the operation that answers.
pub(super) fn check_names(envelope: &Element<'_, '_>, operation: Operation, notes: &mut Notes) {
    let header = envelope.child(ns::ITK, "header");
    let profile = header
        .and_then(|header| header.path(ns::ITK, &["manifest", "manifestitem"]))
        .and_then(|item| item.attribute("profileid"));
    if profile != Some(operation.response_profile()) {
        notes.defect(
            rule(operation),
            format!("profileid must be {}", operation.response_profile()),
        );
    }
    let specs = header.and_then(|header| header.child(ns::ITK, "handlingSpecification"));
    let interaction = specs.into_iter().flat_map(|specs| specs.children());
    let interaction = interaction
        .filter(|spec| spec.attribute("key") == Some(itk::INTERACTION_KEY))
        .find_map(|spec| spec.attribute("value"));
    let expected = operation.response_interaction();
    match interaction {
        Some(given) if given == expected => {}
        Some(given) if given == expected.replace("-v1-0", "-v-1-0") => {
            notes.remark(format!(
                "the interaction is written {given}; customary is {expected}"
            ));
        }
        Some(_) => notes.defect(
            rule(operation),
            format!("the interaction must be {expected}"),
        ),
        None => notes.remark("the answer names no interaction in handlingSpecification"),
    }
}
