//! What was found, done and said.

use super::Resource;
use crate::codec::{choice, element_type};
use crate::datatype::{
    Annotation, Attachment, CodeableConcept, Coding, Extension, FhirDateTime, Identifier, Instant,
    Meta, Narrative, Period, Quantity, Range, Ratio, Raw, Reference,
};

element_type! {
    /// Who took part in an encounter.
    EncounterParticipant {
        id: Option<String>,
        extension: Vec<Extension>,
        r#type("type"): Vec<CodeableConcept>,
        period: Option<Period>,
        individual: Option<Reference>,
    }
}

element_type! {
    /// Where an encounter was.
    EncounterLocation {
        id: Option<String>,
        extension: Vec<Extension>,
        location: Option<Reference>,
        status: Option<String>,
        period: Option<Period>,
    }
}

element_type! {
    /// A contact of the patient with the service.
    Encounter {
        id: Option<String>,
        meta: Option<Meta>,
        text: Option<Narrative>,
        contained: Vec<Resource>,
        extension: Vec<Extension>,
        identifier: Vec<Identifier>,
        status: Option<String>,
        class: Option<Coding>,
        r#type("type"): Vec<CodeableConcept>,
        service_type("serviceType"): Option<CodeableConcept>,
        subject: Option<Reference>,
        participant: Vec<EncounterParticipant>,
        period: Option<Period>,
        reason_code("reasonCode"): Vec<CodeableConcept>,
        location: Vec<EncounterLocation>,
        service_provider("serviceProvider"): Option<Reference>,
    }
}

choice! {
    /// `onset[x]` and `abatement[x]`.
    Onset { DateTime(FhirDateTime), Age(Quantity), Period(Period), Range(Range), String(String), }
}

element_type! {
    /// What a condition was concluded from.
    ConditionEvidence {
        id: Option<String>,
        extension: Vec<Extension>,
        code: Vec<CodeableConcept>,
        detail: Vec<Reference>,
    }
}

element_type! {
    /// A problem or a diagnosis.
    Condition {
        id: Option<String>,
        meta: Option<Meta>,
        text: Option<Narrative>,
        contained: Vec<Resource>,
        extension: Vec<Extension>,
        identifier: Vec<Identifier>,
        clinical_status("clinicalStatus"): Option<CodeableConcept>,
        verification_status("verificationStatus"): Option<CodeableConcept>,
        category: Vec<CodeableConcept>,
        severity: Option<CodeableConcept>,
        code: Option<CodeableConcept>,
        body_site("bodySite"): Vec<CodeableConcept>,
        subject: Option<Reference>,
        encounter: Option<Reference>,
        onset: Option<Onset>,
        abatement: Option<Onset>,
        recorded_date("recordedDate"): Option<FhirDateTime>,
        recorder: Option<Reference>,
        asserter: Option<Reference>,
        evidence: Vec<ConditionEvidence>,
        note: Vec<Annotation>,
    }
}

choice! {
    /// `Observation.effective[x]`.
    Effective { DateTime(FhirDateTime), Period(Period), Timing(Raw), Instant(Instant), }
}

choice! {
    /// `Observation.value[x]`.
    ObservationValue { Quantity(Quantity), CodeableConcept(CodeableConcept), String(String), Boolean(bool), Integer(i32), Range(Range), Ratio(Ratio), Time(String), DateTime(FhirDateTime), Period(Period), }
}

element_type! {
    /// What is usual.
    ReferenceRange {
        id: Option<String>,
        extension: Vec<Extension>,
        low: Option<Quantity>,
        high: Option<Quantity>,
        r#type("type"): Option<CodeableConcept>,
        applies_to("appliesTo"): Vec<CodeableConcept>,
        age: Option<Range>,
        text: Option<String>,
    }
}

element_type! {
    /// A part of an observation.
    ObservationComponent {
        id: Option<String>,
        extension: Vec<Extension>,
        code: Option<CodeableConcept>,
        value: Option<ObservationValue>,
        data_absent_reason("dataAbsentReason"): Option<CodeableConcept>,
        interpretation: Vec<CodeableConcept>,
        reference_range("referenceRange"): Vec<ReferenceRange>,
    }
}

element_type! {
    /// What was observed, or said about the patient.
    Observation {
        id: Option<String>,
        meta: Option<Meta>,
        text: Option<Narrative>,
        contained: Vec<Resource>,
        extension: Vec<Extension>,
        identifier: Vec<Identifier>,
        based_on("basedOn"): Vec<Reference>,
        part_of("partOf"): Vec<Reference>,
        status: Option<String>,
        category: Vec<CodeableConcept>,
        code: Option<CodeableConcept>,
        subject: Option<Reference>,
        focus: Vec<Reference>,
        encounter: Option<Reference>,
        effective: Option<Effective>,
        issued: Option<Instant>,
        performer: Vec<Reference>,
        value: Option<ObservationValue>,
        data_absent_reason("dataAbsentReason"): Option<CodeableConcept>,
        interpretation: Vec<CodeableConcept>,
        note: Vec<Annotation>,
        body_site("bodySite"): Option<CodeableConcept>,
        method: Option<CodeableConcept>,
        device: Option<Reference>,
        reference_range("referenceRange"): Vec<ReferenceRange>,
        has_member("hasMember"): Vec<Reference>,
        derived_from("derivedFrom"): Vec<Reference>,
        component: Vec<ObservationComponent>,
    }
}

choice! {
    /// `Procedure.performed[x]`.
    Performed { DateTime(FhirDateTime), Period(Period), String(String), Age(Quantity), Range(Range), }
}

element_type! {
    /// Who did a procedure.
    ProcedurePerformer {
        id: Option<String>,
        extension: Vec<Extension>,
        function: Option<CodeableConcept>,
        actor: Option<Reference>,
        on_behalf_of("onBehalfOf"): Option<Reference>,
    }
}

element_type! {
    /// What was done.
    Procedure {
        id: Option<String>,
        meta: Option<Meta>,
        text: Option<Narrative>,
        contained: Vec<Resource>,
        extension: Vec<Extension>,
        identifier: Vec<Identifier>,
        based_on("basedOn"): Vec<Reference>,
        part_of("partOf"): Vec<Reference>,
        status: Option<String>,
        status_reason("statusReason"): Option<CodeableConcept>,
        category: Option<CodeableConcept>,
        code: Option<CodeableConcept>,
        subject: Option<Reference>,
        encounter: Option<Reference>,
        performed: Option<Performed>,
        recorder: Option<Reference>,
        asserter: Option<Reference>,
        performer: Vec<ProcedurePerformer>,
        location: Option<Reference>,
        reason_code("reasonCode"): Vec<CodeableConcept>,
        reason_reference("reasonReference"): Vec<Reference>,
        body_site("bodySite"): Vec<CodeableConcept>,
        outcome: Option<CodeableConcept>,
        report: Vec<Reference>,
        note: Vec<Annotation>,
    }
}

choice! {
    /// `Communication.payload.content[x]`.
    PayloadContent { String(String), Attachment(Attachment), Reference(Reference), }
}

element_type! {
    /// What was communicated.
    CommunicationPayload {
        id: Option<String>,
        extension: Vec<Extension>,
        content: Option<PayloadContent>,
    }
}

element_type! {
    /// What was said or written to somebody.
    Communication {
        id: Option<String>,
        meta: Option<Meta>,
        text: Option<Narrative>,
        contained: Vec<Resource>,
        extension: Vec<Extension>,
        identifier: Vec<Identifier>,
        part_of("partOf"): Vec<Reference>,
        status: Option<String>,
        category: Vec<CodeableConcept>,
        medium: Vec<CodeableConcept>,
        subject: Option<Reference>,
        topic: Option<CodeableConcept>,
        about: Vec<Reference>,
        encounter: Option<Reference>,
        sent: Option<FhirDateTime>,
        received: Option<FhirDateTime>,
        recipient: Vec<Reference>,
        sender: Option<Reference>,
        reason_code("reasonCode"): Vec<CodeableConcept>,
        reason_reference("reasonReference"): Vec<Reference>,
        payload: Vec<CommunicationPayload>,
        note: Vec<Annotation>,
    }
}

element_type! {
    /// A reaction that happened.
    AllergyReaction {
        id: Option<String>,
        extension: Vec<Extension>,
        substance: Option<CodeableConcept>,
        manifestation: Vec<CodeableConcept>,
        description: Option<String>,
        onset: Option<FhirDateTime>,
        severity: Option<String>,
        exposure_route("exposureRoute"): Option<CodeableConcept>,
        note: Vec<Annotation>,
    }
}

element_type! {
    /// An allergy or an adverse reaction.
    AllergyIntolerance {
        id: Option<String>,
        meta: Option<Meta>,
        text: Option<Narrative>,
        contained: Vec<Resource>,
        extension: Vec<Extension>,
        identifier: Vec<Identifier>,
        clinical_status("clinicalStatus"): Option<CodeableConcept>,
        verification_status("verificationStatus"): Option<CodeableConcept>,
        r#type("type"): Option<String>,
        category: Vec<String>,
        criticality: Option<String>,
        code: Option<CodeableConcept>,
        patient: Option<Reference>,
        encounter: Option<Reference>,
        onset: Option<Onset>,
        recorded_date("recordedDate"): Option<FhirDateTime>,
        recorder: Option<Reference>,
        asserter: Option<Reference>,
        last_occurrence("lastOccurrence"): Option<FhirDateTime>,
        note: Vec<Annotation>,
        reaction: Vec<AllergyReaction>,
    }
}
