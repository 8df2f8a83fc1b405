//! What a service takes, answers and says about itself.

use super::Resource;
use crate::codec::element_type;
use crate::datatype::{
    CodeableConcept, Extension, ExtensionValue, FhirDateTime, Meta, Narrative, Raw,
};

element_type! {
    /// A parameter of an operation.
    Parameter {
        id: Option<String>,
        extension: Vec<Extension>,
        name: Option<String>,
        value: Option<ExtensionValue>,
        resource: Option<Resource>,
        part: Vec<Parameter>,
    }
}

element_type! {
    /// The parameters of an operation.
    Parameters {
        id: Option<String>,
        meta: Option<Meta>,
        parameter: Vec<Parameter>,
    }
}

element_type! {
    /// Something that went wrong or is to be told.
    Issue {
        id: Option<String>,
        extension: Vec<Extension>,
        severity: Option<String>,
        code: Option<String>,
        details: Option<CodeableConcept>,
        diagnostics: Option<String>,
        location: Vec<String>,
        expression: Vec<String>,
    }
}

element_type! {
    /// What came of a request.
    OperationOutcome {
        id: Option<String>,
        meta: Option<Meta>,
        text: Option<Narrative>,
        contained: Vec<Resource>,
        extension: Vec<Extension>,
        issue: Vec<Issue>,
    }
}

element_type! {
    /// The software.
    CapabilitySoftware {
        id: Option<String>,
        extension: Vec<Extension>,
        name: Option<String>,
        version: Option<String>,
        release_date("releaseDate"): Option<FhirDateTime>,
    }
}

element_type! {
    /// The instance.
    CapabilityImplementation {
        id: Option<String>,
        extension: Vec<Extension>,
        description: Option<String>,
        url: Option<String>,
        custodian: Option<crate::datatype::Reference>,
    }
}

element_type! {
    /// An interaction that is supported.
    CapabilityInteraction {
        id: Option<String>,
        extension: Vec<Extension>,
        code: Option<String>,
        documentation: Option<String>,
    }
}

element_type! {
    /// A search parameter.
    CapabilityParameter {
        id: Option<String>,
        extension: Vec<Extension>,
        name: Option<String>,
        definition: Option<String>,
        r#type("type"): Option<String>,
        documentation: Option<String>,
    }
}

element_type! {
    /// An operation.
    CapabilityOperation {
        id: Option<String>,
        extension: Vec<Extension>,
        name: Option<String>,
        definition: Option<String>,
        documentation: Option<String>,
    }
}

element_type! {
    /// What can be done with a type of resource.
    CapabilityResource {
        id: Option<String>,
        extension: Vec<Extension>,
        r#type("type"): Option<String>,
        profile: Option<String>,
        documentation: Option<String>,
        interaction: Vec<CapabilityInteraction>,
        versioning: Option<String>,
        search_param("searchParam"): Vec<CapabilityParameter>,
        operation: Vec<CapabilityOperation>,
    }
}

element_type! {
    /// How access is controlled.
    CapabilitySecurity {
        id: Option<String>,
        extension: Vec<Extension>,
        cors: Option<bool>,
        service: Vec<CodeableConcept>,
        description: Option<String>,
    }
}

element_type! {
    /// What a server or client does.
    CapabilityRest {
        id: Option<String>,
        extension: Vec<Extension>,
        mode: Option<String>,
        documentation: Option<String>,
        security: Option<CapabilitySecurity>,
        resource: Vec<CapabilityResource>,
        interaction: Vec<CapabilityInteraction>,
        operation: Vec<CapabilityOperation>,
    }
}

element_type! {
    /// What a service can do.
    CapabilityStatement {
        id: Option<String>,
        meta: Option<Meta>,
        text: Option<Narrative>,
        contained: Vec<Resource>,
        extension: Vec<Extension>,
        url: Option<String>,
        version: Option<String>,
        name: Option<String>,
        title: Option<String>,
        status: Option<String>,
        experimental: Option<bool>,
        date: Option<FhirDateTime>,
        publisher: Option<String>,
        contact: Vec<Raw>,
        description: Option<String>,
        kind: Option<String>,
        software: Option<CapabilitySoftware>,
        implementation: Option<CapabilityImplementation>,
        fhir_version("fhirVersion"): Option<String>,
        format: Vec<String>,
        rest: Vec<CapabilityRest>,
    }
}
