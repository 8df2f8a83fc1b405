//! The fields of the structs against the tables.

use super::{Dice, content_of};
use crate::codec::Datatype;
use crate::datatype::*;
use crate::resource::*;
use crate::structure::Primitive;
use crate::table::{Content, Tables, Type};
use crate::value::{Map, Value};

/// Every element that has the wanted form, all others left out: of a choice there is one at a time.
fn with_all(definition: &Type, form: usize) -> Value {
    let mut map = Map::new();
    for element in &definition.elements {
        let Some((name, content)) = element.forms.get(form % element.forms.len()) else {
            continue;
        };
        let one = content_of(&mut Dice(7), *content, 3);
        let value = if element.many {
            Value::Array(vec![one])
        } else {
            one
        };
        map.push(name.clone(), value);
    }
    Value::Object(map)
}

/// A type in the tables, its struct's name and fields, and what a value leaves in `other`.
type Checked = (
    &'static str,
    &'static str,
    Vec<(&'static str, bool, &'static str)>,
    fn(Value) -> Map,
);

/// A field has the name of an element, there may be as many, and it takes what the element holds.
fn check((table, _, fields, left_over): &Checked, all: &[Checked]) {
    let tables = Tables::get();
    let definition = (0..)
        .map_while(|index| tables.at(index))
        .find(|found| found.name == *table)
        .unwrap_or_else(|| panic!("no type {table}"));
    let places = fields.iter().map(|(field, ..)| {
        let mut elements = definition.elements.iter();
        elements.position(|element| element.name == *field)
    });
    assert!(places.is_sorted(), "{table}: fields in the order of R4");
    for (field, many, kind) in fields {
        let element = definition
            .elements
            .iter()
            .find(|element| element.name == *field);
        let element = element.unwrap_or_else(|| panic!("{table} has no {field}"));
        assert_eq!(element.many, *many, "{table}.{field}");
        for (form, (name, content)) in element.forms.iter().enumerate() {
            let over = left_over(with_all(definition, form));
            // A choice may have forms that are kept as they are.
            let kept = over.get(name).is_some();
            assert!(
                !kept || element.forms.len() > 1,
                "{table}.{name} has no place"
            );
            if element.forms.len() == 1 {
                assert!(holds(all, kind, *content), "{table}.{name} is no {kind}");
            }
        }
    }
}

/// Whether a type in Rust is the one for what is inside an element.
fn holds(all: &[Checked], kind: &str, content: Content) -> bool {
    match content {
        Content::Resource => kind == "Resource",
        Content::Complex(index) => {
            let name = Tables::get().at(index).unwrap().name;
            let name = match name {
                "Age" | "Duration" | "Count" | "Distance" => "Quantity",
                // The same but for the codes.
                "CapabilityStatement.rest.interaction" => {
                    "CapabilityStatement.rest.resource.interaction"
                }
                name => name,
            };
            let of_struct = all
                .iter()
                .find(|(_, of, ..)| *of == kind)
                .map(|(table, ..)| *table);
            kind == "Raw" || of_struct == Some(name)
        }
        Content::Primitive(primitive, _) => {
            kind == match primitive {
                Primitive::Boolean => "bool",
                Primitive::Integer => "i32",
                Primitive::PositiveInt | Primitive::UnsignedInt => "u32",
                Primitive::Decimal => "Decimal",
                Primitive::Date => "Date",
                Primitive::DateTime => "FhirDateTime",
                Primitive::Instant => "Instant",
                _ => "String",
            }
        }
    }
}

macro_rules! all {
    ($($table:literal => $kind:ident,)*) => {
        [$((
            $table,
            stringify!($kind),
            $kind::fields(),
            (|value| $kind::from_value(value).unwrap().other) as fn(Value) -> Map,
        ),)*]
    };
}

#[test]
fn fields_are_elements() {
    let all: &[Checked] = &all! {
        "Meta" => Meta,
        "Extension" => Extension,
        "Coding" => Coding,
        "CodeableConcept" => CodeableConcept,
        "Identifier" => Identifier,
        "Reference" => Reference,
        "Period" => Period,
        "HumanName" => HumanName,
        "Address" => Address,
        "ContactPoint" => ContactPoint,
        "Narrative" => Narrative,
        "Quantity" => Quantity,
        "Range" => Range,
        "Ratio" => Ratio,
        "Annotation" => Annotation,
        "Attachment" => Attachment,
        "Dosage.doseAndRate" => DoseAndRate,
        "Dosage" => Dosage,
        "AuditEvent.agent" => AuditAgent,
        "AuditEvent.source" => AuditSource,
        "AuditEvent.entity" => AuditEntity,
        "AuditEvent" => AuditEvent,
        "Encounter.participant" => EncounterParticipant,
        "Encounter.location" => EncounterLocation,
        "Encounter" => Encounter,
        "Condition.evidence" => ConditionEvidence,
        "Condition" => Condition,
        "Observation.referenceRange" => ReferenceRange,
        "Observation.component" => ObservationComponent,
        "Observation" => Observation,
        "Procedure.performer" => ProcedurePerformer,
        "Procedure" => Procedure,
        "Communication.payload" => CommunicationPayload,
        "Communication" => Communication,
        "AllergyIntolerance.reaction" => AllergyReaction,
        "AllergyIntolerance" => AllergyIntolerance,
        "Bundle.link" => BundleLink,
        "Bundle.entry.search" => BundleSearch,
        "Bundle.entry" => BundleEntry,
        "Bundle" => Bundle,
        "Composition.attester" => CompositionAttester,
        "Composition.relatesTo" => CompositionRelatesTo,
        "Composition.section" => Section,
        "Composition" => Composition,
        "DocumentReference.content" => DocumentContent,
        "DocumentReference.context" => DocumentContext,
        "DocumentReference.relatesTo" => DocumentRelatesTo,
        "DocumentReference" => DocumentReference,
        "MedicationStatement" => MedicationStatement,
        "MedicationRequest.dispenseRequest" => DispenseRequest,
        "MedicationRequest" => MedicationRequest,
        "Medication" => Medication,
        "Patient" => Patient,
        "Practitioner" => Practitioner,
        "PractitionerRole" => PractitionerRole,
        "Organization" => Organization,
        "RelatedPerson" => RelatedPerson,
        "Device.deviceName" => DeviceName,
        "Device.version" => DeviceVersion,
        "Device" => Device,
        "Parameters.parameter" => Parameter,
        "Parameters" => Parameters,
        "OperationOutcome.issue" => Issue,
        "OperationOutcome" => OperationOutcome,
        "CapabilityStatement.software" => CapabilitySoftware,
        "CapabilityStatement.implementation" => CapabilityImplementation,
        "CapabilityStatement.rest.resource.interaction" => CapabilityInteraction,
        "CapabilityStatement.rest.resource.searchParam" => CapabilityParameter,
        "CapabilityStatement.rest.resource.operation" => CapabilityOperation,
        "CapabilityStatement.rest.resource" => CapabilityResource,
        "CapabilityStatement.rest.security" => CapabilitySecurity,
        "CapabilityStatement.rest" => CapabilityRest,
        "CapabilityStatement" => CapabilityStatement,
    };
    for one in all {
        check(one, all);
    }
}
