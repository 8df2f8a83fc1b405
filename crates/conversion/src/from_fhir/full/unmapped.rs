//! Telling what stays in the presentation text: resources and elements that have no place in a
//! GP Summary.

use fhir::Resource;

use crate::from_fhir::resources::path;
use crate::from_fhir::work::Work;

/// Resources that are looked up from others, or are the document itself.
const SUPPORTING: [&str; 11] = [
    "Composition",
    "Device",
    "Encounter",
    "Location",
    "Medication",
    "OperationOutcome",
    "Organization",
    "Patient",
    "Practitioner",
    "PractitionerRole",
    "RelatedPerson",
];

impl Work<'_, '_> {
    /// Notes what of a resource is not carried over.
    pub(super) fn note_unmapped(&mut self, at: usize, resource: &Resource) {
        let name = resource.resource_type();
        let elements = match resource {
            Resource::Condition(it) => vec![
                ("severity", it.severity.is_some()),
                ("bodySite", !it.body_site.is_empty()),
            ],
            Resource::Observation(it) => vec![
                ("interpretation", !it.interpretation.is_empty()),
                ("bodySite", it.body_site.is_some()),
                ("method", it.method.is_some()),
                ("dataAbsentReason", it.data_absent_reason.is_some()),
            ],
            Resource::Procedure(it) => vec![
                ("bodySite", !it.body_site.is_empty()),
                ("outcome", it.outcome.is_some()),
                ("reasonCode", !it.reason_code.is_empty()),
            ],
            Resource::AllergyIntolerance(it) => vec![
                ("reaction", !it.reaction.is_empty()),
                ("lastOccurrence", it.last_occurrence.is_some()),
            ],
            Resource::MedicationStatement(it) => vec![
                ("reasonCode", !it.reason_code.is_empty()),
                ("statusReason", !it.status_reason.is_empty()),
            ],
            Resource::MedicationRequest(it) => vec![
                ("reasonCode", !it.reason_code.is_empty()),
                ("statusReason", it.status_reason.is_some()),
            ],
            Resource::Communication(it) => vec![("reasonCode", !it.reason_code.is_empty())],
            _ if SUPPORTING.contains(&name) => Vec::new(),
            _ => {
                let rule = format!(
                    "A resource of type {name} is not carried over: what it says stays in the presentation text only"
                );
                return self.note(&path(at, ""), rule);
            }
        };
        for (element, is_there) in elements {
            if is_there {
                let rule = format!(
                    "{name}.{element} is not carried over: what it says stays in the presentation text only"
                );
                self.note(&path(at, element), rule);
            }
        }
    }
}
