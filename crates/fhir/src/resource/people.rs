//! Who: people, organisations, devices.

use super::Resource;
use crate::codec::element_type;
use crate::datatype::{
    Address, Annotation, CodeableConcept, ContactPoint, Date, Extension, HumanName, Identifier,
    Meta, Narrative, Period, Reference,
};

element_type! {
    /// A patient.
    Patient {
        id: Option<String>,
        meta: Option<Meta>,
        text: Option<Narrative>,
        contained: Vec<Resource>,
        extension: Vec<Extension>,
        identifier: Vec<Identifier>,
        active: Option<bool>,
        name: Vec<HumanName>,
        telecom: Vec<ContactPoint>,
        gender: Option<String>,
        birth_date("birthDate"): Option<Date>,
        address: Vec<Address>,
        general_practitioner("generalPractitioner"): Vec<Reference>,
        managing_organization("managingOrganization"): Option<Reference>,
    }
}

element_type! {
    /// A professional.
    Practitioner {
        id: Option<String>,
        meta: Option<Meta>,
        text: Option<Narrative>,
        contained: Vec<Resource>,
        extension: Vec<Extension>,
        identifier: Vec<Identifier>,
        active: Option<bool>,
        name: Vec<HumanName>,
        telecom: Vec<ContactPoint>,
        address: Vec<Address>,
        gender: Option<String>,
    }
}

element_type! {
    /// A professional in a role at an organisation.
    PractitionerRole {
        id: Option<String>,
        meta: Option<Meta>,
        text: Option<Narrative>,
        contained: Vec<Resource>,
        extension: Vec<Extension>,
        identifier: Vec<Identifier>,
        active: Option<bool>,
        period: Option<Period>,
        practitioner: Option<Reference>,
        organization: Option<Reference>,
        code: Vec<CodeableConcept>,
        specialty: Vec<CodeableConcept>,
        telecom: Vec<ContactPoint>,
    }
}

element_type! {
    /// An organisation.
    Organization {
        id: Option<String>,
        meta: Option<Meta>,
        text: Option<Narrative>,
        contained: Vec<Resource>,
        extension: Vec<Extension>,
        identifier: Vec<Identifier>,
        active: Option<bool>,
        r#type("type"): Vec<CodeableConcept>,
        name: Option<String>,
        alias: Vec<String>,
        telecom: Vec<ContactPoint>,
        address: Vec<Address>,
        part_of("partOf"): Option<Reference>,
    }
}

element_type! {
    /// A person related to the patient.
    RelatedPerson {
        id: Option<String>,
        meta: Option<Meta>,
        text: Option<Narrative>,
        contained: Vec<Resource>,
        extension: Vec<Extension>,
        identifier: Vec<Identifier>,
        active: Option<bool>,
        patient: Option<Reference>,
        relationship: Vec<CodeableConcept>,
        name: Vec<HumanName>,
        telecom: Vec<ContactPoint>,
        gender: Option<String>,
        birth_date("birthDate"): Option<Date>,
        address: Vec<Address>,
    }
}

element_type! {
    /// A name of a device.
    DeviceName {
        id: Option<String>,
        extension: Vec<Extension>,
        name: Option<String>,
        r#type("type"): Option<String>,
    }
}

element_type! {
    /// A version of a device.
    DeviceVersion {
        id: Option<String>,
        extension: Vec<Extension>,
        r#type("type"): Option<CodeableConcept>,
        value: Option<String>,
    }
}

element_type! {
    /// A device, a system among them.
    Device {
        id: Option<String>,
        meta: Option<Meta>,
        text: Option<Narrative>,
        contained: Vec<Resource>,
        extension: Vec<Extension>,
        identifier: Vec<Identifier>,
        status: Option<String>,
        manufacturer: Option<String>,
        serial_number("serialNumber"): Option<String>,
        device_name("deviceName"): Vec<DeviceName>,
        model_number("modelNumber"): Option<String>,
        r#type("type"): Option<CodeableConcept>,
        version: Vec<DeviceVersion>,
        patient: Option<Reference>,
        owner: Option<Reference>,
        note: Vec<Annotation>,
    }
}
