//! Medicines: as taken, as ordered, and what they are.

use super::Resource;
use crate::codec::{choice, element_type};
use crate::datatype::{
    Annotation, CodeableConcept, Dosage, Extension, FhirDateTime, Identifier, Meta, Narrative,
    Period, Quantity, Ratio, Reference,
};

choice! {
    /// `medication[x]`.
    MedicationChoice { CodeableConcept(CodeableConcept), Reference(Reference), }
}

choice! {
    /// `MedicationStatement.effective[x]`.
    MedicationEffective { DateTime(FhirDateTime), Period(Period), }
}

element_type! {
    /// A medicine that the patient takes or took.
    MedicationStatement {
        id: Option<String>,
        meta: Option<Meta>,
        text: Option<Narrative>,
        contained: Vec<Resource>,
        extension: Vec<Extension>,
        identifier: Vec<Identifier>,
        based_on("basedOn"): Vec<Reference>,
        part_of("partOf"): Vec<Reference>,
        status: Option<String>,
        status_reason("statusReason"): Vec<CodeableConcept>,
        category: Option<CodeableConcept>,
        medication: Option<MedicationChoice>,
        subject: Option<Reference>,
        context: Option<Reference>,
        effective: Option<MedicationEffective>,
        date_asserted("dateAsserted"): Option<FhirDateTime>,
        information_source("informationSource"): Option<Reference>,
        derived_from("derivedFrom"): Vec<Reference>,
        reason_code("reasonCode"): Vec<CodeableConcept>,
        reason_reference("reasonReference"): Vec<Reference>,
        note: Vec<Annotation>,
        dosage: Vec<Dosage>,
    }
}

element_type! {
    /// What is to be supplied.
    DispenseRequest {
        id: Option<String>,
        extension: Vec<Extension>,
        validity_period("validityPeriod"): Option<Period>,
        number_of_repeats_allowed("numberOfRepeatsAllowed"): Option<u32>,
        quantity: Option<Quantity>,
        expected_supply_duration("expectedSupplyDuration"): Option<Quantity>,
        performer: Option<Reference>,
    }
}

element_type! {
    /// A medicine that was ordered.
    MedicationRequest {
        id: Option<String>,
        meta: Option<Meta>,
        text: Option<Narrative>,
        contained: Vec<Resource>,
        extension: Vec<Extension>,
        identifier: Vec<Identifier>,
        status: Option<String>,
        status_reason("statusReason"): Option<CodeableConcept>,
        intent: Option<String>,
        category: Vec<CodeableConcept>,
        priority: Option<String>,
        medication: Option<MedicationChoice>,
        subject: Option<Reference>,
        encounter: Option<Reference>,
        supporting_information("supportingInformation"): Vec<Reference>,
        authored_on("authoredOn"): Option<FhirDateTime>,
        requester: Option<Reference>,
        performer: Option<Reference>,
        recorder: Option<Reference>,
        reason_code("reasonCode"): Vec<CodeableConcept>,
        reason_reference("reasonReference"): Vec<Reference>,
        based_on("basedOn"): Vec<Reference>,
        group_identifier("groupIdentifier"): Option<Identifier>,
        course_of_therapy_type("courseOfTherapyType"): Option<CodeableConcept>,
        note: Vec<Annotation>,
        dosage_instruction("dosageInstruction"): Vec<Dosage>,
        dispense_request("dispenseRequest"): Option<DispenseRequest>,
    }
}

element_type! {
    /// A medicine.
    Medication {
        id: Option<String>,
        meta: Option<Meta>,
        text: Option<Narrative>,
        contained: Vec<Resource>,
        extension: Vec<Extension>,
        identifier: Vec<Identifier>,
        code: Option<CodeableConcept>,
        status: Option<String>,
        manufacturer: Option<Reference>,
        form: Option<CodeableConcept>,
        amount: Option<Ratio>,
    }
}
