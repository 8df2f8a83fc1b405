//! What was done with records, in the form in which privacy alerts are sent.

use super::Resource;
use crate::codec::element_type;
use crate::datatype::{
    CodeableConcept, Coding, Extension, Instant, Meta, Narrative, Period, Reference,
};

element_type! {
    /// Who took part.
    AuditAgent {
        id: Option<String>,
        extension: Vec<Extension>,
        r#type("type"): Option<CodeableConcept>,
        role: Vec<CodeableConcept>,
        who: Option<Reference>,
        alt_id("altId"): Option<String>,
        name: Option<String>,
        requestor: Option<bool>,
        location: Option<Reference>,
        purpose_of_use("purposeOfUse"): Vec<CodeableConcept>,
    }
}

element_type! {
    /// Who reports.
    AuditSource {
        id: Option<String>,
        extension: Vec<Extension>,
        site: Option<String>,
        observer: Option<Reference>,
        r#type("type"): Vec<Coding>,
    }
}

element_type! {
    /// What it was done with.
    AuditEntity {
        id: Option<String>,
        extension: Vec<Extension>,
        what: Option<Reference>,
        r#type("type"): Option<Coding>,
        role: Option<Coding>,
        name: Option<String>,
        description: Option<String>,
    }
}

element_type! {
    /// A record of something that was done.
    AuditEvent {
        id: Option<String>,
        meta: Option<Meta>,
        text: Option<Narrative>,
        contained: Vec<Resource>,
        extension: Vec<Extension>,
        r#type("type"): Option<Coding>,
        subtype: Vec<Coding>,
        action: Option<String>,
        period: Option<Period>,
        recorded: Option<Instant>,
        outcome: Option<String>,
        outcome_desc("outcomeDesc"): Option<String>,
        purpose_of_event("purposeOfEvent"): Vec<CodeableConcept>,
        agent: Vec<AuditAgent>,
        source: Option<AuditSource>,
        entity: Vec<AuditEntity>,
    }
}
