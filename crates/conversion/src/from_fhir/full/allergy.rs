//! Allergies and adverse reactions.

use fhir::{AllergyIntolerance, CodeableConcept, Onset};
use hl7v3::gp_summary::model::EntryKind;

use crate::codes::EntryResource;
use crate::from_fhir::draft::{Draft, Placed};
use crate::from_fhir::resources::Found;
use crate::from_fhir::work::Work;

impl<'a> Work<'a, '_> {
    pub(super) fn allergy(&mut self, found: Found<'a, AllergyIntolerance>) -> Option<Placed> {
        let it = found.resource;
        let draft = Draft {
            at: found.at,
            resource: EntryResource::AllergyIntolerance,
            id: it.id.as_deref(),
            identifier: &it.identifier,
            extension: &it.extension,
            category: Vec::new(),
            code: it.code.as_ref(),
            status: self.allergy_status(found),
            encounter: it.encounter.as_ref(),
            note: &it.note,
        };
        let kind = self.kind(&draft, Some(EntryKind::Allergy))?;
        let section = self.place(&draft, kind)?;
        let mut entry = self.begin(&draft, kind);
        if entry.time.is_none() {
            entry.time = match (&it.onset, &it.recorded_date) {
                (Some(Onset::DateTime(time)), _) => {
                    self.single(time, kind, &found.path("onsetDateTime"))
                }
                (Some(Onset::Period(period)), _) => {
                    Some(self.period(period, &found.path("onsetPeriod")))
                }
                (_, Some(recorded)) => self.single(recorded, kind, &found.path("recordedDate")),
                _ => None,
            };
        }
        Some(Placed { section, entry })
    }

    fn allergy_status(&mut self, found: Found<'a, AllergyIntolerance>) -> Option<&'a str> {
        let it = found.resource;
        let code = |concept: &'a Option<CodeableConcept>| {
            let coding = concept.as_ref()?.coding.first()?;
            coding.code.as_deref()
        };
        let verification = code(&it.verification_status);
        match verification {
            Some("entered-in-error") => verification,
            Some("refuted") => {
                let rule = "A refuted allergy cannot be told apart from one that the patient has";
                self.refuse(&found.path("verificationStatus"), rule);
                None
            }
            _ => code(&it.clinical_status).or(Some("active")),
        }
    }
}
