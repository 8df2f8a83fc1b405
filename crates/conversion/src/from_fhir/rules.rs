//! The national rules for the resources that become entries, in the order they are checked in.

use domain::code::cre_type;
use fhir::{
    CodeableConcept, Coding, Communication, Condition, Effective, Extension, Identifier,
    Observation, Performed, Procedure, system,
};

use super::extensions;
use super::resources::Found;
use super::work::Work;
use crate::extension;

impl<'a> Work<'a, '_> {
    /// Every Communication has an id and a topic.
    pub(super) fn check_communications(&mut self) {
        for found in self.resources.all::<Communication>() {
            if found.resource.id.is_none() {
                self.national(&found.path("id"), "Communication.id is missing");
            }
            if found.resource.topic.is_none() {
                self.national(&found.path("topic"), "Communication.code is missing");
            }
        }
    }

    /// Every Condition has an identifier, a section, and diagnoses a status.
    pub(super) fn check_conditions(&mut self) {
        let conditions: Vec<Found<'a, Condition>> = self.resources.all().collect();
        for found in &conditions {
            let it = found.resource;
            self.identified("Condition", &it.identifier, &found.path("identifier"));
            self.categorised(
                "Condition",
                &it.category,
                &it.extension,
                &found.path("category"),
            );
        }
        for found in &conditions {
            let it = found.resource;
            let code = section(&it.category).and_then(|coding| coding.code.as_deref());
            let is_diagnosis = code == Some(cre_type::DIAGNOSES.code);
            if is_diagnosis && it.clinical_status.is_none() && it.verification_status.is_none() {
                let rule = "Condition should have either clinicalStatus or verificationStatus";
                self.national(&found.path(""), rule);
            }
        }
    }

    /// Every Observation has an identifier and a section, and those of mapped sections a time.
    pub(super) fn check_observations(&mut self) {
        let observations: Vec<Found<'a, Observation>> = self.resources.all().collect();
        for found in &observations {
            let it = found.resource;
            self.identified("Observation", &it.identifier, &found.path("identifier"));
            self.categorised(
                "Observation",
                &it.category,
                &it.extension,
                &found.path("category"),
            );
        }
        for found in &observations {
            let it = found.resource;
            let is_timed = matches!(
                it.effective,
                Some(Effective::DateTime(_) | Effective::Period(_))
            );
            // What a retrieval answered may have no time, because the document has none.
            let is_ours = extensions::find(&it.extension, extension::ENTRY).is_some();
            let is_exempt = is_ours && it.effective.is_none() && !self.is_compatible();
            if !is_timed && !is_exempt && self.is_mapped(it) {
                let rule = "Observation.effective must be of type DateTimeType or Period";
                self.national(&found.path("effective"), rule);
            }
        }
    }

    fn is_mapped(&self, observation: &Observation) -> bool {
        let mapped = [
            &cre_type::FINDINGS,
            &cre_type::INVESTIGATION_RESULTS,
            &cre_type::RISKS_TO_PATIENT,
            &cre_type::SOCIAL_CIRCUMSTANCES,
            &cre_type::FAMILY_HISTORY,
        ];
        let code = section(&observation.category).and_then(|coding| coding.code.as_deref());
        !self.is_compatible() || mapped.iter().any(|cre| Some(cre.code) == code)
    }

    /// Every Procedure has an id and a code, and treatments a time.
    pub(super) fn check_procedures(&mut self) {
        let procedures: Vec<Found<'a, Procedure>> = self.resources.all().collect();
        for found in &procedures {
            if found.resource.id.is_none() {
                self.national(&found.path("id"), "Procedure.id is missing");
            }
            if found.resource.code.is_none() {
                self.national(&found.path("code"), "Procedure.code is missing");
            }
        }
        for found in &procedures {
            let it = found.resource;
            let category = it.category.as_slice();
            let code = section(category).and_then(|coding| coding.code.as_deref());
            let is_treatment = code == Some(cre_type::TREATMENTS.code);
            let is_timed = matches!(
                it.performed,
                Some(Performed::DateTime(_) | Performed::Period(_))
            );
            let is_ours = extensions::find(&it.extension, extension::ENTRY).is_some();
            let is_exempt = is_ours && it.performed.is_none() && !self.is_compatible();
            if is_treatment && !is_timed && !is_exempt {
                let rule = "procedure.performed must be of type DateTimeType or Period";
                self.national(&found.path("performed"), rule);
            }
        }
    }

    fn identified(&mut self, name: &str, identifiers: &[Identifier], place: &str) {
        let value = identifiers.first().and_then(|it| it.value.as_deref());
        if value.is_none_or(str::is_empty) {
            self.national(place, format!("{name}.identifier.value is missing"));
        }
    }

    /// Nationally the first coding of the first category says the section; in full, any.
    fn categorised(
        &mut self,
        name: &str,
        categories: &[CodeableConcept],
        extensions: &[Extension],
        place: &str,
    ) {
        let is_said = extensions::find(extensions, extension::SECTION).is_some();
        if !self.is_compatible() && (is_said || section(categories).is_some()) {
            return;
        }
        let coding = categories.first().and_then(|it| it.coding.first());
        let found = coding.and_then(|it| it.system.as_deref());
        let place = format!("{place}[0].coding[0]");
        if found != Some(system::SNOMED) {
            let found = found.unwrap_or("null");
            let rule = format!("Invalid {name}.category.coding.system: {found}");
            return self.national(&format!("{place}.system"), rule);
        }
        if coding.and_then(|it| it.code.as_deref()).is_none() {
            let rule = format!("{name}.category.coding.code is missing");
            self.national(&format!("{place}.code"), rule);
        }
    }
}

/// The coding that says the section: one of a known section, else the first of SNOMED CT.
pub(super) fn section<'c>(
    categories: impl IntoIterator<Item = &'c CodeableConcept>,
) -> Option<&'c Coding> {
    let codings = categories.into_iter().flat_map(|category| &category.coding);
    let may_say = |coding: &&Coding| match coding.system.as_deref() {
        Some(system) => system == system::SNOMED && coding.code.is_some(),
        None => is_section(coding),
    };
    let mut codings = codings.filter(may_say);
    let first = codings.next()?;
    if is_section(first) {
        return Some(first);
    }
    Some(codings.find(|coding| is_section(coding)).unwrap_or(first))
}

fn is_section(coding: &Coding) -> bool {
    let code = coding.code.as_deref();
    code.is_some_and(|code| cre_type::CreType::of(code).is_some())
}
