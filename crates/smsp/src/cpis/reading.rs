//! The payload of a request: `CP-ISQueryStub`.
//!
//! Whatever is wrong with it is told at once in the audit, each rule by its name and its place. The
//! client gets SMSP-0001, also where the author or a part of them is missing: SMSP-0005 is for an
//! author who is stated and may not ask (`author`).

use domain::code::cpis::ResponseCode;
use domain::{CheckDigit, NhsNumber};
use hl7v3::cpis::QueryFault;
use hl7v3::cpis::query::{self, Query};
use xml::{Element, ns};

use super::Answer;
use crate::trail::Trail;

/// Why silence is refused.
const SILENT: &str = "accessEventType: this service is for unscheduled care, whose accesses count";

/// Reads a query. What is learnt of it goes on the trail, also when it is refused.
pub(super) fn query(
    trail: &mut Trail,
    stub: Element<'_, '_>,
    check: CheckDigit,
) -> Result<Query, Answer> {
    trail.patient = patient(stub, check);
    let shape = itk::cpis::check(stub);
    if let Err(rule) = &shape {
        trail.note(format!("payload: {rule}"));
    }
    let query = query::read(stub, check).map_err(|faults| refused(trail, &faults))?;
    trail.query = Some(query.id.clone());
    trail.author = Some(query.author.clone());
    trail.note(format!("query {}, {}", query.id, query.author.key()));
    if shape.is_err() {
        return Err(ResponseCode::InputValidation.into());
    }
    if query.silent {
        trail.note(SILENT);
        return Err(ResponseCode::InputValidation.into());
    }
    Ok(query)
}

fn refused(trail: &mut Trail, faults: &[QueryFault]) -> Answer {
    for fault in faults {
        trail.note(fault.to_string());
    }
    ResponseCode::InputValidation.into()
}

/// Whom it is about, whatever else is wrong with it.
fn patient(stub: Element<'_, '_>, check: CheckDigit) -> Option<NhsNumber> {
    let path = [
        "cP-ISNHSQuery",
        "queryByParameter",
        "person.NHSnumber",
        "value",
    ];
    let number = stub.path(ns::HL7, &path)?.attribute("extension")?;
    check.parse(number.trim()).ok()
}
