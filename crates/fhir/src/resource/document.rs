//! Documents: bundles, compositions and pointers to them.

use super::Resource;
use crate::codec::{choice, element_type};
use crate::datatype::{
    Attachment, CodeableConcept, Coding, Extension, FhirDateTime, Identifier, Instant, Meta,
    Narrative, Period, Reference,
};

element_type! {
    /// A link of a bundle or an entry.
    BundleLink {
        id: Option<String>,
        extension: Vec<Extension>,
        relation: Option<String>,
        url: Option<String>,
    }
}

element_type! {
    /// Why an entry was found.
    BundleSearch {
        id: Option<String>,
        extension: Vec<Extension>,
        mode: Option<String>,
    }
}

element_type! {
    /// An entry of a bundle.
    BundleEntry {
        id: Option<String>,
        extension: Vec<Extension>,
        link: Vec<BundleLink>,
        full_url("fullUrl"): Option<String>,
        resource: Option<Resource>,
        search: Option<BundleSearch>,
    }
}

element_type! {
    /// Resources together.
    Bundle {
        id: Option<String>,
        meta: Option<Meta>,
        identifier: Option<Identifier>,
        r#type("type"): Option<String>,
        timestamp: Option<Instant>,
        total: Option<u32>,
        link: Vec<BundleLink>,
        entry: Vec<BundleEntry>,
    }
}

element_type! {
    /// Who vouches for a document.
    CompositionAttester {
        id: Option<String>,
        extension: Vec<Extension>,
        mode: Option<String>,
        time: Option<FhirDateTime>,
        party: Option<Reference>,
    }
}

choice! {
    /// `Composition.relatesTo.target[x]`.
    RelatesToTarget { Identifier(Identifier), Reference(Reference), }
}

element_type! {
    /// Another document, which this one replaces, for one.
    CompositionRelatesTo {
        id: Option<String>,
        extension: Vec<Extension>,
        code: Option<String>,
        target: Option<RelatesToTarget>,
    }
}

element_type! {
    /// A section of a document.
    Section {
        id: Option<String>,
        extension: Vec<Extension>,
        title: Option<String>,
        code: Option<CodeableConcept>,
        author: Vec<Reference>,
        focus: Option<Reference>,
        text: Option<Narrative>,
        mode: Option<String>,
        ordered_by("orderedBy"): Option<CodeableConcept>,
        entry: Vec<Reference>,
        empty_reason("emptyReason"): Option<CodeableConcept>,
        section: Vec<Section>,
    }
}

element_type! {
    /// The structure of a document.
    Composition {
        id: Option<String>,
        meta: Option<Meta>,
        text: Option<Narrative>,
        contained: Vec<Resource>,
        extension: Vec<Extension>,
        identifier: Option<Identifier>,
        status: Option<String>,
        r#type("type"): Option<CodeableConcept>,
        category: Vec<CodeableConcept>,
        subject: Option<Reference>,
        encounter: Option<Reference>,
        date: Option<FhirDateTime>,
        author: Vec<Reference>,
        title: Option<String>,
        confidentiality: Option<String>,
        attester: Vec<CompositionAttester>,
        custodian: Option<Reference>,
        relates_to("relatesTo"): Vec<CompositionRelatesTo>,
        section: Vec<Section>,
    }
}

element_type! {
    /// Where a document is.
    DocumentContent {
        id: Option<String>,
        extension: Vec<Extension>,
        attachment: Option<Attachment>,
        format: Option<Coding>,
    }
}

element_type! {
    /// What a document is about.
    DocumentContext {
        id: Option<String>,
        extension: Vec<Extension>,
        encounter: Vec<Reference>,
        event: Vec<CodeableConcept>,
        period: Option<Period>,
        facility_type("facilityType"): Option<CodeableConcept>,
        practice_setting("practiceSetting"): Option<CodeableConcept>,
        source_patient_info("sourcePatientInfo"): Option<Reference>,
        related: Vec<Reference>,
    }
}

element_type! {
    /// Another document.
    DocumentRelatesTo {
        id: Option<String>,
        extension: Vec<Extension>,
        code: Option<String>,
        target: Option<Reference>,
    }
}

element_type! {
    /// A pointer to a document.
    DocumentReference {
        id: Option<String>,
        meta: Option<Meta>,
        text: Option<Narrative>,
        contained: Vec<Resource>,
        extension: Vec<Extension>,
        master_identifier("masterIdentifier"): Option<Identifier>,
        identifier: Vec<Identifier>,
        status: Option<String>,
        doc_status("docStatus"): Option<String>,
        r#type("type"): Option<CodeableConcept>,
        category: Vec<CodeableConcept>,
        subject: Option<Reference>,
        date: Option<Instant>,
        author: Vec<Reference>,
        authenticator: Option<Reference>,
        custodian: Option<Reference>,
        relates_to("relatesTo"): Vec<DocumentRelatesTo>,
        description: Option<String>,
        security_label("securityLabel"): Vec<CodeableConcept>,
        content: Vec<DocumentContent>,
        context: Option<DocumentContext>,
    }
}
