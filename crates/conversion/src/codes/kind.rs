//! The kinds of entries: which resource stands for each, and their short names.

use hl7v3::gp_summary::model::{EntryKind, Target};

/// The type of resource that stands for an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are R4's")]
pub enum EntryResource {
    AllergyIntolerance,
    Communication,
    Condition,
    Encounter,
    MedicationRequest,
    MedicationStatement,
    Observation,
    Procedure,
}

impl EntryResource {
    /// The name of the type.
    pub fn name(self) -> &'static str {
        match self {
            Self::AllergyIntolerance => "AllergyIntolerance",
            Self::Communication => "Communication",
            Self::Condition => "Condition",
            Self::Encounter => "Encounter",
            Self::MedicationRequest => "MedicationRequest",
            Self::MedicationStatement => "MedicationStatement",
            Self::Observation => "Observation",
            Self::Procedure => "Procedure",
        }
    }
}

/// The type of resource that a kind of entry becomes. A service or a carer, an assertion and a
/// refusal are statements about the patient, for which R4 has nothing closer than Observation.
pub fn resource_of(kind: EntryKind) -> EntryResource {
    use EntryKind as K;
    use EntryResource as R;
    match kind {
        K::Allergy | K::AllergyDE => R::AllergyIntolerance,
        K::AcuteMedication => R::MedicationRequest,
        K::CurrentRepeatMedication
        | K::DiscontinuedRepeatMedication
        | K::MedicationAdministration => R::MedicationStatement,
        K::Diagnosis | K::Problem => R::Condition,
        K::Investigation | K::Treatment | K::AdministrativeProcedure => R::Procedure,
        K::CareEvent => R::Encounter,
        K::ProvisionOfAdviceAndInformation
        | K::CareProfessionalDocumentation
        | K::PatientCarerCorrespondence
        | K::ThirdPartyCorrespondence => R::Communication,
        K::LinkAssertion
        | K::ProblemMemberAssertion
        | K::ProblemLinkAssertion
        | K::Finding
        | K::BloodPressure
        | K::Weight
        | K::Height
        | K::Temperature
        | K::FindingOrganizer
        | K::RiskToPatient
        | K::RiskToPerson
        | K::FamilyHistory
        | K::PersonalPreference
        | K::LifeStyle
        | K::Smoking
        | K::AlcoholIntake
        | K::SocialOrPersonalCircumstance
        | K::Service
        | K::Refusal => R::Observation,
    }
}

/// The short name of a kind: that of its element without the message type (`Finding`).
pub fn kind_name(kind: EntryKind) -> &'static str {
    let element = kind.element();
    element.split_once('.').map_or(element, |(_, name)| name)
}

/// The kind of a short name.
pub fn kind_of(name: &str) -> Option<EntryKind> {
    let mut all = EntryKind::ALL.iter().copied();
    all.find(|kind| kind_name(*kind) == name)
}

/// The kind of pointer that is usual for an entry of this kind.
pub fn target_of(kind: EntryKind) -> Target {
    use EntryKind as K;
    match kind {
        K::Allergy => Target::Allergy,
        K::AllergyDE => Target::AllergyDE,
        K::AcuteMedication | K::CurrentRepeatMedication | K::DiscontinuedRepeatMedication => {
            Target::Medication
        }
        K::MedicationAdministration => Target::MedicationAdministration,
        K::Diagnosis => Target::Diagnosis,
        K::Problem => Target::Problem,
        K::Investigation => Target::Investigation,
        K::Treatment => Target::Treatment,
        K::RiskToPatient => Target::RiskToPatient,
        K::RiskToPerson => Target::RiskToPerson,
        K::CareEvent => Target::CareEvent,
        K::FamilyHistory => Target::FamilyHistory,
        K::PersonalPreference => Target::PersonalPreference,
        K::LifeStyle | K::Smoking | K::AlcoholIntake | K::SocialOrPersonalCircumstance => {
            Target::SocialContext
        }
        K::ProvisionOfAdviceAndInformation => Target::ProvisionOfAdviceAndInformation,
        K::AdministrativeProcedure => Target::AdministrativeProcedure,
        K::Service => Target::Service,
        K::CareProfessionalDocumentation
        | K::PatientCarerCorrespondence
        | K::ThirdPartyCorrespondence => Target::Document,
        _ => Target::Finding,
    }
}

/// The type of resource that a pointer leads to, for one whose target is not in the document.
/// `None` where it may be one of several.
pub fn resource_of_target(target: Target) -> Option<EntryResource> {
    use EntryResource as R;
    Some(match target {
        Target::Finding
        | Target::PertinentFinding
        | Target::PersonalPreference
        | Target::SocialContext
        | Target::FamilyHistory
        | Target::RiskToPatient
        | Target::RiskToPerson
        | Target::Service => R::Observation,
        Target::Problem | Target::PertinentProblem | Target::Diagnosis => R::Condition,
        Target::Investigation | Target::Treatment | Target::AdministrativeProcedure => R::Procedure,
        Target::MedicationAdministration => R::MedicationStatement,
        Target::AllergyDE | Target::Allergy => R::AllergyIntolerance,
        Target::CareEvent => R::Encounter,
        Target::Document | Target::ProvisionOfAdviceAndInformation => R::Communication,
        Target::Medication => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct() {
        for kind in EntryKind::ALL {
            assert_eq!(kind_of(kind_name(*kind)), Some(*kind));
        }
        assert_eq!(kind_of("UKCT_MT144043UK02.Finding"), None);
    }

    #[test]
    fn a_pointer_leads_to_the_resource_of_its_kind() {
        for kind in EntryKind::ALL {
            let led_to = resource_of_target(target_of(*kind));
            assert!(
                led_to.is_none_or(|resource| resource == resource_of(*kind)),
                "{kind:?}"
            );
        }
    }
}
